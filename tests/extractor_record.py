"""What the extraction rules give for the corpus, with their version: ``python -m tests.extractor_record`` writes it.

`reprocess` makes a text again only if another version of the rules made it. So a change of rules that changes
texts needs a new EXTRACTOR_VERSION, or stored texts would stay as the old rules had them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from scraper.extraction import EXTRACTOR_VERSION, extract
from tests.desk import page, report

CORPUS = Path(__file__).parent / "corpus"
RECORD = CORPUS / "extractor.json"
URL = "https://example.org/news/1"


def outcomes() -> dict[str, str]:
    """A digest of title, text, authors and dates for each page."""
    pages = {
        str(path.parent.relative_to(CORPUS)): path.read_bytes()
        for path in sorted(CORPUS.glob("*/*/page.html"))
    }
    aside = "<aside><p>Subscribe to our newsletter for more.</p></aside><footer><p>All rights reserved</p></footer>"
    pages["plain"] = page("Alder opens a hub", *report("Alder", 3), around=aside).encode()
    digests = {}
    for name, body in pages.items():
        article = extract(body, URL)
        parts = (article.title, article.text, *article.authors, str(article.published_at), article.access)
        digests[name] = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    return digests


def record() -> dict[str, object]:
    """The present version and outcomes."""
    return {"version": EXTRACTOR_VERSION, "outcomes": outcomes()}


if __name__ == "__main__":
    RECORD.write_text(json.dumps(record(), indent=1) + "\n", encoding="utf-8")

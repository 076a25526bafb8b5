"""Whether a channel's body must be read again: its hash, without what changes at every request. Pure.

Many servers send no ETag. Others rebuild a feed for each request and write the time of the build into its
head or into a comment at its end. Reading a feed of twenty items takes 10 ms, and far more if it contains
full texts; hashing it takes .1 ms.
"""

from __future__ import annotations

import hashlib
import re

from scraper.models import Page

# Imports no reader: a run over unchanged channels loads none.
_FIRST_ITEM = re.compile(rb"<(?:[a-z0-9_.-]{1,40}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_BUILT = re.compile(
    rb"<(lastBuildDate|pubDate|updated|dc:date)>[0-9A-Za-z:,+.\s-]{0,80}</\1>"  # of the feed, not of an item
)
_ROOT_ENDS = (b"</rss>", b"</feed>", b"</rdf:RDF>")
_COMMENT = re.compile(rb"<!--.{0,2000}?-->", re.DOTALL)  # of a cache: when it kept the page
_LONGEST_END = 8_192  # bytes after the root in which comments are looked for


def reading_key(page: Page) -> str:
    """Return the SHA-256, in hex, of all of a channel's page that its reader uses."""
    body = page.body
    first = _FIRST_ITEM.search(body)
    head_end = first.start() if first else 0
    root_end = max(body.rfind(end) for end in _ROOT_ENDS)
    tail = body[root_end:] if root_end >= head_end > 0 else b""
    if len(tail) > _LONGEST_END:
        tail = b""
    items = body[head_end : len(body) - len(tail)]
    about = f"{page.final_url} {page.content_type or ''}\n".encode("utf-8", "replace")
    digest = hashlib.sha256(about)
    for part in (_BUILT.sub(b"", body[:head_end]), items, _COMMENT.sub(b"", tail).strip()):
        digest.update(part)
    return digest.hexdigest()

"""magic-html, whose article body is turned into text by lxml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lxml.html
from magic_html import GeneralExtractor

from tools.bench.loop import page, serve

EXTRACTOR = GeneralExtractor()


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text and title."""
    found = EXTRACTOR.extract(request["html"], base_url=request["url"])
    return {"text": lxml.html.fromstring(found["html"]).text_content(), "title": found.get("title")}


if __name__ == "__main__":
    serve(text, page)

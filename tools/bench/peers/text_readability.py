"""readability-lxml, whose summary is turned into text by lxml, a block a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lxml.html
import readability

from tools.bench.loop import page, serve

BLOCKS = "p|div|li|h1|h2|h3|h4|h5|h6|blockquote|pre|tr|br|figure|section|article"


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text and title."""
    document = readability.Document(request["html"], url=request["url"])
    tree = lxml.html.fromstring(document.summary(html_partial=True))
    for element in tree.iter(*BLOCKS.split("|")):
        element.tail = "\n" + (element.tail or "")
    return {"text": tree.text_content(), "title": document.short_title()}


if __name__ == "__main__":
    serve(text, page)

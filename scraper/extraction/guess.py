"""A first guess at the body: what trafilatura (fast mode) takes, told as blocks of the page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree
from trafilatura import bare_extraction

from scraper.extraction.blocks import TextBlock, words_key

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SURE_KEY = 25  # letters; a shorter key found somewhere in the text may be there by chance: it must be a whole line

# Removed from the copy before trafilatura sees it: no text of ours is in them, and it walks its tree some forty times.
_MUTE = (
    "script style svg template iframe object embed canvas audio video map select link input noindex math".split()  # noqa: SIM905
)


def guess_body(root: HtmlElement, blocks: Sequence[TextBlock]) -> list[bool]:
    """Which blocks trafilatura takes for the text; none when it finds nothing. ``root`` stays as it is."""
    text = trafilatura_text(root)
    lines = {words_key(line) for line in text.splitlines()}
    whole = words_key(text)
    return [block.key in lines or (len(block.key) > SURE_KEY and block.key in whole) for block in blocks]


def trafilatura_text(root: HtmlElement) -> str:
    """The text as trafilatura's fast mode gives it, comments off; empty when it gives none."""
    # Its warnings ("discarding data") are addressed to its own users; our outcome says what became of the page.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    working = deepcopy(root)
    etree.strip_elements(working, *_MUTE, with_tail=False)
    found = bare_extraction(working, fast=True, include_comments=False)
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""

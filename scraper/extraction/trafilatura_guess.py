"""Ask trafilatura for its text of a page, as blocks of the page: a first guess, and a second opinion."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

from scraper.extraction.blocks import words_key
from scraper.extraction.outline import Outline
from scraper.lazily import lazily

if TYPE_CHECKING:
    import trafilatura
    from lxml.html import HtmlElement
else:
    trafilatura = lazily("trafilatura")  # its import takes .05 s, which only pages need

_PLAIN_NAME = re.compile(
    r"[a-z][a-z0-9-]*"
)  # "a<" comes out of the parser too, but cannot be given back its name
# What trafilatura was seen to raise on odd trees; without its guess we go on with our own.
_FOREIGN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    etree.LxmlError,
)
_DOOMED = "cuttings-doomed"
SURE_KEY = (
    25  # letters; a shorter key found somewhere in the text may be there by chance: it must be a whole line
)

# Elements directly in one element, above which trafilatura is not asked: it looks back along them for each
# of their texts. 14,000 links in one paragraph took it 30 s; the widest element of 783 real pages has 371.
MOST_BESIDE = 3_000
# Removed from the copy before trafilatura sees it: it drops them itself, but only after walking them some
# forty times.
_MUTE = frozenset(
    """
    script style svg template iframe object embed canvas audio video map select link input noindex math head
    menu button picture source area textarea datalist nav footer
    """.split()
)


def guess_body(root: HtmlElement, outline: Outline, aside: Sequence[bool]) -> list[bool]:
    """Return which blocks trafilatura takes without those set ``aside``; ``root`` is not changed."""
    taken = _as_blocks(trafilatura_text(_pruned(root, outline, aside)), outline)
    return [is_taken and not out for is_taken, out in zip(taken, aside, strict=True)]


def second_opinion(root: HtmlElement, outline: Outline) -> list[bool]:
    """Return which blocks trafilatura takes with all of its own fallbacks, on the page as it stands."""
    nothing_aside = (False,) * len(outline.blocks)
    return _as_blocks(trafilatura_text(_pruned(root, outline, nothing_aside), fast=False), outline)


def _as_blocks(text: str, outline: Outline) -> list[bool]:
    lines = {words_key(line) for line in text.splitlines()}
    whole = words_key(text)
    return [
        block.key in lines or (len(block.key) > SURE_KEY and block.key in whole) for block in outline.blocks
    ]


def trafilatura_text(working: HtmlElement, *, fast: bool = True) -> str:
    """Return the text that trafilatura gives, comments off; empty when it gives none. Spoils the tree."""
    # Its warnings ("discarding data") are addressed to its own users; our outcome says what became of the
    # page.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if any(len(element) > MOST_BESIDE for element in working.iter()):
        return ""
    try:
        found = trafilatura.bare_extraction(working, fast=fast, include_comments=False)
    except _FOREIGN:
        return ""
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""


def _pruned(root: HtmlElement, outline: Outline, aside: Sequence[bool]) -> HtmlElement:
    """Return a copy of the tree without the elements in which no block is left.

    Elements are renamed while copying: pairing original and copy took four times as long.
    """
    renamed = [
        (element, element.tag, _DOOMED)
        for element in _without_blocks(outline, aside)
        if _PLAIN_NAME.fullmatch(element.tag)
    ]
    # A furniture tag is in the outline only when the element holds the story.
    renamed += [(element, element.tag, "div") for element in outline.elements if element.tag in _MUTE]
    try:
        for element, _, name in renamed:
            element.tag = name
        working = deepcopy(root)
    finally:
        for element, name, _ in reversed(renamed):
            element.tag = name
    etree.strip_elements(working, _DOOMED, *_MUTE, with_tail=False)
    return working


def _without_blocks(outline: Outline, aside: Sequence[bool]) -> list[HtmlElement]:
    """Return the outermost elements in which every block is set aside, or that hold none."""
    kept: set[int] = set()
    for block, out in zip(outline.blocks, aside, strict=True):
        place = block.chain[0]
        while not out and place >= 0 and place not in kept:
            kept.add(place)
            place = outline.parents[place]
    return [
        outline.elements[place]
        for place, parent in enumerate(outline.parents)
        if place not in kept and (parent in kept or parent < 0)
    ]

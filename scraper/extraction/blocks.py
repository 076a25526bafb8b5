"""The text blocks of a page in reading order: what a reader sees as one paragraph, bullet, heading, caption
or label.

One walk over the tree. Everything after it (furniture, phrases, the choice of the body) works on blocks, so
that the same paragraph has the same identity wherever it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from scraper.extraction.class_names import name_groups

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Elements whose text no reader sees, or that hold no text of an article (HTML Living Standard, 4.3, 4.8,
# 4.10, 4.12): of 22,500 blocks of DEV pages in <nav> and <footer>, 13 short ones (a table of contents) are in
# the truth.
UNSEEN = frozenset(
    """
    nav footer button script style template svg math head iframe object embed applet canvas audio video
    map select datalist option textarea noindex frameset frame link meta base input title
    """.split()
)
# Elements that stay within a line of text; every other one begins a block.
INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr o:p output
    picture q rp rt ruby s samp small source span strike strong sub sup time tt u var wbr
    """.split()
)
LANDMARKS = tuple(
    """
    article main aside nav footer header figure figcaption form table li blockquote button details dialog
    noscript section p td pre dd dt ul ol address label time h1 h2 h3 h4 h5 h6
    """.split()
)
BULLETS = "•‣▪●◦⁃∙■□➤►"  # a line that begins with one is an item, whatever its element
SHORT_LINE = 90  # characters before a single <br>; a longer line is the line of a paragraph
MAX_BLOCKS = (
    20_000  # a page with more is no article; what follows is not read (10 MB of "<p>x" would take minutes)
)
CHAIN = 12  # elements remembered around a block
LABEL_WORDS = (
    8  # a shorter block is a label: its numbers ("3 comments", "5 min read") do not make it another one
)

_LANDMARK_BIT = {tag: 1 << place for place, tag in enumerate(LANDMARKS)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_EMPHASIS = frozenset(("b", "strong", "em", "i"))
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")


class TextBlock(NamedTuple):
    """One block and its position. Bit sets are in the order of `LANDMARKS` or `class_names.group_names`.

    A named tuple, because a page has hundreds: a frozen dataclass takes five times as long to make.
    """

    text: str
    key: str  # letters and digits only: the same for the same words, however they are spaced
    tag: str  # of the nearest element that is no inline one
    words: int
    link_length: int  # characters of `text` within links
    emphasis_length: int  # characters within <b>, <strong>, <em>, <i>
    within: int  # landmark elements around it
    own_names: int  # name groups of its element
    near_names: int  # ... of it and the next two around it
    all_names: int  # ... of it and all around it
    hidden: bool
    path: int  # identity of the tags and classes of the nearest four elements
    chain: tuple[
        int, ...
    ]  # its element and up to `CHAIN` around it, nearest first: places in `Outline.elements`


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The blocks of a page in reading order; all elements that could hold one, each with the place of its
    parent."""

    blocks: tuple[TextBlock, ...]
    elements: tuple[HtmlElement, ...]
    parents: tuple[int, ...]  # -1 for the outermost


@dataclass(slots=True)
class _Place:
    """What an element hands down to the blocks in it."""

    tag: str
    within: int
    own_names: int
    parent_names: int
    near_names: int
    all_names: int
    hidden: bool
    path: tuple[str, ...]
    chain: tuple[int, ...]


def landmark_bits(*tags: str) -> int:
    """The bit set of these landmark elements."""
    return sum(_LANDMARK_BIT[tag] for tag in tags)


def block_hash(text: str) -> int:
    """The identity of a block's words: 63 bits, the same in every process and version."""
    plain = " ".join(text.lower().split())
    if len(_WORD.findall(plain)) < LABEL_WORDS:
        plain = _DIGITS.sub("0", plain)
    return int.from_bytes(blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


def words_key(text: str) -> str:
    """Letters and digits of a text in lower case, nothing between them: blind to how a text was spaced."""
    return "".join(_WORD.findall(text.lower()))


def read_outline(root: HtmlElement) -> Outline:
    """All blocks of a page, at most `MAX_BLOCKS`."""
    walk = _Walk()
    walk.through(root)
    return Outline(blocks=tuple(walk.blocks), elements=tuple(walk.elements), parents=tuple(walk.parents))


class _Walk:
    """The state of one walk: the open elements, and the block that is being collected."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self.elements: list[HtmlElement] = []
        self.parents: list[int] = []
        self.places: list[_Place] = []
        self.in_link = self.in_emphasis = self.breaks = 0
        self._clear()

    def _clear(self) -> None:
        self.texts: list[str] = []
        self.link_length = 0
        self.emphasis_length = 0

    def through(self, root: HtmlElement) -> None:
        """Walk the tree below ``root``."""
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag
            if event == "end":
                self._leave(tag)
                text = element.tail
            elif tag in UNSEEN:
                walker.skip_subtree()
                continue
            else:
                self._enter(element, tag)
                text = element.text
                if len(self.blocks) >= MAX_BLOCKS:
                    return
            if text:
                self._add(text)
        self._flush()

    def _enter(self, element: HtmlElement, tag: str) -> None:
        if tag == "a":
            self.in_link += 1
        elif tag in _EMPHASIS:
            self.in_emphasis += 1
        elif tag == "br":
            self._break()
        elif tag not in INLINE:
            if self.texts:
                self._flush()
            self.breaks = 0
            self.places.append(self._place(element, tag))

    def _break(self) -> None:
        """A line break: two in a row end a block, one does after a short line (a title, a byline, a date)."""
        self.breaks += 1
        if not self.texts:
            return
        if self.breaks > 1 or sum(map(len, self.texts)) < SHORT_LINE:
            self._flush()
        else:
            self.texts.append(" ")

    def _leave(self, tag: str) -> None:
        if tag == "a":
            self.in_link -= 1
        elif tag in _EMPHASIS:
            self.in_emphasis -= 1
        elif tag not in INLINE and tag not in UNSEEN and tag != "br":
            if self.texts:
                self._flush()
            self.breaks = 0
            self.places.pop()

    def _add(self, text: str) -> None:
        if text.isspace():
            if self.texts:
                self.texts.append(" ")
            return
        if self.breaks and self.texts and text.lstrip()[0] in BULLETS:
            self._flush()
        self.breaks = 0
        self.texts.append(text)
        if self.in_link:
            self.link_length += len(text.strip())
        if self.in_emphasis:
            self.emphasis_length += len(text.strip())

    def _flush(self) -> None:
        text = " ".join("".join(self.texts).split())
        words = _WORD.findall(text)
        if words and self.places:  # no key: a bar, a bullet, a cross
            place = self.places[-1]
            tag = place.tag
            if text[0] in BULLETS:
                tag, text = "li", text.lstrip(BULLETS).lstrip()
            self.blocks.append(
                TextBlock(
                    text=text,
                    key="".join(words).lower(),
                    tag=tag,
                    words=len(words),
                    link_length=self.link_length,
                    emphasis_length=self.emphasis_length,
                    within=place.within,
                    own_names=place.own_names,
                    near_names=place.near_names,
                    all_names=place.all_names,
                    hidden=place.hidden,
                    path=hash(place.path),
                    chain=place.chain,
                )
            )
        self._clear()

    def _place(self, element: HtmlElement, tag: str) -> _Place:
        get = element.get
        classes, ident, style = get("class", ""), get("id", ""), get("style")
        own = name_groups(f"{classes} {ident}") if classes or ident else 0
        hidden = (
            bool(style and _HIDDEN_STYLE.search(style))
            or get("hidden") is not None
            or get("aria-hidden") == "true"
        )
        number = len(self.elements)
        self.elements.append(element)
        mark = f"{tag}.{classes}"
        landmark = _LANDMARK_BIT.get(tag, 0)
        if not self.places:
            self.parents.append(-1)
            return _Place(tag, landmark, own, own, own, own, hidden, (mark,), (number,))
        above = self.places[-1]
        self.parents.append(above.chain[0])
        return _Place(
            tag,
            above.within | landmark,
            own,
            above.own_names,
            own | above.own_names | above.parent_names,
            0
            if tag == "body"
            else above.all_names | own,  # the body's classes name the kind of page, not a role
            above.hidden or hidden,
            (*above.path[-3:], mark),
            (number, *above.chain[:CHAIN]),
        )

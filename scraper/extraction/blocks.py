"""The text blocks of a page in reading order: what a reader sees as one paragraph, bullet, heading, caption or label.

One walk over the tree. Everything after it (furniture, phrases, the choice of the body) works on blocks, so that the
same paragraph has the same identity wherever it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from lxml import etree

from scraper.extraction.names import name_groups

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Elements whose text no reader sees, or that hold no text of an article (HTML Living Standard, 4.8, 4.10, 4.12).
UNSEEN = frozenset(
    """script style template svg math head iframe object embed applet canvas audio video map select datalist option
    textarea noindex frameset frame link meta base input title""".split()
)
# Elements that stay within a line of text; every other one begins a block.
INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr o:p output picture q rp
    rt ruby s samp small source span strike strong sub sup time tt u var wbr""".split()
)
LANDMARKS = tuple(
    """article main aside nav footer header figure figcaption form table li blockquote button details dialog noscript
    section p td pre dd dt ul ol address label time h1 h2 h3 h4 h5 h6""".split()
)
MAX_BLOCKS = 20_000  # a page with more is no article; what follows is not read (10 MB of "<p>x" would take minutes)
LABEL_WORDS = 8  # a shorter block is a label: its numbers ("3 comments", "5 min read") do not make it another one

_LANDMARK_BIT = {tag: 1 << place for place, tag in enumerate(LANDMARKS)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_EMPHASIS = frozenset(("b", "strong", "em", "i"))
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextBlock:
    """One block and where it stands."""

    text: str
    key: str  # letters and digits only: the same for the same words, however they are spaced
    tag: str  # of `element`
    element: HtmlElement  # the nearest that is no inline one
    pieces: tuple[tuple[HtmlElement, bool], ...]  # its text nodes: an element, and whether it is the tail
    link_length: int  # characters of `text` within links
    links: int
    strong_length: int  # characters within <b>, <strong>, <em>, <i>
    within: int  # landmark elements around it, a bit set in the order of `LANDMARKS`
    own_names: int  # name groups of `element`
    near_names: int  # ... of it and the next two around it
    all_names: int  # ... of it and all around it
    hidden: bool
    path: int  # identity of the tags and classes of the nearest four elements
    depth: int


@dataclass(frozen=True, slots=True)
class _Place:
    """What an element hands down to the blocks in it."""

    element: HtmlElement
    tag: str
    within: int
    own_names: int
    parent_names: int
    near_names: int
    all_names: int
    hidden: bool
    signature: str
    path: str
    depth: int


def block_hash(text: str) -> int:
    """The identity of a block's words: 63 bits, the same in every process and version."""
    plain = " ".join(text.lower().split())
    if len(_WORD.findall(plain)) < LABEL_WORDS:
        plain = _DIGITS.sub("0", plain)
    return int.from_bytes(blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


def words_key(text: str) -> str:
    """Letters and digits of a text in lower case, nothing between them: blind to how a text was spaced."""
    return "".join(_WORD.findall(text.lower()))


def read_blocks(root: HtmlElement) -> tuple[TextBlock, ...]:
    """All blocks of a page in reading order; at most `MAX_BLOCKS`."""
    return tuple(_Walk().walk(root))


class _Walk:
    """The state of one walk: the open elements, and the block that is being collected."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self.places: list[_Place] = []
        self._clear()

    def _clear(self) -> None:
        self.texts: list[str] = []
        self.pieces: list[tuple[HtmlElement, bool]] = []
        self.link_length = self.links = self.strong_length = 0

    def walk(self, root: HtmlElement) -> list[TextBlock]:
        """The blocks below ``root``."""
        walker = etree.iterwalk(root, events=("start", "end"))
        in_link = in_strong = broken = 0
        for event, element in walker:
            tag = element.tag
            if event == "end":
                if tag == "a":
                    in_link -= 1
                elif tag in _EMPHASIS:
                    in_strong -= 1
                elif tag not in INLINE and tag not in UNSEEN and tag != "br":
                    self._flush()
                    self.places.pop()
                    broken = 0
                if (tail := element.tail) and not tail.isspace():
                    self._add(element, True, tail, in_link, in_strong)
                    broken = 0
                elif tail and self.texts:
                    self.texts.append(" ")
                continue
            if tag in UNSEEN:
                walker.skip_subtree()
                continue
            if tag == "br":
                broken += 1
                if broken > 1:
                    self._flush()
                else:
                    self.texts.append(" ")
                continue
            if tag == "a":
                in_link += 1
                self.links += 1
            elif tag in _EMPHASIS:
                in_strong += 1
            elif tag not in INLINE:
                self._flush()
                if len(self.blocks) >= MAX_BLOCKS:
                    break
                self.places.append(self._place(element, tag))
            if (text := element.text) and not text.isspace():
                self._add(element, False, text, in_link, in_strong)
                broken = 0
            elif text and self.texts:
                self.texts.append(" ")
        self._flush()
        return self.blocks

    def _add(self, element: HtmlElement, tail: bool, text: str, in_link: int, in_strong: int) -> None:
        self.texts.append(text)
        self.pieces.append((element, tail))
        if in_link:
            self.link_length += len(text.strip())
        if in_strong:
            self.strong_length += len(text.strip())

    def _flush(self) -> None:
        if not self.pieces:
            if self.texts or self.links:
                self._clear()
            return
        text = " ".join("".join(self.texts).split())
        key = words_key(text)
        if not key:  # a bar, a bullet, a cross
            self._clear()
            return
        place = self.places[-1]
        self.blocks.append(
            TextBlock(
                text=text,
                key=key,
                tag=place.tag,
                element=place.element,
                pieces=tuple(self.pieces),
                link_length=self.link_length,
                links=self.links,
                strong_length=self.strong_length,
                within=place.within,
                own_names=place.own_names,
                near_names=place.near_names,
                all_names=place.all_names,
                hidden=place.hidden,
                path=hash_path(place.path),
                depth=place.depth,
            )
        )
        self._clear()

    def _place(self, element: HtmlElement, tag: object) -> _Place:
        name = tag if isinstance(tag, str) else "?"
        classes, ident = element.get("class") or "", element.get("id") or ""
        own = name_groups(f"{classes} {ident}") if classes or ident else 0
        style = element.get("style")
        hidden = (
            element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or bool(style and _HIDDEN_STYLE.search(style))
        )
        signature = f"{name}.{classes}"
        landmark = _LANDMARK_BIT.get(name, 0)
        if not self.places:
            return _Place(element, name, landmark, own, own, own, own, hidden, signature, signature, 1)
        above = self.places[-1]
        return _Place(
            element,
            name,
            above.within | landmark,
            own,
            above.own_names,
            own | above.own_names | above.parent_names,
            above.all_names | own if name not in _OUTERMOST else 0,
            above.hidden or hidden,
            signature,
            f"{above.path.partition('>')[2] if above.path.count('>') >= 3 else above.path}>{signature}",
            above.depth + 1,
        )


_OUTERMOST = ("html", "body")  # their classes name the page's kind, and hold every word there is


def hash_path(path: str) -> int:
    """A small identity of a path of tags and classes, for comparison within one page."""
    return int.from_bytes(blake2b(path.encode("utf-8", "replace"), digest_size=6).digest(), "big")

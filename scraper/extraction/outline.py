"""Read the text blocks of a page in reading order, in one walk over its tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from scraper.extraction.blocks import TextBlock, landmark_bit
from scraper.extraction.characters import clean_characters, count_words, unescape_again
from scraper.extraction.class_names import group_bits, name_groups
from scraper.extraction.page_styles import PageStyles
from scraper.extraction.phrases import load_phrases
from scraper.extraction.tables import is_mark, is_row, row_text
from scraper.extraction.visibility import (
    COMMENTS_SHARE,
    DOUBTED_TAGS,
    FURNITURE_TAGS,
    STORY_SHARE,
    UNSEEN,
    RunningText,
    is_block_styled,
    is_hidden,
    is_preformatted,
    is_shadow_root,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Elements that stay within a line of text; every other one begins a block.
INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr o:p output
    picture q rb rtc ruby s samp small source span strike strong sub sup time tt u var wbr
    """.split()
)
BULLETS = "•‣▪●◦⁃∙■□➤►"  # a line that begins with one is an item, whatever its element
SHORT_LINE = 90  # characters before a single <br>: a title, a byline, a date
# What follows is not read: 20,000 lines of dates took 11 s. The longest of 783 real pages has 1,141 blocks.
MAX_BLOCKS = 8_000
CHAIN = 12  # elements remembered around a block

_BREAK = "\x1e"  # a line end within a block; the parser lets no control character through
_EMPHASIS = frozenset(("b", "strong", "em", "i"))
CORRECTION = "correction note"
NOTE_LENGTH = 600  # characters
_CODE = frozenset(("code", "kbd", "samp", "tt", "data"))
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"”’»)\]]*\s*$")
# Name groups that speak against a block, and that are not believed of the element that holds the story.
_DOUBTED = group_bits(
    """
    hidden related popular teaser newsletter paywall advert navigation sidebar footer notice button form share
    tags embed inset
    """.split()
)
_COMMENTS = group_bits(["comment"])
_CREDIT = re.compile(r"\b(?:credits?|copyright|attribution|photographer)\b", re.IGNORECASE)
_FIGURE = landmark_bit("figure") | landmark_bit("figcaption")
_QUOTATION = landmark_bit("blockquote")
_ARTICLE = landmark_bit("article")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The blocks of a page in reading order, and all elements that could hold one."""

    blocks: tuple[TextBlock, ...]
    elements: tuple[HtmlElement, ...]
    parents: tuple[int, ...]  # the index of each element's parent; -1 for the outermost


@dataclass(slots=True)
class _Surroundings:
    """What an element hands down to the blocks in it."""

    tag: str
    within: int
    own_names: int
    parent_names: int
    near_names: int
    all_names: int
    hidden: bool
    may_hold_story: bool
    path: tuple[str, ...]
    chain: tuple[int, ...]


def read_outline(root: HtmlElement) -> Outline:
    """Return all blocks of a page, at most `MAX_BLOCKS`."""
    walk = _Walk(root)
    walk.through(root)
    return Outline(blocks=tuple(walk.blocks), elements=tuple(walk.elements), parents=tuple(walk.parents))


class _Walk:
    """The state of one walk: the open elements, and the block that is being collected."""

    def __init__(self, root: HtmlElement) -> None:
        self.styles = PageStyles(root)
        self.running = RunningText(root, self.styles)
        self.blocks: list[TextBlock] = []
        self.elements: list[HtmlElement] = []
        self.parents: list[int] = []
        self.around: list[_Surroundings] = []
        self.styled: list[HtmlElement] = []  # open inline elements that are blocks by their style
        self.preformatted: list[HtmlElement] = []
        self.in_link = self.in_emphasis = self.breaks = 0
        self._clear()

    def _clear(self) -> None:
        self.texts: list[str] = []
        self.shows_code = False  # a character reference within <code> is what the writer means
        self.link_length = 0
        self.emphasis_length = 0

    def through(self, root: HtmlElement) -> None:
        """Walk the tree below ``root``."""
        walker = etree.iterwalk(root, events=("start", "end"))
        skipped = None
        for event, element in walker:
            tag = element.tag
            if event == "end":
                if element is skipped:
                    skipped = None
                else:
                    self._leave(element, tag)
                text = element.tail
            elif self._is_skipped(element, tag) or (is_row(element, tag) and self._add_row(element)):
                walker.skip_subtree()
                skipped = element
                continue
            else:
                self._enter(element, tag)
                text = element.text
                if len(self.blocks) >= MAX_BLOCKS:
                    return
            # Most texts are the blanks between elements: they count within a line only.
            if text and (self.texts or self.preformatted or not text.isspace()):
                self._add(text)
        self._flush()

    def _is_skipped(self, element: HtmlElement, tag: str) -> bool:
        """Return whether a reader sees nothing of an element, or only furniture."""
        if tag in UNSEEN:
            if tag == "object":  # browsers show what it holds where they cannot show what it names
                return not self.running.holds_text(element)
            return tag != "template" or not is_shadow_root(element)
        if tag in FURNITURE_TAGS:
            holds_story = self._is_quotation() or self.running.holds_story(element)
            return not (holds_story or (tag == "footer" and self._holds_note(element)))
        if is_hidden(element) or self.styles.hide(element):
            return not self.running.hidden_holds_story(element)
        if tag in ("a", "sup"):
            return is_mark(element)
        return tag in INLINE and self._is_credit(element)

    def _is_quotation(self) -> bool:
        """Return whether the walk is within a quotation, whose footer names the speaker."""
        return bool(self.around and self.around[-1].within & _QUOTATION)

    def _holds_note(self, element: HtmlElement) -> bool:
        """Return whether the footer of an article says what was corrected in it."""
        if not (self.around and self.around[-1].within & _ARTICLE):
            return False
        pattern = load_phrases().by_name[CORRECTION].pattern
        texts = (each.text_content()[:NOTE_LENGTH] for each in [*element.iter("p", "li")] or [element])
        return any(pattern.search(text.lower()) for text in texts)

    def _is_credit(self, element: HtmlElement) -> bool:
        if not self.around or not self.around[-1].within & _FIGURE:
            return False
        return bool(_CREDIT.search(element.get("class") or ""))

    def _add_row(self, element: HtmlElement) -> bool:
        """Add a row of a data table as one block; return whether the row is one."""
        row = row_text(element)
        if row is None or not self.around:
            return False
        self._flush()
        self.around.append(self._surroundings(element, "tr"))
        self.texts.append(row.text)
        self.link_length = row.link_length
        self.emphasis_length = len(row.text) if row.is_head else 0
        self._flush()
        self.around.pop()
        return True

    def _enter(self, element: HtmlElement, tag: str) -> None:
        if tag == "br":
            self._break()
        elif tag not in INLINE:
            if self.texts:
                self._flush()
            self.breaks = 0
            self.around.append(self._surroundings(element, tag))
            if is_preformatted(element, tag):
                self.preformatted.append(element)
        else:
            if tag == "a":
                self.in_link += 1
            elif tag in _EMPHASIS:
                self.in_emphasis += 1
            elif tag in _CODE:
                self.shows_code = True
            elif tag == "time" and self.texts and self.texts[-1][-1:].isalnum():
                self.texts.append(" ")  # WordPress prints two dates side by side and shows one
            if is_block_styled(element):
                self._flush()
                self.styled.append(element)

    def _break(self) -> None:
        """End a line. It ends the block too after another break, after a short line and after a sentence."""
        self.breaks += 1
        if not self.texts:
            return
        if self.breaks > 1 or sum(map(len, self.texts)) < SHORT_LINE or _SENTENCE_END.search(self.texts[-1]):
            self._flush()
        else:
            self.texts.append(_BREAK)

    def _leave(self, element: HtmlElement, tag: str) -> None:
        if tag == "a":
            self.in_link -= 1
        elif tag in _EMPHASIS:
            self.in_emphasis -= 1
        elif tag not in INLINE and tag != "br":
            if self.texts:
                self._flush()
            self.breaks = 0
            self.around.pop()
            if self.preformatted and self.preformatted[-1] is element:
                self.preformatted.pop()
        if self.styled and self.styled[-1] is element:
            self._flush()
            self.styled.pop()

    def _add(self, text: str) -> None:
        if self.preformatted:
            self.shows_code = True
            text = text.replace("\r\n", "\n").replace("\n", _BREAK)
        elif text.isspace():
            if self.texts:
                self.texts.append(" ")
            return
        elif self.breaks and self.texts and text.lstrip()[0] in BULLETS:
            self._flush()
        self.breaks = 0
        self.texts.append(text)
        if self.in_link:
            self.link_length += len(text.strip())
        if self.in_emphasis:
            self.emphasis_length += len(text.strip())

    def _flush(self) -> None:
        if not self.texts:
            return
        text = "".join(self.texts)
        if "&" in text and not self.shows_code:
            text = unescape_again(text)
        text = _lines(clean_characters(text))
        words = _WORD.findall(text)
        if words and self.around:  # no words: a bar, a bullet, a cross
            around = self.around[-1]
            tag = around.tag
            if text[0] in BULLETS:
                tag, text = "li", text.lstrip(BULLETS).lstrip()
            self.blocks.append(
                TextBlock(
                    text=text,
                    key="".join(words).lower(),
                    tag=tag,
                    words=len(words) if text.isascii() else count_words(text),
                    link_length=self.link_length,
                    emphasis_length=self.emphasis_length,
                    within=around.within,
                    own_names=around.own_names,
                    near_names=around.near_names,
                    all_names=around.all_names,
                    hidden=around.hidden,
                    path=hash(around.path),
                    chain=around.chain,
                )
            )
        self._clear()

    def _surroundings(self, element: HtmlElement, tag: str) -> _Surroundings:
        classes, ident = element.get("class", ""), element.get("id", "")
        own = name_groups(f"{classes} {ident}") if classes or ident else 0
        if element.get("itemprop") == "comment":  # as forums mark each answer
            own |= _COMMENTS
        landmark = landmark_bit(tag)
        index = len(self.elements)
        self.elements.append(element)
        mark = f"{tag}.{classes}"
        if not self.around:
            self.parents.append(-1)
            return _Surroundings(tag, landmark, own, own, own, own, False, True, (mark,), (index,))
        above = self.around[-1]
        self.parents.append(above.chain[0])
        own, landmark, may_hold_story = self._believed(element, tag, own, landmark, above)
        return _Surroundings(
            tag,
            above.within | landmark,
            own,
            above.own_names,
            own | above.own_names | above.parent_names,
            # The body's classes name the kind of page, not a role.
            0 if tag == "body" else above.all_names | own,
            above.hidden or element.get("aria-hidden") == "true",
            may_hold_story,
            (*above.path[-3:], mark),
            (index, *above.chain[:CHAIN]),
        )

    def _believed(
        self, element: HtmlElement, tag: str, own: int, landmark: int, above: _Surroundings
    ) -> tuple[int, int, bool]:
        """Return the believed name groups and landmark of an element, and whether it may hold the story.

        What speaks against a block is not believed of the element that holds most of the page's text.
        """
        doubted = own & (_DOUBTED | _COMMENTS) or tag in DOUBTED_TAGS or tag in FURNITURE_TAGS
        if not above.may_hold_story or not doubted or tag == "body":
            return own, landmark, above.may_hold_story
        if not self.running.holds_story(element, COMMENTS_SHARE if own & _COMMENTS else STORY_SHARE):
            return own, landmark, False
        if tag in DOUBTED_TAGS or tag in FURNITURE_TAGS:
            landmark = 0
        return own & ~(_DOUBTED | _COMMENTS), landmark, True


def _lines(text: str) -> str:
    """Return the text with single blanks; lines end only where the page breaks them."""
    if _BREAK not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)

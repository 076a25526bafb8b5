"""The lines of a page that was dumped as plain text, and what can be seen of each without its mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scraper.extraction.dates import is_only_date

BULLET = re.compile(r"^\s*(?:[•◦▪●‣⁃∙■□○*]|[-–—](?=\s)|\d{1,2}[.)](?=\s))\s*")
SENTENCE_END = re.compile(r"[.!?…][\"”’')\]»]*\s*$")
TRUNCATED = re.compile(
    r"(?:\[?(?:\.{3}|…)\]?|\[&hellip;\])\s*(?:read\s+more|more|continue\s+reading)?\W*$", re.IGNORECASE
)
# English function words: running text is a third of them, menus and tag lists have none (jusText's observation).
FUNCTION_WORDS = frozenset(
    """a about after all also an and are as at be been but by can could did do for from had has have he her his how i if in into is it its
    just me more my no not of on one or our out said she so some that the their them then there they this to up us was we were what when
    which who will with would you your""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with text. ``gap`` is the number of empty lines before it."""

    text: str
    gap: int
    bullet: bool
    words: int
    sentence: bool  # ends as a sentence does
    truncated: bool  # ends in [...]: a teaser
    function_share: float
    date: bool  # says nothing but a date


def read_lines(page_text: str) -> list[Line]:
    """The lines that hold text, in order, bullets without their marks."""
    return list(_lines(page_text))


def line_key(text: str) -> str:
    """What two lines have in common when they say the same: case, white space and bullets left out."""
    return " ".join(BULLET.sub("", text).casefold().split())


def _lines(page_text: str) -> Iterator[Line]:
    gap = 0
    marked = False
    for raw in page_text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        text = " ".join(raw.split())
        if not text:
            gap += 1
            continue
        bare = BULLET.sub("", text)
        if not bare:  # a bullet on a line of its own belongs to the next line
            marked = True
            continue
        yield _line(bare, gap=gap, bullet=marked or bare != text)
        gap, marked = 0, False


def _line(text: str, *, gap: int, bullet: bool) -> Line:
    words = re.findall(r"[\w'’]+", text.lower())
    return Line(
        text=text,
        gap=gap,
        bullet=bullet,
        words=len(words),
        sentence=bool(SENTENCE_END.search(text)),
        truncated=bool(TRUNCATED.search(text)),
        function_share=sum(word in FUNCTION_WORDS for word in words) / len(words) if words else 0.0,
        date=is_only_date(text),
    )

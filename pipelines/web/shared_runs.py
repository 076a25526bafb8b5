"""What two texts share, marked in both: quotations, other runs of words, and figures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

SHORTEST_RUN = 5  # words; shorter runs are phrases that any two reports of a trade share
LONGEST_TEXT = 6_000  # words of each text that are compared; the rest is shown unmarked
_WORD = re.compile(r"\w+(?:[’'.,]\w+)*")
_QUOTED = re.compile(r"“[^“”]{10,2000}”|\"[^\"\n]{10,2000}\"")
_SCALES = {
    "k": 3,
    "thousand": 3,
    "m": 6,
    "mn": 6,
    "million": 6,
    "bn": 9,
    "billion": 9,
    "tn": 12,
    "trillion": 12,
}
_FIGURE = re.compile(
    rf"(?P<currency>[£$€]?)(?P<digits>\d(?:[\d,.]*\d)?)(?:\s?(?P<percent>%|per\s?cent\b)"
    rf"|\s?(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})\b)?",
    re.IGNORECASE,
)


class Shared(StrEnum):
    """What a marked passage is."""

    RUN = "run"
    QUOTATION = "quotation"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One part of a text. ``number``: the same as of the passage in the other text; 0 for none."""

    text: str
    kind: Shared | None = None
    number: int = 0

    @property
    def shared(self) -> bool:
        """Return whether the other text has it too."""
        return self.kind is not None


@dataclass(frozen=True, slots=True)
class _Passage:
    start: int  # characters
    end: int
    kind: Shared
    number: int = 0


def lit(left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return both texts as spans, in order; joined, the spans are the text."""
    words = [list(_WORD.finditer(text))[:LONGEST_TEXT] for text in (left, right)]
    marked: tuple[list[_Passage], list[_Passage]] = ([], [])
    quoted = [[found.span() for found in _QUOTED.finditer(text)] for text in (left, right)]
    runs = _runs([each[0].casefold() for each in words[0]], [each[0].casefold() for each in words[1]])
    for number, (a, b, size) in enumerate(runs, 1):
        ends = [(side[at].start(), side[at + size - 1].end()) for side, at in zip(words, (a, b), strict=True)]
        is_quoted = any(_inside(end, spans) for end, spans in zip(ends, quoted, strict=True))
        kind = Shared.QUOTATION if is_quoted else Shared.RUN
        for side, (start, end) in zip(marked, ends, strict=True):
            side.append(_Passage(start, end, kind, number))
    figures = [dict(_figures(text)) for text in (left, right)]
    common = set(figures[0].values()) & set(figures[1].values())
    for side, found in zip(marked, figures, strict=True):
        taken = [(each.start, each.end) for each in side]
        side += [
            _Passage(start, end, Shared.FIGURE)
            for (start, end), value in found.items()
            if value in common and not any(start < to and end > since for since, to in taken)
        ]
    return _spans(left, marked[0]), _spans(right, marked[1])


def _runs(left: list[str], right: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield the places and the length of shared runs, in the order of the left text; no word twice in it."""
    places: dict[tuple[str, ...], list[int]] = {}
    for at in range(len(right) - SHORTEST_RUN + 1):
        places.setdefault(tuple(right[at : at + SHORTEST_RUN]), []).append(at)
    used: set[int] = set()
    at = 0
    while at <= len(left) - SHORTEST_RUN:
        starts = places.get(tuple(left[at : at + SHORTEST_RUN]), ())
        sizes = [(_length(left, right, at, start, used), -start) for start in starts]
        size, start = max(sizes, default=(0, 0))
        if size < SHORTEST_RUN:
            at += 1
            continue
        used.update(range(-start, -start + size))
        yield at, -start, size
        at += size


def _length(left: list[str], right: list[str], a: int, b: int, used: set[int]) -> int:
    size = 0
    while (
        a + size < len(left)
        and b + size < len(right)
        and left[a + size] == right[b + size]
        and b + size not in used
    ):
        size += 1
    return size


def _inside(passage: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    """Return whether most of a passage lies in one of the spans."""
    start, end = passage
    return any(min(end, to) - max(start, since) > (end - start) / 2 for since, to in spans)


def _figures(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield place and value of each figure: "£1.2m" and "£1,200,000" are one. A bare digit is none."""
    for found in _FIGURE.finditer(text):
        currency, digits, percent, scale = (
            found["currency"],
            found["digits"],
            found["percent"],
            found["scale"],
        )
        if not (currency or percent or scale or len(digits) > 1):
            continue
        try:
            value = Decimal(digits.replace(",", "")).scaleb(_SCALES[scale.lower()] if scale else 0)
            plain = f"{value.normalize():f}"
        except InvalidOperation:  # a date or a version: 1.10.2026
            plain = digits
        yield found.span(), f"{currency}{plain}{'%' if percent else ''}"


def _spans(text: str, passages: list[_Passage]) -> tuple[Span, ...]:
    spans, position = [], 0
    for each in sorted(passages, key=lambda passage: passage.start):
        spans.append(Span(text=text[position : each.start]))
        spans.append(Span(text=text[each.start : each.end], kind=each.kind, number=each.number))
        position = each.end
    spans.append(Span(text=text[position:]))
    return tuple(span for span in spans if span.text)

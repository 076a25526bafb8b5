"""The runs of words that two texts share, marked in both. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

SHORTEST_RUN = 5  # words; shorter runs are phrases that any two reports of a trade share
LONGEST_TEXT = 3_000  # words of each text that are compared; the rest is shown unmarked
_WORD = re.compile(r"\w+(?:[’'.,]\w+)*")


@dataclass(frozen=True, slots=True)
class Span:
    """One part of a text: shared with the other text, or not."""

    text: str
    shared: bool


def lit(left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return both texts as spans, in order; joined, the spans are the text."""
    found = [list(_WORD.finditer(text))[:LONGEST_TEXT] for text in (left, right)]
    words = [[match[0].casefold() for match in side] for side in found]
    blocks = SequenceMatcher(None, words[0], words[1], autojunk=False).get_matching_blocks()
    runs = [block for block in blocks if block.size >= SHORTEST_RUN]
    return (
        _spans(left, [(found[0][run.a].start(), found[0][run.a + run.size - 1].end()) for run in runs]),
        _spans(
            right, sorted((found[1][run.b].start(), found[1][run.b + run.size - 1].end()) for run in runs)
        ),
    )


def _spans(text: str, runs: list[tuple[int, int]]) -> tuple[Span, ...]:
    spans, position = [], 0
    for start, end in runs:
        spans += [Span(text[position:start], shared=False), Span(text[start:end], shared=True)]
        position = end
    spans.append(Span(text[position:], shared=False))
    return tuple(span for span in spans if span.text)

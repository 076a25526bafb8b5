"""The quoted passages of a text, exactly as they stand between quotation marks.

A paragraph is a line. A straight mark opens a passage where a word follows it and none stands before it, and
closes one where a word or a full stop stands before it; so one missing mark does not turn the text between
two quotations into a quotation. In British style a quotation of several paragraphs has an opening mark at
each paragraph and a closing mark at the last: each paragraph is a passage of its own. Single marks count only
around whole remarks (with a full stop or comma before the closing mark), because they are apostrophes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.matching.tokens import MAX_CHARACTERS

_CLOSING = {"“": "”", "«": "»", "„": "“”", '"': '"”', "‘": "’", "'": "'"}
_SINGLE = frozenset("‘'")
_MARKS = {mark: re.compile(f"[{mark}{closing}]") for mark, closing in _CLOSING.items()}
_OPENING = re.compile(r"(?:^|(?<=[\s(\[—–/“\"‘…-]))[“«„\"‘'](?=[^\s”»’])")
_REMARK_ENDS = frozenset(".,!?…—–")
_LONGEST = 1_500  # characters of one passage; beyond, a closing mark is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Quoted words with their place in the text, in characters."""

    words: str
    start: int  # of the opening mark
    end: int  # after the closing mark, or at the end of a paragraph without one
    continues: bool = False  # goes on from the paragraph before


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty with its place in the text, in characters."""
    start = 0
    for line in text[:MAX_CHARACTERS].split("\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def passages(text: str) -> Iterator[tuple[int, str, tuple[Passage, ...]]]:
    """Yield each paragraph with its place and its quoted passages, in order."""
    lines = list(paragraphs(text))
    is_open = False
    for number, (start, line) in enumerate(lines):
        following = lines[number + 1][1].lstrip() if number + 1 < len(lines) else ""
        quoted = list(_in_line(line, start, following[:1]))
        if is_open and quoted and not line[: quoted[0].start - start].strip():
            first = quoted[0]
            quoted[0] = Passage(words=first.words, start=first.start, end=first.end, continues=True)
        is_open = bool(quoted) and quoted[-1].end == start + len(line) and line[-1:] not in "”»\"’'"
        yield start, line, tuple(quoted)


def _in_line(line: str, offset: int, next_mark: str) -> Iterator[Passage]:
    """Yield the passages of a paragraph; ``next_mark`` is the first character of the next."""
    position = 0
    while found := _OPENING.search(line, position):
        opening = found.start()
        mark = line[opening]
        closing = _closing(line, opening, mark)
        position = opening + 1
        if closing is None and mark == next_mark and mark not in _SINGLE and not _reopens(line, opening):
            yield Passage(words=line[opening + 1 :].rstrip(), start=offset + opening, end=offset + len(line))
            return
        if closing is not None:
            words = line[opening + 1 : closing]
            yield Passage(words=words, start=offset + opening, end=offset + closing + 1)
            position = closing + 1


def _closing(line: str, opening: int, mark: str) -> int | None:
    """Return where a passage closes; None where its mark does not close, or another opens first."""
    for found in _MARKS[mark].finditer(line, opening + 1, opening + _LONGEST):
        position, character = found.start(), found.group()
        if character in _CLOSING[mark] and _closes(line, position, single=mark in _SINGLE):
            return position
        if mark not in _SINGLE and character == mark and _OPENING.match(line, position):
            return None
    return None


def _closes(line: str, position: int, *, single: bool) -> bool:
    before, after = line[position - 1], line[position + 1 : position + 2]
    if before.isspace() or after.isalnum():
        return False
    return not single or before in _REMARK_ENDS


def _reopens(line: str, opening: int) -> bool:
    """Return whether a mark of the same kind opens again behind an opening mark."""
    return any(match.group() == line[opening] for match in _OPENING.finditer(line, opening + 1))

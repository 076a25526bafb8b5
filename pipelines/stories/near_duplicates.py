"""Which reports of a story are the same text at another place, and what each report shares with earlier ones.

Agency text runs word for word, under a new headline, with the last paragraphs cut, or with a local sentence
put in front. A report that quotes a press release in full and adds as much of its own is not a copy. A page
has other URLs (AMP, print).

In order of publication, a report is a copy of an earlier one when nearly all of its words stand there in runs
of five. How much the earlier one has besides does not matter, so a cut text is a copy and a grown one is not.
Only originals are compared with: ten thousand identical texts cost ten thousand comparisons, and no chain of
small edits makes one text of the first and the last.

A sample of runs finds candidates (those whose hash is divisible by eight: Broder's "modulo" sketch of 1997,
which keeps containment measurable between texts of any two lengths); all runs decide.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

# Words in a row: runs of four are met by chance in formulaic prose, runs of eight miss text with one word in
# ten changed.
RUN_WORDS = 5
SAMPLE = 8  # every eighth run is indexed: 12 of a text of 100 words
LEAST_SAMPLES = 2  # shared sampled runs from which two texts are compared
# Share of the later text's runs that stand in the earlier one; between "a word in 25 changed" (.82) and "a
# third is new" (.66).
COPY_SHARE = 0.8
SHORTEST_TEXT = 40  # words; of shorter texts only identical ones are copies

# The first alternative saves time only: most words are plain.
_WORD = re.compile(r"[a-z0-9]++(?![^\W_]|['’][^\W_])|[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one report. ``runs`` are those of ``runs_of(text)``."""

    key: int
    copy_key: str  # the same for texts that agree word for word
    page: str  # the same for all URLs of one page; empty without a URL
    runs: Sequence[int]


def runs_of(text: str) -> list[int]:
    """Return hashes of all runs of five words, in order, blind to case and punctuation."""
    line = " ".join(_WORD.findall(text.casefold())).encode("utf-8", "replace")
    starts = [0, *accumulate(len(word) + 1 for word in line.split(b" "))]  # and the end of the last word
    return [zlib.crc32(line[start : end - 1]) for start, end in zip(starts, starts[RUN_WORDS:], strict=False)]


def copies(wordings: Sequence[Wording]) -> dict[int, int]:
    """Return for each report its original, itself if it is not a copy. Give them in order of publication."""
    original: dict[int, int] = {}
    by_text: dict[str, int] = {}
    by_page: dict[str, int] = {}
    texts = _Originals()
    for wording in wordings:
        of = by_text.get(wording.copy_key)
        if of is None and wording.page:
            of = by_page.get(wording.page)
        if of is None:
            of = texts.original_of(wording)
        original[wording.key] = wording.key if of is None else of
        by_text.setdefault(wording.copy_key, original[wording.key])
        if wording.page:
            by_page.setdefault(wording.page, original[wording.key])
    return original


class _Originals:
    """The texts so far that are not copies, with an index of their sampled runs."""

    def __init__(self) -> None:
        self._runs: dict[int, frozenset[int]] = {}
        self._position: dict[int, int] = {}
        self._sampled: defaultdict[int, list[int]] = defaultdict(list)

    def original_of(self, wording: Wording) -> int | None:
        """Return the earlier text that this one was taken from; None, and keep it, when there is none."""
        runs = frozenset(wording.runs)
        if len(runs) < SHORTEST_TEXT:
            return None
        sample = [run for run in runs if run % SAMPLE == 0]
        hits = Counter(key for run in sample for key in self._sampled.get(run, ()))
        shares = {
            key: len(runs & self._runs[key]) / len(runs)
            for key, count in hits.items()
            if count >= LEAST_SAMPLES
        }
        best = max(shares, key=lambda key: (shares[key], -self._position[key]), default=None)
        if best is not None and shares[best] >= COPY_SHARE:
            return best
        self._position[wording.key] = len(self._position)
        self._runs[wording.key] = runs
        for run in sample:
            self._sampled[run].append(wording.key)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """How much of a report stands elsewhere: the share (0..1) of its words, and the report that has most."""

    share: float
    source: int | None


def borrowed(wordings: Sequence[Wording]) -> dict[int, Containment]:
    """Return for each report what all earlier ones contain of it. Give them in order of publication."""
    holder: dict[int, int] = {}  # run -> the first report that had it
    contained: dict[int, Containment] = {}
    for wording in wordings:
        lenders = Counter(holder[run] for run in wording.runs if run in holder)
        share = _covered([run in holder for run in wording.runs])
        source = min(lenders, key=lambda key: (-lenders[key], key)) if lenders else None
        contained[wording.key] = Containment(share=share, source=source)
        for run in wording.runs:
            holder.setdefault(run, wording.key)
    return contained


def share_in(runs: Sequence[int], source_runs: Iterable[int]) -> float:
    """Return the share (0..1) of a text's words that stand, in runs of five, in a source."""
    known = frozenset(source_runs)
    return _covered([run in known for run in runs])


def _covered(hits: Sequence[bool]) -> float:
    """Return the share of words that lie in at least one of the runs that were hit."""
    words, covered_to, covered = len(hits) + RUN_WORDS - 1, 0, 0
    for start, hit in enumerate(hits):
        if hit:
            covered += start + RUN_WORDS - max(start, covered_to)
            covered_to = start + RUN_WORDS
    return covered / words if hits else 0.0

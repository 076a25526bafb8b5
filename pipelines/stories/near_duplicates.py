"""Which reports of a story are the same text at another place, and what each report took over from earlier
ones.

Observations. Agency text runs word for word, under a new headline, with the last paragraphs cut, or with a
local sentence put in front. A report that quotes a press release in full and adds as much of its own is no
copy. A page has other addresses (AMP, print).

Theory. Taken in order of publication, a report is a copy of an earlier one when nearly all of *its* words
stand there in runs of five; how much the earlier one has besides does not matter, so that a cut text is a
copy and a grown one is not. Only originals are compared with: ten thousand identical texts cost ten thousand
comparisons, and no chain of small edits makes the first and the last of it one text.

Finding is by a sample of runs (those whose hash is divisible by eight: Broder's "modulo" sketch of 1997,
which keeps containment measurable between texts of any two lengths); deciding is by all runs.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

RUN_WORDS = 5  # words in a row: four is met by chance in formulaic prose, eight misses text with a word changed in ten
SAMPLE = 8  # every eighth run is indexed: 12 of a text of 100 words
SAMPLES_TO_LOOK = 2  # shared sampled runs that make a comparison worth while
COPY_SHARE = 0.8  # of the later text's runs in the earlier one; between "a word in 25 changed" (.82) and "a third is new" (.66)
SHORTEST_TEXT = 40  # words; below, only identical texts are copies

# the first alternative only saves time: most words are plain
_WORD = re.compile(r"[a-z0-9]++(?![^\W_]|['’][^\W_])|[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one report. ``place`` is the same for two addresses of one page; empty when there is none.

    ``runs`` are those of ``runs_of(text)``.
    """

    key: int
    copy_key: str  # the same for texts that agree word for word
    place: str
    runs: Sequence[int]


def runs_of(text: str) -> list[int]:
    """Hashes of all runs of five words, in order, blind to case and punctuation."""
    line = " ".join(_WORD.findall(text.casefold())).encode("utf-8", "replace")
    starts = [
        0,
        *accumulate(len(word) + 1 for word in line.split(b" ")),
    ]  # and where the word after the last would
    return [zlib.crc32(line[start : end - 1]) for start, end in zip(starts, starts[RUN_WORDS:], strict=False)]


def copies(wordings: Sequence[Wording]) -> dict[int, int]:
    """For each report the original that it is a copy of, itself if it is none. Give them in order of
    publication."""
    original: dict[int, int] = {}
    by_text: dict[str, int] = {}
    by_place: dict[str, int] = {}
    texts = _Originals()
    for wording in wordings:
        found = by_text.get(wording.copy_key)
        if found is None and wording.place:
            found = by_place.get(wording.place)
        if found is None:
            found = texts.original_of(wording)
        original[wording.key] = wording.key if found is None else found
        by_text.setdefault(wording.copy_key, original[wording.key])
        if wording.place:
            by_place.setdefault(wording.place, original[wording.key])
    return original


class _Originals:
    """The texts so far that are no copies, with an index of their sampled runs."""

    def __init__(self) -> None:
        self._runs: dict[int, frozenset[int]] = {}
        self._place: dict[int, int] = {}
        self._sampled: defaultdict[int, list[int]] = defaultdict(list)

    def original_of(self, wording: Wording) -> int | None:
        """The earlier text that this one was taken from; None, and remembered as an original, when there is
        none."""
        runs = frozenset(wording.runs)
        if len(runs) < SHORTEST_TEXT:
            return None
        sample = [run for run in runs if run % SAMPLE == 0]
        hits = Counter(key for run in sample for key in self._sampled.get(run, ()))
        shares = {
            key: len(runs & self._runs[key]) / len(runs)
            for key, count in hits.items()
            if count >= SAMPLES_TO_LOOK
        }
        best = max(shares, key=lambda key: (shares[key], -self._place[key]), default=None)
        if best is not None and shares[best] >= COPY_SHARE:
            return best
        self._place[wording.key] = len(self._place)
        self._runs[wording.key] = runs
        for run in sample:
            self._sampled[run].append(wording.key)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """What a report took over: the share (0..1) of its words in runs of an earlier report, and which one
    most."""

    share: float
    source: int | None


def borrowed(wordings: Sequence[Wording]) -> dict[int, Containment]:
    """For each report what it took over from all earlier ones. Give them in order of publication."""
    holder: dict[int, int] = {}  # run -> the first report that had it
    found: dict[int, Containment] = {}
    for wording in wordings:
        lenders = Counter(holder[run] for run in wording.runs if run in holder)
        share = _covered([run in holder for run in wording.runs])
        source = min(lenders, key=lambda key: (-lenders[key], key)) if lenders else None
        found[wording.key] = Containment(share=share, source=source)
        for run in wording.runs:
            holder.setdefault(run, wording.key)
    return found


def share_in(runs: Sequence[int], source_runs: Iterable[int]) -> float:
    """The share (0..1) of a text's words that stand, in runs of five, in a source."""
    known = frozenset(source_runs)
    return _covered([run in known for run in runs])


def _covered(hits: Sequence[bool]) -> float:
    """The share of words that lie in at least one of the runs that were hit."""
    words, covered_to, covered = len(hits) + RUN_WORDS - 1, 0, 0
    for start, hit in enumerate(hits):
        if hit:
            covered += start + RUN_WORDS - max(start, covered_to)
            covered_to = start + RUN_WORDS
    return covered / words if hits else 0.0

"""Pairs that are compared at once, with what several features need of them.

What is summed over shared terms are binary fractions of few digits, so every sum is exact and does not depend
on the other pairs of the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache, cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel, LCSseq
from rapidfuzz.process import cdist

from pipelines.matching.closeness import closeness
from pipelines.matching.compared import Comparable
from pipelines.matching.fingerprint import (
    BITS,
    BODY,
    COLUMNS,
    LEAD,
    LEAD_NAMES,
    LEAD_NUMBERS,
    LEAD_PLAIN,
    LEAD_SLOTS,
    NAMES,
    OWN,
    PLAIN,
    TITLE,
    TITLE_NAMES,
    TITLE_RARE,
    TOP,
    VECTORS,
    Floats,
    Profile,
    columns,
)
from pipelines.matching.members import in_common, nearest, nearest_of
from pipelines.matching.prefilter import Overlap

NOTHING_TO_COMPARE = -1.0  # the value of a feature that one side cannot have: no headline, no date
MOST_BITS = 40  # shared terms whose surprises are summed
COVERED = (
    BODY, LEAD, TITLE, TOP, LEAD_NAMES, TITLE_NAMES, NAMES, PLAIN, LEAD_PLAIN, LEAD_NUMBERS,
    TITLE_RARE, LEAD_SLOTS, OWN,
)  # fmt: skip
Bools = NDArray[np.bool_]
Scorer = Callable[..., Any]  # of RapidFuzz
_STEPS = 2**18  # a product of two weights is a whole number of these parts of 1
_SUMS = COLUMNS + VECTORS
_TOTALS, _NORMS = slice(COLUMNS), slice(COLUMNS, _SUMS)  # of `Profile.figures`
_DAY, _LENGTH, _TITLED, _WEEKDAYS, _WHOLE_NAMES = range(_SUMS, _SUMS + 5)
_EIGHTHS, _TABLED = 8, 2**14
_SUMMED_TOGETHER = 64  # profiles: their columns take 1 MB and stay in the processor's cache
_DAYS, _QUOTED, _RUNS = range(3)  # of `Profile.members`


class Sweep:
    """Pairs that are compared at once, article by article, with what several features need of them."""

    def __init__(
        self, ones: Sequence[Comparable], others: Sequence[Sequence[Comparable]], shared: Sequence[Overlap]
    ) -> None:
        counts = [len(group) for group in others]
        starts = (np.cumsum(counts) - counts).tolist()
        self.ones = ones
        self.of = np.repeat(np.arange(len(ones)), counts)  # for each pair, which of the ones is in it
        self.mine = [one.profile for one in ones]
        self.groups = [[other.profile for other in group] for group in others]
        self.together = list(zip(self.mine, self.groups, strict=True))
        self.pairs = [(one, other) for one, group in self.together for other in group]
        # For each shared term: its pair, and its row in either article.
        self.pair = np.concatenate(
            [overlap.pair + start for overlap, start in zip(shared, starts, strict=True)]
        )
        self.row = np.concatenate([overlap.mine for overlap in shared])
        self.other_row = np.concatenate([overlap.theirs for overlap in shared])

    def each(self, value: Callable[[Profile, Profile], float]) -> Floats:
        """Return a value of each pair."""
        return np.array([value(a, b) for a, b in self.pairs], dtype=np.float64)

    @cached_property
    def figures(self) -> tuple[Floats, Floats]:
        """The ``Profile.figures`` of either article of each pair."""
        sum_together(chain(self.mine, (b for _, b in self.pairs)))
        own = np.stack([one.figures for one in self.mine])[self.of]
        other = np.concatenate([b.figures for _, b in self.pairs]).reshape(len(self.pairs), -1)
        return own, other

    def _figure(self, at: int) -> tuple[Floats, Floats]:
        own, other = self.figures
        return own[:, at], other[:, at]

    def _in_common(self, kind: int) -> tuple[Floats, Floats]:
        """Return how many members both articles of each pair have, and how many the one with fewer has."""
        found = [
            in_common(one.members[kind], [other.members[kind] for other in group])
            for one, group in self.together
        ]
        shared, fewest = zip(*found, strict=True)
        return np.concatenate(shared), np.concatenate(fewest)

    @cached_property
    def columns(self) -> tuple[Floats, Floats]:
        """The weights of each shared term in the parts of either article."""
        own, other = [one.profile.marks for one in self.ones], [b.marks for _, b in self.pairs]
        own_starts = np.cumsum([0, *(len(marks) for marks in own[:-1])])
        other_starts = np.cumsum([0, *(len(marks) for marks in other[:-1])])
        return (
            columns(np.concatenate(own).take(own_starts[self.of[self.pair]] + self.row, axis=0)),
            columns(np.concatenate(other).take(other_starts[self.pair] + self.other_row, axis=0)),
        )

    @cached_property
    def least(self) -> Floats:
        """The smaller weight of each shared term in the parts of the two articles."""
        return np.minimum(*self.columns)

    @cached_property
    def products(self) -> Floats:
        """The product of the weights of each shared term, for the parts that are compared as vectors."""
        own, other = self.columns
        return own[:, :VECTORS] * other[:, :VECTORS]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many terms each pair shares."""
        return np.bincount(self.pair, minlength=len(self.pairs))

    def summed(self, values: Floats) -> Floats:
        """Return the sums of values of shared terms, a row for each pair."""
        sums = np.zeros((len(self.pairs), values.shape[1]))
        some = np.flatnonzero(self.counts)
        if len(some):
            sums[some] = np.add.reduceat(values, (np.cumsum(self.counts) - self.counts)[some], axis=0)
        return sums

    @cached_property
    def cosines(self) -> Floats:
        """The cosine of each part that is compared as a vector."""
        own, other = (side[:, _NORMS] for side in self.figures)
        return ratio(self.summed(self.products), own * other)

    @cached_property
    def best_bits(self) -> Floats:
        """The surprises of the most telling shared terms, most telling first."""
        return best(self.least[:, BITS], self.pair, self.counts, MOST_BITS)

    @cached_property
    def covered(self) -> tuple[Floats, Floats, Floats, Floats]:
        """What the other side has of each side's evidence, then all of that evidence, for both sides."""
        own, other = (side[:, _TOTALS] for side in self.figures)
        sums = [self.summed(columns[:, COVERED]) for columns in self.columns]
        return sums[0], sums[1], own[:, COVERED], other[:, COVERED]

    @cached_property
    def covers(self) -> tuple[Floats, Floats]:
        """The share of each side's evidence that the other side has: the larger share, then the smaller."""
        shared, other_shared, own, other = self.covered
        one, two = ratio(shared, own), ratio(other_shared, other)
        return np.maximum(one, two), np.minimum(one, two)

    @cached_property
    def lacking(self) -> tuple[Floats, Floats]:
        """The evidence of each side that the other side lacks: the larger amount, then the smaller."""
        shared, other_shared, own, other = self.covered
        return np.maximum(own - shared, other - other_shared), np.minimum(own - shared, other - other_shared)

    @cached_property
    def shared_names(self) -> Floats:
        """How many names of several words both have."""
        return np.array(
            [
                # most pairs have none in common, which is quicker to find out
                0.0 if names.isdisjoint(other.whole_names) else len(names & other.whole_names)
                for names, group in ((one.whole_names, group) for one, group in self.together)
                for other in group
            ],
            dtype=np.float64,
        )

    @cached_property
    def fewest_names(self) -> Floats:
        """How many names of several words the side with fewer has."""
        return np.minimum(*self._figure(_WHOLE_NAMES))

    @cached_property
    def titled(self) -> Bools:
        """Whether both articles have headlines."""
        own, other = self._figure(_TITLED)
        return own * other > 0

    @cached_property
    def titles(self) -> Floats:
        """How many of the two have headlines."""
        return np.add(*self._figure(_TITLED))

    @cached_property
    def title_ratios(self) -> Floats:
        """How alike two headlines are, letter by letter."""
        return self._alike(Indel.normalized_similarity, attrgetter("title"))

    @cached_property
    def title_frames(self) -> Floats:
        """The share of words that two headlines have in one order, of those of the longer."""
        return self._alike(LCSseq.normalized_similarity, attrgetter("title_words"))

    def _alike(self, scorer: Scorer, part: Callable[[Profile], Sequence[Hashable]]) -> Floats:
        """Return how alike a part of the headline is, each article against its own others: what a scorer
        prepares of one is made once, which takes half the time of pairs.
        """
        alike = [
            cdist([part(one)], [part(other) for other in group], scorer=scorer, dtype=np.float64)[0]
            for one, group in self.together
        ]
        return np.where(self.titled, np.concatenate(alike), NOTHING_TO_COMPARE)

    @cached_property
    def lengths(self) -> tuple[Floats, Floats]:
        """The logarithm of the number of words of either article, plus one."""
        return self._figure(_LENGTH)

    @cached_property
    def gaps(self) -> Floats:
        """The logarithm of days between publication, plus one."""
        gap = np.abs(np.subtract(*self._figure(_DAY)))
        return np.where(np.isnan(gap), NOTHING_TO_COMPARE, logs(gap))

    @cached_property
    def one_source(self) -> Floats:
        """Whether both articles are of one source."""
        return np.concatenate([_of_source(one.source, group) for one, group in self.together])

    @cached_property
    def peers(self) -> Floats:
        """Whether their sources are two bodies of one kind, such as two councils."""
        alike = [
            np.array([one.body == other.body for other in group], dtype=np.float64)
            if one.body
            else np.zeros(len(group))
            for one, group in self.together
        ]
        return np.where(self.one_source == 0.0, np.concatenate(alike), np.minimum(0.0, self.one_source))

    @cached_property
    def days(self) -> tuple[Floats, Floats]:
        """How many days both texts name, and how many the one that names fewer."""
        return self._in_common(_DAYS)

    @cached_property
    def weekdays(self) -> Floats:
        """1 where both name one weekday, -1 where they name others, else 0."""
        own, other = (side.astype(np.int64) for side in self._figure(_WEEKDAYS))
        return np.where(own & other, 1.0, np.where((own > 0) & (other > 0), -1.0, 0.0))

    @cached_property
    def told_gaps(self) -> Floats:
        """The logarithm of days, plus one, from a day named in one text to the date of the other."""
        gaps, start, dates = [], 0, self._figure(_DAY)[1]
        for one, group in self.together:
            told = nearest(one.members[_DAYS], dates[start : start + len(group)])
            named = nearest_of([other.members[_DAYS] for other in group], one.figures[_DAY])
            gaps.append(np.minimum(told, named))
            start += len(group)
        gap = np.concatenate(gaps)
        return np.where(np.isinf(gap), NOTHING_TO_COMPARE, logs(gap))

    @cached_property
    def kinds_of_figures(self) -> tuple[Floats, Floats]:
        """In how many kinds of figure that both openings give they share none, and in how many one."""
        apart, alike, at = np.zeros(len(self.pairs)), np.zeros(len(self.pairs)), 0
        for one, group in self.together:
            if one.opening_figures:
                for place, other in enumerate(group, at):
                    for kind in one.opening_figures.keys() & other.opening_figures.keys():
                        are_apart = one.opening_figures[kind].isdisjoint(other.opening_figures[kind])
                        (apart if are_apart else alike)[place] += 1
            at += len(group)
        return apart, alike

    @cached_property
    def quotations(self) -> Floats:
        """The logarithm of runs of quoted words that both have, plus one."""
        shared, fewest = self._in_common(_QUOTED)
        return np.where(fewest > 0, logs(shared), NOTHING_TO_COMPARE)

    @cached_property
    def copied(self) -> Floats:
        """The share of the runs of words of the one with fewer that both have."""
        shared, fewest = self._in_common(_RUNS)
        return shared / np.maximum(1, fewest)

    @cached_property
    def has_meaning(self) -> Bools:
        """Whether both articles of a pair have vectors, of one encoder."""
        if not any(one.encoder for one in self.mine):
            return np.zeros(len(self.pairs), dtype=np.bool_)
        return self.each(lambda a, b: bool(a.encoder) and a.encoder == b.encoder) > 0

    @cached_property
    def closeness(self) -> Floats:
        """The columns of ``closeness.closeness``."""
        return np.concatenate([closeness(one, group) for one, group in self.together if group])

    def of_meaning(self, values: Callable[[], Floats]) -> Floats:
        """Return values of the pairs that have vectors, and that there is nothing to compare for the
        others."""
        if not self.has_meaning.any():
            return np.full(len(self.pairs), NOTHING_TO_COMPARE)
        return np.where(self.has_meaning, values(), NOTHING_TO_COMPARE)

    def numbers_clash(self) -> Floats:
        """Return 1 where both openings give numbers and share none, -1 where they share one, else 0."""
        own, other = (side[:, _TOTALS] for side in self.figures)
        both = (own[:, LEAD_NUMBERS] > 0) & (other[:, LEAD_NUMBERS] > 0)
        shared = self.summed((self.columns[0][:, LEAD_NUMBERS] * self.columns[1][:, LEAD_NUMBERS])[:, None])
        return np.where(both, np.where(shared[:, 0] > 0, -1.0, 1.0), 0.0)


def sum_together(profiles: Iterable[Profile]) -> None:
    """Make the sums of many profiles at once, in a quarter of the time that each by itself takes.

    The weights are binary fractions of few digits: the sums are exact, and so the same.
    """
    waiting = {id(each): each for each in profiles if "_sums" not in each.__dict__}
    chosen = [each for each in waiting.values() if len(each.marks)]
    for start in range(0, len(chosen), _SUMMED_TOGETHER):
        batch = chosen[start : start + _SUMMED_TOGETHER]
        found = columns(np.concatenate([each.marks for each in batch]))
        lengths = np.array([len(each.marks) for each in batch])
        starts = np.cumsum(lengths) - lengths
        totals = np.add.reduceat(found, starts, axis=0)
        norms = np.sqrt(np.add.reduceat(found[:, :VECTORS] ** 2, starts, axis=0))
        for each, its_totals, its_norms in zip(batch, totals, norms, strict=True):
            each.__dict__["_sums"] = (its_totals, its_norms)  # the cached property


def _of_source(source: str, others: Sequence[Profile]) -> Floats:
    """Return whether each of the others is of a source; nothing to compare where either is not known."""
    if not source:
        return np.full(len(others), NOTHING_TO_COMPARE)
    values = [other.source == source if other.source else NOTHING_TO_COMPARE for other in others]
    return np.array(values, dtype=np.float64)


def ratio(values: Floats, wholes: Floats) -> Floats:
    """Return the quotients, and that there is nothing to compare where the whole is 0."""
    quotient: Floats = np.divide(
        values, wholes, out=np.full_like(values, NOTHING_TO_COMPARE), where=wholes > 0
    )
    return quotient


def best(values: Floats, pair: NDArray[np.int64], counts: NDArray[np.int64], most: int) -> Floats:
    """Return the greatest values of each pair, greatest first, padded with 0 to at most ``most``."""
    width = min(most, int(counts.max(initial=1)))
    ceiling = 1 << 40
    ranked = np.sort(pair * ceiling - (values * _STEPS).astype(np.int64))
    at = (np.cumsum(counts) - counts)[:, None] + np.arange(width)
    inside = np.arange(width) < counts[:, None]
    at = np.where(inside, at, 0)
    greatest = np.arange(len(counts))[:, None] * ceiling - ranked[at] if len(ranked) else 0
    return np.where(inside, greatest, 0) / _STEPS


def logs(values: Floats) -> Floats:
    """Return log(1 + x) by the C library: NumPy's own differs in the last digit between processors.

    Most values are eighths of bits, days or counts, whose logarithms stand in a table: a tenth of the time.
    """
    eighths = values * _EIGHTHS
    if ((eighths >= 0) & (eighths < _TABLED)).all():
        places = eighths.astype(np.int64)
        if (places == eighths).all():
            return _log_table().take(places)
    return _each_log(values)


def _each_log(values: Floats) -> Floats:
    found = np.zeros(len(values))
    some = np.flatnonzero(values)  # of 0 it is 0
    found[some] = np.fromiter(map(math.log1p, values[some].tolist()), dtype=np.float64, count=len(some))
    return found


@cache
def _log_table() -> Floats:
    return _each_log(np.arange(_TABLED) / _EIGHTHS)

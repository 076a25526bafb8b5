"""Pairs that are compared at once, with what several features need of them.

What is summed over shared terms are binary fractions of few digits, so every sum is exact and does not depend
on the other pairs of the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from pipelines.matching.fingerprint import (
    BITS,
    BODY,
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
    Fingerprint,
    Floats,
    Profile,
    columns,
    sum_together,
)
from pipelines.matching.meaning import cosines
from pipelines.matching.prefilter import Overlap

NOTHING_TO_COMPARE = -1.0  # the value of a feature that one side cannot have: no headline, no date
MOST_BITS = 40  # shared terms whose surprises are summed
COVERED = (
    BODY, LEAD, TITLE, TOP, LEAD_NAMES, TITLE_NAMES, NAMES, PLAIN, LEAD_PLAIN, LEAD_NUMBERS,
    TITLE_RARE, LEAD_SLOTS, OWN,
)  # fmt: skip
Bools = NDArray[np.bool_]
_STEPS = 2**18  # a product of two weights is a whole number of these parts of 1
_Member = TypeVar("_Member", int, str)


class Sweep:
    """Pairs that are compared at once, article by article, with what several features need of them."""

    def __init__(
        self, ones: Sequence[Fingerprint], others: Sequence[Sequence[Fingerprint]], shared: Sequence[Overlap]
    ) -> None:
        counts = [len(group) for group in others]
        starts = (np.cumsum(counts) - counts).tolist()
        self.ones = ones
        self.of = np.repeat(np.arange(len(ones)), counts)  # for each pair, which of the ones is in it
        self.pairs = [
            (one.profile, other.profile) for one, group in zip(ones, others, strict=True) for other in group
        ]
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
    def columns(self) -> tuple[Floats, Floats]:
        """The weights of each shared term in the parts of either article."""
        own, other = [one.profile.marks for one in self.ones], [b.marks for _, b in self.pairs]
        own_starts = np.cumsum([0, *(len(marks) for marks in own[:-1])])
        other_starts = np.cumsum([0, *(len(marks) for marks in other[:-1])])
        return (
            columns(np.concatenate(own)[own_starts[self.of[self.pair]] + self.row]),
            columns(np.concatenate(other)[other_starts[self.pair] + self.other_row]),
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
        ends = np.cumsum(self.counts)
        running = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
        sums: Floats = running[ends] - running[ends - self.counts]
        return sums

    @cached_property
    def cosines(self) -> Floats:
        """The cosine of each part that is compared as a vector."""
        own, other = self._of_profiles("norms")
        return ratio(self.summed(self.products), own * other)

    @cached_property
    def best_bits(self) -> Floats:
        """The surprises of the most telling shared terms, most telling first."""
        return best(self.least[:, BITS], self.pair, self.counts, MOST_BITS)

    @cached_property
    def covered(self) -> tuple[Floats, Floats, Floats, Floats]:
        """What the other side has of each side's evidence, then all of that evidence, for both sides."""
        own, other = self._of_profiles("totals")
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
        return self.each(lambda a, b: common(a.whole_names, b.whole_names))

    @cached_property
    def fewest_names(self) -> Floats:
        """How many names of several words the side with fewer has."""
        return self.each(lambda a, b: min(len(a.whole_names), len(b.whole_names)))

    @cached_property
    def title_frames(self) -> Floats:
        """The share of words that two headlines have in one order, of those of the longer."""
        return self.each(_title_frame)

    @cached_property
    def has_meaning(self) -> Bools:
        """Whether both articles of a pair have vectors, of one encoder."""
        return self.each(lambda a, b: bool(a.encoder) and a.encoder == b.encoder) > 0

    @cached_property
    def closeness(self) -> tuple[Floats, Floats]:
        """The cosines of the headlines and of the leads."""
        own = [one.profile.directions for one in self.ones]
        other = [b.directions for _, b in self.pairs]
        headlines, leads = (
            cosines(
                (np.stack([mine[part].numbers for mine in own])[self.of]
                 * np.stack([theirs[part].numbers for theirs in other])).sum(axis=1),
                np.array([mine[part].square for mine in own])[self.of],
                np.array([theirs[part].square for theirs in other]),
            )
            for part in (0, 1)
        )  # fmt: skip
        return headlines, leads

    def of_meaning(self, values: Callable[[], Floats]) -> Floats:
        """Return values of the pairs that have vectors, and that there is nothing to compare for the
        others."""
        if not self.has_meaning.any():
            return np.full(len(self.pairs), NOTHING_TO_COMPARE)
        return np.where(self.has_meaning, values(), NOTHING_TO_COMPARE)

    def numbers_clash(self) -> Floats:
        """Return 1 where both openings give numbers and share none, -1 where they share one, else 0."""
        own, other = self._of_profiles("totals")
        both = (own[:, LEAD_NUMBERS] > 0) & (other[:, LEAD_NUMBERS] > 0)
        shared = self.summed((self.columns[0][:, LEAD_NUMBERS] * self.columns[1][:, LEAD_NUMBERS])[:, None])
        return np.where(both, np.where(shared[:, 0] > 0, -1.0, 1.0), 0.0)

    def _of_profiles(self, name: str) -> tuple[Floats, Floats]:
        """Return a vector of each article's profile, for both sides of each pair."""
        sum_together(chain((one.profile for one in self.ones), (b for _, b in self.pairs)))
        own = np.array([getattr(one.profile, name) for one in self.ones])[self.of]
        return own, np.array([getattr(b, name) for _, b in self.pairs])


def _title_frame(a: Profile, b: Profile) -> float:
    if not (a.title and b.title):
        return NOTHING_TO_COMPARE
    return LCSseq.normalized_similarity(a.title_words, b.title_words)


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
    """Return log(1 + x) by the C library: NumPy's own differs in the last digit between processors."""
    return np.array([math.log1p(value) for value in values.tolist()])


def common(one: frozenset[_Member], other: frozenset[_Member]) -> int:
    """Return how many members both have; most pairs have none, which is quicker to find out."""
    return 0 if one.isdisjoint(other) else len(one & other)

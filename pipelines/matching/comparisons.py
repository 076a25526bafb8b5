"""Comparing fingerprints: one number for each feature of a pair, the same both ways round.

``FEATURE_TABLE`` is the only list of features: add a row there and fit again (tools/fit_matcher.py).

One article is compared with many at once. What is summed over shared terms are binary fractions of few
digits, so every sum is exact and does not depend on the other pairs of the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, auto
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from pipelines.matching.fingerprint import (
    BITS,
    BODY,
    LEAD,
    LEAD_NAMES,
    LEAD_NUMBERS,
    LEAD_PLAIN,
    NAME_BITS,
    NAMES,
    NUMBERS,
    PLAIN,
    RARE,
    TITLE,
    TITLE_NAMES,
    TOP,
    VECTORS,
    Fingerprint,
    Floats,
    Profile,
    columns,
)
from pipelines.matching.prefilter import Overlap, overlap

NOTHING_TO_COMPARE = -1.0  # the value of a feature that one side cannot have: no headline, no date
_MOST_PAIRS = 1_000  # compared in one sweep: sums stay exact, and memory small
_MOST_BITS = 40  # shared terms whose surprises are summed
_BEST = 3
_COVERED = (
    BODY, LEAD, TITLE, TOP, LEAD_NAMES, TITLE_NAMES, NAMES, PLAIN, LEAD_PLAIN, LEAD_NUMBERS,
)  # fmt: skip
_STEPS = 2**18  # a product of two weights is a whole number of these parts of 1
_Member = TypeVar("_Member", int, str)


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """Return the values of ``FEATURES`` for a pair."""
    return tuple(rows(x, [y])[0].tolist())


def rows(one: Fingerprint, others: Sequence[Fingerprint]) -> Floats:
    """Return ``features`` of one with each of the others, a row each."""
    parts = [others[start : start + _MOST_PAIRS] for start in range(0, len(others), _MOST_PAIRS)]
    swept = [
        compared([one], [part], [overlap(one.glimpse, [other.glimpse for other in part])]) for part in parts
    ]
    return np.concatenate(swept) if swept else np.empty((0, len(FEATURES)))


def compared(
    ones: Sequence[Fingerprint], others: Sequence[Sequence[Fingerprint]], shared: Sequence[Overlap]
) -> Floats:
    """Return ``features`` of each with each of its own others, in that order, given what each pair shares."""
    sweep = Sweep(ones, others, shared)
    if not sweep.pairs:
        return np.empty((0, len(FEATURES)))
    return np.stack([feature.values(sweep) for feature in FEATURE_TABLE], axis=1)


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
        return _ratio(self.summed(self.products), own * other)

    @cached_property
    def best_bits(self) -> Floats:
        """The surprises of the most telling shared terms, most telling first."""
        return _best(self.least[:, BITS], self.pair, self.counts, _MOST_BITS)

    @cached_property
    def covered(self) -> tuple[Floats, Floats, Floats, Floats]:
        """What the other side has of each side's evidence, then all of that evidence, for both sides."""
        own, other = self._of_profiles("totals")
        sums = [self.summed(columns[:, _COVERED]) for columns in self.columns]
        return sums[0], sums[1], own[:, _COVERED], other[:, _COVERED]

    @cached_property
    def covers(self) -> tuple[Floats, Floats]:
        """The share of each side's evidence that the other side has: the larger share, then the smaller."""
        shared, other_shared, own, other = self.covered
        one, two = _ratio(shared, own), _ratio(other_shared, other)
        return np.maximum(one, two), np.minimum(one, two)

    @cached_property
    def lacking(self) -> tuple[Floats, Floats]:
        """The evidence of each side that the other side lacks: the larger amount, then the smaller."""
        shared, other_shared, own, other = self.covered
        return np.maximum(own - shared, other - other_shared), np.minimum(own - shared, other - other_shared)

    @cached_property
    def shared_names(self) -> Floats:
        """How many names of several words both have."""
        return self.each(lambda a, b: _common(a.whole_names, b.whole_names))

    def numbers_clash(self) -> Floats:
        """Return 1 where both openings give numbers and share none, -1 where they share one, else 0."""
        own, other = self._of_profiles("totals")
        both = (own[:, LEAD_NUMBERS] > 0) & (other[:, LEAD_NUMBERS] > 0)
        shared = self.summed((self.columns[0][:, LEAD_NUMBERS] * self.columns[1][:, LEAD_NUMBERS])[:, None])
        return np.where(both, np.where(shared[:, 0] > 0, -1.0, 1.0), 0.0)

    def _of_profiles(self, name: str) -> tuple[Floats, Floats]:
        """Return a vector of each article's profile, for both sides of each pair."""
        own = np.array([getattr(one.profile, name) for one in self.ones])[self.of]
        return own, np.array([getattr(b, name) for _, b in self.pairs])


def _ratio(values: Floats, wholes: Floats) -> Floats:
    ratio: Floats = np.divide(values, wholes, out=np.full_like(values, NOTHING_TO_COMPARE), where=wholes > 0)
    return ratio


def _best(values: Floats, pair: NDArray[np.int64], counts: NDArray[np.int64], most: int) -> Floats:
    """Return the greatest values of each pair, greatest first, padded with 0 to at most ``most``."""
    width = min(most, int(counts.max(initial=1)))
    ceiling = 1 << 40
    ranked = np.sort(pair * ceiling - (values * _STEPS).astype(np.int64))
    at = (np.cumsum(counts) - counts)[:, None] + np.arange(width)
    inside = np.arange(width) < counts[:, None]
    best = np.arange(len(counts))[:, None] * ceiling - ranked[np.where(inside, at, 0)] if len(ranked) else 0
    return np.where(inside, best, 0) / _STEPS


def _logs(values: Floats) -> Floats:
    """Return log(1 + x) by the C library: NumPy's own differs in the last digit between processors."""
    return np.array([math.log1p(value) for value in values.tolist()])


def _common(one: frozenset[_Member], other: frozenset[_Member]) -> int:
    """Return how many members both have; most pairs have none, which is quicker to find out."""
    return 0 if one.isdisjoint(other) else len(one & other)


# -- values of single features -------------------------------------------------------------------------------


def _title_bits(sweep: Sweep) -> Floats:
    titled = sweep.each(lambda a, b: bool(a.title and b.title)) > 0
    return np.where(titled, _logs(sweep.summed(sweep.least[:, [TITLE]])[:, 0]), NOTHING_TO_COMPARE)


def _title_ratio(a: Profile, b: Profile) -> float:
    return Indel.normalized_similarity(a.title, b.title) if a.title and b.title else NOTHING_TO_COMPARE


def _quotes(a: Profile, b: Profile) -> float:
    return math.log1p(_common(a.quotes, b.quotes)) if a.quotes and b.quotes else NOTHING_TO_COMPARE


def _whole_names(sweep: Sweep) -> Floats:
    return _ratio(sweep.shared_names, sweep.each(lambda a, b: min(len(a.whole_names), len(b.whole_names))))


def _gap(a: Profile, b: Profile) -> float:
    """Return the logarithm of days between publication, plus one."""
    return NOTHING_TO_COMPARE if a.day is None or b.day is None else math.log1p(abs(a.day - b.day))


def _same_source(a: Profile, b: Profile) -> float:
    return float(a.source == b.source) if a.source and b.source else NOTHING_TO_COMPARE


def _other_days(a: Profile, b: Profile) -> float:
    return bool(a.days and b.days and a.days.isdisjoint(b.days))


def _shared_weekdays(a: Profile, b: Profile) -> float:
    both, either = a.weekdays & b.weekdays, a.weekdays and b.weekdays
    return 1.0 if both else -1.0 if either else 0.0


def _copy(a: Profile, b: Profile) -> float:
    return _common(a.sketch, b.sketch) / max(1, min(len(a.sketch), len(b.sketch)))


def _told_gap(a: Profile, b: Profile) -> float:
    """Return the logarithm of days, plus one, from a day named in one text to the date of the other."""
    gaps = [
        abs(day - other.day) for one, other in ((a, b), (b, a)) if other.day is not None for day in one.days
    ]
    return math.log1p(min(gaps)) if gaps else NOTHING_TO_COMPARE


# -- the table of features -----------------------------------------------------------------------------------


class Family(StrEnum):
    """A kind of evidence: the features that a reader takes for one argument."""

    WORDING = auto()
    LEAD = auto()
    HEADLINE = auto()
    NAMES = auto()
    FIGURES = auto()
    QUOTATIONS = auto()
    DATES = auto()
    DAYS = auto()
    SOURCE = auto()
    LENGTH = auto()


class Feature(NamedTuple):
    """A feature: its name in model.json, its kind of evidence, and its values for the pairs of a sweep."""

    name: str
    family: Family
    values: Callable[[Sweep], Floats]


def _of_pair(name: str, family: Family, value: Callable[[Profile, Profile], float]) -> Feature:
    return Feature(name, family, lambda sweep: sweep.each(value))


def _cosine(name: str, family: Family, column: int) -> Feature:
    return Feature(name, family, lambda sweep: sweep.cosines[:, column])


def _cover(name: str, family: Family, column: int) -> tuple[Feature, Feature]:
    at = _COVERED.index(column)
    return (
        Feature(name, family, lambda sweep: sweep.covers[0][:, at]),
        Feature(f"{name}_min", family, lambda sweep: sweep.covers[1][:, at]),
    )


def _lacking(name: str, family: Family, column: int) -> tuple[Feature, Feature]:
    at = _COVERED.index(column)
    return (
        Feature(name, family, lambda sweep: _logs(sweep.lacking[0][:, at])),
        Feature(f"{name}_min", family, lambda sweep: _logs(sweep.lacking[1][:, at])),
    )


def _form(name: str, plain: int, names: int) -> Feature:
    """Return the feature for a template: common words that are shared more than names are."""
    at, named = _COVERED.index(plain), _COVERED.index(names)
    return Feature(name, Family.NAMES, lambda sweep: sweep.covers[1][:, at] - sweep.covers[1][:, named])


# The order is that of model.json; the first feature of a family tells its level ("some", "most").
FEATURE_TABLE: tuple[Feature, ...] = (
    _cosine("body", Family.WORDING, BODY),
    _cosine("lead", Family.LEAD, LEAD),
    _cosine("title", Family.HEADLINE, TITLE),
    _cosine("names", Family.NAMES, NAMES),
    _cosine("plain", Family.WORDING, PLAIN),
    _cosine("numbers", Family.FIGURES, NUMBERS),
    _cosine("rare", Family.WORDING, RARE),
    Feature("shared_bits", Family.WORDING, lambda sweep: _logs(sweep.best_bits.sum(axis=1))),
    Feature("top_bits", Family.WORDING, lambda sweep: sweep.best_bits[:, :_BEST].sum(axis=1) / _BEST),
    Feature(
        "best3",
        Family.WORDING,
        lambda sweep: _logs(_best(sweep.products[:, RARE], sweep.pair, sweep.counts, _BEST).sum(axis=1)),
    ),
    Feature("name_bits", Family.NAMES, lambda sweep: _logs(sweep.summed(sweep.least[:, [NAME_BITS]])[:, 0])),
    Feature("title_bits", Family.HEADLINE, _title_bits),
    *_cover("cover", Family.WORDING, BODY),
    *_cover("lead_cover", Family.LEAD, LEAD),
    *_cover("title_cover", Family.HEADLINE, TITLE),
    *_cover("top_cover", Family.WORDING, TOP),
    *_cover("lead_names", Family.NAMES, LEAD_NAMES),
    _of_pair("title_ratio", Family.HEADLINE, _title_ratio),
    _of_pair("quotes", Family.QUOTATIONS, _quotes),
    Feature("whole_names", Family.NAMES, _whole_names),
    Feature("whole_names_count", Family.NAMES, lambda sweep: sweep.shared_names),
    _of_pair("gap", Family.DATES, _gap),
    _of_pair("same_source", Family.SOURCE, _same_source),
    _of_pair("shared_days", Family.DAYS, lambda a, b: _common(a.days, b.days)),
    _of_pair("other_days", Family.DAYS, _other_days),
    _of_pair("shared_weekdays", Family.DAYS, _shared_weekdays),
    _of_pair("shorter", Family.LENGTH, lambda a, b: min(a.length_log, b.length_log)),
    _of_pair("longer", Family.LENGTH, lambda a, b: max(a.length_log, b.length_log)),
    _of_pair("titles", Family.HEADLINE, lambda a, b: float(bool(a.title)) + float(bool(b.title))),
    _of_pair("copy", Family.WORDING, _copy),
    Feature("numbers_clash", Family.FIGURES, Sweep.numbers_clash),
    *_cover("title_names", Family.NAMES, TITLE_NAMES),
    *_cover("all_names", Family.NAMES, NAMES),
    *_cover("plain_cover", Family.WORDING, PLAIN),
    *_cover("lead_plain", Family.LEAD, LEAD_PLAIN),
    *_cover("lead_numbers", Family.FIGURES, LEAD_NUMBERS),
    *_lacking("title_names_lacking", Family.NAMES, TITLE_NAMES),
    *_lacking("lead_names_lacking", Family.NAMES, LEAD_NAMES),
    *_lacking("lead_numbers_lacking", Family.FIGURES, LEAD_NUMBERS),
    *_lacking("lead_plain_lacking", Family.LEAD, LEAD_PLAIN),
    _form("form", PLAIN, NAMES),
    _form("lead_form", LEAD_PLAIN, LEAD_NAMES),
    _of_pair("told_gap", Family.DAYS, _told_gap),
)
FEATURES: tuple[str, ...] = tuple(feature.name for feature in FEATURE_TABLE)
FAMILIES: Mapping[Family, tuple[str, ...]] = MappingProxyType({
    family: tuple(feature.name for feature in FEATURE_TABLE if feature.family is family) for family in Family
})  # fmt: skip

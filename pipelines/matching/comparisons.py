"""Comparing fingerprints: one number a feature, each a function of the pair alone and the same both ways round.

One article is compared with many at once. What is summed over shared terms are binary fractions of few digits, so every
sum is exact and does not know in which company it was made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from pipelines.matching.closeness import Overlap, overlap
from pipelines.matching.fingerprint import (
    BITS,
    BODY,
    LEAD,
    LEAD_NAMES,
    LEAD_NUMBERS,
    NAME_BITS,
    RARE,
    TITLE,
    TOP,
    VECTORS,
    Fingerprint,
    Floats,
    Profile,
    columns,
)  # fmt: skip

FEATURES = (
    "body", "lead", "title", "names", "plain", "numbers", "rare",
    "shared_bits", "top_bits", "best3", "name_bits", "title_bits",
    "cover", "cover_min", "lead_cover", "lead_cover_min", "title_cover", "title_cover_min",
    "top_cover", "top_cover_min",
    "lead_names", "lead_names_min", "title_ratio", "quotes", "whole_names", "whole_names_count",
    "gap", "same_source", "shared_days", "other_days", "shared_weekdays",
    "shorter", "longer", "titles", "copy", "numbers_clash",
)  # fmt: skip
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "wording": (
        "body", "plain", "rare", "shared_bits", "top_bits", "best3", "cover", "cover_min",
        "top_cover", "top_cover_min", "copy",
    ),
    "lead": ("lead", "lead_cover", "lead_cover_min"),
    "headline": ("title", "title_bits", "title_cover", "title_cover_min", "title_ratio", "titles"),
    "names": ("names", "name_bits", "whole_names", "whole_names_count", "lead_names", "lead_names_min"),
    "figures": ("numbers", "numbers_clash"),
    "quotations": ("quotes",),
    "dates": ("gap",),
    "days": ("shared_days", "other_days", "shared_weekdays"),
    "source": ("same_source",),
    "length": ("shorter", "longer"),
})  # fmt: skip
_NOTHING = -1.0  # one side has nothing to compare
_MOST = 1_000  # pairs compared in one sweep, which bounds the sums and the memory
_MOST_BITS = 40  # shared terms whose surprises are summed
_BEST = 3
_COVERED = (BODY, LEAD, TITLE, TOP, LEAD_NAMES)
_STEPS = 2**18  # a product of two weights is a whole number of these parts of 1
_Member = TypeVar("_Member", int, str)


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """The values of `FEATURES` for a pair; -1 where one side has nothing to compare."""
    return tuple(rows(x, [y])[0].tolist())


def rows(one: Fingerprint, others: Sequence[Fingerprint], shared: Overlap | None = None) -> Floats:
    """`features` of one with each of the others, a row each. ``shared`` is their `overlap`, if it is known."""
    if len(others) > _MOST:
        parts = [rows(one, others[start : start + _MOST]) for start in range(0, len(others), _MOST)]
        return np.concatenate(parts)
    if not others:
        return np.empty((0, len(FEATURES)))
    shared = overlap(one, others) if shared is None else shared
    found = [
        *_of_shared_terms(one, others, shared),
        *_of_names_and_quotations(one, others),
        *_of_time(one, others),
        *_of_length(one, others),
    ]
    return np.stack([found[at] for at in _ORDER], axis=1)


_FOUND = (
    "body", "lead", "title", "names", "plain", "numbers", "rare",
    "shared_bits", "top_bits", "best3", "name_bits", "title_bits", "numbers_clash",
    "cover", "cover_min", "lead_cover", "lead_cover_min", "title_cover", "title_cover_min",
    "top_cover", "top_cover_min", "lead_names", "lead_names_min",
    "title_ratio", "quotes", "whole_names", "whole_names_count", "copy",
    "gap", "same_source", "shared_days", "other_days", "shared_weekdays",
    "shorter", "longer", "titles",
)  # fmt: skip
_ORDER = [_FOUND.index(name) for name in FEATURES]


def _of_shared_terms(one: Fingerprint, others: Sequence[Fingerprint], shared: Overlap) -> list[Floats]:
    profiles = [other.profile for other in others]
    begins = np.cumsum([0, *(len(profile.marks) for profile in profiles[:-1])])
    mine = columns(one.profile.marks[shared.mine])
    theirs = columns(np.concatenate([p.marks for p in profiles])[begins[shared.pair] + shared.theirs])
    low, products = np.minimum(mine, theirs), mine[:, :VECTORS] * theirs[:, :VECTORS]
    clashing = mine[:, LEAD_NUMBERS] * theirs[:, LEAD_NUMBERS]
    counts = np.bincount(shared.pair, minlength=len(others))
    ends = np.cumsum(counts)

    def summed(values: Floats) -> Floats:
        running = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
        sums: Floats = running[ends] - running[ends - counts]
        return sums

    totals, norms = (np.array([getattr(p, name) for p in profiles]) for name in ("totals", "norms"))
    dots, lows = summed(products), summed(np.stack((low[:, NAME_BITS], low[:, TITLE], clashing), axis=1))
    norms = one.profile.norms * norms
    best_bits = _best(low[:, BITS], shared.pair, counts, _MOST_BITS)
    titled = np.array([bool(one.title and other.title) for other in others])
    numbered = (totals[:, LEAD_NUMBERS] > 0) & (one.profile.totals[LEAD_NUMBERS] > 0)
    return [
        *np.divide(dots, norms, out=np.full_like(dots, _NOTHING), where=norms > 0).T,
        _logs(best_bits.sum(axis=1)),
        best_bits[:, :_BEST].sum(axis=1) / _BEST,
        _logs(_best(products[:, RARE], shared.pair, counts, _BEST).sum(axis=1)),
        _logs(lows[:, 0]),
        np.where(titled, _logs(lows[:, 1]), _NOTHING),
        np.where(numbered, np.where(lows[:, 2] > 0, -1.0, 1.0), 0.0),
        *_covers(summed(mine[:, _COVERED]), summed(theirs[:, _COVERED]), one.profile.totals, totals),
    ]


def _best(values: Floats, pair: NDArray[np.int64], counts: NDArray[np.int64], most: int) -> Floats:
    """The greatest values of each pair, greatest first, and noughts where there are fewer than ``most``."""
    width = min(most, int(counts.max(initial=1)))
    ceiling = 1 << 40
    ranked = np.sort(pair * ceiling - (values * _STEPS).astype(np.int64))
    at = (np.cumsum(counts) - counts)[:, None] + np.arange(width)
    inside = np.arange(width) < counts[:, None]
    found = np.arange(len(counts))[:, None] * ceiling - ranked[np.where(inside, at, 0)] if len(ranked) else 0
    return np.where(inside, found, 0) / _STEPS


def _logs(values: Floats) -> Floats:
    """log(1 + x) by the C library, one by one: NumPy's own differs in the last digit from one processor to another."""
    return np.array([math.log1p(value) for value in values.tolist()])


def _covers(mine: Floats, theirs: Floats, total: Floats, totals: Floats) -> Iterable[Floats]:
    """The share of each side's evidence that the other side has somewhere: the larger share, then the smaller."""
    for column, at in enumerate(_COVERED):
        one = mine[:, column] / total[at] if total[at] else np.full(len(mine), _NOTHING)
        known = totals[:, at] > 0
        other = np.divide(theirs[:, column], totals[:, at], out=np.full(len(mine), _NOTHING), where=known)
        yield np.maximum(one, other)
        yield np.minimum(one, other)


def _common(one: frozenset[_Member], other: frozenset[_Member]) -> int:
    """How many both have; most pairs have none, which is quicker to tell."""
    return 0 if one.isdisjoint(other) else len(one & other)


def _each(others: Sequence[Fingerprint], value: Callable[[Fingerprint, Profile], float]) -> Floats:
    return np.array([value(other, other.profile) for other in others], dtype=np.float64)


def _of_names_and_quotations(x: Fingerprint, others: Sequence[Fingerprint]) -> Iterable[Floats]:
    """Likeness of the headlines; words quoted by both; whole names in both, as a share and as a count; copied words."""
    a, title = x.profile, x.title

    def quoted(_: Fingerprint, b: Profile) -> float:
        return math.log1p(_common(a.quotes, b.quotes)) if a.quotes and b.quotes else _NOTHING

    yield _each(others, lambda y, _: Indel.normalized_similarity(title, y.title) if title and y.title else _NOTHING)
    yield _each(others, quoted)
    shared = _each(others, lambda _, b: _common(a.whole_names, b.whole_names))
    shorter = _each(others, lambda _, b: min(len(a.whole_names), len(b.whole_names)))
    yield np.divide(shared, shorter, out=np.full(len(others), _NOTHING), where=shorter > 0)
    yield shared
    yield _each(others, lambda _, b: _common(a.sketch, b.sketch) / max(1, min(len(a.sketch), len(b.sketch))))


def _of_time(x: Fingerprint, others: Sequence[Fingerprint]) -> Iterable[Floats]:
    """Days between publication, whether the source is the same, days that both speak of, or only different ones."""
    a, day, source = x.profile, x.day, x.source

    def weekdays(y: Fingerprint, _: Profile) -> float:
        both, either = x.weekdays & y.weekdays, x.weekdays and y.weekdays
        return 1.0 if both else -1.0 if either else 0.0

    yield _each(others, lambda y, _: _NOTHING if day is None or y.day is None else math.log1p(abs(day - y.day)))
    yield _each(others, lambda y, _: float(source == y.source) if source and y.source else _NOTHING)
    shared = _each(others, lambda _, b: _common(a.days, b.days))
    yield shared
    yield ((shared == 0) & _each(others, lambda _, b: bool(a.days and b.days)).astype(bool)).astype(np.float64)
    yield _each(others, weekdays)


def _of_length(x: Fingerprint, others: Sequence[Fingerprint]) -> Iterable[Floats]:
    """Words of the shorter and of the longer, and how many of the two have a headline."""
    yield _each(others, lambda y, _: math.log1p(min(x.length, y.length)))
    yield _each(others, lambda y, _: math.log1p(max(x.length, y.length)))
    yield _each(others, lambda y, _: float(bool(x.title)) + float(bool(y.title)))

"""Comparing fingerprints: one number a feature, each a function of the pair alone and the same both ways
round.

One article is compared with many at once. What is summed over shared terms are binary fractions of few
digits, so every sum is exact and does not know in which company it was made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from pipelines.matching.prefilter import Overlap, overlap

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
_MOST_PAIRS = 1_000  # compared in one sweep: sums stay exact, and memory small
_MOST_BITS = 40  # shared terms whose surprises are summed
_BEST = 3
_COVERED = (BODY, LEAD, TITLE, TOP, LEAD_NAMES)
_STEPS = 2**18  # a product of two weights is a whole number of these parts of 1
_Member = TypeVar("_Member", int, str)


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """The values of `FEATURES` for a pair; -1 where one side has nothing to compare."""
    return tuple(rows(x, [y])[0].tolist())


def rows(one: Fingerprint, others: Sequence[Fingerprint]) -> Floats:
    """`features` of one with each of the others, a row each."""
    parts = [others[start : start + _MOST_PAIRS] for start in range(0, len(others), _MOST_PAIRS)]
    swept = [
        compared([one], [part], [overlap(one.glimpse, [other.glimpse for other in part])]) for part in parts
    ]
    return np.concatenate(swept) if swept else np.empty((0, len(FEATURES)))


def compared(
    ones: Sequence[Fingerprint], others: Sequence[Sequence[Fingerprint]], shared: Sequence[Overlap]
) -> Floats:
    """`features` of each with each of its own others, in that order; what each shares with its others is
    known."""
    counts = [len(its) for its in others]
    of = np.repeat(np.arange(len(ones)), counts)
    starts = np.cumsum(counts) - counts
    sweep = _Sweep(
        ones=ones,
        of=of,
        pairs=[(one.profile, other.profile) for one, its in zip(ones, others, strict=True) for other in its],
        pair=np.concatenate([its.pair + start for its, start in zip(shared, starts.tolist(), strict=True)]),
        mine=np.concatenate([its.mine for its in shared]),
        theirs=np.concatenate([its.theirs for its in shared]),
    )
    if not sweep.pairs:
        return np.empty((0, len(FEATURES)))
    found = [*_of_shared_terms(sweep), *_of_names_and_quotations(sweep), *_of_time(sweep), *_of_length(sweep)]
    return np.stack([found[at] for at in _ORDER], axis=1)


class _Sweep(NamedTuple):
    """Pairs that are compared at once, article by article, and the terms that each pair shares."""

    ones: Sequence[Fingerprint]
    of: NDArray[np.int64]  # for each pair, which of the ones it is of
    pairs: Sequence[tuple[Profile, Profile]]
    pair: NDArray[np.int64]  # for each shared term, the pair
    mine: NDArray[np.int64]  # and where it stands on either side
    theirs: NDArray[np.int64]


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


def _of_shared_terms(sweep: _Sweep) -> list[Floats]:
    mine, theirs = _shared_columns(sweep)
    low, products = np.minimum(mine, theirs), mine[:, :VECTORS] * theirs[:, :VECTORS]
    counts = np.bincount(sweep.pair, minlength=len(sweep.pairs))
    ends = np.cumsum(counts)

    def summed(*values: Floats) -> Floats:
        found = np.concatenate(values, axis=1)
        running = np.concatenate((np.zeros((1, found.shape[1])), np.cumsum(found, axis=0)))
        sums: Floats = running[ends] - running[ends - counts]
        return sums

    clashing = (mine[:, LEAD_NUMBERS] * theirs[:, LEAD_NUMBERS])[:, None]
    sums = summed(products, low[:, (NAME_BITS, TITLE)], clashing, mine[:, _COVERED], theirs[:, _COVERED])
    dots, (names, titles, clash) = sums[:, :VECTORS], sums[:, VECTORS : VECTORS + 3].T
    total = np.array([one.profile.totals for one in sweep.ones])[sweep.of]
    norm = np.array([one.profile.norms for one in sweep.ones])[sweep.of]
    totals, norms = (np.array([getattr(b, name) for _, b in sweep.pairs]) for name in ("totals", "norms"))
    best_bits = _best(low[:, BITS], sweep.pair, counts, _MOST_BITS)
    titled = _each(sweep, lambda a, b: bool(a.title and b.title)) > 0
    numbered = (totals[:, LEAD_NUMBERS] > 0) & (total[:, LEAD_NUMBERS] > 0)
    return [
        *_ratio(dots, norm * norms).T,
        _logs(best_bits.sum(axis=1)),
        best_bits[:, :_BEST].sum(axis=1) / _BEST,
        _logs(_best(products[:, RARE], sweep.pair, counts, _BEST).sum(axis=1)),
        _logs(names),
        np.where(titled, _logs(titles), _NOTHING),
        np.where(numbered, np.where(clash > 0, -1.0, 1.0), 0.0),
        *_covers(sums[:, VECTORS + 3 :], total[:, _COVERED], totals[:, _COVERED]),
    ]


def _shared_columns(sweep: _Sweep) -> tuple[Floats, Floats]:
    """`columns` of each shared term on either side."""
    own, their = [one.profile.marks for one in sweep.ones], [b.marks for _, b in sweep.pairs]
    own_starts = np.cumsum([0, *(len(marks) for marks in own[:-1])])
    their_starts = np.cumsum([0, *(len(marks) for marks in their[:-1])])
    return (
        columns(np.concatenate(own)[own_starts[sweep.of[sweep.pair]] + sweep.mine]),
        columns(np.concatenate(their)[their_starts[sweep.pair] + sweep.theirs]),
    )


def _ratio(values: Floats, wholes: Floats) -> Floats:
    found: Floats = np.divide(values, wholes, out=np.full_like(values, _NOTHING), where=wholes > 0)
    return found


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
    """log(1 + x) by the C library, one by one: NumPy's own differs in the last digit from one processor to
    another."""
    return np.array([math.log1p(value) for value in values.tolist()])


def _covers(sums: Floats, total: Floats, totals: Floats) -> Iterable[Floats]:
    """The share of each side's evidence that the other side has somewhere: the larger share, then the
    smaller."""
    count = len(_COVERED)
    one, other = _ratio(sums[:, :count], total), _ratio(sums[:, count:], totals)
    for larger, smaller in zip(np.maximum(one, other).T, np.minimum(one, other).T, strict=True):
        yield larger
        yield smaller


def _common(one: frozenset[_Member], other: frozenset[_Member]) -> int:
    """How many both have; most pairs have none, which is quicker to tell."""
    return 0 if one.isdisjoint(other) else len(one & other)


def _each(sweep: _Sweep, value: Callable[[Profile, Profile], float]) -> Floats:
    return np.array([value(a, b) for a, b in sweep.pairs], dtype=np.float64)


def _of_names_and_quotations(sweep: _Sweep) -> Iterable[Floats]:
    """Likeness of the headlines; words quoted by both; whole names in both, as a share and as a count; copied
    words."""

    def quoted(a: Profile, b: Profile) -> float:
        return math.log1p(_common(a.quotes, b.quotes)) if a.quotes and b.quotes else _NOTHING

    def titles(a: Profile, b: Profile) -> float:
        return Indel.normalized_similarity(a.title, b.title) if a.title and b.title else _NOTHING

    yield _each(sweep, titles)
    yield _each(sweep, quoted)
    shared = _each(sweep, lambda a, b: _common(a.whole_names, b.whole_names))
    yield _ratio(shared, _each(sweep, lambda a, b: min(len(a.whole_names), len(b.whole_names))))
    yield shared
    yield _each(sweep, lambda a, b: _common(a.sketch, b.sketch) / max(1, min(len(a.sketch), len(b.sketch))))


def _of_time(sweep: _Sweep) -> Iterable[Floats]:
    """Days between publication, whether the source is the same, days that both speak of, or only different
    ones."""

    def weekdays(a: Profile, b: Profile) -> float:
        both, either = a.weekdays & b.weekdays, a.weekdays and b.weekdays
        return 1.0 if both else -1.0 if either else 0.0

    yield _each(
        sweep, lambda a, b: _NOTHING if a.day is None or b.day is None else math.log1p(abs(a.day - b.day))
    )
    yield _each(sweep, lambda a, b: float(a.source == b.source) if a.source and b.source else _NOTHING)
    yield _each(sweep, lambda a, b: _common(a.days, b.days))
    yield _each(sweep, lambda a, b: bool(a.days and b.days and a.days.isdisjoint(b.days)))
    yield _each(sweep, weekdays)


def _of_length(sweep: _Sweep) -> Iterable[Floats]:
    """Words of the shorter and of the longer, and how many of the two have a headline."""
    yield _each(sweep, lambda a, b: min(a.length_log, b.length_log))
    yield _each(sweep, lambda a, b: max(a.length_log, b.length_log))
    yield _each(sweep, lambda a, b: float(bool(a.title)) + float(bool(b.title)))

"""Comparing two fingerprints: one number a feature, each a function of the pair alone and the same both ways round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

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
    Profile,
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
_Vector = NDArray[np.float64]
_Member = TypeVar("_Member", int, str)


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """The values of `FEATURES` for a pair; -1 where one side has nothing to compare."""
    a, b = x.profile, y.profile
    # in one order, so that the sums come out the same to the last bit, whichever article comes first
    shared = sorted(a.position.keys() & b.position.keys())
    mine = a.weights.take([a.position[term] for term in shared], axis=0) if shared else a.weights[:0]
    theirs = b.weights.take([b.position[term] for term in shared], axis=0) if shared else b.weights[:0]
    return (
        *_cosines(a, b, mine, theirs),
        *_amounts(mine, theirs, titled=bool(x.title and y.title)),
        *_covers(a, b, np.add.reduce(mine, axis=0).tolist(), np.add.reduce(theirs, axis=0).tolist()),
        Indel.normalized_similarity(x.title, y.title) if x.title and y.title else _NOTHING,
        math.log1p(_common(a.quotes, b.quotes)) if a.quotes and b.quotes else _NOTHING,
        *_whole_names(a, b),
        *_time(x, y),
        math.log1p(min(x.length, y.length)),
        math.log1p(max(x.length, y.length)),
        float(bool(x.title)) + float(bool(y.title)),
        _common(a.sketch, b.sketch) / max(1, min(len(a.sketch), len(b.sketch))),
        _clash(a, b, mine, theirs),
    )


def _common(one: frozenset[_Member], other: frozenset[_Member]) -> int:
    """How many both have; most pairs have none, which is quicker to tell."""
    return 0 if one.isdisjoint(other) else len(one & other)


def _cosines(a: Profile, b: Profile, mine: _Vector, theirs: _Vector) -> list[float]:
    """Cosine of each of the first columns."""
    dots = np.einsum("ij,ij->j", mine[:, :VECTORS], theirs[:, :VECTORS])
    norms = a.norms * b.norms
    return [dot / norm if norm else _NOTHING for dot, norm in zip(dots.tolist(), norms.tolist(), strict=True)]


def _amounts(mine: _Vector, theirs: _Vector, *, titled: bool) -> tuple[float, float, float, float, float]:
    """How much is shared, whatever the length: bits in all, in the most surprising terms, in names, headlines."""
    low = np.minimum(mine, theirs)
    sums = np.add.reduce(low, axis=0).tolist()
    bits = sorted(low[:, BITS].tolist(), reverse=True)
    best = sorted((mine[:, RARE] * theirs[:, RARE]).tolist(), reverse=True)
    return (
        math.log1p(sum(bits[:40])),
        sum(bits[:3]) / 3,
        math.log1p(sum(best[:3])),
        math.log1p(sums[NAME_BITS]),
        math.log1p(sums[TITLE]) if titled else _NOTHING,
    )


def _covers(a: Profile, b: Profile, mine: list[float], theirs: list[float]) -> list[float]:
    """The share of each side's evidence that the other side has somewhere: the larger share, then the smaller."""
    found: list[float] = []
    for column in (BODY, LEAD, TITLE, TOP, LEAD_NAMES):
        one = mine[column] / a.totals[column] if a.totals[column] else _NOTHING
        other = theirs[column] / b.totals[column] if b.totals[column] else _NOTHING
        found += (one, other) if one >= other else (other, one)
    return found


def _whole_names(a: Profile, b: Profile) -> tuple[float, float]:
    """Names of several words in both: as a share of the shorter list, and how many."""
    if not a.whole_names or not b.whole_names:
        return _NOTHING, 0.0
    count = _common(a.whole_names, b.whole_names)
    return count / min(len(a.whole_names), len(b.whole_names)), float(count)


def _time(x: Fingerprint, y: Fingerprint) -> tuple[float, float, float, float, float]:
    """Days between publication, whether the source is the same, days that both speak of, or only different ones."""
    a, b = x.profile, y.profile
    gap = math.log1p(abs(x.day - y.day)) if x.day is not None and y.day is not None else _NOTHING
    same_source = float(x.source == y.source) if x.source and y.source else _NOTHING
    both, either = x.weekdays & y.weekdays, x.weekdays and y.weekdays
    return (
        gap,
        same_source,
        float(_common(a.days, b.days)),
        float(bool(a.days and b.days and not a.days & b.days)),
        1.0 if both else -1.0 if either else 0.0,
    )


def _clash(a: Profile, b: Profile, mine: _Vector, theirs: _Vector) -> float:
    """1 when the leads give numbers and none is shared, -1 when one is, 0 when one gives none."""
    if not a.totals[LEAD_NUMBERS] or not b.totals[LEAD_NUMBERS]:
        return 0.0
    return -1.0 if bool((mine[:, LEAD_NUMBERS] * theirs[:, LEAD_NUMBERS]).any()) else 1.0

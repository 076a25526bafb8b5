"""A pair among its rivals: the same likeness means more where nothing else is near than inside a long saga.

A report of a stream of strangers has one near neighbour or none; a report of a saga has dozens at nearly the
same distance, and only the nearest are its event. What is counted here is a function of the edges of a
connected component alone, so that it comes out the same whether the component grew article by article or was
there at once. Sums are exact (`fsum`), hence blind to order.

That nothing else is near tells little where hardly anything else is there, so the number of articles of the
desk is a feature too, up to ``SETTLED``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from math import exp, fsum, log1p

NEIGHBOURHOOD_FEATURES = (
    "odds", "rival_max", "rival_min", "lead_over_max", "lead_over_min", "mass_max", "mass_min",
    "common", "common_share", "rank_min", "rank_max", "degree", "desk",
)  # fmt: skip
_NO_RIVAL = -5.0
SETTLED = 64  # articles; to a desk of fewer each new one makes all pairs be weighed again

Edge = tuple[int, int, float]


def neighbourhoods(
    edges: Iterable[Edge], pairs: Collection[tuple[int, int]] | None = None, *, desk: int = SETTLED
) -> dict[tuple[int, int], tuple[float, ...]]:
    """Return the values of ``NEIGHBOURHOOD_FEATURES`` for each edge (a, b, natural log odds).

    With ``pairs`` only for these; the edges must then hold all edges at either end of each. ``desk``: how
    many articles are there to compare; word-for-word copies count as one.
    """
    near: dict[int, dict[int, float]] = {}
    odds: dict[tuple[int, int], float] = {}
    for a, b, value in edges:
        odds[a, b] = value
        near.setdefault(a, {})[b] = near.setdefault(b, {})[a] = 1.0 / (1.0 + exp(-value))
    ranked = {member: sorted(-p for p in neighbours.values()) for member, neighbours in near.items()}
    mass = {member: fsum(neighbours.values()) for member, neighbours in near.items()}
    best = _best(odds)
    chosen = odds if pairs is None else pairs
    there = float(min(desk, SETTLED))
    return {pair: (*_features(pair, odds[pair], near, ranked, mass, best), there) for pair in chosen}


def _best(odds: Mapping[tuple[int, int], float]) -> dict[int, tuple[float, float]]:
    """Return the two highest log odds of each member."""
    found: dict[int, tuple[float, float]] = {}
    for pair, value in odds.items():
        for member in pair:
            first, second = found.get(member, (_NO_RIVAL, _NO_RIVAL))
            if value > first:
                found[member] = (value, first)
            elif value > second:
                found[member] = (first, value)
    return found


def _features(  # noqa: PLR0917 - one private call
    pair: tuple[int, int],
    value: float,
    near: Mapping[int, Mapping[int, float]],
    ranked: Mapping[int, list[float]],
    mass: Mapping[int, float],
    best: Mapping[int, tuple[float, float]],
) -> tuple[float, ...]:
    a, b = pair
    own = near[a][b]
    rivals = sorted(best[m][1] if best[m][0] == value else best[m][0] for m in pair)
    masses = sorted(mass[m] - own for m in pair)
    few, many = sorted((near[a], near[b]), key=len)
    common = fsum(min(p, many[other]) for other, p in few.items() if other in many)
    ranks = sorted(bisect_left(ranked[m], -own) for m in pair)
    return (
        value, rivals[1], rivals[0], value - rivals[1], value - rivals[0],
        log1p(max(0.0, masses[1])), log1p(max(0.0, masses[0])),
        log1p(common), common / (masses[0] + masses[1] - common + 0.3),
        log1p(ranks[0]), log1p(ranks[1]), log1p(len(few) + len(many)),
    )  # fmt: skip

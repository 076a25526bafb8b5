"""Clustering: average link within connected components, so that no chain of weak links joins two events.

The partition is a function of the set of members, matches and decisions: ties are broken by content keys,
never by the order or the ids in which articles came.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from pipelines.matching.density import in_their_stream
from pipelines.matching.forest import neighbourhood_forest
from pipelines.matching.rivals import SETTLED, Edge, neighbourhoods
from pipelines.models import Decision, DecisionKind

# Natural log odds of a pair that is not a candidate or fell below the floor. Two short reports of one event
# often share no rare word, so that no pair of them is compared: at -5 one such pair kept events of headlines
# apart. With files left out of the fit, -1.5 is better than -2 by .003 of B-cubed and .010 of pairwise F1 on
# the five desks and by .001 on the nine files, with as many stories of two events; -1 gives more of these.
MISSING = -1.5
# Mean log odds, after the density, from which two clusters are one story. With groups of files left out
# of the fit five desks have .907 of B-cubed and .794 of pairwise F1 at -.3, .908 and .792 at -.75; the
# nine files .917 and .820, .919 and .818. At -.3 14.3 % of the stories of five desks hold two events;
# without vectors 17.0 %, and 15.5 % at -.2, where the nine files lose .003.
THRESHOLD = -0.3
# Share of the pair's own log odds beside those seen among its rivals; .3 to .6 do the same on the DEV files.
PAIR_SHARE = 0.4


def cluster(
    members: Iterable[int],
    edges: Iterable[Edge],
    decisions: Sequence[Decision] = (),
    *,
    order: Mapping[int, str] | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Return the stories: clusters of members in a stable order. ``edges`` are (a, b, natural log odds).

    Give whole connected components: the clusters of several components together are those of each. ``order``
    gives each member's content key, which decides ties. A `same` decision joins its two articles whatever the
    edges are; a `different` one keeps the clusters of its two apart.
    """
    return agglomerate(members, weighed(edges), decisions, order=order)


def weighed(edges: Iterable[Edge], *, desk: int = SETTLED) -> list[Edge]:
    """Return the edges with the log odds by which clusters are cut: after the rivals and the density."""
    return in_their_stream(refined(edges, desk=desk), desk=desk)


def refined(
    edges: Iterable[Edge], pairs: Collection[tuple[int, int]] | None = None, *, desk: int = SETTLED
) -> list[Edge]:
    """Return the edges with log odds that take the rivals of each pair into account.

    With ``pairs`` only these edges; ``desk`` is the number of articles; see ``neighbourhoods``.
    """
    features = neighbourhoods(edges, pairs, desk=desk)
    again = neighbourhood_forest().scores(np.array(list(features.values()))) if features else []
    return [
        (a, b, PAIR_SHARE * values[0] + (1 - PAIR_SHARE) * odds)
        for ((a, b), values), odds in zip(features.items(), again, strict=True)
    ]


def agglomerate(
    members: Iterable[int],
    edges: Iterable[Edge],
    decisions: Sequence[Decision] = (),
    *,
    order: Mapping[int, str] | None = None,
    threshold: float = THRESHOLD,
    missing: float = MISSING,
) -> tuple[tuple[int, ...], ...]:
    """Return average-link clusters down to a mean of ``threshold``; a pair without an edge counts as
    ``missing``."""
    rank = {
        member: i
        for i, member in enumerate(sorted(set(members), key=lambda m: ((order or {}).get(m, ""), m)))
    }
    state = _Agglomeration(rank, edges, missing)
    for decision in sorted(decisions, key=lambda d: (d.kind is DecisionKind.DIFFERENT, d.id)):
        state.obey(decision)
    state.merge_down_to(threshold)
    return state.clusters()


class _Agglomeration:
    """Average link over sparse edges, with a heap of possible merges, best first."""

    def __init__(self, rank: Mapping[int, int], edges: Iterable[Edge], missing: float) -> None:
        self._rank = rank
        self._by_rank = {r: m for m, r in rank.items()}
        self._parent = {r: r for r in rank.values()}
        self._members: dict[int, list[int]] = {r: [r] for r in rank.values()}
        self._missing = missing
        self._excess: dict[int, dict[int, float]] = defaultdict(
            dict
        )  # sum over pairs of (log odds - missing)
        self._barred: dict[int, set[int]] = defaultdict(set)
        for a, b, odds in edges:
            if a in rank and b in rank and a != b:
                self._excess[rank[a]][rank[b]] = self._excess[rank[b]][rank[a]] = odds - missing

    def obey(self, decision: Decision) -> None:
        """Join the clusters of two articles, or bar them from joining."""
        if decision.article_a not in self._rank or decision.article_b not in self._rank:
            return
        a, b = self._find(self._rank[decision.article_a]), self._find(self._rank[decision.article_b])
        if a == b:
            return
        if decision.kind is DecisionKind.SAME:
            self._merge(a, b)
        else:
            self._barred[a].add(b)
            self._barred[b].add(a)

    def merge_down_to(self, threshold: float) -> None:
        """Merge the two closest clusters until the closest are below the threshold."""
        heap = [
            entry
            for a in list(self._excess)
            for b in self._excess[a]
            if a < b and (entry := self._entry(a, b))[0] <= -threshold
        ]
        heapq.heapify(heap)
        while heap:
            _, a, b, size = heapq.heappop(heap)
            if (
                self._parent[a] != a
                or self._parent[b] != b
                or size != len(self._members[a]) + len(self._members[b])
            ):
                continue
            if b in self._barred[a]:
                continue
            kept = self._merge(a, b)
            for other in self._excess[kept]:
                entry = self._entry(min(kept, other), max(kept, other))
                if entry[0] <= -threshold:
                    heapq.heappush(heap, entry)

    def clusters(self) -> tuple[tuple[int, ...], ...]:
        """Return the members of each cluster; members and clusters are in order of content."""
        groups = [sorted(group) for root, group in self._members.items() if self._parent[root] == root]
        return tuple(tuple(self._by_rank[r] for r in group) for group in sorted(groups))

    def _entry(self, a: int, b: int) -> tuple[float, int, int, int]:
        size_a, size_b = len(self._members[a]), len(self._members[b])
        mean = self._missing + self._excess[a][b] / (size_a * size_b)
        return (-round(mean, 9), a, b, size_a + size_b)

    def _find(self, r: int) -> int:
        while self._parent[r] != r:
            r = self._parent[r]
        return r

    def _merge(self, a: int, b: int) -> int:
        a, b = min(a, b), max(a, b)
        self._parent[b] = a
        self._members[a] += self._members.pop(b)
        for other, excess in self._excess.pop(b, {}).items():
            del self._excess[other][b]
            if other != a:
                self._excess[a][other] = self._excess[other][a] = self._excess[a].get(other, 0.0) + excess
        self._excess[a].pop(b, None)
        for other in self._barred.pop(b, set()):
            self._barred[other].discard(b)
            self._barred[other].add(a)
            self._barred[a].add(other)
        return a

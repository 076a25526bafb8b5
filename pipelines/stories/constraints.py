"""What people decide: joining, parting, taking back; and how clusters obey.

A decision is about two articles and stands until it is undone. What follows from the decisions together (A is
B, B is C, so A is C) must never be ruled out by another of them, so a decision that would be is refused, with
the chain of those in its way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pipelines.errors import ContradictionError
from pipelines.matching.clustering import agglomerate
from pipelines.models import Decision, DecisionKind

_SAID = {DecisionKind.SAME: "one event", DecisionKind.DIFFERENT: "different events"}

_NO_COPIES: Mapping[int, int] = MappingProxyType({})

Edges = Sequence[tuple[int, int, float]]


def check(
    kind: DecisionKind,
    a: int,
    b: int,
    decisions: Sequence[Decision],
    standing: Mapping[int, int] = _NO_COPIES,
) -> None:
    """Raise ``ContradictionError``, with the decisions in the way as people made them, when these rule a new
    one out.

    ``standing``: of word-for-word copies the article that stands for them; what is said of one is said of
    all.
    """
    if a == b:
        raise ContradictionError("these are one and the same article", str(a))
    own, other, known = standing.get(a, a), standing.get(b, b), represented(decisions, standing)
    if own == other:
        own, other, known = a, b, list(decisions)
    made = {decision.id: decision for decision in decisions}
    chain = _in_the_way(kind, own, other, known)
    if chain is not None:
        done = (
            "parted: people joined them" if kind is DecisionKind.DIFFERENT else "joined: people parted them"
        )
        raise _contradiction(f"{a} and {b} cannot be {done}", [made[decision.id] for decision in chain])


def _in_the_way(kind: DecisionKind, a: int, b: int, decisions: Sequence[Decision]) -> list[Decision] | None:
    """The chain of decisions from which the opposite follows; None when nothing does."""
    if kind is DecisionKind.DIFFERENT:
        return _path(a, b, decisions)
    for decision in decisions:
        if decision.kind is DecisionKind.DIFFERENT:
            for near, far in (
                (decision.article_a, decision.article_b),
                (decision.article_b, decision.article_a),
            ):
                before, after = _path(a, near, decisions), _path(far, b, decisions)
                if before is not None and after is not None:
                    return [*before, decision, *after]
    return None


def _contradiction(message: str, chain: Sequence[Decision]) -> ContradictionError:
    steps = "; ".join(
        f"decision {d.id} by {d.decided_by}: {d.article_a} and {d.article_b} are {_SAID[d.kind]}"
        for d in chain
    )
    undo = " or ".join(f"`cuttings undo {d.id}`" for d in chain)
    return ContradictionError(f"{message} ({steps}); {undo} first", chain=tuple(d.id for d in chain))


def _path(start: int, goal: int, decisions: Sequence[Decision]) -> list[Decision] | None:
    """The shortest chain of "same" decisions from one article to another; empty when they are one; None
    without any."""
    steps: defaultdict[int, list[tuple[int, Decision]]] = defaultdict(list)
    for decision in decisions:
        if decision.kind is DecisionKind.SAME:
            steps[decision.article_a].append((decision.article_b, decision))
            steps[decision.article_b].append((decision.article_a, decision))
    paths: dict[int, list[Decision]] = {start: []}
    waiting = deque([start])
    while waiting and goal not in paths:
        here = waiting.popleft()
        for there, decision in steps[here]:
            if there not in paths:
                paths[there] = [*paths[here], decision]
                waiting.append(there)
    return paths.get(goal)


def represented(decisions: Iterable[Decision], standing: Mapping[int, int]) -> list[Decision]:
    """The decisions about the articles that stand for those that people named, where these are still two."""
    mapped = []
    for decision in decisions:
        a = standing.get(decision.article_a, decision.article_a)
        b = standing.get(decision.article_b, decision.article_b)
        if a != b:
            mapped.append(replace(decision, article_a=min(a, b), article_b=max(a, b)))
    return mapped


def obedient_clusters(
    members: Collection[int],
    edges: Edges,
    decisions: Sequence[Decision],
    *,
    order: Mapping[int, str],
    threshold: float,
) -> tuple[tuple[int, ...], ...]:
    """Clusters that the matcher finds and people corrected; independent of the order of members and
    decisions.

    "Same" means: these two stories are one. So the matcher clusters with what was parted kept apart, and then
    the clusters of joined articles become one. Where that would bring together what people parted, the joined
    articles are put together first and the rest is clustered round them.
    """
    parted = [decision for decision in decisions if decision.kind is DecisionKind.DIFFERENT]
    found = agglomerate(members, edges, parted, order=order, threshold=threshold)
    clusters: list[tuple[int, ...]] = []
    for parts in _joined(found, decisions):
        together = tuple(sorted(member for part in parts for member in part))
        inside = set(together)
        if len(parts) > 1 and any(d.article_a in inside and d.article_b in inside for d in parted):
            clusters += agglomerate(together, edges, decisions, order=order, threshold=threshold)
        else:
            clusters.append(together)
    return tuple(clusters)


def _joined(
    clusters: Sequence[tuple[int, ...]], decisions: Sequence[Decision]
) -> list[list[tuple[int, ...]]]:
    """The clusters, those with joined articles in one list."""
    place = {member: number for number, members in enumerate(clusters) for member in members}
    root = list(range(len(clusters)))

    def find(number: int) -> int:
        while root[number] != number:
            number = root[number]
        return number

    for decision in decisions:
        if decision.kind is DecisionKind.SAME and decision.article_a in place and decision.article_b in place:
            a, b = sorted((find(place[decision.article_a]), find(place[decision.article_b])))
            root[b] = a
    groups: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
    for number, members in enumerate(clusters):
        groups[find(number)].append(members)
    return list(groups.values())

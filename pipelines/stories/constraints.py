"""Must-link and cannot-link: what people decided about pairs of articles, and how clusters obey.

A decision is about two articles and stands until it is undone. What follows from the decisions together (A is
B, B is C, so A is C) must never contradict another of them, so a decision that would is refused, with the
chain of decisions in its way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pipelines.errors import ContradictionError
from pipelines.matching.clustering import agglomerate
from pipelines.matching.components import connected_components
from pipelines.models import Decision, DecisionKind

_VERDICTS = {DecisionKind.SAME: "one event", DecisionKind.DIFFERENT: "different events"}
_NO_COPIES: Mapping[int, int] = MappingProxyType({})

Edges = Sequence[tuple[int, int, float]]  # two articles and natural log odds


def check(
    kind: DecisionKind,
    a: int,
    b: int,
    decisions: Sequence[Decision],
    standing: Mapping[int, int] = _NO_COPIES,
) -> None:
    """Raise ``ContradictionError``, with the chain of decisions in the way, if they rule a new one out.

    ``standing``: for word-for-word copies the article that stands for them; what holds for one holds for all.
    """
    if a == b:
        raise ContradictionError("these are the same article", str(a))
    own, other, known = standing.get(a, a), standing.get(b, b), represented(decisions, standing)
    if own == other:
        own, other, known = a, b, list(decisions)
    made = {decision.id: decision for decision in decisions}
    chain = _in_the_way(kind, own, other, known)
    if chain is not None:
        verb, opposite = ("split", "joined") if kind is DecisionKind.DIFFERENT else ("joined", "split")
        message = f"{a} and {b} cannot be {verb}: people {opposite} them"
        raise _contradiction(message, [made[decision.id] for decision in chain])


def _in_the_way(kind: DecisionKind, a: int, b: int, decisions: Sequence[Decision]) -> list[Decision] | None:
    """Return the chain of decisions from which the opposite follows; None when nothing does."""
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
        f"decision {d.id} by {d.decided_by}: {d.article_a} and {d.article_b} are {_VERDICTS[d.kind]}"
        for d in chain
    )
    undo = " or ".join(f"`cuttings undo {d.id}`" for d in chain)
    return ContradictionError(f"{message} ({steps}); {undo} first", chain=tuple(d.id for d in chain))


def _path(start: int, goal: int, decisions: Sequence[Decision]) -> list[Decision] | None:
    """Return the shortest chain of "same" decisions between two articles; [] for one article, None without
    any."""
    links = must_links(decisions)
    paths: dict[int, list[Decision]] = {start: []}
    waiting = deque([start])
    while waiting and goal not in paths:
        here = waiting.popleft()
        for there, decision in links.get(here, ()):
            if there not in paths:
                paths[there] = [*paths[here], decision]
                waiting.append(there)
    return paths.get(goal)


def must_links(decisions: Iterable[Decision]) -> Mapping[int, Sequence[tuple[int, Decision]]]:
    """Return for each article that people joined with others: each of these, and the decision."""
    links: defaultdict[int, list[tuple[int, Decision]]] = defaultdict(list)
    for decision in decisions:
        if decision.kind is DecisionKind.SAME:
            links[decision.article_a].append((decision.article_b, decision))
            links[decision.article_b].append((decision.article_a, decision))
    return links


def represented(decisions: Iterable[Decision], standing: Mapping[int, int]) -> list[Decision]:
    """Return the decisions, about the articles that stand for those named, where these are two articles."""
    mapped = []
    for decision in decisions:
        a = standing.get(decision.article_a, decision.article_a)
        b = standing.get(decision.article_b, decision.article_b)
        if a != b:
            mapped.append(replace(decision, article_a=min(a, b), article_b=max(a, b)))
    return mapped


def constrained_clusters(
    members: Collection[int],
    edges: Edges,
    decisions: Sequence[Decision],
    *,
    order: Mapping[int, str],
    threshold: float,
) -> tuple[tuple[int, ...], ...]:
    """Return the clusters as corrected by people; independent of the order of members and decisions.

    "Same" means: these two stories are one. So the matcher clusters with what was split kept apart, and then
    the clusters of joined articles become one. Where that would bring together what people split, the joined
    articles are put together first and the rest is clustered round them. ``threshold``: natural log odds.
    """
    cannot_links = [decision for decision in decisions if decision.kind is DecisionKind.DIFFERENT]
    found = agglomerate(members, edges, cannot_links, order=order, threshold=threshold)
    clusters: list[tuple[int, ...]] = []
    for parts in _joined(found, decisions):
        together = tuple(sorted(member for part in parts for member in part))
        inside = set(together)
        if len(parts) > 1 and any(d.article_a in inside and d.article_b in inside for d in cannot_links):
            clusters += agglomerate(together, edges, decisions, order=order, threshold=threshold)
        else:
            clusters.append(together)
    return tuple(clusters)


def _joined(
    clusters: Sequence[tuple[int, ...]], decisions: Sequence[Decision]
) -> list[list[tuple[int, ...]]]:
    """Return the clusters, those with joined articles in one list."""
    number_of = {member: number for number, members in enumerate(clusters) for member in members}
    links = [
        (number_of[a], number_of[b])
        for a, others in must_links(decisions).items()
        for b, _ in others
        if a in number_of and b in number_of
    ]
    groups = connected_components(range(len(clusters)), links)
    return [[clusters[number] for number in group] for group in groups]

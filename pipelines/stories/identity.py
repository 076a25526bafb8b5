"""Which story each cluster continues, so that ids stay.

A story goes where its lead report goes: if its articles part, the part with the lead report keeps the id and
the rest becomes a story of its own; if stories come together, the oldest keeps its id and the others point to
it. Three cases differ:

* What a person splits off leaves: the rest keeps the id, whoever leads.
* Articles that came from a story that was merged away are guests. If they part from the rest, the rest keeps
  the id, and the guests take back the id that they brought. So undoing a join gives both ids back.
* If the lead report was removed from the database, the largest part keeps the id.

An id that was given up is never given to another event; it points to where its articles are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

_NONE: Mapping[int, tuple[int, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdAssignment:
    """Which story a cluster is. ``story`` is None where a new id is needed.

    ``brings``: merged-away stories that come back from this cluster if their articles part from it. A story
    comes back from one cluster only.
    """

    cluster: tuple[int, ...]
    story: int | None
    merged: tuple[int, ...] = ()  # stories that now point to this one
    parted_from: tuple[int, ...] = ()  # stories that lost some of these articles
    revived: bool = False  # the story had been merged into one that it parts from now
    brings: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How things stood: where each article was, and who leads.

    ``brought``: for articles that a merger moved, the ids of the stories they came from and that were merged
    away, oldest first.
    """

    story_of: Mapping[int, int]
    lead_of: Mapping[int, int] = field(default_factory=dict)
    brought: Mapping[int, tuple[int, ...]] = field(default_factory=lambda: _NONE)


def assign_ids(
    clusters: Iterable[tuple[int, ...]], before: Before, *, leaving: Collection[int] = ()
) -> tuple[IdAssignment, ...]:
    """Return which story each cluster continues.

    All articles of the stories in question must be in the clusters. ``leaving`` are articles that a person
    splits off.
    """
    parts = [tuple(cluster) for cluster in clusters]
    kept = _kept(parts, before, leaving)
    heir_of = _heirs_of_merged(parts, before)
    revived = _revived(parts, kept, before, heir_of)
    brings: defaultdict[int, set[int]] = defaultdict(set)
    for story, number in heir_of.items():
        if revived.get(number) != story:
            brings[number].add(story)
    assignments = []
    for number, cluster in enumerate(parts):
        stories = kept.get(number, [])
        known = {before.story_of[article] for article in cluster if article in before.story_of}
        assignments.append(
            IdAssignment(
                cluster=cluster,
                story=stories[0] if stories else revived.get(number),
                merged=tuple(stories[1:]),
                parted_from=tuple(sorted(known - set(stories))),
                revived=not stories and number in revived,
                brings=frozenset(brings.get(number, ())),
            )
        )
    return tuple(assignments)


def _kept(
    clusters: Sequence[tuple[int, ...]], before: Before, leaving: Collection[int]
) -> dict[int, list[int]]:
    """Return for each cluster (by number) the stories that it continues, oldest first."""
    shares: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, cluster in enumerate(clusters):
        for article in cluster:
            if article in before.story_of:
                shares[before.story_of[article]][number].append(article)
    kept: defaultdict[int, list[int]] = defaultdict(list)
    for story in sorted(shares):
        kept[_heir(story, shares[story], clusters, before, leaving)].append(story)
    return dict(kept)


def _heir(
    story: int,
    shares: Mapping[int, Sequence[int]],
    clusters: Sequence[tuple[int, ...]],
    before: Before,
    leaving: Collection[int],
) -> int:
    """Return the number of the cluster that keeps a story's id, given its articles in each cluster."""
    lead = before.lead_of.get(story)

    def rank(number: int) -> tuple[bool, bool, bool, int, int]:
        articles = shares[number]
        own = sum(not before.brought.get(article) for article in articles)
        leaves = set(clusters[number]).issubset(leaving)
        return (not leaves, own > 0, lead in articles, len(articles), -number)

    return max(shares, key=rank)


def _revived(
    clusters: Sequence[tuple[int, ...]], kept: Collection[int], before: Before, heir_of: Mapping[int, int]
) -> dict[int, int]:
    """Return the merged-away stories that come back, by the number of their cluster.

    A story belongs to the cluster with the articles that were its own before any merger. It comes back if
    that cluster continues no other story; of several such stories the one that was merged last.
    """
    revived: dict[int, int] = {}
    for number, cluster in enumerate(clusters):
        if number in kept:
            continue
        votes: Counter[int] = Counter()
        for article in cluster:
            stack = before.brought.get(article, ())
            votes.update(next(([story] for story in reversed(stack) if heir_of[story] == number), []))
        if votes:
            revived[number] = min(votes, key=lambda story: (-votes[story], story))
    return revived


def _heirs_of_merged(clusters: Sequence[tuple[int, ...]], before: Before) -> dict[int, int]:
    """Return the number of the cluster to which each merged-away story belongs."""
    shares: defaultdict[int, defaultdict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for number, cluster in enumerate(clusters):
        for article in cluster:
            for depth, story in enumerate(before.brought.get(article, ())):
                shares[story][number].append(depth == 0)
    return {
        story: max(parts, key=lambda number: (sum(parts[number]), len(parts[number]), -number))
        for story, parts in shares.items()
    }


def brought_after(assignment: IdAssignment, story: int, before: Before) -> dict[int, tuple[int, ...]]:
    """Return what the articles of a cluster, which is ``story`` now, have brought, where that changed.

    What an article brought stays with it in yet another story, as long as its cluster brings it.
    """
    changed = {}
    for article in assignment.cluster:
        old, stack = before.story_of.get(article), before.brought.get(article, ())
        until = stack.index(story) if story in stack else len(stack)
        new = tuple(each for each in stack[:until] if each in assignment.brings)
        if old in assignment.merged:
            new = (*new, old)
        if new != stack:
            changed[article] = new
    return changed

"""Which story each cluster continues, so that ids stay.

A story goes where its lead report goes: if its articles part, the part with the lead report keeps the id and
the rest becomes a story of its own; if stories come together, the oldest keeps its id and the others point to
it. An id that was given up is never given to another event; it points to where its lead report is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IdAssignment:
    """Which story a cluster is. ``story`` is None where a new id is needed."""

    cluster: tuple[int, ...]
    story: int | None
    merged: tuple[int, ...] = ()  # stories that now point to this one
    parted_from: tuple[int, ...] = ()  # stories that lost some of these articles


def assign_ids(
    clusters: Iterable[tuple[int, ...]], story_of: Mapping[int, int], lead_of: Mapping[int, int]
) -> tuple[IdAssignment, ...]:
    """Return which story each cluster continues.

    ``story_of`` is where each article was, ``lead_of`` each story's lead report. All articles of the stories
    in question must be in the clusters.
    """
    assignments = []
    for cluster in clusters:
        members = set(cluster)
        before = sorted({story_of[article] for article in cluster if article in story_of})
        led = [story for story in before if lead_of.get(story) in members]
        assignments.append(
            IdAssignment(
                cluster=cluster,
                story=led[0] if led else None,
                merged=tuple(led[1:]),
                parted_from=tuple(story for story in before if story not in led),
            )
        )
    return tuple(assignments)

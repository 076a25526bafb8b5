"""How well each report is linked to the rest of its story, and which are doubtful."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from math import fsum
from statistics import median

# Natural log odds of a pair without an edge.
UNLINKED = -5.0
# Natural log odds below the median of the story's reports from which a report is doubtful. Of the DEV files'
# 49 stories of several events 37 are then led by a report of the larger event, 35 without; of 378 stories of
# one event four get another lead. A margin of 2 does the same, of 1 changes 18.
DOUBTFUL_MARGIN = 1.5
# Natural log odds of its best link to the rest of the story below which a report is doubtful too. With files
# left out of the fit this finds 15 more of 548 strangers (reports of another event than most of their story)
# for 25 reports more that are none: no worse a yield than the margin's (74 strangers among 243 reports).
WEAK_LINK = 0.5
FEWEST = 3  # reports; of two neither is the stranger


def doubtful_members(
    clusters: Iterable[Collection[int]], edges: Iterable[tuple[int, int, float]]
) -> frozenset[int]:
    """Return the members that are linked far worse to the rest of their cluster than most of it, or weakly to
    each of the others.

    ``edges`` are (a, b, natural log odds) after the rivals and the density; a pair without an edge counts as
    ``UNLINKED``.
    """
    groups = [tuple(members) for members in clusters]
    number_of = {member: number for number, members in enumerate(groups) for member in members}
    odds: defaultdict[int, list[float]] = defaultdict(list)
    for a, b, value in edges:
        if number_of.get(a, -1) == number_of.get(b, -2):
            odds[a].append(value)
            odds[b].append(value)
    doubtful: set[int] = set()
    for members in groups:
        if len(members) >= FEWEST:
            means = {member: _mean(odds[member], len(members) - 1) for member in members}
            bound = median(means.values()) - DOUBTFUL_MARGIN
            doubtful.update(member for member, mean in means.items() if mean < bound)
            doubtful.update(member for member in members if max(odds[member], default=UNLINKED) < WEAK_LINK)
    return frozenset(doubtful)


def _mean(odds: Sequence[float], others: int) -> float:
    return (fsum(odds) + UNLINKED * (others - len(odds))) / others

"""What grouping makes of the pairs of labelled files, and what the best grouping of the same pairs would.

Used by `python -m tests.benchmarks.validate_matcher grouping`. The ceilings know the labels: the best threshold
for each file, and the best stories that can be cut out of the tree of average link. What lies between the result
and the second is lost where the tree is cut, and what lies above it by the order of the pairs or in blocking.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.special import expit

from pipelines.matching.clustering import MISSING, THRESHOLD, agglomerate
from pipelines.matching.components import connected_components
from pipelines.matching.rivals import Edge
from tools.small_desks import IN_DESK

Floats = NDArray[np.float64]
Clusters = Sequence[Sequence[int]]
GRID = tuple(np.arange(-2.5, 2.01, 0.25).tolist())


def average_link(
    size: int, edges: Sequence[Edge], order: Mapping[int, str], threshold: float = THRESHOLD
) -> Clusters:
    """The stories that the desk would make of these pairs."""
    return agglomerate(range(size), edges, order=order, threshold=threshold)


def best_cut(events: Sequence[str], edges: Sequence[Edge]) -> Clusters:
    """The clusters of the tree of average link with the highest sum of B-cubed precision and recall."""
    odds = {(min(a, b), max(a, b)): value for a, b, value in edges}
    sizes = Counter(events)
    found: list[Sequence[int]] = []
    for members in connected_components(range(len(events)), odds):
        found += _best_of_tree(members, events, odds, sizes)
    return found


def _best_of_tree(
    members: Sequence[int],
    events: Sequence[str],
    odds: Mapping[tuple[int, int], float],
    sizes: Mapping[str, int],
) -> list[list[int]]:
    # of each node of the tree: its members, the best clusters of these, and what they are worth
    nodes = [([member], [[member]], _worth([member], events, sizes)) for member in members]
    if len(members) > 1:
        far = 50.0  # distances are as much below a number that no log odds reach
        pairs = [far - odds.get((min(a, b), max(a, b)), MISSING) for a, b in combinations(members, 2)]
        for a, b, *_ in linkage(np.array(pairs), "average"):
            (left, cut_left, worth_left), (right, cut_right, worth_right) = nodes[int(a)], nodes[int(b)]
            whole = left + right
            worth, parts = _worth(whole, events, sizes), worth_left + worth_right
            joined = worth >= parts
            nodes.append((whole, [whole] if joined else cut_left + cut_right, max(worth, parts)))
    return nodes[-1][1]


def _worth(members: Sequence[int], events: Sequence[str], sizes: Mapping[str, int]) -> float:
    """The sum of B-cubed precision and recall of the members of one cluster."""
    return sum(
        count * count / len(members) + count * count / sizes[event]
        for event, count in Counter(events[member] for member in members).items()
    )


def decided_pairs(
    events: Sequence[str], edges: Sequence[Edge], order: Mapping[int, str]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each pair: its natural log odds, whether the desk puts both into one story, and the label."""
    clusters = average_link(len(events), edges, order)
    number = {member: at for at, members in enumerate(clusters) for member in members}
    return (
        np.array([odds for *_, odds in edges]),
        np.array([number[a] == number[b] for a, b, _ in edges]),
        np.array([events[a] == events[b] for a, b, _ in edges]),
    )


def logistic(odds: Floats, same: NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Slope and offset of the logistic regression of the labels on log odds (Newton's method)."""
    design, coefficients = np.column_stack((odds, np.ones(len(odds)))), np.array([1.0, 0.0])
    for _ in range(25):
        likely = expit(design @ coefficients)
        gradient = design.T @ (weights * (same - likely))
        curvature = design.T @ (design * (weights * likely * (1 - likely))[:, None])
        coefficients += np.linalg.solve(curvature + 1e-6 * np.eye(2), gradient)
    return float(coefficients[0]), float(coefficients[1])


def names_of_clusters(ids: Sequence[str], clusters: Clusters) -> dict[str, int]:
    """The number of each article's cluster, by the article's id."""
    return {ids[member]: number for number, members in enumerate(clusters) for member in members}


def glued(events: Sequence[str], clusters: Clusters) -> tuple[int, int]:
    """How many stories of several reports hold two events, of how many."""
    several = [members for members in clusters if len(members) > 1]
    return sum(len({events[member] for member in members}) > 1 for members in several), len(several)


def split(events: Sequence[str], clusters: Clusters) -> tuple[int, int]:
    """How many events of several reports lie in several stories, of how many."""
    stories: defaultdict[str, list[int]] = defaultdict(list)
    for number, members in enumerate(clusters):
        for member in members:
            stories[events[member]].append(number)
    several = [numbers for numbers in stories.values() if len(numbers) > 1]
    return sum(len(set(numbers)) > 1 for numbers in several), len(several)


def faultless(events: Sequence[str], clusters: Clusters) -> tuple[int, int]:
    """How many small desks (``tools.small_desks``) have one story for each event, of how many."""
    desks = {event.partition(IN_DESK)[2] for event in events}
    story_of = {member: number for number, members in enumerate(clusters) for member in members}
    stories: defaultdict[str, set[int]] = defaultdict(set)
    for member, event in enumerate(events):
        stories[event].add(story_of[member])
    faults = {events[member] for its in clusters if len({events[m] for m in its}) > 1 for member in its}
    faults |= {event for event, numbers in stories.items() if len(numbers) > 1}
    return len(desks) - len({event.partition(IN_DESK)[2] for event in faults}), len(desks)

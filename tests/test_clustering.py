"""Clustering: laws for any graph, and scipy and networkx-free oracles on random ones."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from pipelines.matching.clustering import agglomerate, cluster
from pipelines.models import Decision, DecisionKind

Edges = dict[tuple[int, int], float]
MEMBERS = range(12)
PAIRS = list(combinations(MEMBERS, 2))
# Quarters apart by a term that no sum of others makes, so that no two mean distances tie by chance.
graphs = st.dictionaries(st.sampled_from(PAIRS), st.integers(-16, 32).map(lambda n: n / 4), max_size=40)


def decide(kind: DecisionKind, a: int, b: int, number: int = 1) -> Decision:
    return Decision(
        id=number,
        kind=kind,
        article_a=a,
        article_b=b,
        decided_by="test",
        reason="",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def as_edges(graph: Edges) -> list[tuple[int, int, float]]:
    return [(a, b, odds) for (a, b), odds in graph.items()]


def same_groups(clusters: tuple[tuple[int, ...], ...]) -> set[frozenset[int]]:
    return {frozenset(members) for members in clusters}


@given(graphs, st.randoms(use_true_random=False))
def test_clusters_are_blind_to_order_and_to_names(graph: Edges, chance: random.Random) -> None:
    order = {member: f"{member * 7919 % 101:03d}" for member in MEMBERS}
    straight = same_groups(cluster(MEMBERS, as_edges(graph), order=order))
    renamed = list(range(100, 112))
    chance.shuffle(renamed)
    members, edges = list(MEMBERS), as_edges(graph)
    chance.shuffle(members)
    chance.shuffle(edges)
    turned = [(renamed[b], renamed[a], odds) for a, b, odds in edges]
    again = cluster(
        [renamed[m] for m in members], turned, order={renamed[m]: key for m, key in order.items()}
    )
    back = {new: old for old, new in enumerate(renamed)}
    assert {frozenset(back[m] for m in members) for members in again} == straight


@given(graphs)
def test_every_member_is_in_one_cluster_and_no_cluster_crosses_components(graph: Edges) -> None:
    clusters = cluster(MEMBERS, as_edges(graph))
    assert sorted(member for members in clusters for member in members) == list(MEMBERS)
    rows, columns = [a for a, _ in graph], [b for _, b in graph]
    matrix = coo_matrix((np.ones(len(graph)), (rows, columns)), shape=(len(MEMBERS), len(MEMBERS)))
    _, component = connected_components(matrix, directed=False)
    assert all(len({component[member] for member in members}) == 1 for members in clusters)


@given(graphs, graphs)
def test_clusters_of_two_components_are_those_of_each(one: Edges, other: Edges) -> None:
    far = [(a + 50, b + 50, odds) for a, b, odds in as_edges(other)]
    there = [m + 50 for m in MEMBERS]
    both = cluster([*MEMBERS, *there], as_edges(one) + far)
    assert same_groups(both) == same_groups(cluster(MEMBERS, as_edges(one))) | same_groups(
        cluster(there, far)
    )


@given(graphs, st.sampled_from(PAIRS), st.sampled_from(PAIRS))
def test_decisions_are_obeyed_against_the_model(
    graph: Edges, same: tuple[int, int], apart: tuple[int, int]
) -> None:
    decisions = [decide(DecisionKind.DIFFERENT, *apart, 1)]
    if same != apart:
        decisions.append(decide(DecisionKind.SAME, *same, 2))
    where = {m: n for n, members in enumerate(cluster(MEMBERS, as_edges(graph), decisions)) for m in members}
    assert where[apart[0]] != where[apart[1]]
    if same != apart:
        assert where[same[0]] == where[same[1]]


def test_a_chain_of_decisions_holds_and_bars_what_it_joins() -> None:
    decisions = [
        decide(DecisionKind.SAME, 0, 1, 1),
        decide(DecisionKind.SAME, 1, 2, 2),
        decide(DecisionKind.DIFFERENT, 2, 3, 3),
    ]
    clusters = cluster(range(4), [(0, 3, 9.0), (1, 3, 9.0), (2, 3, 9.0)], decisions)
    assert same_groups(clusters) == {frozenset({0, 1, 2}), frozenset({3})}


@given(st.integers(2, 14), st.integers(0, 2**32 - 1))
def test_average_link_is_scipys(size: int, seed: int) -> None:
    """An independent oracle: scipy's average linkage on the full matrix, cut at the same height."""
    rng = np.random.default_rng(seed)
    odds = np.triu(rng.normal(-1.0, 4.0, (size, size)), 1)
    far = 50.0  # scipy takes distances: as much below a number that no log odds reach
    expected = fcluster(
        linkage(squareform(far - (odds + odds.T), checks=False), "average"), far + 0.5, "distance"
    )
    edges = [(a, b, float(odds[a, b])) for a, b in combinations(range(size), 2)]
    found = agglomerate(range(size), edges, threshold=-0.5)
    assert same_groups(found) == {
        frozenset(np.flatnonzero(expected == label).tolist()) for label in np.unique(expected)
    }


def test_a_weak_link_does_not_chain_two_events() -> None:
    left = [(a, b, 6.0) for a, b in combinations(range(5), 2)]
    right = [(a, b, 6.0) for a, b in combinations(range(5, 10), 2)]
    clusters = cluster(range(10), [*left, *right, (4, 5, 3.0)])
    assert same_groups(clusters) == {frozenset(range(5)), frozenset(range(5, 10))}


def test_a_chain_of_follow_ups_is_not_one_story() -> None:
    clusters = cluster(range(30), [(i, i + 1, 1.5) for i in range(29)])
    assert max(len(members) for members in clusters) <= 3


def test_ties_go_by_content_and_not_by_number() -> None:
    """Two equal links to one report: the same one is joined, whatever the articles are numbered."""
    first = agglomerate((0, 1, 2), [(0, 1, 4.0), (1, 2, 4.0)], order={0: "c", 1: "b", 2: "a"}, threshold=2.0)
    second = agglomerate((0, 1, 2), [(1, 2, 4.0), (0, 1, 4.0)], order={0: "a", 1: "b", 2: "c"}, threshold=2.0)
    assert same_groups(first) == {frozenset({1, 2}), frozenset({0})}
    assert same_groups(second) == {frozenset({0, 1}), frozenset({2})}


@pytest.mark.parametrize("edges", [[], [(0, 1, -4.0)]])
def test_without_likeness_everything_stays_alone(edges: list[tuple[int, int, float]]) -> None:
    assert cluster((0, 1), edges) == ((0,), (1,))

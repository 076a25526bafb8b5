"""Quality floors on labelled files beside the checkout: a change that loses what was reached fails here.

The shipped model saw these files in fitting, so these are no measure of how good it is
(tools/fit_matcher.py measures that), only of whether the code still does with them what it did.
"""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from pipelines.matching import LINK_FLOOR, Fingerprint, cluster, fingerprint, scores
from pipelines.matching.blocking import MemoryIndex, blocking_keys, candidates
from tools.matcher_data import SHARED, article, read_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SHARED / "clustering").is_dir(), reason="needs ../shared/eval/clustering beside the checkout"
    ),
]
# pairwise F1 a little below what the shipped model reaches
FLOORS = {
    "workplace": 0.90,
    "multinews": 0.92,
    "groundnews": 0.86,
    "uci_titles": 0.86,
    "fnc": 0.90,
    "vimds": 0.85,
}


def prints_of(name: str) -> tuple[list[Fingerprint], list[str]]:
    rows = read_rows(name)
    return [fingerprint(article(row)) for row in rows], [row["event"] for row in rows]


def stories(prints: list[Fingerprint], order: list[int]) -> set[frozenset[int]]:
    """The clusters when articles come one by one in this order."""
    index, edges = MemoryIndex(), []
    for i in order:
        near = sorted(candidates(index, prints[i]))
        found = zip(near, scores(prints[i], [prints[j] for j in near]), strict=True)
        edges += [(i, j, odds) for j, odds in found if odds >= LINK_FLOOR]
        index.add(i, blocking_keys(prints[i]))
    keys = {i: prints[i].content_key for i in order}
    return {frozenset(members) for members in cluster(order, edges, order=keys)}


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_pairs_of_a_labelled_file_are_found(name: str) -> None:
    prints, events = prints_of(name)
    joined = {
        pair for its in stories(prints, list(range(len(prints)))) for pair in combinations(sorted(its), 2)
    }
    true = {(a, b) for a, b in combinations(range(len(prints)), 2) if events[a] == events[b]}
    right = len(joined & true)
    assert 2 * right / (len(joined) + len(true)) >= FLOORS[name]


@pytest.mark.parametrize("name", ["groundnews", "workplace"])
def test_twenty_orders_of_arrival_give_one_partition(name: str) -> None:
    prints, _ = prints_of(name)
    order = list(range(len(prints)))
    first = stories(prints, order)
    for seed in range(20):
        random.Random(seed).shuffle(order)
        assert stories(prints, order) == first

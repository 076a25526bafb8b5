"""The density of a stream, and what the desk's decision adds to a pair."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching.clustering import THRESHOLD, agglomerate, refined, weighed
from pipelines.matching.decided import LEAST_TOGETHER, MOST_APART, decided_probability
from pipelines.matching.density import LINKED, MOST_SHIFT, in_their_stream, shift
from pipelines.matching.rivals import SETTLED, Edge

odds_of_pairs = st.lists(st.floats(-4, 9), min_size=1, max_size=40)
graphs = st.dictionaries(st.sampled_from(list(combinations(range(12), 2))), st.floats(-4, 9), max_size=30)


def edges_of(graph: dict[tuple[int, int], float]) -> list[Edge]:
    return [(a, b, odds) for (a, b), odds in graph.items()]


def test_a_dense_component_gains_and_a_sparse_one_loses() -> None:
    assert shift([2.0] * 30) > 0.3
    assert shift([-2.0] * 60 + [0.5]) < -0.3
    assert abs(shift([0.0])) < 0.1, "one pair tells little of its stream"


def test_a_small_desk_tells_less_of_its_stream() -> None:
    dense = [(a, b, 2.0) for a, b in combinations(range(6), 2)]
    (_, _, few), (_, _, half), (_, _, settled) = (
        in_their_stream(dense, desk=desk)[0] for desk in (6, SETTLED // 2, SETTLED)
    )
    assert 2.0 < few < half < settled == in_their_stream(dense, desk=10 * SETTLED)[0][2]


@given(odds_of_pairs, st.randoms(use_true_random=False))
def test_the_shift_is_bounded_and_blind_to_order(odds: list[float], chance: random.Random) -> None:
    first = shift(odds)
    chance.shuffle(odds)
    assert shift(odds) == first
    assert abs(first) <= MOST_SHIFT


@given(odds_of_pairs, st.integers(0, 39), st.floats(0, 5))
def test_a_likelier_pair_never_lowers_the_others(odds: list[float], place: int, more: float) -> None:
    before = shift(odds)
    odds[place % len(odds)] += more
    assert shift(odds) >= before - 1e-6


def test_pairs_between_components_keep_their_odds() -> None:
    dense = [(a, b, 3.0) for a, b in combinations(range(6), 2)]
    far = [(a, b, 3.0) for a, b in combinations(range(10, 16), 2)]
    between = (5, 10, LINKED - 0.1)
    found = in_their_stream([*dense, between, *far])
    assert found[len(dense)] == between
    assert found[: len(dense)] == in_their_stream(dense), "a component is weighed by itself"
    assert found[0][2] > 3.0


@given(graphs, graphs)
def test_streams_beside_each_other_do_not_meet(
    one: dict[tuple[int, int], float], other: dict[tuple[int, int], float]
) -> None:
    """What was filed years ago weighs nothing for what has no link to it."""
    there = [(a + 50, b + 50, odds) for a, b, odds in edges_of(other)]
    assert weighed([*edges_of(one), *there]) == [*weighed(edges_of(one)), *weighed(there)]


def test_no_story_reaches_over_two_components() -> None:
    """Neighbourhoods are found by the pairs that link: a lower threshold would need others."""
    assert LINKED <= THRESHOLD
    chance = random.Random(3)
    for _ in range(20):
        edges = [
            (a, b, chance.uniform(-4, 5)) for a, b in combinations(range(14), 2) if chance.random() < 0.3
        ]
        linked = {frozenset((a, b)) for a, b, odds in refined(edges) if odds >= LINKED}
        for members in agglomerate(range(14), weighed(edges)):
            reached, waiting = {members[0]}, [members[0]]
            while waiting:
                here = waiting.pop()
                near = {end for pair in linked if here in pair for end in pair} - reached
                reached |= near
                waiting += near
            assert set(members) <= reached


@pytest.mark.parametrize("together", [True, False])
def test_a_decided_probability_rises_with_the_odds_and_fits_the_verdict(*, together: bool) -> None:
    values = [decided_probability(odds / 4, together=together) for odds in range(-80, 81)]
    assert all(low <= high for low, high in pairwise(values))
    assert (min(values) >= LEAST_TOGETHER) if together else (max(values) <= MOST_APART)


@given(st.floats(-30, 30))
def test_one_story_never_makes_a_pair_less_likely(odds: float) -> None:
    apart, together = (decided_probability(odds, together=each) for each in (False, True))
    assert apart < LEAST_TOGETHER <= together

"""Trees for many rows at once give the sums of the walk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.matching.bit_trees import FEWEST, bit_trees
from pipelines.matching.forest import Ensemble, Node, compiled, meaning_forest, pair_forest

FEATURES = 5


def _tree(chance: np.random.Generator, depth: int) -> tuple[Node, ...]:
    """Return a tree some of whose branches end early."""
    nodes: list[Node] = []

    def grow(left: int) -> int:
        at = len(nodes)
        nodes.append(Node(value=round(float(chance.normal()), 4)))
        if left and chance.random() < 0.8:
            feature, bound = int(chance.integers(FEATURES)), float(chance.integers(-2, 3)) / 2
            value, low = nodes[at].value, grow(left - 1)
            nodes[at] = Node(value=value, feature=feature, bound=bound, low=low, high=grow(left - 1))
        return at

    grow(depth)
    return tuple(nodes)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), trees=st.integers(1, 9), depth=st.integers(1, 4))
def test_sums_are_those_of_the_walk(seed: int, trees: int, depth: int) -> None:
    chance = np.random.default_rng(seed)
    names = tuple(f"f{number}" for number in range(FEATURES))
    forest = compiled(Ensemble(names, tuple(_tree(chance, depth) for _ in range(trees))))
    values = chance.integers(-3, 4, (FEWEST + 7, FEATURES)) / 2  # so that many lie on a bound
    values[0], values[1], values[2] = np.nan, np.inf, -np.inf
    if forest.table.depth:
        assert bit_trees(forest.table).totals(values).tolist() == forest.walked(values)


@pytest.mark.parametrize("forest", [pair_forest, meaning_forest])
def test_shipped_models_score_a_row_alike_alone_and_among_many(forest: object) -> None:
    model = forest()  # type: ignore[operator]
    bounds = [[n.bound for n in tree if n.feature >= 0] for tree in model.ensemble.trees]
    chance = np.random.default_rng(1)
    drawn = chance.choice(np.concatenate(bounds), (3 * FEWEST, len(model.ensemble.features)))
    assert model.scores(drawn) == [model.score(row) for row in drawn]


def test_no_trees_score_nothing() -> None:
    assert compiled(Ensemble(("a",), ())).scores(np.zeros((FEWEST, 1))) == [0.0] * FEWEST

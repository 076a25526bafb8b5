"""The measures agree with their definitions on small cases, with limits, and with the project's own
scorer."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching.metrics import Evaluation, evaluate

partitions = st.dictionaries(st.sampled_from([f"a{n}" for n in range(12)]), st.integers(0, 4), min_size=1)


def f1(result: Evaluation) -> dict[str, float]:
    return {measure.name: measure.f1 for measure in result.measures}


@given(partitions)
def test_the_same_partition_is_perfect(gold: dict[str, int]) -> None:
    result = evaluate(gold, {article: event + 50 for article, event in gold.items()})
    assert f1(result) == pytest.approx(dict.fromkeys(f1(result), 1.0))
    assert result.errors == ()


@given(partitions, st.data())
def test_measures_are_shares_and_faults_are_the_wrong_pairs(
    gold: dict[str, int], data: st.DataObject
) -> None:
    found = {article: data.draw(st.integers(0, 3)) for article in gold}
    result = evaluate(gold, found)
    for measure in result.measures:
        assert -1e-9 <= measure.precision <= 1 + 1e-9
        assert -1e-9 <= measure.recall <= 1 + 1e-9
    wrong = {
        frozenset((a, b))
        for a in gold
        for b in gold
        if a < b and (gold[a] == gold[b]) != (found[a] == found[b])
    }
    assert {frozenset(pair) for fault in result.errors for pair in fault.pairs} == wrong


def test_b_cubed_and_pairwise_by_hand() -> None:
    """Two events of two and one; all three articles in one story."""
    result = evaluate({"a": 1, "b": 1, "c": 2}, {"a": 9, "b": 9, "c": 9})
    b_cubed, pairwise, *_ = result.measures
    assert (b_cubed.precision, b_cubed.recall) == pytest.approx((5 / 9, 1.0))
    assert (pairwise.precision, pairwise.recall) == pytest.approx((1 / 3, 1.0))
    assert (result.articles, result.events, result.stories) == (3, 2, 1)


def test_an_article_without_a_story_is_alone() -> None:
    assert evaluate({"a": 1, "b": 1}, {}).stories == 2


def test_the_project_s_scorer_says_the_same(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location("score_clustering", shared / "eval" / "score_clustering.py")
    assert spec is not None
    assert spec.loader is not None
    scorer: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    chance = random.Random(4)
    gold = {f"a{n}": chance.randrange(40) for n in range(150)}
    found = {
        article: event if chance.random() < 0.7 else chance.randrange(60) for article, event in gold.items()
    }
    theirs, ours = scorer.score(gold, found), f1(evaluate(gold, found))
    names = {"B-cubed": "b3_f1", "pairwise": "pair_f1", "V-measure": "v", "CEAF-e": "ceafe_f1"}
    assert ours == pytest.approx({name: theirs[key] for name, key in names.items()}, abs=1e-4)

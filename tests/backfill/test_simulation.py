"""The simulation behind docs/scale.md: what more workers help, and what they do not."""

from __future__ import annotations

import pytest

from tools.simulate_backfill import FULL_AFTER, SIZES, WORKERS, StageCost, hours, plot

PARALLEL = StageCost("score", seconds=0.03, growth=3.0, spread=0.4)
SINGLE = StageCost("order", seconds=1e-5, growth=1.0, spread=0.2)


def test_workers_share_the_tasks_of_a_stage_but_not_a_single_one() -> None:
    few, many = (hours([PARALLEL, SINGLE], 10**6, workers, 10**4) for workers in (2, 64))
    assert 20 < few["score"] / many["score"] <= 32
    assert many["order"] == pytest.approx(few["order"], rel=5)  # 10 s, on a slow machine 40


def test_a_stage_grows_until_keys_are_full() -> None:
    costly = StageCost("score", seconds=1.0, growth=3.0, spread=0.1)
    grown, full, beyond = (
        hours([costly], articles, 1, 10**4)["score"] / articles for articles in (10**4, FULL_AFTER, 10**7)
    )
    assert full / grown == pytest.approx(3**0.806, rel=0.25)
    assert beyond / full == pytest.approx(1, rel=0.25)


def test_the_plot_has_a_line_for_each_size() -> None:
    totals = {(size, workers): size / workers for size in SIZES for workers in WORKERS}
    assert plot(totals).count("<polyline") == len(SIZES)

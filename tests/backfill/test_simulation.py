"""The simulation behind docs/scale.md: what more workers help, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.backfill.folder import Folder
from pipelines.backfill.plan import settle
from pipelines.backfill.stages import STAGES
from tests.backfill.archives import make_plan, write_lines
from tools.simulate_backfill import SIZES, WORKERS, StageCost, hours, measured, plot

PARALLEL = StageCost("score", seconds=0.03, spread=0.4)
SINGLE = StageCost("order", seconds=1e-5, spread=0.2)


def test_workers_share_the_tasks_of_a_stage_but_not_a_single_one() -> None:
    few, many = (hours([PARALLEL, SINGLE], 10**6, workers) for workers in (2, 64))
    assert 20 < few["score"] / many["score"] <= 32
    assert many["order"] == pytest.approx(few["order"], rel=5)  # 10 s, on a slow machine 40


def test_a_stage_that_is_done_in_part_costs_what_its_finished_slices_cost(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    plan = make_plan(write_lines(tmp_path / "a.jsonl", []), slice_articles=40)
    settle(folder, plan, as_of_given=True)
    for stage in STAGES[: [stage.name for stage in STAGES].index("score")]:
        for number in range(plan.partitions):
            folder.finish(stage.name, number, {"articles": 25, "cpu_seconds": 0.1})
    folder.finish("score", 2, {"cpu_seconds": 2.0})  # of three slices of 100 articles: the last, of 20
    found = measured(folder.path)
    assert found["extract"].seconds == pytest.approx(0.1 * plan.partitions / 100)
    assert found["score"].seconds == pytest.approx(2.0 / 20)
    assert "graph" not in found


def test_the_plot_has_a_line_for_each_size() -> None:
    totals = {(size, workers): size / workers for size in SIZES for workers in WORKERS}
    assert plot(totals).count("<polyline") == len(SIZES)

"""Print what each stage of a finished backfill cost, and how well its tasks share out among workers.

    python -m tests.benchmarks.backfill_costs FOLDER [--workers N]

Milliseconds are CPU time of the tasks. The last column is the CPU time of all tasks divided by that of the busiest of
N workers, each of which takes the next task when it is free: what N workers of an idle machine gain over one, as far
as tasks decide it.
"""

from __future__ import annotations

import argparse
import heapq
from collections.abc import Sequence
from pathlib import Path

from pipelines.backfill.folder import Folder
from pipelines.backfill.plan import read_plan
from pipelines.backfill.stages import PAGES_USED_BY, STAGES

MEGABYTE = 1_000_000


def gain(costs: Sequence[float], workers: int) -> float:
    """Return how many times sooner so many workers have done tasks of these costs, in this order, than one."""
    free = [0.0] * workers
    for cost in costs:
        heapq.heapreplace(free, free[0] + cost)
    return sum(costs) / max(free) if max(free) else 1.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the costs of one folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    folder = Folder(options.folder)
    plan = read_plan(folder)
    marks = {
        stage.name: [folder.counts(stage.name, n) for n in stage.in_turn(range(stage.count(folder, plan)))]
        for stage in STAGES
    }
    articles = sum(int(mark["articles"]) for mark in marks[PAGES_USED_BY])
    print(f"{articles} articles, {plan.partitions} partitions, slices of {plan.slice_articles}")
    for name, of_stage in marks.items():
        costs = [float(mark["cpu_seconds"]) for mark in of_stage]
        peak = max((int(mark["peak_bytes"]) for mark in of_stage), default=0) / MEGABYTE
        print(
            f"{name:16} {len(costs):5} tasks {sum(costs) * 1000 / articles:8.2f} ms an article {peak:6.0f} MB"
            f"  {options.workers} workers {gain(costs, options.workers):5.2f}"
        )


if __name__ == "__main__":
    main()

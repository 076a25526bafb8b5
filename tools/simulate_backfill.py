"""Simulate a backfill of 10^6 to 10^9 articles on 2 to 1,000 workers, from measured costs of its stages.

    python -m tools.simulate_backfill PAGES SMALL LARGE OUT.svg

The folders are those of backfills: of pages, of a small archive of ready texts, and of a large one, of which
some stages may be done in part (``tests.benchmarks.backfill_growth``). What reading pages costs is taken
from the first, the other stages from the large one where it has them, else from the small one. The large
archive must be older than the longest stretch of a key (256 days): an article of an older one meets no more
others. Durations of tasks spread as they did. What is assumed, not measured, stands in the constants below.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.backfill.folder import Folder
from pipelines.backfill.ordering import Archive
from pipelines.backfill.pairing import SCORE
from pipelines.backfill.plan import read_plan
from pipelines.backfill.stages import PAGES_USED_BY, STAGES
from tools.plots import BAR, LINE, svg, text

SIZES = (10**6, 10**7, 10**8, 10**9)
WORKERS = (2, 4, 8, 16, 32, 64, 125, 250, 500, 1000)
ARTICLES_A_TASK = 1_000
SLOW_SHARE, SLOWNESS = 0.01, 4.0  # assumed: one task in a hundred runs on a machine that is four times slower
LOST_AN_HOUR = (
    0.05  # assumed: spot machines taken away, each worker once in twenty hours; its task is repeated
)
START_SECONDS = 3.0  # of a worker, once: measured, Python with all imports
MOST_SCHEDULED = 20_000  # tasks of a stage that are scheduled one by one; more are summed
SINGLE = frozenset(("order", "standing", "graph", "parts", "assign"))
SLICED = frozenset((SCORE, "weigh", "cluster", "result-stories"))  # a task for each slice of articles
USUAL_SPREAD = 0.2  # of a stage of which fewer than four tasks were measured
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 360, 70, 44, 320


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage costs an article: CPU seconds, spread of tasks (standard deviation of the logarithm)."""

    name: str
    seconds: float
    spread: float


def measured(folder: Path) -> dict[str, StageCost]:
    """Return the costs of the stages that a folder has, if only in part."""
    of = Folder(folder)
    plan = read_plan(of)
    articles = sum(int(of.counts(PAGES_USED_BY, n)["articles"]) for n in range(plan.partitions))
    found = {}
    for stage in STAGES:
        done = sorted(of.done(stage.name))
        if not done:
            break
        marks = [of.counts(stage.name, n) for n in done]
        shares = Archive(of, plan).shares if stage.name == SCORE else 1
        its = (
            _articles_of_slices(done, articles, plan.slice_articles, shares)
            if stage.name in SLICED
            else articles
        )
        found[stage.name] = _cost(stage.name, [float(mark["cpu_seconds"]) for mark in marks], its)
    return found


def _articles_of_slices(tasks: Sequence[int], articles: int, size: int, shares: int) -> float:
    """Return the articles that tasks were for; those of a slice are told by parts among its tasks."""
    return sum(min(size, articles - task // shares * size) / shares for task in tasks)


def _cost(name: str, costs: Sequence[float], articles: float) -> StageCost:
    logs = [math.log(cost) for cost in costs if cost > 0.02]
    mean = sum(logs) / len(logs) if logs else 0.0
    spread = math.sqrt(sum((log - mean) ** 2 for log in logs) / len(logs)) if len(logs) > 3 else USUAL_SPREAD
    return StageCost(name, sum(costs) / articles, spread)


def stage_costs(pages: Path, small: Path, large: Path) -> list[StageCost]:
    """Return the costs of all stages."""
    of_pages, of_texts = measured(pages), measured(small) | measured(large)
    costs, reads_pages = [], True
    for stage in STAGES:
        costs.append((of_pages if reads_pages else of_texts)[stage.name])
        reads_pages = reads_pages and stage.name != PAGES_USED_BY
    return costs


def hours(costs: Sequence[StageCost], articles: int, workers: int) -> dict[str, float]:
    """Return the wall hours of each stage, one after another."""
    chance = random.Random(articles * 31 + workers)
    return {cost.name: _makespan(cost, cost.seconds * articles, articles, workers, chance) for cost in costs}


def _makespan(cost: StageCost, seconds: float, articles: int, workers: int, chance: random.Random) -> float:
    tasks = 1 if cost.name in SINGLE else max(1, articles // ARTICLES_A_TASK)
    mean = seconds / tasks
    drawn = min(tasks, MOST_SCHEDULED)
    durations = [_duration(mean, cost.spread, chance) for _ in range(drawn)]
    free = [0.0] * min(workers, drawn)
    if tasks > drawn:  # the rest keeps everyone busy before
        free = [sum(durations) / drawn * (tasks - drawn) / workers] * min(workers, drawn)
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return (max(free) + START_SECONDS) / 3600


def _duration(mean: float, spread: float, chance: random.Random) -> float:
    drawn = mean * math.exp(chance.gauss(-(spread**2) / 2, spread))
    drawn *= SLOWNESS if chance.random() < SLOW_SHARE else 1.0
    while chance.random() < drawn / 3600 * LOST_AN_HOUR and drawn < 86_400:
        drawn *= 1.5  # half of it was done when the machine went
    return drawn


def plot(totals: dict[tuple[int, int], float]) -> str:
    """Return hours against workers, both logarithmic, a line a size, as SVG."""
    low, high = math.floor(math.log10(min(totals.values()))), math.ceil(math.log10(max(totals.values())))

    def place(workers: int, value: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - 60) * math.log(workers / WORKERS[0]) / math.log(WORKERS[-1] / WORKERS[0])
        return x, BOTTOM - (BOTTOM - TOP) * (math.log10(value) - low) / (high - low)

    marks = []
    for power in range(low, high + 1):
        y = place(2, 10.0**power)[1]
        marks.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 60}" y2="{y:.1f}" stroke="{LINE}"/>')
        marks.append(text(LEFT - 8, y + 5, f"{10.0**power:g} h", anchor="end"))
    for workers in WORKERS:
        marks.append(text(place(workers, 10.0**low)[0], BOTTOM + 20, str(workers), anchor="middle"))
    for size in SIZES:
        points = [place(workers, totals[size, workers]) for workers in WORKERS]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        marks.append(f'<polyline points="{drawn}" fill="none" stroke="{BAR}" stroke-width="2"/>')
        x, y = points[-1]
        marks.append(text(x + 6, y + 5, f"10^{round(math.log10(size))}"))
    marks.append(text(WIDTH / 2, BOTTOM + 38, "workers", anchor="middle"))
    return svg("Simulated hours of a backfill, by articles and workers", marks, HEIGHT + 10)


def main(arguments: Sequence[str]) -> None:
    """Print the table and write the plot."""
    pages, small, large, target = map(Path, arguments)
    costs = stage_costs(pages, small, large)
    for cost in costs:
        print(f"{cost.name:16} {cost.seconds * 1000:8.3f} ms  spread {cost.spread:.2f}")
    totals = {}
    for size in SIZES:
        for workers in WORKERS:
            stages = hours(costs, size, workers)
            totals[size, workers] = sum(stages.values())
            single = sum(stages[name] for name in SINGLE)
            told = f"{size:>13,} articles {workers:>5} workers {totals[size, workers]:10.2f} h"
            print(f"{told}, {single:.2f} h of it in single tasks")
    target.write_text(plot(totals), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

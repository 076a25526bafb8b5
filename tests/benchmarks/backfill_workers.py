"""Print how much sooner two workers are done than one: with local processes, and with Ray.

    python -m tests.benchmarks.backfill_workers OUT FILE... [--slice N] [--engines local,ray]

Wall seconds of each stage with one worker and with two, start-up of the engine apart; then their quotient, and
beside it what the CPU seconds of the tasks give on an idle machine: those of all tasks with one worker, divided
by those of the busier of two. Stages of less than a second are left out. All four runs must give the same bytes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.backfill.driver import run_stages
from pipelines.backfill.engines import LocalProcesses, engine_of
from pipelines.backfill.folder import Folder
from pipelines.backfill.plan import Plan, settle
from pipelines.backfill.stages import STAGES
from tests.backfill.archives import make_plan, result_bytes
from tests.benchmarks.backfill_costs import gain

SHOWN_SECONDS = 1.0
MANY = 2


class Stopwatch:
    """The wall seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        """Note that a stage has come so far; it begins with its first call."""
        now = time.monotonic()
        self.seconds[stage] = now - self._began.setdefault(stage, now)


def timed(out: Path, plan: Plan, name: str, workers: int) -> dict[str, float]:
    """Run a backfill and return the wall seconds of its stages."""
    folder, watch = Folder(out), Stopwatch()
    plan = settle(folder, plan, as_of_given=True)
    began = time.monotonic()
    with engine_of(name, workers=workers, address=None) as engine:
        started = time.monotonic() - began
        # one local process too, not this one: both numbers of workers begin from the same server
        used = LocalProcesses(workers) if name == "local" else engine
        run_stages(folder, plan, used, progress=watch)
    whole = time.monotonic() - began
    print(
        f"{name} {workers}: start {started:.1f} s, whole {whole:.1f} s, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return watch.seconds


def cpu_seconds(out: Path, plan: Plan, stage: str) -> list[float]:
    """Return the CPU seconds of the tasks of a stage, in the order in which they began."""
    folder = Folder(out)
    of = next(each for each in STAGES if each.name == stage)
    return [float(folder.counts(stage, n)["cpu_seconds"]) for n in of.in_turn(range(of.count(folder, plan)))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--slice", type=int, default=2_000)
    parser.add_argument("--engines", default="local,ray")
    options = parser.parse_args(arguments)
    plan = make_plan(*options.files, slice_articles=options.slice)
    results = []
    for name in options.engines.split(","):
        outs = {workers: options.out / f"{name}-{workers}" for workers in (1, MANY)}
        one, many = (timed(out, plan, name, workers) for workers, out in outs.items())
        for stage in (stage for stage, seconds in one.items() if seconds >= SHOWN_SECONDS):
            single, shared = (cpu_seconds(out, plan, stage) for out in outs.values())
            busier = sum(shared) / gain(shared, MANY)
            print(
                f"{name:6} {stage:16} {one[stage]:7.1f} s {many[stage]:7.1f} s  wall {one[stage] / many[stage]:5.2f}"
                f"  tasks {sum(single) / busier:5.2f}",
                flush=True,
            )
        results += [result_bytes(out) for out in outs.values()]
    same = all(result == results[0] for result in results)
    print("the same bytes" if same else "DIFFERENT")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

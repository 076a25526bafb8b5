"""Print what each stage up to `score` costs an article, and how many pairs it meets.

    python -m tests.benchmarks.backfill_growth FILE OUT [--slice N] [--last N]

Only the last slices are scored: those articles meet the whole archive, so they show what its size and age cost.
CPU milliseconds of this process; the sentence encoder is off.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipelines.backfill import pairing
from pipelines.backfill.extracting import EXTRACT
from pipelines.backfill.folder import Folder
from pipelines.backfill.ordering import Archive
from pipelines.backfill.plan import Plan, settle
from pipelines.backfill.stages import STAGES, Stage, run_task
from tests.backfill.archives import make_plan

SHOWN = ("postings", "crowded", "pairs", "candidates", "close", "matches")


def measure(folder: Folder, plan: Plan, stage: Stage, last: int) -> None:
    """Do a stage and print its cost."""
    tasks = range(stage.count(folder, plan))
    if stage.name == pairing.SCORE:
        tasks = tasks[-last * Archive(folder, plan).shares :]
    began = time.process_time()
    for number in tasks:
        run_task(folder.path, stage.name, number)
    seconds = time.process_time() - began
    counts: Counter[str] = Counter()
    for number in tasks:
        own = folder.counts(stage.name, number)
        counts.update({name: own[name] for name in SHOWN if name in own})
    try:
        articles = sum(folder.counts(EXTRACT, number)["articles"] for number in range(plan.partitions))
    except FileNotFoundError:
        return
    if stage.name == pairing.SCORE:
        articles -= tasks[0] // Archive(folder, plan).shares * plan.slice_articles
    told = ", ".join(f"{counts[name] / articles:.1f} {name}" for name in SHOWN if counts[name])
    print(f"{stage.name:12} {seconds * 1000 / articles:7.2f} ms an article  {told}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one archive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--slice", type=int, default=500)
    parser.add_argument("--last", type=int, default=1)
    options = parser.parse_args(arguments)
    folder = Folder(options.out)
    plan = settle(folder, make_plan(options.file, slice_articles=options.slice), as_of_given=True)
    for stage in STAGES:
        measure(folder, plan, stage, options.last)
        if stage.name == pairing.SCORE:
            return


if __name__ == "__main__":
    main()

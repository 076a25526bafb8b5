"""Hold the stories of a backfill against those of `recluster`, and two engines against each other.

    python -m tests.benchmarks.backfill_equality FOLDER FILE... [--engines local,ray] [--workers N]

The files (JSON Lines, .gz too) are one archive. Each engine makes its result in FOLDER; the bytes must be the
same. The first result is loaded into a database, whose tables are compared before and after `recluster`. Exit
status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.backfill.driver import run_stages
from pipelines.backfill.engines import engine_of
from pipelines.backfill.folder import Folder
from pipelines.backfill.loading import load
from pipelines.backfill.plan import Plan, settle
from pipelines.config.settings import read_config
from pipelines.storage.store import Store
from pipelines.stories.filing import recluster
from tests.backfill.archives import make_plan, result_bytes, unseen
from tests.backfill.test_backfill import contents

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SLICE = 2_000  # articles, as the command takes


def make(out: Path, plan: Plan, engine: str, workers: int) -> dict[str, Any]:
    """Make a result and return its report."""
    folder = Folder(out)
    plan = settle(folder, plan, as_of_given=True)
    began = time.monotonic()
    with engine_of(engine, workers=workers, address=None) as chosen:
        report = run_stages(folder, plan, chosen, progress=unseen)
    print(
        f"{engine}: {time.monotonic() - began:.0f} s, {report['stages']['assign']['stories']} stories",
        flush=True,
    )
    return report


def differing(out: Path, plan: Plan, database: Path) -> list[str]:
    """Return the tables that `recluster` changes in the database that the result was loaded into."""
    with Store(database) as store:
        config = read_config(None, version="0")
        load(Folder(out), plan, store=store, config=config, now=lambda: NOW, progress=unseen)
        articles = store.articles.count()
    loaded = contents(database)
    began = time.monotonic()
    with Store(database) as store:
        recluster(store, now=NOW)
    print(f"recluster of {articles} articles: {time.monotonic() - began:.0f} s", flush=True)
    filed = contents(database)
    for name, rows in loaded.items():
        print(f"{name}: {len(rows)} rows, {'equal' if rows == filed[name] else 'DIFFERENT'}", flush=True)
    return [name for name, rows in loaded.items() if rows != filed[name]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--engines", default="local,ray")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    plan = make_plan(*options.files, slice_articles=SLICE)
    engines = options.engines.split(",")
    for engine in engines:
        make(options.folder / engine, plan, engine, options.workers)
    first, *others = (result_bytes(options.folder / engine) for engine in engines)
    apart = [engine for engine, other in zip(engines[1:], others, strict=True) if other != first]
    print(f"{len(first)} files of {', '.join(engines)}: {'DIFFERENT' if apart else 'the same bytes'}")
    return 1 if apart or differing(options.folder / engines[0], plan, options.folder / "desk.db") else 0


if __name__ == "__main__":
    sys.exit(main())

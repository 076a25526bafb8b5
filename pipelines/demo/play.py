"""Run the demo: a first pass over the sites, a change of some pages, a second pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.config.encoders import NONE
from pipelines.config.settings import read_config
from pipelines.demo.editions import first_edition, second_edition
from pipelines.demo.stage import Stage
from pipelines.files import write_atomically
from pipelines.models import RunCounts
from pipelines.run import run
from pipelines.storage.page_store import pages_of
from pipelines.storage.store import Store
from pipelines.version import VERSION
from scraper.models import Source

# The demo has its own clock: its articles are dated September and October 2026.
FIRST_PASS_AT = datetime(2026, 10, 19, 16, 0, tzinfo=UTC)
SECOND_PASS_AT = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


Progress = Callable[[str, Source], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The reports of the two passes."""

    first: RunCounts
    second: RunCounts


def play(folder: Path, database: Path, config_file: Path, *, progress: Progress, encoder: str = NONE) -> Play:
    """Run both passes over the sites in ``folder`` into a new database. Raises ``PipelineError``.

    ``progress`` is called with the name of the pass and each finished source.
    """
    first = first_edition(folder)
    with Stage(first) as stage, Store(database, encoder=encoder) as store:
        write_atomically(config_file, stage.config(database).encode())
        config = read_config(config_file, version=VERSION)
        store.use_zone(config.timezone)
        pages = pages_of(database)

        def run_pass(name: str, moment: datetime) -> RunCounts:
            def show(source: Source, _counts: RunCounts) -> None:
                progress(name, source)

            return run(store, config, pages=pages, now=lambda: moment, progress=show)

        first_report = run_pass("first pass", FIRST_PASS_AT)
        stage.show(second_edition(first, folder))
        return Play(first=first_report, second=run_pass("second pass", SECOND_PASS_AT))

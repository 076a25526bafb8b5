"""The row in `runs` of a run, an import or a rebuild: opened at its start, closed however it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.config.settings import Config
from pipelines.ingest.signals import StopSignals, stop_signals
from pipelines.logs import bind_run
from pipelines.models import RunCounts, RunStatus
from pipelines.storage.store import Store
from scraper.lazily import lazily

if TYPE_CHECKING:
    from pipelines.stories import filing
else:
    filing = lazily("pipelines.stories.filing")

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """An open run, and what it did so far: in all, and of each source by id, where that is known."""

    id: int
    started: datetime
    signals: StopSignals
    counts: RunCounts = field(default_factory=RunCounts)
    by_source: dict[str, RunCounts] = field(default_factory=dict)

    def add(self, counts: RunCounts, source_id: str | None = None) -> None:
        """Add to what the run did, and to what it did of a source."""
        self.counts += counts
        if source_id is not None:
            self.by_source[source_id] = self.by_source.get(source_id, RunCounts()) + counts


@contextmanager
def recorded(
    store: Store, config: Config, command: str, *, now: Callable[[], datetime]
) -> Iterator[RunRecord]:
    """Open a run that files its articles at its end. What an exception leaves unfiled, the next run files."""
    signals = StopSignals()
    with stop_signals(signals):  # before the row is opened, so that a signal always finds who closes it
        run_id = store.runs.start(command=command, at=(started := now()), version=config.fetch.version)
        record = RunRecord(id=run_id, started=started, signals=signals)
        status = RunStatus.FAILED
        bind_run(run_id)
        logger.info("run_started command=%s", command)
        try:
            with store.stopped_by(signals):
                yield record
                record.counts += _file_what_is_new(store, config, record, now=now)
            status = RunStatus.PARTIAL if record.counts.failures else RunStatus.OK
        except KeyboardInterrupt:
            status = RunStatus.INTERRUPTED
            raise
        finally:
            with signals.deferred(lambda: None):  # a late signal does not keep the row open
                store.runs.finish(run_id, record.counts, status=status, at=now())
            _log_end(status, record.counts)
            bind_run(None)


def _file_what_is_new(
    store: Store, config: Config, record: RunRecord, *, now: Callable[[], datetime]
) -> RunCounts:
    if not store.articles.unfiled():
        return RunCounts()
    filed = filing.file_articles(store, run_id=record.id, now=now(), threshold=config.match.log_odds)
    return RunCounts(stories_created=filed.created, stories_changed=filed.changed)


def _log_end(status: RunStatus, counts: RunCounts) -> None:
    logger.info(
        "run_finished status=%s fetched=%d new=%d revised=%d failures=%d",
        status,
        counts.fetched,
        counts.new,
        counts.revised,
        len(counts.failures),
    )

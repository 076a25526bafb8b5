"""The row in `runs` of a pass, an import or a rebuilding: opened at its start, closed however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.config.settings import Config
from pipelines.ingest.commit import IngestCounts
from pipelines.models import RunCounts, RunStatus
from pipelines.storage.store import Store
from scraper.lazily import lazily

if TYPE_CHECKING:
    from pipelines.stories import filing
    from pipelines.stories.filing import FilingReport
else:
    filing = lazily("pipelines.stories.filing")


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """What has come of a run so far."""

    id: int
    started: datetime
    sources: int = 0
    tally: IngestCounts = field(default_factory=IngestCounts)
    filed: FilingReport | None = None  # nothing was to be filed

    @property
    def report(self) -> RunCounts:
        """The same, as it is told."""
        return RunCounts(
            sources=self.sources,
            fetched=self.tally.fetched,
            unchanged=self.tally.unchanged,
            new=self.tally.new,
            revised=self.tally.revised,
            stories_created=self.filed.created if self.filed else 0,
            stories_changed=self.filed.changed if self.filed else 0,
            failures=tuple(self.tally.failures),
        )


@contextmanager
def recorded(
    store: Store, config: Config, command: str, *, now: Callable[[], datetime]
) -> Iterator[RunRecord]:
    """A run whose articles are filed at its end. What an exception leaves unfiled, the next run files."""
    started = now()
    record = RunRecord(
        id=store.runs.start(command=command, at=started, version=config.fetch.version), started=started
    )
    status = RunStatus.FAILED
    try:
        yield record
        if store.articles.unfiled():
            record.filed = filing.file_articles(
                store, run_id=record.id, now=now(), threshold=config.match.log_odds
            )
        status = RunStatus.PARTIAL if record.tally.failures else RunStatus.OK
    except KeyboardInterrupt:
        status = RunStatus.INTERRUPTED
        raise
    finally:
        store.runs.finish(record.id, record.report, status=status, at=now())

"""Runs and the expected failures in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipelines.models import Failure, RunReport
from pipelines.storage.tables.connection import Connection, Row, moment, stamp, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One run as it is kept. ``status``: running, ok, partial, failed or interrupted."""

    id: int
    command: str
    version: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    sources: int
    fetched: int
    unchanged: int
    new: int
    revised: int
    stories_created: int
    stories_changed: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFailure:
    """One failure as it is kept."""

    id: int
    run_id: int | None
    failure: Failure
    at: datetime


_COUNTS = ("sources", "fetched", "unchanged", "new", "revised", "stories_created", "stories_changed")
_SELECT = (
    f"SELECT id, command, version, started_at, finished_at, status, {', '.join(_COUNTS)}, failures FROM runs"
)


class Runs:
    """The `runs` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, *, command: str, at: datetime, version: str = "") -> int:
        """The id of a new run."""
        return self._connection.insert(
            "INSERT INTO runs (command, version, started_at, status) VALUES (?, ?, ?, 'running')",
            (command, version, stamp(at)),
        )

    def finish(self, run_id: int, report: RunReport, *, status: str, at: datetime) -> None:
        """Record how a run ended; ``status`` is ok, partial or failed."""
        self._connection.execute(
            f"""UPDATE runs SET finished_at = ?, status = ?, failures = ?,
            {", ".join(f"{name} = ?" for name in _COUNTS)} WHERE id = ?""",
            (stamp(at), status, len(report.failures), *(getattr(report, name) for name in _COUNTS), run_id),
        )

    def latest(self, limit: int = 1) -> tuple[StoredRun, ...]:
        """The last runs, newest first."""
        return tuple(
            map(_stored_run, self._connection.execute(f"{_SELECT} ORDER BY id DESC LIMIT ?", (limit,)))
        )

    def interrupt(self, *, at: datetime) -> int:
        """Mark runs that were left open, by a kill or a power cut; gives their number. Only under the run's
        lock."""
        rows = self._connection.execute(
            "UPDATE runs SET status = 'interrupted', finished_at = ? WHERE status = 'running' RETURNING id",
            (stamp(at),),
        )
        return len(rows)


class Failures:
    """The `failures` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run_id: int | None, failure: Failure, *, at: datetime) -> None:
        """Record one failure."""
        self.add_all(run_id, [failure], at=at)

    def add_all(self, run_id: int | None, failures: Iterable[Failure], *, at: datetime) -> None:
        """Record several failures; a source nobody knows becomes part of the message."""
        failures = tuple(failures)
        if not failures:
            return
        known = {row[0] for row in self._connection.execute("SELECT id FROM sources")}
        self._connection.many(
            "INSERT INTO failures (run_id, source_id, url, stage, error, message, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    run_id,
                    failure.source_id if failure.source_id in known else None,
                    storable(failure.url),
                    failure.stage,
                    failure.error,
                    storable(failure.message),
                    stamp(at),
                )
                for failure in failures
            ],
        )

    def forget(self, *, before: datetime) -> None:
        """Remove the failures of before."""
        self._connection.execute("DELETE FROM failures WHERE at < ?", (stamp(before),))

    def of_run(self, run_id: int) -> tuple[StoredFailure, ...]:
        """The failures of one run, in order."""
        return self._read("run_id = ? ORDER BY id", run_id)

    def recent(self, since: datetime) -> tuple[StoredFailure, ...]:
        """The failures since, newest first."""
        return self._read("at >= ? ORDER BY at DESC, id DESC", stamp(since))

    def _read(self, condition: str, value: object) -> tuple[StoredFailure, ...]:
        rows = self._connection.execute(
            f"SELECT id, run_id, source_id, url, stage, error, message, at FROM failures WHERE {condition}",
            (value,),
        )
        return tuple(
            StoredFailure(
                id=number,
                run_id=run,
                failure=Failure(stage=stage, error=error, message=message, url=url, source_id=source_id),
                at=moment(at),
            )
            for number, run, source_id, url, stage, error, message, at in rows
        )


def _stored_run(row: Row) -> StoredRun:
    number, command, version, started, finished, status, *counts, failures = row
    return StoredRun(
        id=number,
        command=command,
        version=version,
        started_at=moment(started),
        finished_at=moment(finished),
        status=status,
        failures=failures,
        **dict(zip(_COUNTS, counts, strict=True)),
    )

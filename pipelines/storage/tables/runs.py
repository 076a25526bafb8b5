"""Runs and the expected failures in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipelines.models import Failure, RunCounts, RunStatus
from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec, insert
from pipelines.storage.values import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One run as it is stored; ``failures`` is their number."""

    id: int
    command: str
    version: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    counts: RunCounts
    failures: int


_COUNTS = RowCodec(RunCounts, without=["failures", "resting"])
_CODEC = RowCodec(StoredRun, nested={"counts": _COUNTS})
_FAILURE = RowCodec(Failure)


class Runs:
    """The `runs` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, *, command: str, at: datetime, version: str = "") -> int:
        """Return the id of a new run."""
        return self._connection.insert(
            "INSERT INTO runs (command, version, started_at, status) VALUES (?, ?, ?, 'running')",
            (command, version, stamp(at)),
        )

    def finish(self, run_id: int, counts: RunCounts, *, status: RunStatus, at: datetime) -> None:
        """Record how a run ended."""
        columns = ", ".join(f"{name} = ?" for name in _COUNTS.columns)
        self._connection.execute(
            f"UPDATE runs SET finished_at = ?, status = ?, failures = ?, {columns} WHERE id = ?",
            (stamp(at), str(status), len(counts.failures), *_COUNTS.values(counts), run_id),
        )

    def latest(self, limit: int = 1) -> tuple[StoredRun, ...]:
        """Return the last runs, newest first."""
        rows = self._connection.execute(f"{_CODEC.select('runs')} ORDER BY id DESC LIMIT ?", (limit,))
        return tuple(map(_CODEC.record, rows))

    def interrupt(self, *, at: datetime) -> int:
        """Mark the runs that a kill left open and return their number. Needs the lock of a run."""
        rows = self._connection.execute(
            "UPDATE runs SET status = 'interrupted', finished_at = ? WHERE status = 'running' RETURNING id",
            (stamp(at),),
        )
        return len(rows)

    def remove(self, *, before: datetime) -> int:
        """Remove the runs of before that nothing refers to and return their number."""
        rows = self._connection.execute(
            """DELETE FROM runs WHERE finished_at < ? AND id <> (SELECT max(id) FROM runs)
            AND NOT EXISTS (SELECT 1 FROM failures WHERE run_id = runs.id)
            AND NOT EXISTS (SELECT 1 FROM story_changes WHERE run_id = runs.id) RETURNING id""",
            (stamp(before),),
        )
        return len(rows)


class Failures:
    """The `failures` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_all(self, run_id: int | None, failures: Iterable[Failure], *, at: datetime) -> None:
        """Record several failures; of a source that is not stored, only the message remains."""
        failures = tuple(failures)
        if not failures:
            return
        known = {row[0] for row in self._connection.execute("SELECT id FROM sources")}
        rows = [_FAILURE.by_column(failure) for failure in failures]
        for row in rows:
            row["source_id"] = row["source_id"] if row["source_id"] in known else None
        self._connection.many(
            insert("failures", ("run_id", "at", *_FAILURE.columns)),
            [(run_id, stamp(at), *row.values()) for row in rows],
        )

    def of_run(self, run_id: int) -> tuple[Failure, ...]:
        """Return the failures of one run, in order."""
        rows = self._connection.execute(
            f"{_FAILURE.select('failures')} WHERE run_id = ? ORDER BY id", (run_id,)
        )
        return tuple(map(_FAILURE.record, rows))

    def remove(self, *, before: datetime) -> int:
        """Remove the failures of before and return their number."""
        rows = self._connection.execute("DELETE FROM failures WHERE at < ? RETURNING id", (stamp(before),))
        return len(rows)

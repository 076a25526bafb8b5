"""The paces and rests of servers, shared by all processes of a desk through its database.

Each process has a connection of its own for it, so that a request waits for no transaction of the main
connection but a write under way. A process that cannot use the table keeps its own pace and logs why.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pipelines.storage.values import stamp
from scraper.models import HostState
from scraper.net.backoff import LONGEST_PAUSE_IN_RUN, LONGEST_REST_IN_RUN, LONGEST_RETRY_AFTER
from scraper.net.pacing import Slot

logger = logging.getLogger(__name__)
T = TypeVar("T")

BUSY_SECONDS = 5.0  # a commit of the main connection takes less; a request must not wait longer
# A slot further off than processes can queue was stored while the clock was ahead, and does not count.
LONGEST_QUEUE = timedelta(seconds=10 * LONGEST_PAUSE_IN_RUN)


def open_shared_hosts(path: Path) -> DatabaseHosts | None:
    """Return the shared record of a database, or ``None`` if there is no database yet."""
    return DatabaseHosts(path) if path.is_file() else None


class DatabaseHosts:
    """`scraper.net.pacing.SharedHosts` in the columns ``next_at`` and ``not_before`` of the table
    `_hosts`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._has_failed = False

    def reserve(self, keys: tuple[str, ...], *, now: datetime, pause: float) -> Slot:
        """Return the next free slot of a server, and make the following one free ``pause`` seconds later.

        Without a pause nothing is written: a write would wait for each transaction of the main connection.
        """
        free = Slot(key=keys[0], starts_at=now, next_at=now + timedelta(seconds=pause))
        if not pause:
            return self._locked(lambda connection: _next_slot(connection, keys, now, pause), free)
        return self._transaction(lambda connection: _reserve(connection, keys, now, pause), free)

    def settle(self, slot: Slot, next_at: datetime) -> None:
        """Move the slot after a reserved one, unless another process has reserved it."""
        row: tuple[str | None, ...] = (slot.key, _precise(next_at), _precise(slot.next_at))
        sql = "UPDATE _hosts SET next_at = ?2 WHERE host = ?1 AND next_at = ?3"
        if slot.next_at == slot.starts_at:  # it was not written
            sql = """INSERT INTO _hosts (host, next_at, updated_at) VALUES (?1, ?2, ?4) ON CONFLICT (host)
                DO UPDATE SET next_at = max(coalesce(next_at, ''), excluded.next_at)"""
            row += (stamp(slot.starts_at),)
        self._transaction(lambda connection: connection.execute(sql, row) and None, None)

    def rest(self, keys: tuple[str, ...], state: HostState) -> None:
        """Store at once until when a server rests."""
        sql = """INSERT INTO _hosts (host, not_before, failures, updated_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET not_before = excluded.not_before, failures = excluded.failures,
            updated_at = excluded.updated_at"""
        values = (stamp(state.not_before), state.failures, stamp(state.updated_at))
        rows = [(key, *values) for key in dict.fromkeys(keys)]
        self._transaction(lambda connection: connection.executemany(sql, rows) and None, None)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _transaction(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        def whole(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

        return self._locked(whole, default)

    def _locked(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        with self._lock:
            try:
                return work(self._open())
            except sqlite3.Error as error:
                self._log(error)
                return default

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            uri = f"{self._path.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = NORMAL")
        return self._connection

    def _log(self, error: sqlite3.Error) -> None:
        if not self._has_failed:
            self._has_failed = True
            logger.warning("shared_pace_unavailable error=%s", error)


def _reserve(connection: sqlite3.Connection, keys: tuple[str, ...], now: datetime, pause: float) -> Slot:
    slot = _next_slot(connection, keys, now, pause)
    if slot.rests_until is None or (slot.rests_until - now).total_seconds() <= LONGEST_REST_IN_RUN:
        connection.execute(
            """INSERT INTO _hosts (host, next_at, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET next_at = excluded.next_at""",
            (slot.key, _precise(slot.next_at), stamp(now)),
        )
    return slot


def _next_slot(connection: sqlite3.Connection, keys: tuple[str, ...], now: datetime, pause: float) -> Slot:
    marks = ", ".join("?" * len(keys))
    sql = f"SELECT host, next_at, not_before FROM _hosts WHERE host IN ({marks})"
    rows = connection.execute(sql, keys).fetchall()
    rests = [_time(not_before) for _, _, not_before in rows]
    rests_until = _latest(rests, now, timedelta(seconds=LONGEST_RETRY_AFTER))
    next_at = _latest([_time(time) for host, time, _ in rows if host == keys[0]], now, LONGEST_QUEUE)
    starts_at = max(now, next_at or now, rests_until or now)
    return Slot(
        key=keys[0],
        starts_at=starts_at,
        next_at=starts_at + timedelta(seconds=pause),
        rests_until=rests_until,
    )


def _latest(times: list[datetime | None], now: datetime, horizon: timedelta) -> datetime | None:
    """Return the latest time after ``now`` and within the horizon, or ``None``."""
    return max((time for time in times if time is not None and now < time <= now + horizon), default=None)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _precise(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

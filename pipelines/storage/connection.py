"""The open database: statements, transactions, and each failure of SQLite as an error of ours."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Protocol

from pipelines.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DatabaseError,
    FullDatabaseError,
    NotOurDatabaseError,
    ReadOnlyDatabaseError,
)
from pipelines.storage.rows import Row
from pipelines.storage.values import MOST_PARAMETERS, portions

Parameters = Sequence[object] | Mapping[str, object]  # by position, or by name

logger = logging.getLogger(__name__)

SILENT_SECONDS = 2.0  # a wait for the write lock of which nothing is said
WAIT_STEP_SECONDS = 0.25  # of that wait: SQLite sleeps in it, and nothing can stop it
STEPS_BETWEEN_CHECKS = 1_000_000  # of SQLite's virtual machine: about 20 ms of a long statement


class Stop(Protocol):
    """What ends the work of a connection before its next statement, or in the middle of a long one."""

    def is_due(self) -> bool:
        """Return whether ``check`` would raise."""

    def check(self) -> None:
        """Raise what ends the work, if it is to end."""


class _NoStop:
    def is_due(self) -> bool:
        return False

    def check(self) -> None:
        pass


# Result codes of SQLite (sqlite.org/rescode.html), reduced to their low byte, and what each means to a user.
_MEANINGS: tuple[tuple[frozenset[int], type[DatabaseError], str], ...] = (
    (
        frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}),
        BusyDatabaseError,
        "the database is locked by another program; try again when it has finished",
    ),
    (
        frozenset({sqlite3.SQLITE_FULL}),
        FullDatabaseError,
        "the disk is full; what was stored before is safe; free some space and run again",
    ),
    (
        frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}),
        ReadOnlyDatabaseError,
        "the database cannot be written; check the permissions of the file and its folder",
    ),
    (
        frozenset({sqlite3.SQLITE_NOTADB}),
        NotOurDatabaseError,
        "this file is not an SQLite database; choose another with --db",
    ),
    (
        frozenset({sqlite3.SQLITE_CORRUPT}),
        DamagedDatabaseError,
        "the database is damaged; restore a backup (`cuttings restore`) or try `sqlite3 FILE .recover`",
    ),
    (
        frozenset({sqlite3.SQLITE_CANTOPEN}),
        DatabaseError,
        "the database cannot be opened; check that the folder exists and can be written",
    ),
    (
        frozenset({sqlite3.SQLITE_IOERR}),
        DatabaseError,
        "the disk failed or is full while reading or writing the database; check the disk and run again",
    ),
)


def database_error(error: sqlite3.Error, path: str) -> DatabaseError:
    """Return the error of our tree that an SQLite error stands for."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no space for the index of the log, which readers need too
        code = sqlite3.SQLITE_FULL
    for codes, kind, words in _MEANINGS:
        if code is not None and code & 0xFF in codes:
            return kind(words, path)
    return DatabaseError(f"the database refused a statement ({error})", path)


class _Translation:
    """A context that turns failures of SQLite into ours; a generator would cost three times as much."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error | OverflowError):
            raise self._connection.translated(error) from error


class Connection:
    """One connection in autocommit mode; transactions are explicit and nest. Raises ``DatabaseError``."""

    def __init__(self, connection: sqlite3.Connection, path: str, *, busy_seconds: float = 0.0) -> None:
        self._connection = connection
        self._path = path
        self._busy_seconds = busy_seconds
        self._savepoints = count()
        self._stop: Stop = _NoStop()
        self._thread = threading.get_ident()
        self._is_closed = False
        self.on_wait: Callable[[], None] = lambda: None  # called when a transaction has to wait for its lock

    @contextmanager
    def stopped_by(self, stop: Stop) -> Iterator[None]:
        """Let ``stop`` end the work of the block."""
        with self._translated():
            self._connection.set_progress_handler(stop.is_due, STEPS_BETWEEN_CHECKS)
        before, self._stop = self._stop, stop
        try:
            yield
        finally:
            self._stop = before
            self._connection.set_progress_handler(None, 0)

    def _translated(self) -> _Translation:
        return _Translation(self)

    def translated(self, error: sqlite3.Error | OverflowError) -> DatabaseError:
        """Return what an error of a statement means. Raises what a `Stop` that ended it raises."""
        if isinstance(error, OverflowError):
            return DatabaseError("a number is too large for the database; give a smaller one", self._path)
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            self._stop.check()
        if isinstance(error, sqlite3.ProgrammingError):  # of Python's module, which gives no code
            if self._is_closed:
                return DatabaseError("the store is closed; open another one", self._path)
            if self._thread != threading.get_ident():
                message = "the store belongs to the thread that opened it; open one in each thread"
                return DatabaseError(message, self._path)
        return database_error(error, self._path)

    @property
    def _is_in_transaction(self) -> bool:
        with self._translated():
            return self._connection.in_transaction

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of one statement."""
        self._stop.check()
        with self._translated():
            return self._connection.execute(sql, parameters).fetchall()

    def execute_in(
        self,
        sql: str,
        values: Iterable[object],
        *,
        before: Sequence[object] = (),
        after: Sequence[object] = (),
    ) -> Iterator[Row]:
        """Yield the rows of a statement with ``IN (?*)``, run once for each portion of the values.

        ``before`` and ``after`` are the parameters that stand before and after the list.
        """
        for portion in portions(values, MOST_PARAMETERS - len(before) - len(after)):
            marks = ",".join("?" * len(portion))
            yield from self.execute(sql.replace("?*", marks), (*before, *portion, *after))

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row, if there is one."""
        self._stop.check()
        with self._translated():
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run the statement once for each row, all or none.

        Inside a transaction it is that which keeps all or nothing: a savepoint would make the full-text index
        write what it holds in memory, which made storing an article three times as slow.
        """
        self._stop.check()
        if self._is_in_transaction:
            with self._translated():
                self._connection.executemany(sql, rows)
            return
        with self.transaction(), self._translated():
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the id of the new row."""
        self._stop.check()
        with self._translated():
            return int(self._connection.execute(sql, parameters).lastrowid or 0)

    def columns(self, sql: str, parameters: Parameters = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Return the names of the columns, and the rows."""
        self._stop.check()
        with self._translated():
            cursor = self._connection.execute(sql, parameters)
            return tuple(column[0] for column in cursor.description), cursor.fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all of it or nothing. Inside another transaction it is a savepoint of that.

        The outer one takes the write lock at once: a transaction that begins with a read and finds the lock
        gone when it comes to write cannot wait for it, it can only fail.
        """
        self._stop.check()
        if self._is_in_transaction:
            name = f"step_{next(self._savepoints)}"
            commit, rollback = f"RELEASE {name}", (f"ROLLBACK TO {name}", f"RELEASE {name}")
            self._control(f"SAVEPOINT {name}")
        else:
            commit, rollback = "COMMIT", ("ROLLBACK", "")
            self._begin()
        try:
            yield
            self._control(commit)
        except BaseException:
            if self._is_in_transaction:  # a full disk ends the transaction by itself
                for statement in filter(None, rollback):
                    self._control(statement)
            raise

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Store all of it or nothing. Inside another transaction it is a part of that, without a savepoint:
        an error must then reach the end of the outer one.
        """
        if self._is_in_transaction:
            yield
        else:
            with self.transaction():
                yield

    def _control(self, sql: str) -> None:
        """Run a statement that begins or ends a transaction, or a setting: nothing stops it."""
        with self._translated():
            self._connection.execute(sql)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read all that is read inside as of one moment, whatever others write meanwhile."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            if self._is_in_transaction:
                self.execute("ROLLBACK")

    def _begin(self) -> None:
        """Take the write lock; wait for another program up to the busy time, and say so once.

        The wait is made of short ones, between which ``stop`` may end it.
        """
        if self._busy_seconds <= SILENT_SECONDS:
            self._control("BEGIN IMMEDIATE")
            return
        started, has_said = time.monotonic(), False
        self._control(f"PRAGMA busy_timeout = {WAIT_STEP_SECONDS * 1000:.0f}")
        try:
            while not self._has_begun(is_last=time.monotonic() - started >= self._busy_seconds):
                self._stop.check()
                if not has_said and time.monotonic() - started >= SILENT_SECONDS:
                    has_said = True
                    logger.warning(
                        "database_locked waiting_seconds=%.0f path=%s", self._busy_seconds, self._path
                    )
                    self.on_wait()
        finally:
            self._control(f"PRAGMA busy_timeout = {self._busy_seconds * 1000:.0f}")

    def _has_begun(self, *, is_last: bool) -> bool:
        """Return whether the write lock could be taken. Raises ``BusyDatabaseError`` on the last attempt."""
        try:
            self._control("BEGIN IMMEDIATE")
        except BusyDatabaseError:
            if is_last:
                raise
            return False
        return True

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        with self._translated():
            self._connection.close()
        self._is_closed = True

"""The only door to SQLite: opens, creates and migrates the database, and turns every failure of it into one
of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DatabaseError,
    FullDatabaseError,
    NotOurDatabaseError,
    ReadOnlyDatabaseError,
)
from pipelines.storage.schema import check_ours, is_current, migrate
from pipelines.storage.tables.articles import Articles
from pipelines.storage.tables.connection import Parameters, Row
from pipelines.storage.tables.decisions import Decisions
from pipelines.storage.tables.furniture import FurnitureBlocks
from pipelines.storage.tables.hosts import Hosts
from pipelines.storage.tables.links import Links
from pipelines.storage.tables.matching import Fingerprints, Matches, Postings
from pipelines.storage.tables.pages import Pages
from pipelines.storage.tables.runs import Failures, Runs
from pipelines.storage.tables.sources import Channels, Sources
from pipelines.storage.tables.stories import Stories
from pipelines.storage.tables.views import Rows, Views

DEFAULT_BUSY_SECONDS = 30.0  # an analyst's Datasette holds a read for moments; a backup for longer
CACHE_KIBIBYTES = (
    65_536  # pages of the index that filing walks through; SQLite's own 2 MB thrashes at 100,000 articles
)

# Result codes of SQLite (sqlite.org/rescode.html), reduced to their low byte, and what each means for a
# person.
_MEANINGS: tuple[tuple[frozenset[int], type[DatabaseError], str], ...] = (
    (
        frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}),
        BusyDatabaseError,
        "the database is locked by another program; try again when it has finished",
    ),
    (
        frozenset({sqlite3.SQLITE_FULL}),
        FullDatabaseError,
        "the disk is full; nothing stored before is lost; free some room and run again",
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
        "the database is damaged; restore a copy, or recover it with the sqlite3 program (.recover)",
    ),
    (
        frozenset({sqlite3.SQLITE_CANTOPEN}),
        DatabaseError,
        "the database cannot be opened; check that the folder exists and may be written",
    ),
    (
        frozenset({sqlite3.SQLITE_IOERR}),
        DatabaseError,
        "the disk failed, or is full, while the database was read or written; check the disk and run again",
    ),
)


def in_our_words(error: sqlite3.Error, path: str) -> DatabaseError:
    """The error of our tree that an SQLite error stands for."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room for the index of the log, which reading needs too
        code = sqlite3.SQLITE_FULL
    for codes, kind, words in _MEANINGS:
        if code is not None and code & 0xFF in codes:
            return kind(words, path)
    return DatabaseError(f"the database refused a statement ({error})", path)


class SqliteConnection:
    """One connection in autocommit mode; transactions are explicit and nest."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._savepoints = count()

    @contextmanager
    def _ours(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise in_our_words(error, self._path) from error
        except OverflowError as error:
            raise DatabaseError(
                "a number is too large for the database; give a smaller one", self._path
            ) from error

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""
        with self._ours():
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, if there is one."""
        with self._ours():
            found: Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows one by one, as the statement yields them."""
        with self._ours():
            yield from self._connection.execute(sql, parameters)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The statement once for each row, all or none."""
        with self.transaction(), self._ours():
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """The new row's id."""
        with self._ours():
            return int(self._connection.execute(sql, parameters).lastrowid or 0)

    def columns(self, sql: str, parameters: Parameters = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Column names and rows."""
        with self._ours():
            cursor = self._connection.execute(sql, parameters)
            return tuple(column[0] for column in cursor.description), cursor.fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Inside another one it is a savepoint of that.

        The outer one takes the write lock at once: a transaction that begins with a read and finds the lock
        gone when it comes to write cannot wait for it, it can only fail.
        """
        if self._connection.in_transaction:
            name = f"step_{next(self._savepoints)}"
            begin, commit = f"SAVEPOINT {name}", f"RELEASE {name}"
            rollback: tuple[str, ...] = (f"ROLLBACK TO {name}", f"RELEASE {name}")
        else:
            begin, commit, rollback = "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
        self.execute(begin)
        try:
            yield
            self.execute(commit)
        except BaseException:
            if self._connection.in_transaction:  # a full disk ends the transaction by itself
                for statement in rollback:
                    self.execute(statement)
            raise

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


class Store:
    """The database of one desk, as families of typed verbs: ``store.articles.save(...)``,
    ``store.stories.get(...)``.

    Belongs to the thread that opened it. ``path`` is created and migrated as needed unless ``create`` is
    False; with ``read_only`` nothing is written at all. Raises ``DatabaseError`` and its kinds, from any
    verb.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_seconds: float = DEFAULT_BUSY_SECONDS,
    ) -> None:
        self.path = Path(path)
        if not self.path.exists() and (read_only or not create):
            raise DatabaseError(
                "there is no database yet; `cuttings init` or `cuttings run` makes one", str(path)
            )
        raw = _open(self.path, read_only=read_only, busy_seconds=busy_seconds)
        connection = SqliteConnection(raw, str(path))
        self._connection = connection
        self.sources = Sources(connection)
        self.channels = Channels(connection)
        self.hosts = Hosts(connection)
        self.pages = Pages(connection)
        self.links = Links(connection)
        self.furniture = FurnitureBlocks(connection)
        self.articles = Articles(connection)
        self.fingerprints = Fingerprints(connection)
        self.postings = Postings(connection)
        self.matches = Matches(connection)
        self.decisions = Decisions(connection)
        self.stories = Stories(connection)
        self.runs = Runs(connection)
        self.failures = Failures(connection)
        self.views = Views(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is stored together or not at all; nests."""
        with self._connection.transaction():
            yield

    def view(self, name: str, *, limit: int | None = None) -> Rows:
        """The rows of one of the contract's views or tables, with their column names."""
        return self.views.rows(name, limit=limit)

    def close(self) -> None:
        """Give the file back; what was written is safe already."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(path: Path, *, read_only: bool, busy_seconds: float) -> sqlite3.Connection:
    """A checked, migrated connection. Raises ``DatabaseError``."""
    if path.is_dir():
        raise DatabaseError("this is a folder, not a database; name a file with --db", str(path))
    if not read_only:
        return _connect(path, "mode=rwc", busy_seconds)
    try:
        return _connect(path, "mode=ro", busy_seconds)
    except DatabaseError as error:
        # Even a reader keeps files beside a database. Where it cannot, as on a read-only share, the file is
        # read as it is, unless a log beside it holds what is not in it yet.
        log = path.with_name(f"{path.name}-wal")
        if type(error) not in (DatabaseError, ReadOnlyDatabaseError, FullDatabaseError):
            raise
        if log.exists() and log.stat().st_size:
            raise
        return _connect(path, "mode=ro&immutable=1", busy_seconds)


def _connect(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=busy_seconds, isolation_level=None
        )
        _prepare(connection, str(path), read_only=mode != "mode=rwc")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise in_our_words(error, str(path)) from error
    except DatabaseError:
        if connection is not None:
            connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")  # off by default, in every connection anew
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    check_ours(connection, path)
    if read_only:
        if not is_current(connection):
            raise DatabaseError(
                "the database is of an older version; any writing command brings it up to date", path
            )
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "PRAGMA synchronous = NORMAL"
    )  # with WAL: a kill loses nothing, a power cut at most the last commit
    migrate(connection)

"""The database of a desk: opens, creates and migrates it; the tables are families of typed verbs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from pipelines.errors import (
    BusyDatabaseError,
    DatabaseError,
    FullDatabaseError,
    OlderDatabaseError,
    ReadOnlyDatabaseError,
)
from pipelines.files import real_file
from pipelines.storage.connection import Connection, Stop, database_error
from pipelines.storage.outlets import add_site_of
from pipelines.storage.schema import check_ours, is_current, migrate
from pipelines.storage.soundness import check_not_emptied, check_unless_known
from pipelines.storage.tables.articles import Articles
from pipelines.storage.tables.corrections import Corrections
from pipelines.storage.tables.coverage import Coverage
from pipelines.storage.tables.decisions import Decisions
from pipelines.storage.tables.digests import Digests
from pipelines.storage.tables.furniture import FurnitureBlocks
from pipelines.storage.tables.health import HealthRecords
from pipelines.storage.tables.hosts import Hosts
from pipelines.storage.tables.links import Links
from pipelines.storage.tables.listings import Listings
from pipelines.storage.tables.matching import Fingerprints, Matches, Postings
from pipelines.storage.tables.notices import Notices
from pipelines.storage.tables.pages import Pages
from pipelines.storage.tables.quotations import Quotations
from pipelines.storage.tables.related import Related
from pipelines.storage.tables.runs import Failures, Runs
from pipelines.storage.tables.search import Searches
from pipelines.storage.tables.settings import Settings
from pipelines.storage.tables.sources import Channels, Sources
from pipelines.storage.tables.stories import Stories
from pipelines.storage.tables.summaries import Summaries
from pipelines.storage.tables.tombstones import Tombstones
from pipelines.storage.tables.topics import Topics
from pipelines.storage.tables.views import Rows, Views
from pipelines.text import defuse_line

# A filing of a large import holds the write lock for a minute; a run that gave up would fetch pages twice.
DEFAULT_BUSY_SECONDS = 150.0
MISSING = "the database does not exist yet; `cuttings init` or `cuttings run` creates it"
CACHE_KIBIBYTES = (
    65_536  # the index that filing walks through; SQLite's own 2 MB thrashes at 100,000 articles
)
# A run makes some 250 different ones; Python's own 128 were prepared again and again, 2 % of a run's CPU.
CACHED_STATEMENTS = 512
# Of new files: the 120 tables and indexes of an empty one take 1 MB; in larger pages a desk did not fit on a
# disk of 4 MB.
PAGE_BYTES = 8_192
# Of files that have become large: rows of news (text, version, fingerprint: 3 to 4 KB each) leave a fifth of
# a page of 8,192 bytes empty, a tenth of one of 16,384; in a year that is 1.1 KB an article.
LARGE_PAGE_BYTES = 16_384
SMALL_BYTES = 20_000_000  # of a file whose tables and indexes would take more in larger pages
QUICK_BYTES = 100_000_000  # of a file that is rewritten in about a second, for which readers wait
SEARCH_INDEXES = ("articles_fts", "stories_fts")
MERGED_PAGES = 1_000  # of 4,096 bytes, of each search index in a week: .1 s
LOG_BYTES = 8_192_000  # of the log after which it is written back into the file


class Store:
    """The database of one desk, as families of typed verbs such as ``store.articles.save(...)``.

    Belongs to the thread that opened it, or, ``is_for_any_thread``, to one at a time. ``path`` is created and
    migrated as needed unless ``create`` is False; with ``read_only`` nothing is written at all. ``zone`` is
    the desk's; without one the database's own counts. ``encoder`` is the desk's ``[match] encoder``, which
    those who file articles read here. Every verb may raise ``DatabaseError``, and another ``PipelineError``
    for an article or a story that is not there. The times given to verbs have a zone; those of an article
    count as UTC without one.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_seconds: float = DEFAULT_BUSY_SECONDS,
        zone: tzinfo | None = None,
        encoder: str = "none",
        is_for_any_thread: bool = False,
    ) -> None:
        self._named = Path(path)
        self.path = real_file(self._named)
        self.encoder = encoder
        self._is_for_any_thread = is_for_any_thread
        if not _exists(self.path) and (read_only or not create):
            raise DatabaseError(MISSING, str(path))
        self._copy: TemporaryDirectory[str] | None = None
        self._file: tuple[sqlite3.Connection, int] | None = None  # that is read as it is now, and its inode
        raw = self._open(read_only=read_only, busy_seconds=busy_seconds)
        connection = Connection(raw, str(path), busy_seconds=busy_seconds)
        self._connection = connection
        self._open_tables(connection)
        if zone is not None and not read_only:
            self.use_zone(zone)

    def _open_tables(self, connection: Connection) -> None:
        self._settings = Settings(connection)
        self.sources = Sources(connection)
        self.channels = Channels(connection)
        self.hosts = Hosts(connection)
        self.pages = Pages(connection)
        self.links = Links(connection)
        self.furniture = FurnitureBlocks(connection)
        self.articles = Articles(connection, zone=self._settings.timezone())
        self.fingerprints = Fingerprints(connection)
        self.postings = Postings(connection)
        self.matches = Matches(connection)
        self.decisions = Decisions(connection)
        self.stories = Stories(connection)
        self.related = Related(connection)
        self.quotations = Quotations(connection)
        self.runs = Runs(connection)
        self.failures = Failures(connection)
        self.tombstones = Tombstones(connection)
        self.notices = Notices(connection)
        self.views = Views(connection)
        self.health = HealthRecords(connection)
        self.search = Searches(connection)
        self.topics = Topics(connection)
        self.digests = Digests(connection)
        self.coverage = Coverage(connection)
        self.listings = Listings(connection)
        self.corrections = Corrections(connection)
        self.summaries = Summaries(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all that is written inside, or nothing; nests."""
        with self._connection.transaction():
            yield

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Store all that is written inside, or nothing; a part of the transaction around it, if there is
        one.
        """
        with self._connection.joined():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything inside as of one moment; for readers, which write nothing."""
        with self._connection.snapshot():
            yield

    @property
    def zone(self) -> tzinfo:
        """The time zone of the desk, by which days of publication are told."""
        return self.articles.zone

    def use_zone(self, zone: tzinfo) -> None:
        """Make ``zone`` the desk's: days of publication are told by it, articles whose day moves are filed
        again.
        """
        if str(zone) == str(self.articles.zone):
            return
        with self.transaction():
            self._settings.set_timezone(zone)
        self.articles.zone = zone

    @contextmanager
    def stopped_by(self, stop: Stop) -> Iterator[None]:
        """Let ``stop`` end the work of the block before a statement, or in the middle of a long one."""
        with self._connection.stopped_by(stop):
            yield

    def say_when_waiting(self, say: Callable[[], None]) -> None:
        """Call ``say`` when a transaction has to wait for another program."""
        self._connection.on_wait = say

    @contextmanager
    def overwriting(self) -> Iterator[None]:
        """Overwrite what is deleted inside: in free pages, in the indexes and in the log."""
        self._connection.execute("PRAGMA secure_delete = ON")
        try:
            yield
            self._merge_indexes_whole()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._connection.execute("PRAGMA secure_delete = OFF")

    def merge_indexes(self) -> None:
        """Merge some of the parts that runs leave in the search indexes, in bounded time.

        Merged, that of a desk's three months takes a tenth less.
        """
        for index in SEARCH_INDEXES:
            self._connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', {-MERGED_PAGES})")

    def _merge_indexes_whole(self) -> None:
        """Merge all parts of the search indexes into one, which also drops what was deleted."""
        for index in SEARCH_INDEXES:
            self._connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")

    def vacuum(self) -> None:
        """Return unused space in the file to the disk, and merge the parts of the search indexes.

        A large file gets larger pages, if no other program reads it.
        """
        self._merge_indexes_whole()
        self._rewrite(is_resized=self._bytes() > SMALL_BYTES and self._has_left_log())

    def _rewrite(self, *, is_resized: bool) -> None:
        try:
            if is_resized:
                self._connection.execute(f"PRAGMA page_size = {LARGE_PAGE_BYTES}")
            self._connection.execute("VACUUM")
        finally:
            again = "PRAGMA journal_mode = WAL" if is_resized else "PRAGMA wal_checkpoint(TRUNCATE)"
            self._connection.execute(again)

    def compact(self) -> None:
        """Rewrite a file that has become large without gaps and in larger pages, if that is quick and nobody
        reads it.

        Where the disk has no room for a second copy, the file stays as it is.
        """
        if SMALL_BYTES < self._bytes() <= QUICK_BYTES and self._has_left_log():
            with suppress(BusyDatabaseError, FullDatabaseError):
                self._rewrite(is_resized=True)

    def _bytes(self) -> int:
        """Return the size of the file without its log."""
        size, count = (
            self._connection.execute(f"PRAGMA {name}")[0][0] for name in ("page_size", "page_count")
        )
        return int(size * count)

    def _has_left_log(self) -> bool:
        """Write without a log from here on; return whether that could be done. Waits for no reader."""
        [(busy_milliseconds,)] = self._connection.execute("PRAGMA busy_timeout")
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            with suppress(BusyDatabaseError):
                return self._connection.execute("PRAGMA journal_mode = DELETE") == [("delete",)]
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {busy_milliseconds}")
        return False

    def view(self, name: str, *, limit: int | None = None) -> Rows:
        """Return the rows of one of the public views or tables, with their column names."""
        return self.views.rows(name, limit=limit)

    def sees_present_file(self) -> bool:
        """Return whether a reader sees what is stored at its path now: the file is the same one, and its
        schema is the present one.
        """
        try:
            return (
                self._file is not None
                and self.path.stat().st_ino == self._file[1]
                and is_current(self._file[0])
            )
        except (OSError, sqlite3.Error):
            return False

    def close(self) -> None:
        """Close the file; what was written is already safe."""
        self._connection.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _open(self, *, read_only: bool, busy_seconds: float) -> sqlite3.Connection:
        """Return a checked, migrated connection. Raises ``DatabaseError``."""
        path = self.path
        if path.is_dir():
            raise DatabaseError("this is a folder, not a database; name a file with --db", str(path))
        check_not_emptied(self._named)
        log = path.with_name(f"{path.name}-wal")
        if not read_only:
            existed = path.exists()
            check_unless_known(path, busy_seconds)
            try:
                return self._connect("mode=rwc", busy_seconds)
            except DatabaseError as error:
                refused = getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
                if type(error) is DatabaseError and existed and not refused:
                    message = (
                        "the database cannot be written; check the permissions of the file and its folder"
                    )
                    raise ReadOnlyDatabaseError(message, str(path)) from error
                raise
        try:
            inode = path.stat().st_ino
            self._file = (self._connect("mode=ro", busy_seconds), inode)
            return self._file[0]
        except DatabaseError as error:
            if type(error) not in (DatabaseError, ReadOnlyDatabaseError, FullDatabaseError):
                raise
            # Even a reader keeps files beside a database. Where it cannot, as on a read-only mount, the file
            # is read as it is; with a log beside it that holds newer content, a copy of both is read.
            if not log.exists() or not log.stat().st_size:
                return self._connect("mode=ro&immutable=1", busy_seconds)
            return self._open_copy(log, busy_seconds)

    def _connect(self, mode: str, busy_seconds: float) -> sqlite3.Connection:
        return _connect(self.path, mode, busy_seconds, is_for_any_thread=self._is_for_any_thread)

    def _open_copy(self, log: Path, busy_seconds: float) -> sqlite3.Connection:
        self._copy = TemporaryDirectory(prefix="cuttings-")
        copy = Path(self._copy.name) / self.path.name
        try:
            shutil.copyfile(self.path, copy)
            shutil.copyfile(log, copy.with_name(log.name))
            connection = _connect(copy, "mode=rw", busy_seconds, is_for_any_thread=self._is_for_any_thread)
            connection.execute("PRAGMA query_only = ON")
        except (OSError, DatabaseError):
            self._copy.cleanup()
            raise
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _exists(path: Path) -> bool:
    """Return whether a file is there. Raises ``DatabaseError`` for a name that no file can have."""
    if "\0" in str(path):
        raise DatabaseError("the name of the database holds a NUL character", defuse_line(str(path)))
    try:
        return path.exists()
    except OSError as error:  # too long, or a folder that may not be searched
        raise DatabaseError(f"the database cannot be opened ({error.strerror})", str(path)) from error


def _connect(
    path: Path, mode: str, busy_seconds: float, *, is_for_any_thread: bool = False
) -> sqlite3.Connection:
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=not is_for_any_thread,
            cached_statements=CACHED_STATEMENTS,
        )
        add_site_of(connection)
        _prepare(connection, str(path), read_only=mode != "mode=rwc")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise database_error(error, str(path)) from error
    except DatabaseError:
        if connection is not None:
            connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")  # off by default, in each new connection
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    check_ours(connection, path)
    if read_only:
        if not is_current(connection):
            raise OlderDatabaseError(
                "the database has an older version; any command that writes to it migrates it", path
            )
        return
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # without effect on a file that has pages
    connection.execute("PRAGMA journal_mode = WAL")
    [page_bytes] = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_BYTES // page_bytes}")
    connection.execute(
        "PRAGMA synchronous = NORMAL"
    )  # with WAL: a kill loses nothing, a power cut at most the last commit
    migrate(connection)

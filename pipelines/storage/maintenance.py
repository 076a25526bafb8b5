"""Care of a database file as a whole: copying it while it is in use, checking a copy, giving space back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import count, takewhile
from pathlib import Path

from pipelines.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DatabaseError,
    FullDatabaseError,
    NotOurDatabaseError,
    ReadOnlyDatabaseError,
)
from pipelines.files import real_file, sync_file, sync_folder
from pipelines.storage.connection import database_error
from pipelines.storage.invariants import CHECK_INDEX, INDEXES
from pipelines.storage.schema import APPLICATION_ID, check_ours

_COMPANIONS = ("-wal", "-shm")  # what SQLite keeps beside a database that is in use
_OF_ONE = ("", "-journal", *_COMPANIONS)  # the names of a database and of what a kill may leave beside it
LOG_SECONDS = 20.0  # a page of `serve` is made in less; then somebody works in the database
_ID_START = 68  # where a file has its application_id, in four bytes; sqlite.org/fileformat.html


def check_replaceable(path: Path) -> None:
    """Raise ``NotOurDatabaseError`` for what a backup must not overwrite: anything but an earlier one.

    An empty file may be replaced, as `mktemp` makes one.
    """
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(_ID_START + 4)
        if not head or head[_ID_START:] == APPLICATION_ID.to_bytes(4, "big"):
            return
    message = "this is not a backup of cuttings, so it is not overwritten; name another file"
    raise NotOurDatabaseError(message, str(path))


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent copy of a database, which may be in use (SQLite's online backup).

    An earlier file at ``target`` is replaced once the copy is whole. Raises ``DatabaseError``, ``OSError``.
    """
    part = target.with_name(f".{target.name}.part")
    copy = _copy if _keeps_log(source) else _copy_files
    remove_database(part)
    try:
        try:
            copy(source, part)
        except sqlite3.Error as error:
            problem = database_error(error, str(target))
            if isinstance(problem, DamagedDatabaseError):
                problem = database_error(error, str(source))
            raise problem from error
        except OSError as error:
            if str(error.filename) == str(part):  # the temporary file, which the user did not name
                error.filename = str(target)
            raise
        sync_file(part)
        for suffix in _COMPANIONS:  # of an earlier copy that somebody opened: they belong to other content
            target.with_name(f"{target.name}{suffix}").unlink(missing_ok=True)
        part.replace(target)
        sync_folder(target.parent)
    finally:
        remove_database(part)


def _keeps_log(source: Path) -> bool:
    """Return whether a reader can keep its files beside a database; it cannot on a read-only disk."""
    if not source.is_file():
        raise DatabaseError("the database does not exist", str(source))
    try:
        reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        try:
            reader.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        finally:
            reader.close()
    except sqlite3.Error as error:
        kinds = (DatabaseError, ReadOnlyDatabaseError, FullDatabaseError)
        return type(database_error(error, str(source))) not in kinds
    return True


def _copy(source: Path, part: Path) -> None:
    reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    try:
        _check_filled(reader, source)
        writer = sqlite3.connect(part)
        try:
            reader.backup(writer)
            writer.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
        finally:
            writer.close()
    finally:
        reader.close()


def _check_filled(connection: sqlite3.Connection, source: Path) -> None:
    """Raise ``DatabaseError`` for a database without content, which must not replace an earlier copy."""
    if not check_ours(connection, str(source)):
        raise DatabaseError("the database is empty; nothing was copied", str(source))


def _copy_files(source: Path, part: Path) -> None:
    """Copy a database beside which nothing can be written, as on a read-only disk, with its log.

    Raises ``BusyDatabaseError`` if another account writes to it at the same time.
    """
    before = content_version(source)
    shutil.copyfile(source, part)
    log = source.with_name(f"{source.name}-wal")
    if log.exists():
        shutil.copyfile(log, part.with_name(f"{part.name}-wal"))
    if content_version(source) != before:
        raise BusyDatabaseError("the database changed while it was copied; try again", str(source))
    writer = sqlite3.connect(part)
    try:
        _check_filled(writer, source)
        writer.execute("PRAGMA journal_mode = DELETE")  # copies the log into the file
    finally:
        writer.close()


def faults_of(path: Path) -> list[str]:
    """Return what is wrong with a database file, as SQLite words it; empty for a sound one.

    Raises ``DatabaseError`` for a file that is missing or not a cuttings database.
    """
    if not path.exists():
        raise DatabaseError("the file does not exist; name one that `cuttings backup` wrote", str(path))
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            if not check_ours(connection, str(path)):
                raise DatabaseError("the file is empty", str(path))
            faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            return faults + [f"row {row[1]} of {row[0]} refers to nothing in {row[2]}" for row in broken]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise database_error(error, str(path)) from error


def content_version(path: Path) -> tuple[int, ...]:
    """Return numbers that are others after each change of a database: of the file and of its log.

    They tell more changes than there are: a log that is copied into the file changes both.
    """
    numbers: list[int] = []
    path = real_file(path)
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            state = file.stat()
        except OSError:
            numbers += (0, 0, 0)
        else:
            numbers += (state.st_ino, state.st_size, state.st_mtime_ns)
    return tuple(numbers)


def page_hashes(path: Path) -> frozenset[str]:
    """Return the hashes of the raw pages that a database file names as kept. Raises ``DatabaseError``."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            columns = {row[1] for row in connection.execute("PRAGMA table_info(pages)")}
            kept = "WHERE removed_at IS NULL" if "removed_at" in columns else ""  # since version 5
            rows = connection.execute(f"SELECT DISTINCT content_hash FROM pages {kept}").fetchall()
            return frozenset(row[0] for row in rows)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise database_error(error, str(path)) from error


def settle(path: Path) -> None:
    """Make a closed database one file, safely on the disk. Raises ``DatabaseError``."""
    try:
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")  # copies the log into the file
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise database_error(error, str(path)) from error
    sync_file(path)


def put_in_place(new: Path, path: Path, suffix: str) -> Path | None:
    """Rename a settled database to ``path``; return the new name of the one that was there, None if none was.

    A kill leaves the old or the new one under ``path``, whole: the old one first gets its other name, with
    its log in it, and loses the first only to the new one. What was set aside before keeps its name; the next
    one has a number. Raises ``BusyDatabaseError`` while another program uses the database, ``OSError``.
    """
    _remove_second_name(path, suffix)
    aside = next(file for file in _names_aside(path, suffix) if not _is_taken(file))
    existed = path.exists()
    if existed and path.stat().st_size:
        _fold_log(path)
    if existed:
        _keep(path, aside)
    for old, kept in zip(_all_of(path)[1:], _all_of(aside)[1:], strict=True):
        # Of a database that was lost or that SQLite cannot read; it would be taken for that of the next one.
        if old.exists() and old.stat().st_size and not old.name.endswith("-shm"):
            _keep(old, kept)
        old.unlink(missing_ok=True)
    new.replace(path)
    sync_folder(path.parent)
    return aside if existed else None


def _names_aside(path: Path, suffix: str) -> Iterator[Path]:
    names = (f"{path.name}{suffix}{f'-{number}' if number > 1 else ''}" for number in count(1))
    return map(path.with_name, names)


def _is_taken(file: Path) -> bool:
    return any(map(os.path.lexists, _all_of(file)))


def _remove_second_name(path: Path, suffix: str) -> None:
    """Remove the other name of a database that kept its first one because of a kill."""
    for file in takewhile(_is_taken, _names_aside(path, suffix)):
        has_log = any(map(os.path.lexists, _all_of(file)[1:]))
        if path.exists() and file.exists() and file.samefile(path) and not has_log:
            file.unlink()


def _fold_log(path: Path) -> None:
    """Copy the log of a database into the file. One that SQLite cannot read keeps its log."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=LOG_SECONDS, isolation_level=None)
        try:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        problem = database_error(error, str(path))
        if isinstance(problem, BusyDatabaseError):
            raise problem from error
        return
    if is_busy:
        message = "another program uses the database, which was not replaced; end it and try again"
        raise BusyDatabaseError(message, str(path))


def _keep(file: Path, name: Path) -> None:
    """Give a file a second name; where the disk has no such names, copy it."""
    try:
        name.hardlink_to(file)
    except OSError:
        part = name.with_name(f".{name.name}.part")
        shutil.copyfile(file, part)
        sync_file(part)
        part.replace(name)


def _all_of(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(f"{path.name}{suffix}") for suffix in _OF_ONE)


def remove_database(part: Path) -> None:
    """Remove a database that is not in use, with what SQLite keeps beside it."""
    for file in _all_of(part):
        file.unlink(missing_ok=True)


def are_indexes_whole(path: Path) -> bool:
    """Return whether the full-text indexes hold what their tables hold, or this cannot be known.

    FTS5 checks an index for who may write; nothing is written. Where that is not possible, on a read-only
    disk or beside a long transaction, the answer is True.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        try:
            for index in INDEXES:
                connection.execute(CHECK_INDEX.format(index=index))
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return not isinstance(database_error(error, str(path)), DamagedDatabaseError)
    return True

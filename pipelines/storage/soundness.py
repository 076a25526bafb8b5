"""Whether a database file is sound, looked at before anything is written to it."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

from pipelines.errors import DamagedDatabaseError
from pipelines.files import real_file
from pipelines.storage.connection import database_error
from pipelines.storage.page_store import pages_of

# A quick check reads 64 MB in about 0.1 s; larger files are checked after an unclean end.
ALWAYS_CHECKED_BYTES = 64_000_000
CHECK_SECONDS = 2.0  # a file of 5.6 GB took over a minute
_LOCKS = Path("/proc/locks")  # of Linux
_IN_USE = 128  # the byte of the `-shm` file that each open connection locks; sqlite.org/walformat.html


def check_unless_known(path: Path, busy_seconds: float) -> None:
    """Raise ``DamagedDatabaseError`` for a malformed file, if it is small or was left by an unclean end."""
    if _needs_check(path):
        _check(path, busy_seconds)


def check_not_emptied(path: Path) -> None:
    """Raise ``DamagedDatabaseError`` for a file of no bytes beside raw pages, as a power cut can leave it.

    SQLite would begin a new database in it. ``path`` is as given: raw pages may be beside a link.
    """
    file = real_file(path)
    log = file.with_name(f"{file.name}-wal")
    if not file.exists() or file.stat().st_size or (log.exists() and log.stat().st_size):
        return
    pages = pages_of(path)
    if next(pages.hashes(), None) is not None:
        message = (
            f"the database is empty, though {pages.folder} holds its raw pages; restore a backup with "
            "`cuttings restore`, or delete the file to start again"
        )
        raise DamagedDatabaseError(message, str(path))


def _needs_check(path: Path) -> bool:
    """Return whether a file is checked before anything is written to it.

    A small one always is; a large one after an unclean end, which leaves a log with content. So does a
    program that has the file open now: beside a run, or the readers of `serve`, each command took the two
    seconds of a check. Who opened the file first has looked: whatever writes does, and `serve`.
    """
    size = path.stat().st_size if path.exists() else 0
    log = path.with_name(f"{path.name}-wal")
    if 0 < size <= ALWAYS_CHECKED_BYTES:
        return True
    return size > 0 and log.exists() and log.stat().st_size > 0 and not _is_open_elsewhere(path)


def _is_open_elsewhere(path: Path) -> bool:
    """Return whether a program is known to have the database open; False where that cannot be told.

    The locks are read from the system: to ask for one would end those that SQLite holds in this process.
    """
    try:
        state = path.with_name(f"{path.name}-shm").stat()
        locks = _LOCKS.read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    file = f"{os.major(state.st_dev):02x}:{os.minor(state.st_dev):02x}:{state.st_ino}"
    return any(line.split()[-3:] == [file, str(_IN_USE), str(_IN_USE)] for line in locks.splitlines())


def _check(path: Path, busy_seconds: float) -> None:
    """Raise ``DamagedDatabaseError`` for a malformed file. Writes nothing: a reader copies no log into it.

    The check ends after ``CHECK_SECONDS``; `cuttings doctor --deep` reads larger files whole. What is not a
    database, or cannot be read, is left to the opening.
    """
    ended = threading.Event()
    try:
        reader = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=busy_seconds)
        timer = threading.Timer(CHECK_SECONDS, _end_check, (reader, ended))
        timer.start()
        try:
            faults = [row[0] for row in reader.execute("PRAGMA quick_check(1)") if row[0] != "ok"]
        finally:
            timer.cancel()
            timer.join()
            reader.close()
    except sqlite3.Error as error:
        problem = database_error(error, str(path))
        if isinstance(problem, DamagedDatabaseError) and not ended.is_set():
            raise problem from error
        return
    if ended.is_set():
        return  # an interrupted check calls the pages that it has not seen unused
    if faults:
        reason = " ".join(faults[0].split())
        message = f"the database is damaged ({reason}); restore a backup with `cuttings restore`"
        raise DamagedDatabaseError(message, str(path))


def _end_check(reader: sqlite3.Connection, ended: threading.Event) -> None:
    ended.set()
    reader.interrupt()

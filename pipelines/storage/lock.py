"""One run at a time: a file lock beside the database, which the system gives back when its holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import LockedError, ReadOnlyDatabaseError
from pipelines.files import real_file

SILENT_SECONDS = 2.0  # a wait of which nothing is said


@contextmanager
def locked(database: Path, *, wait: float = 0, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock of a database. Raises ``LockedError`` if it is not free within ``wait`` seconds.

    A database that is named by a symbolic link has the lock of the file that the link leads to.
    ``on_wait`` is called once if the wait takes long. Raises ``ReadOnlyDatabaseError`` where no lock can be
    made.
    """
    database = real_file(database)
    path = database.with_name(f"{database.name}.lock")
    lock = FileLock(path)
    try:
        _acquire(lock, wait, on_wait)
    except Timeout:
        raise LockedError("another run holds the lock; nothing was done", str(path)) from None
    except PermissionError as error:
        message = "the folder of the database cannot be written; check its permissions"
        raise ReadOnlyDatabaseError(message, str(path.parent)) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(database: Path) -> bool | None:
    """Return whether a command holds the lock of a database; None where this account cannot know."""
    try:
        with locked(database):
            return False
    except LockedError:
        return True
    except (ReadOnlyDatabaseError, OSError):
        return None


def _acquire(lock: FileLock, wait: float, on_wait: Callable[[], None]) -> None:
    if wait <= SILENT_SECONDS:
        lock.acquire(timeout=wait)
        return
    try:
        lock.acquire(timeout=SILENT_SECONDS)
    except Timeout:
        on_wait()
        lock.acquire(timeout=wait - SILENT_SECONDS)

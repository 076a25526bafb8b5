"""One run at a time: a file lock beside the database, which the system gives back when its holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import LockedError, ReadOnlyDatabaseError


@contextmanager
def locked(database: Path, *, wait: float = 0) -> Iterator[None]:
    """Hold the lock of a database. Raises ``LockedError`` when it is not free within ``wait`` seconds.

    Raises ``ReadOnlyDatabaseError`` where no lock can be made.
    """
    path = database.with_name(f"{database.name}.lock")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise LockedError("another run holds the lock; nothing was done", str(path)) from None
    except PermissionError as error:
        message = "the folder of the database cannot be written; check its permissions"
        raise ReadOnlyDatabaseError(message, str(path.parent)) from error
    try:
        yield
    finally:
        lock.release()

"""Atomic file writes: after a kill or a power cut a file holds the old content or the new, never a part."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``: first to the disk, then under its name. Raises ``OSError``.

    Safe to use from several threads.
    """
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    try:
        # The kernel applies the umask: to read it one has to set it, for all threads of the process.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(part, flags, 0o666 if mode is None else mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part.chmod(mode)  # the umask may have taken some of it
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        # "No space left on device" names no file, "Permission denied" the temporary one.
        if isinstance(error, OSError) and error.filename in (None, str(part)):
            error.filename = str(path)
        raise
    sync_folder(path.parent)


def real_file(path: Path) -> Path:
    """Return the file that a symbolic link leads to, which need not exist; any other path as it is.

    SQLite keeps its log beside that file. A link that leads back to itself stays as it is.
    """
    # `resolve` raises for such a link, `is_symlink` for a name that no file can have.
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114


def is_one_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file, by links or by its other names, or would if it existed."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)


def sync_file(file: Path) -> None:
    """Make the content of a file durable. Raises ``OSError``."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

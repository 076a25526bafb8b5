"""The database of a desk as SQLite has it, for tests that look behind the program or damage it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def opened(path: str | Path) -> Iterator[sqlite3.Connection]:
    """Open a database, commit at the end, and close it: ``with sqlite3.connect()`` leaves it open."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection

"""How a file is known as a cuttings database, and how it is brought to the present schema.

``application_id`` says "this is a cuttings database"; ``user_version`` is the number of migrations it has
seen, so that an older program refuses a newer file before it reads a row of it.
"""

from __future__ import annotations

import logging
import sqlite3
from functools import cache
from typing import TYPE_CHECKING

from pipelines.errors import NewerDatabaseError, NotOurDatabaseError
from pipelines.storage.migrations import STEPS, create_present_schema, migrations, schema_sql, statements
from scraper.lazily import lazily

if TYPE_CHECKING:
    import sqlite_utils
else:
    sqlite_utils = lazily("sqlite_utils")

logger = logging.getLogger(__name__)

VIEW_FILES = ("summary_views", "views", "coverage_views")
APPLICATION_ID = 0x43555454  # "CUTT"; SQLite keeps it at byte 68 of the file, where `file` and others look


def schema_version() -> int:
    """Return the ``user_version`` that this program writes."""
    return len(STEPS)


def check_ours(connection: sqlite3.Connection, path: str) -> bool:
    """Return True for a cuttings database and False for an empty one.

    Raises ``NotOurDatabaseError`` for anything else and ``NewerDatabaseError`` for one of a newer program.
    """
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == APPLICATION_ID:
        if version > schema_version():
            known = schema_version()
            message = f"the database has schema {version}, this program knows up to {known}; update cuttings"
            raise NewerDatabaseError(message, path)
        return True
    if application or version or connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        message = "this SQLite file is not a cuttings database; choose another with --db"
        raise NotOurDatabaseError(message, path)
    return False


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether no migration is pending."""
    return (
        _pragma(connection, "application_id") == APPLICATION_ID
        and _pragma(connection, "user_version") == schema_version()
    )


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the present schema, in one transaction: all of it or nothing.

    The write lock is taken before looking, so that two programs that start at once do not both migrate.
    """
    if is_current(connection) and _has_present_views(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not is_current(connection):
            _apply_pending(connection)
        if not _has_present_views(connection):
            _drop_views(connection)
            for view in _present_views().values():
                connection.execute(view)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _apply_pending(connection: sqlite3.Connection) -> None:
    version = _pragma(connection, "user_version")
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        _drop_views(connection)
        migrations().apply(sqlite_utils.Database(connection, execute_plugins=False, recursive_triggers=False))
    else:
        create_present_schema(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {schema_version()}")
    logger.info("database_migrated from=%d to=%d", version, schema_version())


@cache  # read at each opening of a database; parsing the files takes 4 ms
def _present_views() -> dict[str, str]:
    """Return the views of this program, by name."""
    files = (statements(schema_sql(name)) for name in VIEW_FILES)
    views = [statement.rstrip("; \n") for file in files for statement in file]
    return {view.split()[2]: view for view in views}


def _has_present_views(connection: sqlite3.Connection) -> bool:
    stored = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall())
    return all(stored.get(name) == view for name, view in _present_views().items())


def _drop_views(connection: sqlite3.Connection) -> None:
    """Drop our views and no others: an analyst may have added some."""
    for name in _present_views():
        connection.execute(f"DROP VIEW IF EXISTS {name}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

"""The schema: plain SQL in ``sql/``, applied as migrations, and the marks by which a file is known as ours.

``application_id`` says "this is a cuttings database"; ``user_version`` is the number of migrations it has
seen, so that an older program refuses a newer file before it reads a row of it.
"""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from pipelines.errors import NewerDatabaseError, NotOurDatabaseError
from scraper.lazily import lazily

if TYPE_CHECKING:
    import sqlite_utils
    from sqlite_utils import Database, Migrations
else:
    sqlite_utils = lazily("sqlite_utils")  # it imports numpy, and is needed when the schema is to change

APPLICATION_ID = 0x43555454  # "CUTT"; SQLite keeps it at byte 68 of the file, where `file` and others look
MIGRATION_SET = "cuttings"


def schema_sql(name: str) -> str:
    """The text of one file of ``sql/``."""
    return files("pipelines.storage").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def statements(sql: str) -> list[str]:
    """The statements of a script, one string each, comments kept: they become part of the stored schema."""
    found, pending = [], ""
    for line in sql.splitlines(keepends=True):
        if not pending and (not line.strip() or line.startswith("--")):
            continue  # between two statements
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


def _first_schema(database: Database) -> None:
    for name in ("tables", "search", "views"):
        _run(database, schema_sql(name))


STEPS = (
    ("v1_first_schema", _first_schema),
)  # from an empty file to the present schema; added to, never changed


def migrations() -> Migrations:
    """Every step, oldest first."""
    steps = sqlite_utils.Migrations(MIGRATION_SET)
    for name, step in STEPS:
        steps(name=name)(step)
    return steps


def _run(database: Database, sql: str) -> None:
    for statement in statements(sql):
        database.conn.execute(statement)


def schema_version() -> int:
    """The ``user_version`` that this program writes."""
    return len(STEPS)


def check_ours(connection: sqlite3.Connection, path: str) -> bool:
    """True for a cuttings database, False for an empty one.

    Raises ``NotOurDatabaseError`` for anything else and ``NewerDatabaseError`` for one of a newer program.
    """
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == APPLICATION_ID:
        if version > schema_version():
            raise NewerDatabaseError(
                f"the database has schema {version} and this program knows {schema_version()}; update cuttings",
                path,
            )
        return True
    if application or version or connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise NotOurDatabaseError(
            "this SQLite file is not a cuttings database; choose another with --db", path
        )
    return False


def is_current(connection: sqlite3.Connection) -> bool:
    """Nothing is left to migrate."""
    return (
        _pragma(connection, "application_id") == APPLICATION_ID
        and _pragma(connection, "user_version") == schema_version()
    )


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the present schema: all steps, the record of them and the marks in one
    transaction.

    The write lock is taken before looking, so that two programs that start at once do not both migrate.
    """
    if is_current(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not is_current(connection):
            migrations().apply(
                sqlite_utils.Database(connection, execute_plugins=False, recursive_triggers=False)
            )
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema_version()}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

"""The steps from an empty file to the present schema. Steps are added, never changed.

A new step is a file ``sql/vN_name.sql`` and a line in ``STEPS``; its statements run in order, in one
transaction with all steps that a database still lacks. Three rules shape the files:

- ``ALTER TABLE ... ADD COLUMN`` keeps a comment only inside the definition: ``name /* words */ TEXT``.
- ``sql/present.sql`` is what the steps make of an empty file, written by ``python -m tests.schema_page``; a
  new database is made from it (the steps take 80 ms of CPU, most of it for renamed tables; it takes 10).
- Views are not migrated. ``sql/*views.sql`` hold the present ones; they are dropped before the first pending
  step and created again after the last one, and whenever the files differ from what a database holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from scraper.lazily import lazily

if TYPE_CHECKING:
    import sqlite_utils
    from sqlite_utils import Database, Migrations
else:
    sqlite_utils = lazily("sqlite_utils")  # it imports numpy, and is only needed when a step is pending

MIGRATION_SET = "cuttings"


def schema_sql(name: str) -> str:
    """Return the text of one file of ``sql/``."""
    return files("pipelines.storage").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def statements(sql: str) -> list[str]:
    """Return the statements of a script, comments kept: they become part of the stored schema.

    The last statement counts with or without its semicolon. Comments between statements are left out.
    """
    complete, pending = [], ""
    for line in sql.splitlines(keepends=True):
        if not pending and (not line.strip() or line.startswith("--")):
            continue
        pending += line
        if sqlite3.complete_statement(pending):
            complete.append(pending.strip())
            pending = ""
    return [*complete, pending.strip()] if pending.strip() else complete


def _run(connection: sqlite3.Connection, name: str) -> None:
    for statement in statements(schema_sql(name)):
        connection.execute(statement)


def _first_schema(database: Database) -> None:
    _run(database.conn, "v1_tables")
    _run(database.conn, "v1_search")


# Before the first release the tables of version 1 were edited in place: databases of version 1 differ.
_ADDED_TO_VERSION_1 = (
    ("articles", "matched_as", "INTEGER REFERENCES articles (id)"),
    ("fingerprints", "keys", "BLOB NOT NULL DEFAULT x''"),
    ("decisions", "made_with", "INTEGER REFERENCES decisions (id)"),
)
_ONCE_WITHOUT_ROWID = ("links", "matches", "removals")  # wide rows: now ordinary tables


def _unify_version_1(database: Database) -> None:
    """Bring every database of version 1 to the tables of ``v1_tables.sql``."""
    present = dict(
        database.conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    )
    wanted = statements(schema_sql("v1_tables"))
    tables = {sql.split()[2]: sql for sql in wanted if sql.startswith("CREATE TABLE")}
    for table, column, definition in _ADDED_TO_VERSION_1:
        names = {row[1] for row in database.conn.execute(f"PRAGMA table_info({table})")}
        if column not in names:
            words = _comment_of(column, tables[table])
            database.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column} /* {words} */ {definition}")
    for table in tables.keys() - present.keys():
        database.conn.execute(tables[table])
    for table in _ONCE_WITHOUT_ROWID:
        if "WITHOUT ROWID" in present[table]:
            _copy_table(database, table, tables[table])
    indexes = [sql for sql in wanted if sql.startswith("CREATE INDEX")]
    for index in indexes:
        database.conn.execute(index.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1))


def _comment_of(column: str, table: str) -> str:
    """Return the words after ``--`` in the line that defines a column."""
    line = next(line for line in table.splitlines() if line.split()[:1] == [column])
    return line.partition("--")[2].strip()


def _copy_table(database: Database, table: str, sql: str) -> None:
    """Create a table again as ``sql`` says, with its rows. No other table may refer to it."""
    database.conn.execute(sql.replace(f"CREATE TABLE {table}", f"CREATE TABLE {table}_new", 1))
    database.conn.execute(f"INSERT INTO {table}_new SELECT * FROM {table}")
    database.conn.execute(f"DROP TABLE {table}")
    database.conn.execute(f"ALTER TABLE {table}_new RENAME TO {table}")


def _from_file(name: str) -> Callable[[Database], None]:
    return lambda database: _run(database.conn, name)


STEPS: tuple[tuple[str, Callable[[Database], None]], ...] = (
    ("v1_first_schema", _first_schema),
    ("v2_unify_version_1", _unify_version_1),
    ("v3_owner_gone_precision", _from_file("v3_owner_gone_precision")),
    ("v4_brought_stories", _from_file("v4_brought_stories")),
    ("v5_unread_pages", _from_file("v5_unread_pages")),
    ("v6_tombstones", _from_file("v6_tombstones")),
    ("v7_search_topics_digests", _from_file("v7_search_topics_digests")),
    ("v8_gone_index", _from_file("v8_gone_index")),
    ("v9_shared_pace", _from_file("v9_shared_pace")),
    ("v10_related_stories", _from_file("v10_related_stories")),
    ("v11_quotations", _from_file("v11_quotations")),
    ("v12_bookkeeping_apart", _from_file("v12_bookkeeping_apart")),
    ("v13_analysts_views", _from_file("v13_analysts_views")),
    ("v14_archive_indexes", _from_file("v14_archive_indexes")),
    ("v15_decided_pairs", _from_file("v15_decided_pairs")),
    ("v16_local_days", _from_file("v16_local_days")),
    ("v17_encoder", _from_file("v17_encoder")),
    ("v18_agency_notices", _from_file("v18_agency_notices")),
    ("v19_channel_answers", _from_file("v19_channel_answers")),
    ("v20_archive_totals", _from_file("v20_archive_totals")),
    ("v21_moved_channels", _from_file("v21_moved_channels")),
    ("v22_related_kinds", _from_file("v22_related_kinds")),
    ("v23_totals_in_one_step", _from_file("v23_totals_in_one_step")),
    ("v24_summaries", _from_file("v24_summaries")),
    ("v25_doubts", _from_file("v25_doubts")),
    ("v26_announced_apart", _from_file("v26_announced_apart")),
    ("v27_delivered", _from_file("v27_delivered")),
    ("v28_compact", _from_file("v28_compact")),
)


def create_present_schema(connection: sqlite3.Connection) -> None:
    """Make the present tables, indexes and triggers in an empty file, and record every step as applied."""
    _run(connection, "present")
    now = str(datetime.now(UTC))  # as sqlite-utils writes it
    connection.executemany(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        [(MIGRATION_SET, name, now) for name, _ in STEPS],
    )


def migrations() -> Migrations:
    """Return every step, oldest first."""
    steps = sqlite_utils.Migrations(MIGRATION_SET)
    for name, step in STEPS:
        steps(name=name)(step)
    return steps

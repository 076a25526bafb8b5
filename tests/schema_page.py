"""Writes docs/schema.md and ``sql/present.sql`` from the steps of the schema: ``python -m tests.schema_page``.

The comments in the SQL are the words of the page.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import sqlite_utils

from pipelines.storage.descriptions import describe
from pipelines.storage.migrations import migrations
from pipelines.storage.store import Store

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "schema.md"
PRESENT = ROOT / "pipelines" / "storage" / "sql" / "present.sql"
PRESENT_HEAD = """-- What the steps of migrations.py make of an empty file, for new databases.
-- Made by `python -m tests.schema_page`; do not edit.
"""
HEAD = """# The database

Made from the schema by `python -m tests.schema_page`; do not edit. Times are UTC text (`2026-03-01T09:00:00Z`), JSON
lives only in `*_json` columns, yes/no columns are 1 and 0. All tables are STRICT and foreign keys are declared.
`PRAGMA application_id` is 0x43555454 ("CUTT"); `PRAGMA user_version` is the number of migrations.
"""
BOOKKEEPING = """## Bookkeeping

Only the program reads these tables; their names begin with `_`, which Datasette hides. They may change in any version.
"""


def present_schema() -> str:
    """The SQL of every table, index and trigger that the steps make, and of the rows that they leave."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("PRAGMA foreign_keys = ON")  # as Store has it: without, references keep old names
        migrations().apply(sqlite_utils.Database(connection, execute_plugins=False))
        objects = connection.execute(
            """SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'view'
            AND NOT (type = 'table' AND (name GLOB '*_fts_*' OR name = 'sqlite_sequence')) ORDER BY rowid"""
        ).fetchall()
        settings = connection.execute("SELECT name, value FROM _settings").fetchall()
    finally:
        connection.close()
    rows = [f"INSERT INTO _settings (name, value) VALUES ('{name}', '{value}')" for name, value in settings]
    return PRESENT_HEAD + "".join(f"\n{sql};\n" for sql in [*(row[0] for row in objects), *rows])


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.db"
        Store(path).close()
        database = sqlite3.connect(path)
        try:
            objects = database.execute(
                """SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') AND sql IS NOT NULL
                AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlite%' AND name NOT GLOB '*_fts_*' ORDER BY rowid"""
            ).fetchall()
            columns = {
                name: [row[1] for row in database.execute(f"PRAGMA table_xinfo({name})")]
                for _, name, _ in objects
            }
        finally:
            database.close()
    tables = [
        (name, sql) for kind, name, sql in objects if kind == "table" and not sql.startswith("CREATE VIRTUAL")
    ]
    for_people = [_table(name, sql, columns[name]) for name, sql in tables if not name.startswith("_")]
    bookkeeping = [_table(name, sql, columns[name]) for name, sql in tables if name.startswith("_")]
    searches = [_search(name, sql) for kind, name, sql in objects if sql.startswith("CREATE VIRTUAL")]
    shown = [
        _view(name, sql, columns[name])
        for kind, name, sql in objects
        if kind == "view" and not name.startswith("_")
    ]
    full_text = ["## Full-text search", *searches]
    return "\n".join(
        [HEAD, "## Views", *shown, "## Tables", *for_people, *full_text, BOOKKEEPING, *bookkeeping]
    )


def _table(name: str, sql: str, columns: list[str]) -> str:
    table = describe(name, sql, columns)
    rows = []
    for column in table.columns:
        notes = [f"→ {column.references}" if column.references else "", column.words.replace("|", "\\|")]
        rows.append(f"| `{column.name}` | {column.type} | {'; '.join(note for note in notes if note)} |")
    return (
        f"\n### {name}\n{table.purpose}\n\n| column | type | |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


def _view(name: str, sql: str, columns: list[str]) -> str:
    view = describe(name, sql, columns)
    rows = [f"| `{column.name}` | {column.words} |" for column in view.columns]
    return f"\n### {name}\n{view.purpose}\n\n| column | |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def _search(name: str, sql: str) -> str:
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    columns = [part.strip() for part in inside.split(",") if "=" not in part]
    return f"\n### {name}\nFTS5 over {', '.join(f'`{column}`' for column in columns)}; kept current by triggers.\n"


if __name__ == "__main__":
    PRESENT.write_text(present_schema(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")

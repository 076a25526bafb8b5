"""Writes docs/schema.md from the schema: ``python -m tests.schema_page``. The comments in the SQL are its
words."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from pathlib import Path

from pipelines.storage.store import Store

PAGE = Path(__file__).resolve().parents[1] / "docs" / "schema.md"
HEAD = """# The database

Made from the schema by `python -m tests.schema_page`; do not edit. Times are UTC text (`2026-03-01T09:00:00Z`), JSON
lives only in `*_json` columns, yes/no columns are 1 and 0. All tables are STRICT and foreign keys are declared.
`PRAGMA application_id` is 0x43555454 ("CUTT"); `PRAGMA user_version` is the number of migrations.
"""
BOOKKEEPING = """## Bookkeeping

Only the program reads these tables; their names begin with `_`, which Datasette hides. They may change in any version.
"""
_COLUMN = re.compile(
    r"^\s*(?P<name>[a-z_]+)\s+(?P<type>TEXT|INTEGER|REAL|BLOB)\b(?P<rest>[^-]*?),?\s*(?:--\s*(?P<words>.*))?$"
)
_DEFINITION = r",\s*([a-z_]+) /\*(.*?)\*/ ([^,()]*(?:\([^()]*(?:\([^()]*\))?[^()]*\))?[^,()-]*)"
_ADDED = re.compile(rf"(?:{_DEFINITION})+(?P<words>,?[ ]*--[^\n]*)?", re.DOTALL)
_REFERENCE = re.compile(r"REFERENCES \"?(\w+)")


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
            views = {
                name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
                for kind, name, _ in objects
                if kind == "view"
            }
        finally:
            database.close()
    tables = [
        (name, sql) for kind, name, sql in objects if kind == "table" and not sql.startswith("CREATE VIRTUAL")
    ]
    for_people = [_table(name, sql) for name, sql in tables if not name.startswith("_")]
    bookkeeping = [_table(name, sql) for name, sql in tables if name.startswith("_")]
    searches = [_search(name, sql) for kind, name, sql in objects if sql.startswith("CREATE VIRTUAL")]
    shown = [_view(name, sql, views[name]) for kind, name, sql in objects if kind == "view"]
    full_text = ["## Full-text search", *searches]
    return "\n".join(
        [HEAD, "## Views", *shown, "## Tables", *for_people, *full_text, BOOKKEEPING, *bookkeeping]
    )


def _table(name: str, sql: str) -> str:
    rows = []
    for line in _one_line_a_column(sql).splitlines()[1:]:
        if column := _COLUMN.match(line):
            rows.append(
                f"| `{column['name']}` | {column['type'].lower()} | {_notes(column['rest'], column['words'])} |"
            )
    return (
        f"\n### {name}\n{_purpose(sql)}\n\n| column | type | |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


def _one_line_a_column(sql: str) -> str:
    """Bring columns that a migration added, as ``, name /* words */ TYPE``, into the shape of the others.

    SQLite puts them before the comment of the column that was the last one.
    """

    def lines(added: re.Match[str]) -> str:
        columns = re.findall(_DEFINITION, added[0], re.DOTALL)
        columns = [(name, words, kind.partition("GENERATED")[0]) for name, words, kind in columns]
        shaped = [
            f"    {name} {' '.join(kind.split())},  -- {words.strip()}" for name, words, kind in columns
        ]
        return "\n".join([added["words"] or "", *shaped, ""])

    return _ADDED.sub(lines, sql)


def _notes(rest: str, words: str | None) -> str:
    reference = _REFERENCE.search(rest)
    notes = [f"→ {reference[1]}" if reference else "", (words or "").replace("|", "\\|")]
    return "; ".join(note for note in notes if note)


def _view(name: str, sql: str, columns: list[str]) -> str:
    words: dict[str, str] = {}
    for line in sql.splitlines():
        if found := re.search(r"(\w+),?\s+--\s*(.+)$", line):
            words.setdefault(found[1], found[2])
    rows = [f"| `{column}` | {words.get(column, '')} |" for column in columns]
    return f"\n### {name}\n{_purpose(sql)}\n\n| column | |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def _search(name: str, sql: str) -> str:
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    columns = [part.strip() for part in inside.split(",") if "=" not in part]
    return f"\n### {name}\nFTS5 over {', '.join(f'`{column}`' for column in columns)}; kept current by triggers.\n"


def _purpose(sql: str) -> str:
    lines = [
        line.strip().removeprefix("--").strip()
        for line in sql.splitlines()[1:4]
        if line.strip().startswith("--")
    ]
    return " ".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

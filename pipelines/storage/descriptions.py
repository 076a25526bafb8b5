"""What tables, views and columns hold, in words: from the comments of the schema.

SQLite keeps a statement as it was written, so every database of a desk carries the comments of its schema.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).parent / "sql" / "columns.toml"
_COLUMN = re.compile(
    r"^\s*(?P<name>[a-z_]+)\s+(?P<type>TEXT|INTEGER|REAL|BLOB)\b(?P<rest>[^-]*?),?\s*(?:--\s*(?P<words>.*))?$"
)
_DEFINITION = r",\s*([a-z_]+) /\*(.*?)\*/ ([^,()]*(?:\([^()]*(?:\([^()]*\))?[^()]*\))?[^,()-]*)"
_ADDED = re.compile(rf"(?:{_DEFINITION})+(?P<words>,?[ ]*--[^\n]*)?", re.DOTALL)
_REFERENCE = re.compile(r"REFERENCES \"?(\w+)")
_VIEW_COLUMN = re.compile(r"(\w+),?\s+--\s*(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDescription:
    """One column. ``type`` is empty for a view's; ``references`` is the table that it points to."""

    name: str
    words: str
    type: str = ""
    references: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDescription:
    """One table or view."""

    name: str
    purpose: str
    columns: tuple[ColumnDescription, ...]
    is_view: bool


def describe(name: str, sql: str, columns: Sequence[str]) -> TableDescription:
    """Return the words of one table or view. ``sql`` created it; ``columns`` are those it has now."""
    is_view = sql.lstrip().upper().startswith("CREATE VIEW")
    written = {each.name: each for each in (_of_view(sql) if is_view else _of_table(sql))}
    return TableDescription(
        name=name,
        purpose=_purpose(sql),
        columns=tuple(_completed(name, written.get(column, _bare(column))) for column in columns),
        is_view=is_view,
    )


def _bare(column: str) -> ColumnDescription:
    return ColumnDescription(name=column, words="")


def _completed(table: str, column: ColumnDescription) -> ColumnDescription:
    """Return a column with the words of columns.toml: those for it before its comment, which a released
    step cannot change, and the common ones for its name where it has no comment.
    """
    known = _common_words()
    words = known.get(f"{table}.{column.name}") or column.words or known.get(column.name, "")
    return ColumnDescription(name=column.name, words=words, type=column.type, references=column.references)


@cache
def _common_words() -> Mapping[str, str]:
    stored = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    of_tables = {
        f"{table}.{column}": words
        for table, columns in stored["table"].items()
        for column, words in columns.items()
    }
    return {**stored["any"], **of_tables}


def _of_table(sql: str) -> Iterable[ColumnDescription]:
    for line in _one_line_a_column(sql).splitlines()[1:]:
        if column := _COLUMN.match(line):
            reference = _REFERENCE.search(column["rest"])
            yield ColumnDescription(
                name=column["name"],
                words=(column["words"] or "").strip(),
                type=column["type"].lower(),
                references=reference[1] if reference else "",
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


def _of_view(sql: str) -> Iterable[ColumnDescription]:
    words: dict[str, str] = {}
    for line in sql.splitlines():
        if found := _VIEW_COLUMN.search(line):
            words.setdefault(found[1], found[2])
    return (ColumnDescription(name=name, words=text) for name, text in words.items())


def _purpose(sql: str) -> str:
    """Return the comment at the head of a statement."""
    lines = [line.strip() for line in sql.splitlines()[1:4]]
    return " ".join(line.removeprefix("--").strip() for line in lines if line.startswith("--"))

"""What Datasette says of our tables: a description of each table and column, and the questions as queries.

0.65 asks plugins for metadata and canned queries; 1.0 is told at start-up. The bookkeeping tables begin with
an underscore, which 1.0 hides by itself.
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import PipelineError
from pipelines.storage.descriptions import TableDescription
from pipelines.storage.store import Store

if TYPE_CHECKING:
    from datasette.app import Datasette

APPLICATION_ID = 0x43555454  # "CUTT", which storage sets
_QUESTION = re.compile(r"^### (?P<number>\d+)\. (?P<question>.+?)\n\n```sql\n(?P<sql>.*?)\n```", re.M | re.S)
_HERE = Path(__file__).resolve().parent
_FILES = (_HERE / "queries.md", _HERE.parents[1] / "docs" / "queries.md")  # of the wheel; of a checkout


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its SQL. ``name`` is its address."""

    name: str
    title: str
    sql: str


_KEPT = "cuttings_metadata"  # the attribute of a site with what 0.65 is to be told of its databases


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions that take a parameter, then those of docs/queries.md, in order."""
    asked = tomllib.loads((_HERE / "asked.toml").read_text(encoding="utf-8"))
    page = next((file.read_text(encoding="utf-8") for file in _FILES if file.exists()), "")
    with_parameters = [
        Question(name=name, title=each["title"], sql=each["sql"].strip()) for name, each in asked.items()
    ]
    without = [
        Question(
            name=f"{int(found['number']):02}-{_slug(found['question'])}",
            title=found["question"],
            sql=found["sql"],
        )
        for found in _QUESTION.finditer(page)
    ]
    return (*with_parameters, *without)


def _slug(question: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", question.lower())[:8])


async def describe(datasette: Datasette) -> None:
    """Tell a site what the tables of its desk databases hold, and which questions they answer."""
    described: dict[str, Any] = {}
    for name, database in datasette.databases.items():
        if database.path is None or database.is_memory:
            continue
        rows = await database.execute("PRAGMA application_id")
        if not rows.rows or rows.rows[0][0] != APPLICATION_ID:
            continue
        tables, hidden = await asyncio.to_thread(_tables, Path(database.path))
        described[name] = {"tables": _metadata(tables, hidden)}
        if hasattr(datasette, "set_column_metadata"):  # 1.0
            await _tell(datasette, name, tables)
            _hide(datasette, name, _hidden(hidden))
    setattr(datasette, _KEPT, {"databases": described})


def _tables(path: Path) -> tuple[tuple[TableDescription, ...], tuple[str, ...]]:
    try:
        with Store(path, read_only=True) as store:
            return store.views.descriptions(), store.views.bookkeeping()
    except PipelineError:
        return (), ()  # a database of another version: its tables are shown as they are


def _metadata(tables: tuple[TableDescription, ...], hidden: tuple[str, ...]) -> dict[str, Any]:
    return {
        **{name: {"hidden": True} for name in _hidden(hidden)},
        **{
            table.name: {
                "description": table.purpose,
                "columns": {column.name: column.words for column in table.columns if column.words},
            }
            for table in tables
        },
    }


def _hidden(bookkeeping: tuple[str, ...]) -> tuple[str, ...]:
    return (*bookkeeping, "sqlite_sequence")  # SQLite's own, for ids


def _hide(datasette: Datasette, database: str, tables: tuple[str, ...]) -> None:
    """Hide tables in Datasette 1.0, which reads this from its config; what the config says of one stays."""
    config = datasette.config.setdefault("databases", {}).setdefault(database, {}).setdefault("tables", {})
    for name in tables:
        config.setdefault(name, {}).setdefault("hidden", True)


async def _tell(datasette: Datasette, database: str, tables: tuple[TableDescription, ...]) -> None:
    for table in tables:
        await datasette.set_resource_metadata(database, table.name, "description", table.purpose)
        for column in table.columns:
            if column.words:
                await datasette.set_column_metadata(
                    database, table.name, column.name, "description", column.words
                )
    for question in questions():
        await datasette.add_query(database, question.name, question.sql, title=question.title)


def metadata_of(datasette: Datasette) -> dict[str, Any]:
    """Return what 0.65 shows of tables and columns."""
    kept: dict[str, Any] = getattr(datasette, _KEPT, {})
    return kept


def queries_of(datasette: Datasette, database: str) -> Mapping[str, dict[str, str]]:
    """Return the questions that a database answers, as 0.65 takes them; none for another's database."""
    if database not in metadata_of(datasette).get("databases", {}):
        return {}
    return {each.name: {"sql": each.sql, "title": each.title} for each in questions()}

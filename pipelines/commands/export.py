"""``cuttings export``: flat files for other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import click

from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.output import RowFormat, write_rows
from pipelines.commands.times import SINCE
from pipelines.errors import ConfigError
from pipelines.export import Table, articles_table, plain_table
from pipelines.export.records import Value


class Exported(StrEnum):
    """What can be exported."""

    ARTICLES = "articles"
    STORIES = "stories"
    MATCHES = "matches"


class ExportFormat(StrEnum):
    """As what."""

    CSV = "csv"
    JSONL = "jsonl"


_ROW_FORMATS = {ExportFormat.CSV: RowFormat.CSV, ExportFormat.JSONL: RowFormat.NL}


@click.command(help="Write articles, stories or matches as CSV or JSON lines.")
@click.argument("what", type=OneOf(Exported), metavar="articles|stories|matches")
@click.option(
    "--format", "shape", type=OneOf(ExportFormat), default=ExportFormat.CSV.value, show_default=True
)
@click.option(
    "--full-text", is_flag=True, help="With the texts, as far as their publishers and your purpose allow."
)
@click.option("--since", type=SINCE, help="Articles first seen since: 7d, 24h, 2w or a day.")
@click.option("--source", "source_id", metavar="ID", help="Articles of this source.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
@with_desk
def export(
    desk: Desk,
    *,
    what: Exported,
    shape: ExportFormat,
    full_text: bool,
    since: datetime | None,
    source_id: str | None,
    output: Path | None,
) -> None:
    """Rows go to stdout or a file; how many texts stayed behind, and why, to stderr."""
    if what is not Exported.ARTICLES and (full_text or since or source_id):
        raise ConfigError("--full-text, --since and --source are for articles", what)
    with desk.store(reading=True) as store, _opened(output) as file:
        if what is Exported.ARTICLES:
            table = articles_table(
                store, full_text=full_text, purpose=desk.config.purpose, since=since, source_id=source_id
            )
        else:
            table = plain_table(store, what)
        held: list[str] = []
        write_rows(file, table.columns, _watched(table, held), _ROW_FORMATS[shape])
    for reason in sorted(set(held)):
        desk.say(f"{held.count(reason)} texts are not in the export: {reason}")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The file to write, or stdout."""
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file


def _watched(table: Table, held: list[str]) -> Iterator[tuple[Value, ...]]:
    """The rows, noting why texts are missing."""
    place = table.columns.index("text_withheld") if "text_withheld" in table.columns else None
    for row in table.rows:
        if place is not None and row[place]:
            held.append(str(row[place]))
        yield row

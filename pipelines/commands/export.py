"""``cuttings export``: write flat files for other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import click

from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.times import SINCE
from pipelines.errors import ConfigError
from pipelines.export import (
    FORMATS,
    Export,
    Format,
    Table,
    about_export,
    articles_table,
    describe_file,
    plain_table,
    reports_table,
)
from pipelines.export.records import Value
from pipelines.storage.store import Store
from pipelines.text import counted


class Exported(StrEnum):
    """What can be exported."""

    ARTICLES = "articles"
    STORIES = "stories"
    REPORTS = "reports"
    MATCHES = "matches"
    QUOTATIONS = "quotations"


@click.command(help="Write articles, stories, reports, matches or quotations to a flat file.")
@click.argument("what", type=OneOf(Exported), metavar="articles|stories|reports|matches|quotations")
@click.option(
    "--format",
    "shape",
    type=click.Choice(list(FORMATS)),
    default="csv",
    show_default=True,
    help="Write this format.",
)
@click.option("--full-text", is_flag=True, help="Include full texts where publisher and purpose allow it.")
@click.option("--since", type=SINCE, help="Only articles first seen since WHEN: 7d, 24h, 2w or a date.")
@click.option("--source", "source_id", metavar="ID", help="Only articles of this source.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead of stdout.",
)
@with_desk
def export(
    desk: Desk,
    *,
    what: Exported,
    shape: str,
    full_text: bool,
    since: datetime | None,
    source_id: str | None,
    output: Path | None,
) -> None:
    """Write rows to stdout or a file; say on stderr how many texts are left out, and why."""
    chosen = FORMATS[shape]
    _check(chosen, what, output)
    if output is not None:
        desk.check_output(output)
    if what is not Exported.ARTICLES and (full_text or since or source_id):
        raise ConfigError("--full-text, --since and --source work only for articles", what)
    with desk.store(reading=True) as store:
        declared = {source.id for source in desk.config.sources}
        if source_id is not None and source_id not in declared and store.sources.get(source_id) is None:
            raise ConfigError("no source has this id; `cuttings sources list` shows all ids", source_id)
        if what is Exported.ARTICLES:
            table = articles_table(
                store, full_text=full_text, purpose=desk.config.purpose, since=since, source_id=source_id
            )
        else:
            table = _table(store, what)
        withheld: list[str] = []
        table = replace(table, rows=_noting_withheld(table, withheld))
        now = datetime.now(UTC)
        about = about_export(store, what, purpose=desk.config.purpose, made_at=now)
        _write(chosen, Export(tables=_sheets(store, what, table), about=about), output)
        if output is not None and chosen.is_described:
            describe_file(output, table, about=about, made_at=now)
    for reason in sorted(set(withheld)):
        number = withheld.count(reason)
        left = f"{counted(number, 'text')} {'is' if number == 1 else 'are'} left out"
        desk.say(f"{left} of the export: {reason}")


def _check(chosen: Format, what: Exported, output: Path | None) -> None:
    """Raise ``ConfigError`` for what a format cannot hold, and for bytes on a terminal."""
    if chosen.only and what not in chosen.only:
        raise ConfigError(f"the format {chosen.name} works only for {', '.join(chosen.only)}", what)
    if chosen.is_binary and output is None and sys.stdout.isatty():
        raise ConfigError("this format is not text; name a file with -o", chosen.name)


def _table(store: Store, what: Exported) -> Table:
    return reports_table(store) if what is Exported.REPORTS else plain_table(store, what)


def _sheets(store: Store, what: Exported, table: Table) -> dict[str, Table]:
    """Return the table that was asked for, and after stories their reports: a workbook shows both."""
    sheets = {what.capitalize(): table}
    for other, beside in ((Exported.STORIES, Exported.REPORTS), (Exported.REPORTS, Exported.STORIES)):
        if what is other:
            sheets[beside.capitalize()] = _table(store, beside)
    return sheets


def _write(chosen: Format, export: Export, output: Path | None) -> None:
    try:
        with _opened(output) as file:
            chosen.write(export, file)
    except ModuleNotFoundError as error:
        message = f"the format {chosen.name} needs an extra: pip install 'cuttings[{chosen.extra}]'"
        raise ConfigError(message) from error


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Open the file to write, or use stdout. A file appears under its name when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as error:
        if error.filename == str(part):  # the temporary file, which the user did not name
            error.filename = str(output)
        raise
    finally:
        part.unlink(missing_ok=True)


def _noting_withheld(table: Table, reasons: list[str]) -> Iterator[tuple[Value, ...]]:
    """Yield the rows; append to ``reasons`` why texts are left out."""
    index = table.columns.index("text_withheld") if "text_withheld" in table.columns else None
    for row in table.rows:
        if index is not None and row[index]:
            reasons.append(str(row[index]))
        yield row

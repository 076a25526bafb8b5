"""The formats of exported files: one writer each, from a table to bytes.

A new format is one function and one row of ``FORMATS``. Writers take bytes files, because Parquet and XLSX
are not text; libraries of optional formats are loaded when their writer first uses them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from pipelines.export.citations import CITED, write_csl, write_ris
from pipelines.export.parquet import write_parquet
from pipelines.export.records import Table, Value
from pipelines.export.workbook import write_workbook
from pipelines.text import defuse_cell, escape_json

ROWS_AT_ONCE = 500  # rows that are formatted before they are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is exported: tables by the names of their sheets, the first is what was asked for; and words about
    it: what, period, method, licence."""

    tables: Mapping[str, Table]
    about: tuple[tuple[str, str], ...] = ()

    @property
    def table(self) -> Table:
        """Return the table that was asked for."""
        return next(iter(self.tables.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format: its name on the command line, the ending of its files, and its writer."""

    name: str
    suffix: str
    write: Callable[[Export, BinaryIO], None]
    extra: str = ""  # of pyproject.toml, that its library is in
    only: tuple[str, ...] = ()  # what can be written in it; none: everything
    is_binary: bool = False
    is_described: bool = False  # by a datapackage.json beside the file


def write_csv(table: Table, file: BinaryIO) -> None:
    """Write a header and rows as UTF-8 CSV; no cell starts a formula in a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    for number, row in enumerate(table.rows, 1):
        writer.writerow([_csv_cell(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            _flush(buffer, file)
    _flush(buffer, file)


def write_jsonl(table: Table, file: BinaryIO) -> None:
    """Write one JSON object a line, in UTF-8; control characters are escaped, so nothing is lost."""
    for row in table.rows:
        line = json.dumps(dict(zip(table.columns, map(_json_value, row), strict=True)), ensure_ascii=False)
        file.write(f"{escape_json(line)}\n".encode())


def _flush(buffer: io.StringIO, file: BinaryIO) -> None:
    file.write(buffer.getvalue().encode("utf-8"))
    buffer.seek(0)
    buffer.truncate()


def _csv_cell(value: Value) -> str | int | float | None:
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, int | float):
        return value
    return defuse_cell(value if isinstance(value, str) else "; ".join(value))


def _json_value(value: Value) -> object:
    return list(value) if isinstance(value, tuple | list) else value


def _of_one(write: Callable[[Table, BinaryIO], None]) -> Callable[[Export, BinaryIO], None]:
    """Return the writer of a format that holds one table."""
    return lambda export, file: write(export.table, file)


FORMATS: Mapping[str, Format] = MappingProxyType({
    each.name: each
    for each in (
        Format(name="csv", suffix=".csv", write=_of_one(write_csv), is_described=True),
        Format(name="jsonl", suffix=".jsonl", write=_of_one(write_jsonl)),
        Format(
            name="parquet",
            suffix=".parquet",
            write=_of_one(write_parquet),
            extra="parquet",
            is_binary=True,
            is_described=True,
        ),
        Format(
            name="xlsx",
            suffix=".xlsx",
            write=lambda export, file: write_workbook(export.tables, export.about, file),
            extra="excel",
            is_binary=True,
        ),
        Format(name="ris", suffix=".ris", write=_of_one(write_ris), only=CITED),
        Format(name="csljson", suffix=".json", write=_of_one(write_csl), only=CITED),
    )
})  # fmt: skip

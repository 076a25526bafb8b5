"""Tables as an Excel workbook, by XlsxWriter (extra ``[excel]``): a sheet a table, and one about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from pipelines.errors import ExportError
from pipelines.export.columns import ColumnKind, day_of, moment_of
from pipelines.export.records import Table, Value
from pipelines.text import defuse
from scraper.lazily import lazily

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet
else:
    xlsxwriter = lazily("xlsxwriter")

MOST_ROWS = 1_048_576  # of a sheet; "Excel specifications and limits"
MOST_CHARACTERS = 32_767  # UTF-16 units of a cell; the same
FIRST_YEAR = 1900  # of Excel's calendar
NUMBER_FORMATS = {ColumnKind.TIME: "yyyy-mm-dd hh:mm", ColumnKind.DAY: "yyyy-mm-dd"}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDE = 60  # of columns of titles and texts, in characters
_WIDTHS = {ColumnKind.TIME: 17, ColumnKind.DAY: 11, ColumnKind.TEXT: 24, ColumnKind.TEXTS: 32}
_WIDE_COLUMNS = frozenset(("title", "url", "lead_url", "words", "excerpt", "text", "reason"))


def write_workbook(tables: Mapping[str, Table], about: Sequence[tuple[str, str]], file: BinaryIO) -> None:
    """Write each table to a sheet of its name, and ``about`` to the last sheet.

    Text is always text: no cell holds a formula. Raises ``ExportError`` for more rows than a sheet takes, and
    ``ModuleNotFoundError`` without XlsxWriter.
    """
    workbook = xlsxwriter.Workbook(file, _OPTIONS)
    bold = workbook.add_format({"bold": True})
    formats = {kind: workbook.add_format({"num_format": code}) for kind, code in NUMBER_FORMATS.items()}
    counts: list[tuple[str, str]] = []
    for name, table in tables.items():
        sheet = workbook.add_worksheet(name)
        number = _fill(sheet, table, bold, formats)
        counts.append((f"Rows of {name}", str(number)))
    sheet = workbook.add_worksheet("About")
    sheet.set_column(0, 0, 18, bold)
    sheet.set_column(1, 1, 110, workbook.add_format({"text_wrap": True}))
    for number, (label, words) in enumerate([*about, *counts]):
        sheet.write_string(number, 0, label)
        sheet.write_string(number, 1, _text(words))
    workbook.close()


def _fill(sheet: Worksheet, table: Table, bold: object, formats: Mapping[ColumnKind, object]) -> int:
    """Write a table to a sheet and return the number of its rows."""
    for place, name in enumerate(table.columns):
        width = _WIDE if name in _WIDE_COLUMNS else _WIDTHS.get(table.kinds[name], 11)
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, bold)
    sheet.freeze_panes(1, 0)
    number = 0
    for number, row in enumerate(table.rows, 1):
        if number >= MOST_ROWS:
            message = f"a sheet of Excel holds {MOST_ROWS - 1:,} rows; export Parquet or CSV, or use --since"
            raise ExportError(message)
        for place, value in enumerate(row):
            kind = table.kinds[table.columns[place]]
            moment = _date_of(value, kind)
            if moment is not None and moment.year > FIRST_YEAR:
                sheet.write_datetime(number, place, moment, formats[kind])
            else:
                _write(sheet, number, place, value)
    sheet.autofilter(0, 0, max(1, number), len(table.columns) - 1)
    return number


def _date_of(value: Value, kind: ColumnKind) -> date | None:
    """Return the time or the day in a cell, as spreadsheets count them: without a time zone."""
    if kind is ColumnKind.DAY:
        return day_of(value)
    moment = moment_of(value) if kind is ColumnKind.TIME else None
    return None if moment is None else moment.replace(tzinfo=None)


def _write(sheet: Worksheet, row: int, column: int, value: Value) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, _text(value if isinstance(value, str) else "; ".join(value)))


def _text(text: str) -> str:
    """Return a text as a cell can hold it, without control characters; a longer one is cut and marked."""
    safe = defuse(text)
    if len(safe.encode("utf-16-le")) // 2 <= MOST_CHARACTERS:
        return safe
    cut = safe.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", errors="ignore")
    return f"{cut}…"

"""Write to stdout and stderr, safely for a terminal, a spreadsheet and a reader."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Literal, TextIO, TypeAlias

from pipelines.text import defuse, defuse_cell, defuse_line, escape_json

Cell: TypeAlias = str | int | float | bool | Sequence[str] | None

_WIDE = 10_000  # columns when stdout is not a terminal: nothing is wrapped or cut for a pipe
_LONGEST_WORDLIKE = 24  # characters; shorter cells (ids, dates, numbers, names) are never wrapped
_NARROWEST_TEXT = 16  # columns; a table that gives its text columns less is printed as records
_GAP = 2  # spaces between two columns of a table


class RowFormat(StrEnum):
    """The format in which rows are printed."""

    TABLE = "table"
    JSON = "json"
    NL = "nl"
    CSV = "csv"


def say(message: str) -> None:
    """Print one line to stderr. Go on if stderr is closed or its disk is full."""
    with suppress(OSError, ValueError):
        print(defuse_line(message), file=sys.stderr, flush=True)  # noqa: T201


def print_text(text: str) -> None:
    """Print text to stdout."""
    print(defuse(text))  # noqa: T201


def print_wrapped(lines: Iterable[str]) -> None:
    """Print lines to stdout; on a terminal, wrap them between words and keep their indentation."""
    width = terminal_columns()
    for line in lines:
        print_text("\n".join(wrapped(line, width)) if width else line)


def wrapped(line: str, width: int, *, hanging: int = 2) -> list[str]:
    """Return the line in parts of at most ``width`` characters, broken between words only.

    The parts after the first are indented like the line and ``hanging`` more. A longer word stays whole.
    """
    indent = " " * (len(line) - len(line.lstrip()))
    rest = indent + " " * hanging
    return textwrap.wrap(
        line, width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [""]


def terminal_columns() -> int | None:
    """Return the width of the terminal that stdout is; None when it is something else."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_json(value: object) -> None:
    """Print one indented JSON value to stdout; control characters become escapes, so nothing is lost."""
    print(_json(value, indent=2))  # noqa: T201


def print_record(record: Mapping[str, object], row_format: RowFormat) -> None:
    """Print one record to stdout: a JSON object, on one line as JSON Lines, or a row of CSV.

    What CSV has no cell for is JSON in its cell.
    """
    if row_format is RowFormat.CSV:
        print_rows(tuple(record), [tuple(map(_plain_cell, record.values()))], row_format)
    elif row_format is RowFormat.NL:
        print(_json(record))  # noqa: T201
    else:
        print_json(record)


def _plain_cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    return _json(value)


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]], row_format: RowFormat) -> None:
    """Print rows to stdout."""
    write_rows(sys.stdout, columns, rows, row_format)


def write_rows(
    file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]], row_format: RowFormat
) -> None:
    """Write rows to an open file. JSON Lines and CSV are streamed."""
    if row_format is RowFormat.CSV:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows([_csv_cell(cell) for cell in row] for row in rows)
    elif row_format is RowFormat.NL:
        file.writelines(_json(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
    elif row_format is RowFormat.JSON:
        file.write(_json([dict(zip(columns, row, strict=True)) for row in rows], indent=2) + "\n")
    else:
        _write_table(file, columns, rows)


def _json(value: object, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return escape_json(text)


def _csv_cell(cell: Cell) -> str | int | float | None:
    if isinstance(cell, bool):
        return int(cell)
    if cell is None or isinstance(cell, int | float):
        return cell
    return defuse_cell(cell if isinstance(cell, str) else "; ".join(cell))


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.3g}"
    return defuse_line(
        cell if isinstance(cell, str) else ", ".join(cell) if not isinstance(cell, int) else str(cell)
    )


def _write_table(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    rows = list(rows)
    cells = [[_shown(cell) for cell in row] for row in rows]
    rigid = [_rigid_width(name, [row[index] for row in cells]) for index, name in enumerate(columns)]
    width = shutil.get_terminal_size().columns if file.isatty() else _WIDE
    needed = sum(each or _NARROWEST_TEXT for each in rigid) + _GAP * (len(columns) - 1)
    if rows and needed > width:
        _write_records(file, columns, cells, width)
    else:
        _write_grid(file, columns, rows, rigid, width)


def _rigid_width(name: str, cells: Sequence[str]) -> int | None:
    """Return the width of a column that is never wrapped; None for a column of longer texts."""
    widest = max(map(len, [name, *cells]))
    return widest if widest <= _LONGEST_WORDLIKE else None


def _write_records(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> None:
    """Write ``column: value`` lines, for a terminal on which the table does not fit."""
    for number, row in enumerate(rows):
        file.write("\n" if number else "")
        for name, cell in zip(columns, row, strict=True):
            file.writelines(f"{part}\n" for part in wrapped(f"{name}: {cell}".rstrip(), width))


def _write_grid(
    file: TextIO,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    rigid: Sequence[int | None],
    width: int,
) -> None:
    from rich.console import Console  # noqa: PLC0415 - the other formats do without
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float | None) for row in rows)
        justify: Literal["right", "left"] = "right" if numeric else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=rigid[index] is not None)
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    console = Console(file=file, highlight=False, emoji=False, width=width)
    if file.isatty():
        console.print(table)
    else:  # rich pads each cell to the column's width; a pipe has no use for trailing spaces
        with console.capture() as capture:
            console.print(table)
        file.writelines(line.rstrip() + "\n" for line in capture.get().splitlines())

"""What goes to stdout and stderr, made safe for where it goes.

Titles and messages come from strangers' servers. A terminal obeys escape sequences, a reader is fooled by
bidi overrides (CVE-2021-42574), a spreadsheet runs cells that start a formula (CWE-1236): all three are
defused here and nowhere else.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TextIO, TypeAlias

Cell: TypeAlias = str | int | float | bool | Sequence[str] | None

# C0 without tab and newline, DEL and C1, line and paragraph separators, bidi embeddings, overrides, isolates
# and marks, byte-order mark, lone surrogates.
_DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"
_WIDE = 10_000  # columns when stdout is no terminal: nothing is cut for a pipe


class RowFormat(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    NL = "nl"
    CSV = "csv"


def defuse(text: str) -> str:
    """The text with control characters and bidi overrides made visible as ``\\x1b``; tabs and newlines
    stay."""
    return _DANGEROUS.sub(_visible, text)


def defuse_line(text: str) -> str:
    """The same, on one line."""
    return defuse(" ".join(text.split("\n")).replace("\t", " "))


def defuse_cell(text: str) -> str:
    """The same for a CSV cell, which also must not start a formula in a spreadsheet."""
    safe = defuse(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


def say(message: str) -> None:
    """One line to stderr. A stderr that is closed or full is no reason to stop."""
    with suppress(OSError, ValueError):
        print(defuse_line(message), file=sys.stderr, flush=True)  # noqa: T201


def print_text(text: str) -> None:
    """Text to stdout."""
    print(defuse(text))  # noqa: T201


def print_json(value: object) -> None:
    """One JSON value to stdout, indented; characters that a terminal obeys are escaped and stay lossless."""
    print(_json(value, indent=2))  # noqa: T201


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]], row_format: RowFormat) -> None:
    """Rows to stdout."""
    write_rows(sys.stdout, columns, rows, row_format)


def write_rows(
    file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]], row_format: RowFormat
) -> None:
    """Rows to an open file. JSON lines and CSV are streamed."""
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


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _json(value: object, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _DANGEROUS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


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
    from rich.console import Console  # noqa: PLC0415 - the other formats do without
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    rows = list(rows)
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for position, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[position], int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    console = Console(file=file, highlight=False, emoji=False, width=None if file.isatty() else _WIDE)
    if file.isatty():
        console.print(table)
    else:  # rich pads to the column's width; a pipe has no use for it
        with console.capture() as capture:
            console.print(table)
        file.writelines(line.rstrip() + "\n" for line in capture.get().splitlines())

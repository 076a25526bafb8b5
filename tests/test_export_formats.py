"""The writers of exported files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pipelines.export import FORMATS, Table

ROWS = [
    (1, "=HYPERLINK(1)", None, True, ["a", "b"]),
    (2, "Zoë said “no”\x1b[31m", 0.5, False, []),
]
COLUMNS = ("id", "title", "lag", "lead", "names")


def written(name: str) -> bytes:
    file = io.BytesIO()
    FORMATS[name].write(Table(columns=COLUMNS, rows=iter(ROWS)), file)
    return file.getvalue()


def test_csv_has_a_header_and_no_cell_that_a_spreadsheet_would_calculate() -> None:
    rows = list(csv.reader(io.StringIO(written("csv").decode("utf-8"), newline="")))
    assert rows == [
        list(COLUMNS),
        ["1", "'=HYPERLINK(1)", "", "1", "a; b"],
        ["2", "Zoë said “no”\\x1b[31m", "0.5", "0", ""],
    ]


def test_json_lines_lose_nothing() -> None:
    lines = written("jsonl").splitlines()
    assert b"\x1b" not in written("jsonl")
    assert [json.loads(line) for line in lines] == [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_rows_is_written(name: str) -> None:
    file = io.BytesIO()
    FORMATS[name].write(Table(columns=COLUMNS, rows=iter(())), file)
    assert file.getvalue() in {b"", b"id,title,lag,lead,names\n"}

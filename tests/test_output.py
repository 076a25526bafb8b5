"""What goes to terminals, logs and spreadsheets is harmless there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from pipelines.commands.output import RowFormat, write_rows
from pipelines.text import defuse, defuse_cell, defuse_line

COLUMNS = ("id", "title", "share", "names", "flag")
ROWS = [
    (1, "=HYPERLINK(0)\x1b[31m", 0.5, ("Ann", "Bo"), True),
    (2, "plain, “quoted”\nlines", None, (), False),
]


def written(row_format: RowFormat) -> str:
    file = io.StringIO()
    write_rows(file, COLUMNS, ROWS, row_format)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("a\x9b31mb", "a\\x9b31mb"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("carriage\rreturn", "carriage\\x0dreturn"),
        ("nul\x00", "nul\\x00"),
        ("half \ud800 pair", "half \\ud800 pair"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("naïve 日本 😀 ‘’", "naïve 日本 😀 ‘’"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: str, safe: str) -> None:
    assert defuse(text) == safe


def test_a_line_is_one_line() -> None:
    assert defuse_line("a\nb\tc") == "a b c"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_cell_that_starts_a_formula_is_defused(text: str) -> None:
    assert defuse_cell(text).startswith("'")


def test_numbers_are_no_formulas() -> None:
    file = io.StringIO()
    write_rows(file, ("a", "b"), [(-1, -0.5)], RowFormat.CSV)
    assert file.getvalue() == "a,b\n-1,-0.5\n"


def test_csv_keeps_its_rows() -> None:
    rows = list(csv.reader(io.StringIO(written(RowFormat.CSV))))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["1", "'=HYPERLINK(0)\\x1b[31m", "0.5", "Ann; Bo", "1"]
    assert rows[2][1] == "plain, “quoted”\nlines"


def test_json_is_lossless_and_harmless() -> None:
    text = written(RowFormat.JSON)
    assert "\x1b" not in text
    assert json.loads(text)[0] == {
        "id": 1,
        "title": ROWS[0][1],
        "share": 0.5,
        "names": ["Ann", "Bo"],
        "flag": True,
    }
    lines = written(RowFormat.NL).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2]


def test_a_table_in_a_pipe_is_not_cut() -> None:
    file = io.StringIO()
    write_rows(file, ("title",), [("word " * 60,)], RowFormat.TABLE)
    assert file.getvalue().splitlines()[1] == ("word " * 60).strip()


def test_markup_of_the_table_library_is_text() -> None:
    file = io.StringIO()
    write_rows(file, ("title",), [("[bold]not markup[/bold] [link=x]y",)], RowFormat.TABLE)
    assert "[bold]not markup[/bold] [link=x]y" in file.getvalue()


@pytest.mark.parametrize("row_format", RowFormat)
def test_any_string_survives(shared: Path, row_format: RowFormat) -> None:
    """The big list of naughty strings as titles."""
    rows = (
        (shared / "eval" / "conformance" / "strings" / "blns.jsonl").read_text(encoding="utf-8").splitlines()
    )
    strings = [str(next(v for k, v in json.loads(row).items() if k != "id")) for row in rows]
    file = io.StringIO()
    write_rows(file, ("title",), [(string,) for string in strings], row_format)
    text = file.getvalue()
    assert not [char for char in text if ord(char) < 32 and char not in "\n\t"]
    if row_format is RowFormat.NL:
        assert [json.loads(line)["title"] for line in text.split("\n")[:-1]] == strings

"""The writers of exported files: nothing is lost, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from pipelines.errors import ExportError
from pipelines.export import FORMATS, Export, Table, describe_file
from pipelines.export.columns import ColumnKind
from pipelines.export.workbook import MOST_CHARACTERS

STRINGS = Path(__file__).parents[2] / "shared/eval/conformance/strings/blns.jsonl"
KINDS = {
    "id": ColumnKind.INTEGER,
    "title": ColumnKind.TEXT,
    "lag": ColumnKind.NUMBER,
    "lead": ColumnKind.BOOLEAN,
    "names": ColumnKind.TEXTS,
    "published_at": ColumnKind.TIME,
    "url": ColumnKind.TEXT,
}
ROWS = [
    (1, "=HYPERLINK(1)", None, True, ["a", "b"], "2026-03-01T09:30:00Z", "https://a.example/1"),
    (2, "Zoë said “no”\x1b[31m", 0.5, False, [], None, "https://a.example/2"),
]
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "<b>bold</b> & <script>alert(1)</script>", 'she said "no", twice',
    "שלום עולם", "مرحبا", "\u202eevil\u202c", "🏳️‍🌈👩‍👩‍👧", "x" * 10_000, "'; DROP TABLE articles; --", "a\nb\r\nc", "_x0041_", "",
    "\ufeffmark", "\x00\x07\x1b[2J", "ＨＥＬＬＯ＝１",
)  # fmt: skip


def table(rows: list[tuple[object, ...]]) -> Table:
    return Table(columns=tuple(KINDS), rows=iter(rows), kinds=KINDS)  # type: ignore[arg-type]


def titles(texts: list[str]) -> list[tuple[object, ...]]:
    return [
        (number, text, None, False, [text], None, "https://a.example/") for number, text in enumerate(texts)
    ]


def written(name: str, rows: list[tuple[object, ...]] = ROWS) -> bytes:
    file = io.BytesIO()
    FORMATS[name].write(Export(tables={"Articles": table(rows)}, about=(("What", "A test"),)), file)
    return file.getvalue()


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def sheet(content: bytes, number: int = 1) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return etree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))


def cells(content: bytes, number: int = 1) -> dict[str, str]:
    """The texts and numbers of a sheet, by the names of their cells."""
    found = sheet(content, number).iterfind(".//{*}c")
    return {str(cell.get("r")): "".join(cell.itertext()) for cell in found}


def test_csv_has_a_header_and_no_cell_that_a_spreadsheet_would_calculate() -> None:
    assert csv_rows(written("csv")) == [
        list(KINDS),
        ["1", "'=HYPERLINK(1)", "", "1", "a; b", "2026-03-01T09:30:00Z", "https://a.example/1"],
        ["2", "Zoë said “no”\\x1b[31m", "0.5", "0", "", "", "https://a.example/2"],
    ]


def test_json_lines_lose_nothing() -> None:
    lines = written("jsonl").splitlines()
    assert b"\x1b" not in written("jsonl")
    assert [json.loads(line) for line in lines] == [dict(zip(KINDS, row, strict=True)) for row in ROWS]


def test_parquet_has_types_and_loses_nothing() -> None:
    from pyarrow import parquet

    read = parquet.read_table(io.BytesIO(written("parquet")))
    assert {name: str(read.schema.field(name).type) for name in ("id", "lag", "lead", "names", "published_at")} == {
        "id": "int64", "lag": "double", "lead": "bool", "names": "list<element: string>",
        "published_at": "timestamp[ms, tz=UTC]",
    }  # fmt: skip
    first, second = read.to_pylist()
    assert first["published_at"] == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert (first["names"], second["names"], second["title"]) == (["a", "b"], [], ROWS[1][1])


def test_a_workbook_has_real_dates_a_frozen_header_filters_and_no_formula() -> None:
    content = written("xlsx")
    first = sheet(content)
    assert first.find(".//{*}pane").get("state") == "frozen"
    assert first.find(".//{*}autoFilter").get("ref") == "A1:G3"
    assert first.find(".//{*}f") is None
    found = cells(content)
    assert found["B2"] == "=HYPERLINK(1)"
    assert float(found["F2"]) == pytest.approx(46082 + 9.5 / 24)  # days since 1899-12-30
    assert cells(content, 2) == {"A1": "What", "B1": "A test", "A2": "Rows of Articles", "B2": "2"}


def test_a_text_that_a_cell_cannot_hold_is_cut_and_marked() -> None:
    found = cells(written("xlsx", titles(["🦊" * 20_000, "x" * MOST_CHARACTERS])))
    assert found["B2"] == "🦊" * 16_383 + "…"
    assert found["B3"] == "x" * MOST_CHARACTERS


def test_ris_and_csl_name_title_source_date_and_link() -> None:
    names = (
        "id",
        "title",
        "authors",
        "attribution",
        "published_at",
        "published_day",
        "language",
        "url",
        "excerpt",
    )
    row = (7, "A hub\nopens", ("Isla Fenwick", "Press Association", "PA"), "The Post", "2026-02-28T23:30:00Z", "2026-03-01", "en", "https://a.example/7", "It opened.")  # fmt: skip

    def cited(name: str) -> str:
        file = io.BytesIO()
        FORMATS[name].write(Export(tables={"Articles": Table(columns=names, rows=iter([row]))}), file)
        return file.getvalue().decode()

    assert cited("ris").split("\r\n")[:-2] == [
        "TY  - NEWS", "TI  - A hub opens", "AU  - Fenwick, Isla", "AU  - Association, Press", "AU  - PA",
        "T2  - The Post", "PY  - 2026", "DA  - 2026/03/01", "LA  - en", "UR  - https://a.example/7",
        "AB  - It opened.", "ID  - 7", "ER  - ",
    ]  # fmt: skip
    (entry,) = json.loads(cited("csljson"))
    assert entry["author"] == [
        {"family": "Fenwick", "given": "Isla"}, {"family": "Association", "given": "Press"}, {"literal": "PA"},
    ]  # fmt: skip
    assert entry["issued"] == {"date-parts": [[2026, 3, 1]]}
    assert (entry["container-title"], entry["URL"]) == ("The Post", "https://a.example/7")


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_rows_is_written(name: str) -> None:
    content = written(name, [])
    empty = {"csv": (",".join(KINDS) + "\n").encode(), "jsonl": b"", "ris": b"", "csljson": b"[]\n"}
    assert content == empty.get(name, content)
    assert FORMATS[name].is_binary == (name not in empty)


def check_texts(texts: list[str]) -> None:
    """Every format carries the texts, as text."""
    from pyarrow import parquet

    rows = titles(texts)
    assert [json.loads(line)["title"] for line in written("jsonl", rows).decode().split("\n")[:-1]] == texts
    assert parquet.read_table(io.BytesIO(written("parquet", rows))).column("title").to_pylist() == texts
    for row, text in zip(csv_rows(written("csv", rows))[1:], texts, strict=True):
        assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r", "\n")), text
    book = written("xlsx", rows)
    assert sheet(book).find(".//{*}f") is None
    assert len(sheet(book).findall(".//{*}row")) == len(texts) + 1
    assert (
        written("ris", rows).count(b"TY  - NEWS") == len(texts) == len(json.loads(written("csljson", rows)))
    )
    assert all(line[2:6] == b"  - " for line in written("ris", rows).split(b"\r\n") if line)
    for name in ("csv", "xlsx", "ris"):
        assert b"\x1b" not in written(name, rows) or name == "xlsx"


def test_hostile_titles_are_text_in_every_format() -> None:
    check_texts(list(HOSTILE))


@pytest.mark.skipif(not STRINGS.exists(), reason="needs ../shared: the list of naughty strings")
def test_the_naughty_strings_are_text_in_every_format() -> None:
    lines = STRINGS.read_text(encoding="utf-8").splitlines()
    check_texts([json.loads(line)["s"] for line in lines])


def test_a_datapackage_describes_the_files_of_one_folder(tmp_path: Path) -> None:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    for name in ("articles.csv", "stories.parquet", "articles.csv"):
        describe_file(tmp_path / name, table([]), about=(("Licence", "Of its publishers."),), made_at=made)
    package = json.loads((tmp_path / "datapackage.json").read_text())
    assert [resource["path"] for resource in package["resources"]] == ["stories.parquet", "articles.csv"]
    fields = {field["name"]: field["type"] for field in package["resources"][1]["schema"]["fields"]}
    assert fields == {
        "id": "integer", "title": "string", "lag": "number", "lead": "integer", "names": "string",
        "published_at": "datetime", "url": "string",
    }  # fmt: skip
    assert package["description"] == "Licence: Of its publishers."


@pytest.mark.parametrize("content", ['{"name": "theirs", "resources": []}', "not JSON", "[]"])
def test_a_datapackage_of_another_program_is_left_alone(tmp_path: Path, content: str) -> None:
    place = tmp_path / "datapackage.json"
    place.write_text(content)
    with pytest.raises(ExportError, match="another program"):
        describe_file(tmp_path / "a.csv", table([]), about=(), made_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert place.read_text() == content

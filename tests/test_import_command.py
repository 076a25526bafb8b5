"""`cuttings import` on the command line: rows that share a URL, the URL of a file, sources that files name."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli import CommandLine


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    for variable in ("CUTTINGS_DB", "CUTTINGS_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    return CommandLine(capsys, monkeypatch)


def rows(*articles: dict[str, str]) -> bytes:
    return "".join(json.dumps(article) + "\n" for article in articles).encode()


def query(sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect("x.db") as database:
        return database.execute(sql).fetchall()


FIRST = {
    "url": "https://a.example/news",
    "title": "A hub opens in the town",
    "published": "2026-01-02",
    "text": "The hub opened on Monday with a speech of the mayor.",
}
SECOND = {
    "url": "https://a.example/news",
    "title": "A school closes",
    "published": "2026-02-03",
    "text": "The last lesson was held on Friday, and then the doors were shut.",
}


def test_rows_that_share_a_url_and_nothing_else_are_different_articles(cli: CommandLine) -> None:
    for _ in range(2):
        assert cli("import", "-", "--db", "x.db", stdin=rows(FIRST, SECOND)).status == 0
    assert query(
        "SELECT title, (SELECT count(*) FROM revisions r WHERE r.article_id = a.id) FROM articles a ORDER BY id"
    ) == [
        (FIRST["title"], 1),
        (SECOND["title"], 1),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"text": "The hub opened on Monday with a speech of the mayor. The choir sang."},
        {"title": "A hub opens in the old town"},
        {"text": "Nothing of what was written here before is left, but the headline is."},
    ],
)
def test_a_row_that_keeps_title_or_text_is_a_revision(cli: CommandLine, change: dict[str, str]) -> None:
    cli("import", "-", "--db", "x.db", stdin=rows(FIRST))
    assert "1 revised" in cli("import", "-", "--db", "x.db", stdin=rows(FIRST | change)).err
    assert query("SELECT count(*) FROM articles") == [(1,)]


def test_the_url_of_a_file_is_stored(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "A hub opens in the town\n\nThe hub opened on Monday with a speech of the mayor.\n"
    )
    assert cli("import", "a.txt", "--url", "https://a.example/hub?utm_source=x", "--db", "x.db").status == 0
    assert query("SELECT url FROM articles") == [("https://a.example/hub",)]
    assert cli("import", "a.txt", "a.txt", "--url", "https://a.example/hub", "--db", "x.db").status == 2
    assert cli("import", "a.txt", "--url", "nowhere", "--db", "x.db").status == 2


def test_a_newsletter_names_its_source(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(
        "From: Valley Letters <v@letters.example>\nTo: x@y.example\nSubject: The roof\n\nThe roof fell in.\n"
    )
    assert cli("import", "a.eml", "--db", "x.db").status == 0
    assert query("SELECT id, name FROM sources") == [("valley-letters", "Valley Letters")]


def test_gaps_in_coverage_are_known_after_an_import_with_a_config(cli: CommandLine, tmp_path: Path) -> None:
    sources = "".join(
        f'[[source]]\nid = "{name}"\nname = "{name}"\nfeeds = ["https://{name}.example/feed"]\n'
        for name in ("first", "second", "third")
    )
    Path("cuttings.toml").write_text(f'[cuttings]\ndatabase = "x.db"\n{sources}')
    reports = (FIRST | {"url": f"https://{name}.example/1", "source": name} for name in ("first", "second"))
    assert cli("import", "-", "--config", "cuttings.toml", stdin=rows(*reports)).status == 0
    assert query("SELECT missing_source, covered_by FROM coverage_gaps") == [("third", 2)]

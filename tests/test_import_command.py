"""`cuttings import` on the command line: rows that share a URL, the URL of a file, sources that files name."""

from __future__ import annotations

import base64
import gzip
import io
import json
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.ingest.inputs.streams import Peekable
from scraper import ScraperError, extract
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import report


def rows(*articles: dict[str, str]) -> bytes:
    return "".join(json.dumps(article) + "\n" for article in articles).encode()


def query(sql: str) -> list[tuple[object, ...]]:
    with opened("x.db") as database:
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


URL = "https://a.example/hub"


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


def saved_page(title: str, *paragraphs: str, url: str = "https://a.example/news") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<html><head><title>{title}</title><link rel="canonical" href="{url}"></head>'
        f"<body><article><h1>{title}</h1>{text}</article></body></html>"
    )


def test_saved_pages_that_share_a_url_and_nothing_else_are_different_articles(
    cli: CommandLine, tmp_path: Path
) -> None:
    hub, school = report("Alder"), report("Birch", 2)
    (tmp_path / "a.html").write_text(saved_page("A hub opens in the town", *hub))
    (tmp_path / "b.html").write_text(
        saved_page("The school by the mill closes", *(line.replace("hub", "school") for line in school))
    )
    for _ in range(2):
        cli("import", "a.html", "b.html", "--db", "x.db")
    versions = "SELECT title, (SELECT count(*) FROM revisions r WHERE r.article_id = a.id) FROM articles a ORDER BY id"
    assert query(versions) == [("A hub opens in the town", 1), ("The school by the mill closes", 1)]
    (tmp_path / "a.html").write_text(
        saved_page("A hub opens in the old town", *hub, "The choir sang at the door.")
    )
    assert "1 revised" in cli("import", "a.html", "--db", "x.db").err
    assert query(versions) == [("A hub opens in the old town", 2), ("The school by the mill closes", 1)]


GOOD_PAGE = saved_page("A hub opens in the town", *report("Alder"), url="https://a.example/good")
MAIL = b"From: a@b.example\nSubject: The roof\nMIME-Version: 1.0\n"


def nested_mail() -> bytes:
    wrapper = b"Content-Type: message/rfc822\n\nFrom: a@b.example\n"
    return MAIL + wrapper * 2000 + b"\nThe end.\n"


def nested_parts() -> bytes:
    parts = b"".join(
        b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1) for n in range(1500)
    )
    return MAIL + b'Content-Type: multipart/mixed; boundary="b0"\n\n' + parts + b"--b1500\n\nThe end.\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nested.eml", nested_mail()),
        pytest.param("parts.eml", nested_parts(), marks=pytest.mark.slow),
        ("zeros.html.gz", gzip.compress(bytes(40_000_000), 1)),
        ("elements.html", b"<html><body><ul>" + b"<li>" * 60_000),
    ],
    ids=["nested.eml", "parts.eml", "zeros.html.gz", "elements.html"],  # a gzip file holds the time
)
def test_a_hostile_file_is_one_failure_and_the_rest_is_imported(
    cli: CommandLine, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.html").write_text(GOOD_PAGE)
    said = cli("import", name, "good.html", "--db", "x.db")
    assert (said.status, said.err.count(name)) == (3, 1)
    assert query("SELECT count(*) FROM failures") == [(1,)]
    assert query("SELECT title FROM articles") == [("A hub opens in the town",)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "made"),
    [
        (
            "base64.eml",
            lambda: MAIL + b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"<p>word word</p>" * 560_000),
        ),
        ("header.eml", lambda: MAIL.replace(b"The roof", b"=?utf-8?q?a?= " * 60_000) + b"\nThe end.\n"),
        ("pictures.html", lambda: GOOD_PAGE.replace("</h1>", "<img src=x alt=y>" * 30_000 + "</h1>").encode()),
        ("line.txt", lambda: b"word " * 2_900_000),
    ],
)  # fmt: skip
def test_a_large_hostile_file_takes_bounded_time(
    cli: CommandLine, tmp_path: Path, name: str, made: Callable[[], bytes]
) -> None:
    (tmp_path / name).write_bytes(made())
    (tmp_path / "good.html").write_text(GOOD_PAGE)
    started = time.monotonic()
    assert cli("import", name, "good.html", "--db", "x.db").status in (0, 3)
    assert time.monotonic() - started < 60
    assert query("SELECT count(*) FROM articles WHERE title = 'A hub opens in the town'") == [(1,)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "markup", ["<ul>" + "<li>word" * 250_000, "<title>" + "<img src=x>" * 30_000 + "</title>"]
)
def test_the_library_refuses_a_hostile_page_in_bounded_time(markup: str) -> None:
    started = time.process_time()
    with suppress(ScraperError):
        extract(f"<html>{markup}<p>The hub opened on Monday.</p></html>", "https://a.example/x")
    assert time.process_time() - started < 20


def test_lines_of_any_length_take_linear_time() -> None:
    started = time.process_time()
    stream = Peekable(io.BytesIO(b"a\n" + b"x" * 40_000_000 + b"\nb"))
    assert [len(line) for line in stream.lines()] == [1, 40_000_000, 1]
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "Java\tScript:x", "file:///etc/passwd", "data:text/html,x", "http://[::1"]
)
def test_a_script_or_a_local_file_is_not_the_address_of_an_article(
    cli: CommandLine, tmp_path: Path, url: str
) -> None:
    line = {
        "id": "1",
        "url": url,
        "title": "A hub opens",
        "text": "The council has opened a hub in the library.",
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(line))
    said = cli("import", "rows.jsonl")
    assert said.status == 3
    assert "`url` is not the address of an article" in said.err
    connection = sqlite3.connect(tmp_path / "cuttings.db")
    assert connection.execute("SELECT title, url FROM articles").fetchall() == [("A hub opens", None)]
    connection.close()


def test_an_empty_path_is_not_the_present_folder(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(rows(FIRST))
    done = cli("import", "", "--db", "x.db")
    assert (done.status, "the path is empty" in done.err) == (2, True)
    assert not Path("x.db").exists()


def test_one_url_is_not_that_of_several_pages(cli: CommandLine) -> None:
    pages = [{"html": saved_page(f"Hub {name} opens", *report(name))} for name in ("Alder", "Birch")]
    done = cli("import", "-", "--url", "https://a.example/hub", "--db", "x.db", stdin=rows(*pages))
    assert (done.status, "<stdin>:2: a second page" in done.err) == (1, True)
    assert query("SELECT count(*) FROM articles") == [(0,)]
    assert cli("import", "-", "--db", "x.db", "--url", URL, stdin=rows(pages[0])).status == 0
    assert query("SELECT url FROM articles") == [(URL,)]


def test_one_url_is_not_that_of_several_texts(cli: CommandLine) -> None:
    words = " ".join(report("Alder"))
    texts = [{"title": f"Hub {number} opens", "text": f"{words} {number}"} for number in range(2)]
    own = {**texts[0], "url": "https://a.example/own"}
    done = cli("import", "-", "--url", URL, "--db", "x.db", stdin=rows(*texts))
    assert (done.status, "<stdin>:2: a second article, but --url names one" in done.err) == (1, True)
    assert query("SELECT count(*) FROM articles") == [(0,)]
    assert cli("import", "-", "--url", URL, "--db", "x.db", stdin=rows(own, texts[1])).status == 0
    assert query("SELECT url FROM articles ORDER BY url") == [(URL,), ("https://a.example/own",)]


def test_a_month_is_said_as_such(cli: CommandLine) -> None:
    text = {"title": "Hub opens", "text": " ".join(report("Alder")), "published": "2021-06"}
    assert cli("import", "-", "--db", "x.db", stdin=rows(text)).status == 0
    assert query("SELECT published_at, published_precision FROM articles") == [
        ("2021-06-01T00:00:00Z", "month")
    ]
    assert "\nJune 2021\n" in cli("article", "1", "--db", "x.db").out


def test_a_page_whose_base_is_not_a_url_is_imported(cli: CommandLine) -> None:
    page = saved_page("A hub opens", *report("Alder")).replace("<head>", '<head><base href="http://[::1">')
    assert cli("import", "-", "--url", URL, "--db", "x.db", stdin=page.encode()).status == 0


def test_a_page_is_not_an_archive_of_any_kind(cli: CommandLine) -> None:
    done = cli(
        "import", "-", "--format", "warc", "--db", "x.db", stdin=b"<html><p>The hub opened.</p></html>"
    )
    assert (done.status, "not a WARC archive" in done.err) == (1, True)


@pytest.mark.parametrize("given", [{"id": "7"}, {}])
def test_two_versions_of_a_page_that_are_imported_again_make_no_revision(
    cli: CommandLine, given: dict[str, str]
) -> None:
    first = {**given, "url": URL, "html": saved_page("A hub opens", *report("Alder"), url=URL)}
    second = {**given, "url": URL, "html": saved_page("A hub opens late", *report("Alder"), url=URL)}
    for _ in range(2):
        assert cli("import", "-", "--db", "x.db", stdin=rows(first, second)).status == 0
    assert query("SELECT title FROM revisions ORDER BY id") == [("A hub opens",), ("A hub opens late",)]
    assert query("SELECT title FROM articles") == [("A hub opens late",)]
    before = query("SELECT page_id FROM articles")
    cli("import", "-", "--db", "x.db", stdin=rows(first))
    assert query("SELECT page_id FROM articles") == before


def test_reprocess_asks_for_the_file_of_an_imported_page_that_is_lost(cli: CommandLine) -> None:
    page = rows({"url": URL, "html": saved_page("A hub opens", *report("Alder"), url=URL)})
    cli("import", "-", "--db", "x.db", stdin=page)
    shutil.rmtree("x.db-pages")
    done = cli("reprocess", "--db", "x.db")
    assert (done.status, "import its file again" in done.err) == (3, True)
    cli("import", "-", "--db", "x.db", stdin=page)
    assert cli("reprocess", "--db", "x.db").status == 0


def test_a_file_that_is_imported_again_changes_no_article_and_no_story(cli: CommandLine) -> None:
    page = f"<title>T</title><article><h1>{FIRST['title']}</h1><p>{FIRST['text'] * 4}</p></article>"
    dump = {"page_text": f"Home\n\n{SECOND['title']}\n\n{SECOND['text'] * 4}"}
    lines = rows({**SECOND, "id": "1"}, {"html": page, "id": "2"}, dump)
    cli("import", "-", "--db", "x.db", stdin=lines)
    with sqlite3.connect("x.db") as database:  # as if all of it had happened earlier
        database.execute("UPDATE articles SET last_seen_at = '2026-01-01T00:00:00Z', filed_at = last_seen_at")
        database.execute("UPDATE stories SET updated_at = '2026-01-01T00:00:00Z'")
    tables = ("articles", "revisions", "stories", "story_changes", "quotations")
    stored = {table: query(f"SELECT * FROM {table}") for table in tables}
    assert len(stored["articles"]) == 3
    assert cli("import", "-", "--db", "x.db", stdin=lines).status == 0
    assert {table: query(f"SELECT * FROM {table}") for table in tables} == stored


@pytest.mark.parametrize("key", ["id", "url"])
def test_a_title_that_comes_after_the_text_leaves_the_text(cli: CommandLine, key: str) -> None:
    same = {key: "https://a.example/1", "title": FIRST["title"]}
    headline, whole = rows(same), rows({**same, "text": FIRST["text"]})
    for lines in (headline, whole, headline):
        assert cli("import", "-", "--db", "x.db", stdin=lines).status == 0
    assert query("SELECT access, text, (SELECT count(*) FROM revisions) FROM articles") == [
        ("imported", FIRST["text"], 2)
    ]


SHELL = "<html><head><title>A hub</title></head><body><nav><a href='/'>Home</a></nav><div id=root></div></body></html>"


@pytest.mark.parametrize("given", [{"id": "7"}, {"url": URL}, {}])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"html": SHELL}, "the page has no article text"),
        ({"html": "no markup at all"}, "this is not HTML"),
    ],
)
def test_a_title_beside_a_page_without_a_text_is_a_headline(
    cli: CommandLine, given: dict[str, str], body: dict[str, str], reason: str
) -> None:
    line = {**given, **body}
    stored = "SELECT title, access, text, page_id, (SELECT count(*) FROM revisions) FROM articles"
    titled = rows(line | {"title": FIRST["title"]})
    for outcome in ("1 new article, 0 revised, 0", "0 new articles, 0 revised, 1"):
        done = cli("import", "-", "--db", "x.db", stdin=titled)
        assert done.status == 3
        assert f"<stdin>:1: {reason}" in done.err
        assert "; only the headline is stored\n" in done.err
        assert f"\n{outcome} unchanged, 1 failed" in done.err
        assert query(stored) == [(FIRST["title"], "headline", "", None, 1)]
    untitled = cli("import", "-", "--db", "x.db", stdin=rows(line))
    assert (untitled.status, "headline" in untitled.err) == (1, False)
    assert query("SELECT count(*) FROM articles") == [(1,)]


@pytest.mark.parametrize("key", ["id", "url"])
def test_a_page_without_a_text_leaves_the_text_and_gives_way_to_it(cli: CommandLine, key: str) -> None:
    same = {key: URL, "title": "A hub opens"}
    shell = rows({**same, "html": SHELL})
    whole = rows({**same, "html": saved_page("A hub opens", *report("Alder"), url=URL)})
    cli("import", "-", "--db", "x.db", stdin=shell)
    assert "1 revised" in cli("import", "-", "--db", "x.db", stdin=whole).err
    done = cli("import", "-", "--db", "x.db", stdin=shell)
    assert "; the article keeps the text that it has\n" in done.err
    assert query("SELECT access, text FROM articles") == [("imported", "\n".join(report("Alder")))]


def test_a_list_of_stories_is_not_the_headline_of_one(cli: CommandLine) -> None:
    links = "".join(f"<p><a href='/{n}'>The council opens hub number {n} in Alder</a></p>" for n in range(30))
    page = f"<html><body>{links}</body></html>"
    for body in ({"html": page}, {"page_text": "Home\nNews\nContact us\n"}):
        done = cli("import", "-", "--db", "x.db", stdin=rows({"id": "1", "title": "News", **body}))
        assert (done.status, "headline" in done.err) == (1, False)
    assert query("SELECT count(*) FROM articles") == [(0,)]

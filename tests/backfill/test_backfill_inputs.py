"""What a backfill reads: archives of pages, tables, exports; what is bad in them; what it keeps of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
from pathlib import Path

import fsspec
import pyarrow
import pytest
import zstandard
from pyarrow import parquet

from pipelines.backfill import inputs
from pipelines.backfill.folder import Folder
from pipelines.backfill.inputs import find_inputs, read_piece
from pipelines.backfill.pieces import Piece
from pipelines.backfill.plan import read_domains
from pipelines.backfill.reading import NO_ADDRESS, OFF_LIST, on_list
from pipelines.errors import BackfillError
from pipelines.ingest.inputs.records import HtmlPage, ReadyArticle
from pipelines.models import Failure
from tests.backfill.archives import Capture, line_of, page_of, rows, run, warc, write_lines
from tests.cli import CommandLine
from tests.factories import make_article
from tests.invented import report

MENU = "Sport Letters Obituaries Jobs and everything else that the Courier prints each week of the year."


def captures(count: int = 6) -> list[Capture]:
    """Pages of one site that repeat its menu."""
    names = ("Brackwell", "Otterham", "Saltby", "Penfold", "Marlow", "Quennington", "Tarrant", "Winslade")
    return [
        Capture(
            f"https://www.courier.example/news/{name.lower()}",
            page_of(name, menu=MENU, date=f"2026-05-{day:02}T09:00:00Z"),
        )
        for day, name in enumerate(names[:count], start=1)
    ]


def texts(out: Path) -> dict[str, str]:
    """The texts of a result by their address."""
    return dict(rows(out, "articles", "url", "text"))


def test_pages_are_read_with_what_their_site_repeats(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(captures()[:3]))
    packed = zstandard.ZstdCompressor().compress(warc(captures()[3:], packed=False))
    (tmp_path / "b.warc.zst").write_bytes(packed)
    counts = run(tmp_path / "out", tmp_path)["stages"]
    assert counts["furniture"] == {"pages": 6, "sites": 1}
    found = texts(tmp_path / "out")
    assert len(found) == 6
    assert all("boiler house" in text and "Obituaries" not in text for text in found.values())
    days = rows(tmp_path / "out", "articles", "published_day")
    assert str(days[0][0]) == "2026-05-01"


def test_of_one_address_the_newest_capture_is_the_article(tmp_path: Path) -> None:
    first, *others = captures(4)
    corrected = page_of("Brackwell", menu=MENU).replace(b"eleven thousand", b"twelve thousand")
    newer = Capture(first.url, corrected, seen="2026-06-02T10:00:00Z")
    (tmp_path / "new.warc.gz").write_bytes(warc([newer]))
    (tmp_path / "old.warc.gz").write_bytes(warc([first, first, *others]))
    report = run(tmp_path / "out", tmp_path)
    assert "twelve thousand" in texts(tmp_path / "out")[first.url]
    assert report["stages"]["extract"]["articles"] == 4
    assert report["dropped"] == {"extract: an older version": 1, "survey: the same record again": 1}


def test_a_truncated_archive_gives_what_came_before(tmp_path: Path) -> None:
    whole = warc(captures(5))
    (tmp_path / "cut.warc.gz").write_bytes(whole[: int(len(whole) * 0.7)])
    report = run(tmp_path / "out", tmp_path)
    assert report["stages"]["extract"]["articles"] in (3, 4)
    assert report["dropped"] == {"failed: BadGzip": 1, "failed: BadRecord": 1}
    assert "cut.warc.gz" in json.dumps(report["examples"])


def test_a_record_larger_than_a_page_may_be_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.ingest.inputs.warc.DEFAULT_MAX_BYTES", 20_000)
    huge = Capture("https://www.courier.example/huge", page_of("Saltby") + b" " * 30_000)
    (tmp_path / "a.warc.gz").write_bytes(warc([huge, *captures(2)]))
    report = run(tmp_path / "out", tmp_path)
    assert report["dropped"] == {"failed: TooLargeError": 1}
    assert report["stages"]["extract"]["articles"] == 2


def test_a_table_is_read_like_lines(tmp_path: Path) -> None:
    lines = [line_of(report(event, outlet)) for event in range(2) for outlet in range(2)]
    write_lines(tmp_path / "lines.jsonl", lines)
    parquet.write_table(pyarrow.Table.from_pylist(lines), tmp_path / "table.parquet")
    run(tmp_path / "from-lines", tmp_path / "lines.jsonl")
    run(tmp_path / "from-table", tmp_path / "table.parquet")
    columns = ("id", "title", "text", "published_at", "external_id", "source_id", "story_id")
    assert rows(tmp_path / "from-table", "articles", *columns) == rows(
        tmp_path / "from-lines", "articles", *columns
    )
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    assert run(tmp_path / "bad", tmp_path / "bad.parquet")["dropped"] == {"failed: BadParquet": 1}


@pytest.mark.slow
def test_a_title_beside_a_page_without_a_text_is_a_headline(tmp_path: Path) -> None:
    shell = "<html><body><nav><a href='/'>Home</a></nav></body></html>"
    baths = {"id": "1", "url": "https://www.courier.example/baths", "title": "Baths reopen"}
    whole = {**baths, "html": page_of("Otterham").decode(), "published": "2026-05-01"}
    emptied = {**baths, "html": shell, "published": "2026-06-01"}
    alone = {"id": "2", "title": "Mill closes", "html": shell}
    untitled = {"id": "3", "html": shell}
    write_lines(tmp_path / "a.jsonl", [whole, emptied, alone, untitled])
    report = run(tmp_path / "out", tmp_path / "a.jsonl")
    found = sorted(rows(tmp_path / "out", "articles", "external_id", "access", "extractor"))
    assert [each[:2] for each in found] == [("1", "imported"), ("2", "headline")]
    assert (found[0][2] != "", found[1][2]) == (True, "")
    assert "Otterham" in texts(tmp_path / "out")[baths["url"]]
    assert report["dropped"] == {"extract: an older version": 1, "failed: EmptyPageError": 3}
    assert (
        sum("its title is read as a headline" in each for each in report["examples"]["EmptyPageError"]) == 2
    )


def test_cells_are_read_as_tables_of_others_hold_them(tmp_path: Path) -> None:
    first, far = 1577836800123456789, 10**18
    columns = {
        "id": [7, 8],
        "external_id": [1.0, None],
        "title": ["One", "Two"],
        "html": [b"<meta charset=latin1><p>Caf\xe9 of Otterham</p>", None],
        "authors_json": ['["Isla Fenwick", "Tom Ash"]', "[null]"],
        "published": pyarrow.array([first, first], pyarrow.timestamp("ns")),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    page, ready = read_piece(Piece(str(tmp_path / "a.parquet")), None)
    assert isinstance(page, HtmlPage)
    assert isinstance(ready, ReadyArticle)
    assert "Café" in str(page.page)
    assert page.declared.external_id == "1"
    assert page.declared.authors == ("Isla Fenwick", "Tom Ash")
    assert str(page.declared.published_at) == "2020-01-01 00:00:00+00:00"
    assert (ready.article.external_id, ready.article.authors) == (None, ())
    columns = {"title": ["One"], "published": pyarrow.array([far], pyarrow.timestamp("us"))}
    parquet.write_table(pyarrow.table(columns), tmp_path / "b.parquet")
    doubt, ready = read_piece(Piece(str(tmp_path / "b.parquet")), None)
    assert isinstance(doubt, Failure)
    assert doubt.error == "BadDate"
    for table in (pyarrow.table({}), pyarrow.table({"Text": ["One"]})):
        parquet.write_table(table, tmp_path / "c.parquet")
        (refusal,) = read_piece(Piece(str(tmp_path / "c.parquet")), None)
        assert isinstance(refusal, Failure)
        assert "no column title, text, html or page_text" in refusal.message


def test_an_export_of_a_press_database_is_read(tmp_path: Path) -> None:
    export = (
        "1 of 1 DOCUMENTS\n\nThe Courier\n\nMay 4, 2026 Monday\n\nBaths of Otterham to reopen\n\n"
        "BYLINE: Isla Fenwick\n\nLENGTH: 60 words\n\nThe council of Otterham voted to reopen its baths.\n\n"
        "Engineers said that the boiler house can be saved.\n\nLOAD-DATE: May 5, 2026\n"
    )
    (tmp_path / "export.txt").write_text(export, encoding="utf-8")
    run(tmp_path / "out", tmp_path / "export.txt")
    assert rows(tmp_path / "out", "articles", "title") == [("Baths of Otterham to reopen",)]


def test_other_languages_and_missing_dates_are_no_reason_to_drop(tmp_path: Path) -> None:
    lines = [
        {"title": "Schwimmbad öffnet wieder", "text": "Der Rat hat beschlossen. " * 20, "language": "de"},
        {"title": "A headline without a date"},
        {"title": "Half a pair \ud83d here", "text": "The council has decided to open the baths. " * 9},
    ]
    report = run(tmp_path / "out", write_lines(tmp_path / "a.jsonl", lines))
    assert report["stages"]["assign"] == {"stories": 3, "without a story": 0}
    assert rows(tmp_path / "out", "articles", "published_at") == [(None,)] * 3


def test_only_listed_domains_and_recent_articles_are_kept(tmp_path: Path) -> None:
    urls = ("https://news.first.example/a", "https://notfirst.example/b", "https://first.example/c", None)
    made = [
        line_of(
            make_article(url=url, title=f"Report {number}", external_id=str(number), text=f"{number} " * 50)
        )
        for number, url in enumerate(urls)
    ]
    made[2]["published"] = "2019-01-01"
    lines = write_lines(tmp_path / "a.jsonl", made)
    (tmp_path / "domains.txt").write_text("# ours\nfirst.example  # and its subdomains\n", encoding="utf-8")
    domains = read_domains(tmp_path / "domains.txt")
    report = run(tmp_path / "out", lines, domains=domains, since="2020-01-01T00:00:00Z")
    assert report["dropped"] == {
        f"read: {OFF_LIST}": 1,
        f"read: {NO_ADDRESS}": 1,
        "extract: published before --since": 1,
    }
    assert rows(tmp_path / "out", "articles", "url") == [("https://news.first.example/a",)]
    assert on_list(domains)("http://[broken") == NO_ADDRESS


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "is empty"),
        ("https://first.example/\n", "not a domain"),
        ("first.example, second.example\n", "not a domain"),
        ("a.example,b.example\n", "not a domain"),
        ("first.example:8080\n", "not a domain"),
        ("http://bücher.example\n", "not a domain"),
        ("bücher.example:8080\n", "not a domain"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_bad_list_of_domains_is_refused(tmp_path: Path, content: str | bytes, named: str) -> None:
    path = tmp_path / "domains.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BackfillError, match=named):
        read_domains(path)


def test_domains_are_read_as_addresses_spell_them(tmp_path: Path) -> None:
    path = tmp_path / "domains.txt"
    path.write_bytes("\ufeffFirst.example\r\n*.bücher.example\r\n".encode())
    domains = read_domains(path)
    assert domains == ("first.example", "xn--bcher-kva.example")
    urls = ("https://first.example/a", "https://bücher.example/a", "https://www.xn--bcher-kva.example./a")
    assert [on_list(domains)(url) for url in urls] == ["", "", ""]


def test_a_folder_is_read_without_the_output_and_the_list_in_it(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [{"title": "One"}])
    (tmp_path / "out").mkdir()
    write_lines(tmp_path / "out" / "articles.jsonl", [{"title": "Two"}])
    (tmp_path / "domains.txt").write_text("first.example\n", encoding="utf-8")
    found = find_inputs([str(tmp_path)], apart_from=[tmp_path / "out", tmp_path / "domains.txt"])
    assert [each.address for each in found] == [str(tmp_path / "a.jsonl")]
    listed = [str(path) for path in tmp_path.iterdir()]  # as a shell writes `*`
    assert find_inputs(listed, apart_from=[tmp_path / "out", tmp_path / "domains.txt"]) == found
    inner = str(tmp_path / "out" / "articles.jsonl")  # named by a person
    assert [each.address for each in find_inputs([inner], apart_from=[tmp_path / "out"])] == [inner]
    with pytest.raises(BackfillError, match="the only files found are the output"):
        find_inputs([str(tmp_path / "out")], apart_from=[tmp_path / "out"])


def test_links_keep_their_names_and_patterns_take_folders(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    write_lines(tmp_path / "store" / "blob", [{"title": "One"}])
    (tmp_path / "in" / "2020").mkdir(parents=True)
    (tmp_path / "in" / "2020" / "a.jsonl").symlink_to(tmp_path / "store" / "blob")
    named = [str(tmp_path / "in" / "2020" / "a.jsonl")]
    assert [each.address for each in find_inputs([f"{tmp_path}/in/*"])] == named
    assert [each.address for each in find_inputs([f"file://{tmp_path}/in/**/*.jsonl"])] == named


def test_what_cannot_be_read_twice_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"caf\xe9.jsonl")).write_text("{}", encoding="utf-8")
    refused = {
        "-": "stdin",
        "": "no path",
        str(tmp_path / "pipe"): "a pipe or a device",
        str(tmp_path): "not UTF-8; rename it",
        "zip://a.jsonl::file:///tmp/a.zip": "unpack the outer file",
    }
    for name, message in refused.items():
        with pytest.raises(BackfillError, match=message):
            find_inputs([name])


def test_an_object_that_cannot_be_reached_is_not_taken_for_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = fsspec.filesystem("memory")
    lines = [json.dumps(line_of(report(1, outlet))) for outlet in range(3)]
    system.pipe({"/lost/a.jsonl": "\n".join(lines).encode()})

    def lost(*_: object) -> bytes:
        raise RuntimeError("connection reset")

    with monkeypatch.context() as patch:
        patch.setattr("fsspec.implementations.memory.MemoryFile.read", lost)
        with pytest.raises(
            BackfillError, match=r"connection reset.*again to continue: memory://lost/a.jsonl"
        ):
            run(tmp_path / "out", "memory://lost")
    assert run(tmp_path / "out", "memory://lost")["stages"]["extract"]["articles"] == 3


def test_objects_of_a_bucket_are_opened_by_fsspec(tmp_path: Path) -> None:
    system = fsspec.filesystem("memory")
    lines = "".join(json.dumps(line_of(report(1, outlet))) + "\n" for outlet in range(3))
    system.pipe({"/bucket/a.jsonl.gz": gzip.compress(lines.encode()), "/bucket/readme.pdf": b"%PDF-1"})
    assert [each.address for each in find_inputs(["memory://bucket"])] == ["memory://bucket/a.jsonl.gz"]
    assert find_inputs(["memory://bucket/*.gz"]) == find_inputs(["memory://bucket/a.jsonl.gz"])
    assert run(tmp_path / "out", "memory://bucket")["stages"]["extract"]["articles"] == 3
    with pytest.raises(BackfillError, match=r"cannot be opened .*nosuch"):
        find_inputs(["nosuch://bucket/a"])


def test_a_missing_package_or_file_is_told_before_the_first_task(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(captures(1)))

    def missing(name: str) -> object:
        raise ImportError(name)

    said = cli("backfill", "nowhere.jsonl", "--out", "out")
    assert (said.status, said.err) == (1, "cuttings: no such file or folder: nowhere.jsonl\n")
    monkeypatch.setattr(inputs, "import_module", missing)
    said = cli("backfill", "a.warc.gz", "--out", "out")
    assert (said.status, said.out) == (1, "")
    assert said.err == 'cuttings: backfill needs pyarrow: pip install "cuttings[scale]"\n'
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_did_and_loads_the_database(cli: CommandLine, tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "a.jsonl", [line_of(report(1, outlet)) for outlet in range(3)])
    with lines.open("a", encoding="utf-8") as file:
        file.write("not json\n")
    said = cli("backfill", "a.jsonl", "--out", "out", "--workers", "1", "--db", "desk.db")
    assert said.status == 3
    assert "4 records, 3 articles, 1 story" in said.err
    assert "dropped 1: failed: BadJson" in said.err
    assert f"cuttings: {lines}:4: not JSON" in said.err
    assert "3 new articles, 1 new story in desk.db" in said.err
    again = cli("backfill", "a.jsonl", "--out", "out", "--workers", "1", "--db", "desk.db")
    assert "0 new articles, 0 new stories" in again.err
    shown = cli("stories", "--db", "desk.db", "--nl")
    assert len(shown.out.splitlines()) == 1
    assert cli("backfill", "a.jsonl", "--out", "out", "--shard", "2/2").status == 2
    refused = cli("backfill", "a.jsonl", "--out", "out", "--address", "auto")
    assert (refused.status, "--engine ray" in refused.err) == (2, True)
    with sqlite3.connect(tmp_path / "desk.db") as database:
        named = database.execute("SELECT error FROM failures WHERE run_id = 1").fetchall()
    database.close()
    assert named == [("BadJson",)]
    shutil.rmtree(tmp_path / "out" / "work")
    late = cli("backfill", "a.jsonl", "--out", "out", "--db", "other.db")
    assert (late.status, "a work file is missing" in late.err) == (1, True)


def test_a_database_that_cannot_be_loaded_into_is_told_before_the_first_task(
    cli: CommandLine, tmp_path: Path
) -> None:
    write_lines(tmp_path / "a.jsonl", [{"title": "One"}])
    (tmp_path / "text.db").write_text("no database at all" * 9, encoding="utf-8")
    for name, status in (("text.db", 2), ("nowhere/desk.db", 1)):
        assert cli("backfill", "a.jsonl", "--out", "out", "--db", name).status == status
    assert not (tmp_path / "out").exists()


def test_marks_of_tasks_are_told_from_other_files(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.finish("read", 0, {"kept": 3})
    (tmp_path / "done" / "read" / "000000 (copy).json").write_text("{}", encoding="utf-8")
    assert folder.done("read") == {0}
    (tmp_path / "done" / "read" / "000000.json").write_bytes(b"")
    with pytest.raises(BackfillError, match="damaged; delete it"):
        folder.counts("read", 0)

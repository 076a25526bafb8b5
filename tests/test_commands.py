"""The command line: every command is there and documented, and every failure is one line with its exit
status."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.commands import COMMANDS, LazyGroup, cuttings
from pipelines.config.bundled import data_path
from pipelines.storage.lock import locked
from pipelines.storage.store import Store
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import make_desk, page, report
from tests.site import Entry, Site

EPILOG = ("--db", "--config", "-q", "-v")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        for number, place in enumerate(("Alder", "Birch"), 2):
            site.page(
                f"/{place.lower()}", page(f"{place} council opens a family hub", *report(place, number))
            )
        entries = [
            Entry(path=f"/{place.lower()}", title=f"{place} council opens a family hub")
            for place in ("Alder", "Birch")
        ]
        site.feed("/feed", entries)
        yield site


def leaves() -> list[str]:
    names = [registered.name for registered in COMMANDS if registered.name not in ("sources", "demo", "init")]
    return [
        *names,
        *(f"sources {name}" for name in ("list", "add", "check", "enable", "disable", "import", "export")),
    ]


def test_every_command_can_be_loaded_and_says_what_the_list_says() -> None:
    assert isinstance(cuttings, LazyGroup)
    for registered in COMMANDS:
        command = cuttings.get_command(None, registered.name)  # type: ignore[arg-type]
        assert command is not None
        assert command.name == registered.name
        assert registered.help.endswith(".")


@pytest.mark.parametrize("name", leaves())
def test_every_command_takes_the_common_options(cli: CommandLine, name: str) -> None:
    said = cli(*name.split(), "--help")
    assert said.status == 0
    assert all(option in said.out for option in EPILOG)


def test_help_lists_the_commands(cli: CommandLine) -> None:
    said = cli("--help")
    assert said.status == 0
    assert all(f"\n  {registered.name} " in said.out for registered in COMMANDS)


def test_the_version(cli: CommandLine) -> None:
    assert cli("--version").out.startswith("cuttings ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run", "--nonsense"),
        ("run", "--max-seconds", "soon"),
        ("export", "everything"),
        ("fetch",),
    ],
)
def test_wrong_usage_is_one_line_and_2(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    said = cli(*arguments)
    assert said.status == 2
    assert said.out == ""
    assert said.err.startswith("cuttings: ")
    assert said.err.count("\n") == 1


def test_init_writes_a_desk_to_start_from(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("init", "desk", "--contact", "desk@example.org")
    assert said.status == 0
    assert "uk-childrens-services is the default; `--sector` also takes uk-housing" in said.err
    assert (tmp_path / "desk" / "cuttings.db").is_file()
    rows = json.loads(cli("sources", "list", "--json", "--config", "desk/cuttings.toml").out)
    assert len(rows) > 20
    assert any(row["enabled"] for row in rows)
    text = (tmp_path / "desk" / "cuttings.toml").read_text()
    assert "# allow_private" in text
    assert 'contact = "desk@example.org"' in text
    again = cli("init", "desk")
    assert again.status == 2
    assert (tmp_path / "desk" / "cuttings.toml").read_text() == text


def test_init_names_the_sectors(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("init", "--sector", "nonsense")
    assert said.status == 2
    assert "choose one of: uk-childrens-services, uk-housing" in said.err
    assert not list(tmp_path.iterdir())
    assert cli("init", "--contact", "two\nlines").status == 2
    assert not list(tmp_path.iterdir())


def test_a_wrong_key_is_2(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").write_text("[fetch]\ndealy = 3\n")
    said = cli("run")
    assert said.status == 2
    assert "cuttings.toml" in said.err
    assert "dealy" in said.err


def test_run_needs_a_contact(cli: CommandLine) -> None:
    cli("init")
    said = cli("run")
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert "contact" in said.err


def test_a_run_is_quiet_on_success_and_names_failures(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    said = cli("run")
    assert (said.status, said.out, said.err) == (0, "", "")
    site.page("/feed", "<p>moved</p>")
    said = cli("run")
    assert said.status == 3
    assert said.err.startswith("s1: discover: ")
    assert said.err.count("\n") == 1


def test_a_dry_run_lists_and_stores_nothing(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    said = cli("run", "--dry-run")
    assert said.status == 0
    assert f"{site.url('/alder')}" in said.out
    assert not (tmp_path / "cuttings.db").exists()


def test_a_second_run_meanwhile_is_75(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    with locked(tmp_path / "cuttings.db"):
        said = cli("run")
    assert (said.status, said.err.count("\n")) == (75, 1)


@pytest.mark.parametrize(
    "command", ["run", "status", "stories", "export articles", "reprocess", "import page.html"]
)
def test_a_file_that_is_something_else_is_2(
    cli: CommandLine, tmp_path: Path, site: Site, command: str
) -> None:
    make_desk(tmp_path, site)
    (tmp_path / "cuttings.db").write_bytes(b"This is a letter to the editor, not a database at all.\n" * 40)
    (tmp_path / "page.html").write_text(page("Title of it", *report("Alder")))
    said = cli(*command.split())
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert (tmp_path / "cuttings.db").read_bytes().startswith(b"This is a letter")


def test_a_database_of_a_newer_version_is_2(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    cli("run")
    with opened(tmp_path / "cuttings.db") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    said = cli("run")
    assert said.status == 2
    assert "update cuttings" in said.err


def test_a_database_that_is_not_there_is_said(cli: CommandLine) -> None:
    said = cli("stories", "--db", "none.db")
    assert said.status == 1
    assert "none.db" in said.err


def test_a_folder_that_cannot_be_written_is_said(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    (tmp_path / "cuttings.db-pages").write_text("in the way")
    said = cli("run")
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert "cuttings.db-pages" in said.err


def test_fetch_prints_stores_and_tells(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    said = cli("fetch", site.url("/alder"))
    assert said.status == 0
    assert said.out.endswith("\n".join(report("Alder", 2)) + "\n")
    assert said.out.startswith("Alder council opens a family hub\n")
    assert "starts story 1" in said.err
    assert cli("fetch", site.url("/alder"), "-q").err == ""
    told = json.loads(cli("fetch", site.url("/alder"), "--format", "json").out)
    assert told["text"] == "\n".join(report("Alder", 2))
    assert cli("fetch", site.url("/birch"), "--format", "md").out.startswith(
        "# Birch council opens a family hub\n\n"
    )
    with opened(tmp_path / "cuttings.db") as database:
        assert database.execute("SELECT count(*), count(DISTINCT url) FROM articles").fetchone() == (2, 2)
    database.close()


def test_fetch_without_saving(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    said = cli("fetch", "--no-save", site.url("/alder"))
    assert (said.status, "Alder" in said.out) == (0, True)
    assert not (tmp_path / "cuttings.db").exists()


def test_what_cannot_be_fetched_is_said(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    assert cli("fetch", site.url("/none")).status == 1
    assert cli("fetch", "mailto:someone@example.org").status == 1
    said = cli("fetch", site.url("/none"), site.url("/alder"))
    assert said.status == 3
    assert said.err.count("HTTP 404") == 1  # a port may have 404 in it
    assert cli("fetch", "--no-save", "http://127.0.0.1:1/x").status == 1


def test_a_mistyped_url_is_not_requested_by_later_runs(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    assert cli("fetch", site.url("/adler")).status == 1
    assert cli("run").status == 0
    assert cli("run").status == 0
    assert site.count("/adler") == 1
    assert site.count("/alder") == 1


def test_import_reads_jsonl_from_stdin_and_names_bad_lines(cli: CommandLine, tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "id": "a",
                "title": "Alder opens hub",
                "text": "\n".join(report("Alder")),
                "published": "2026-10-01",
            }
        ),
        "{broken",
        json.dumps({"id": "b", "title": "Only a headline"}),
        json.dumps({"id": "c"}),
        "",
    ]
    body = "\n".join(lines).encode()
    said = cli("import", "-", "--db", "x.db", stdin=body)
    assert said.status == 3
    assert "<stdin>:2: " in said.err
    assert "<stdin>:4: " in said.err
    with opened(tmp_path / "x.db") as database:
        rows = database.execute(
            "SELECT external_id, access, story_id IS NOT NULL FROM articles ORDER BY 1"
        ).fetchall()
        failures = database.execute("SELECT stage, message FROM failures ORDER BY id").fetchall()
        counts = database.execute("SELECT count(*) FROM revisions").fetchone()
        assert rows == [("a", "imported", 1), ("b", "headline", 1)]
        assert [stage for stage, _ in failures] == ["import", "import"]
        assert cli("import", "-", "--db", "x.db", stdin=body).status == 3
        assert database.execute("SELECT count(*) FROM revisions").fetchone() == counts
        assert database.execute("SELECT external_id, access FROM articles ORDER BY 1").fetchall() == [
            r[:2] for r in rows
        ]
    database.close()


def test_an_id_twice_in_a_file_is_a_revision_once(cli: CommandLine, tmp_path: Path) -> None:
    rows = [{"id": "a", "title": "Alder opens hub", "text": f"Version {n} of the story."} for n in (1, 2)]
    body = "\n".join(map(json.dumps, rows)).encode()
    told = [cli("import", "-", "--db", "x.db", stdin=body) for _ in range(3)]
    assert "1 new article, 1 revised" in told[0].err
    assert all("0 new articles, 0 revised, 2 unchanged" in again.err for again in told[1:])
    newest = json.dumps(rows[1] | {"text": "Version 3 of the story."}).encode()
    assert "1 revised" in cli("import", "-", "--db", "x.db", stdin=newest).err
    database = sqlite3.connect(tmp_path / "x.db")
    assert database.execute("SELECT text, (SELECT count(*) FROM revisions) FROM articles").fetchall() == [
        ("Version 3 of the story.", 3)
    ]
    database.close()


def test_import_learns_what_the_pages_of_a_file_repeat(cli: CommandLine, tmp_path: Path) -> None:
    box = (
        "<p>Our reporters have covered children's services for thirty years, and they welcome your tips.</p>"
    )
    places = ("Alder", "Birch", "Cedar", "Damson", "Elder", "Fir", "Gorse")
    rows = [
        {
            "id": place,
            "url": f"https://one.example/{place}",
            "html": page(f"{place} opens hub", *report(place, n), box),
        }
        for n, place in enumerate(places)
    ]
    (tmp_path / "pages.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for _ in range(2):
        assert cli("import", "pages.jsonl", "--db", "x.db").status == 0
        with opened(tmp_path / "x.db") as database:
            texts = [text for (text,) in database.execute("SELECT text FROM articles ORDER BY id")]
            assert texts == ["\n".join(report(place, n)) for n, place in enumerate(places)]
            assert database.execute("SELECT count(*) FROM revisions").fetchone() == (len(places),)
        database.close()


def test_import_of_what_is_not_there_or_in_another_encoding(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(
        "\n".join(("Café hub opens in Alder", "", *report("Alder"))).encode("latin-1")
    )
    (tmp_path / "empty.html").write_bytes(b"")
    said = cli("import", "none.html", "empty.html", "old.txt", "--db", "x.db")
    assert said.status == 3
    assert said.err.count("none.html") == 1
    assert said.err.count("empty.html") == 1
    with opened(tmp_path / "x.db") as database:
        assert database.execute("SELECT title FROM articles").fetchall() == [("Café hub opens in Alder",)]
    database.close()


def test_import_fetches_lists_of_addresses(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    (tmp_path / "list.txt").write_text(f"{site.url('/alder')}\n{site.url('/none')}\n")
    said = cli("import", "--format", "urls", "list.txt")
    assert said.status == 3
    assert "404" in said.err
    assert len(json.loads(cli("stories", "--json").out)) == 1


def test_exports_hold_texts_only_where_that_is_allowed(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    desk.run()
    rows = [json.loads(line) for line in cli("export", "articles", "--format", "jsonl").out.splitlines()]
    assert [row["title"] for row in rows] == [
        "Alder council opens a family hub",
        "Birch council opens a family hub",
    ]
    assert "text" not in rows[0]
    said = cli("export", "articles", "--format", "jsonl", "--full-text")
    assert json.loads(said.out.splitlines()[0])["text"] == "\n".join(report("Alder", 2))
    config = (tmp_path / "cuttings.toml").read_text()
    (tmp_path / "cuttings.toml").write_text(
        config.replace("[cuttings]\n", '[cuttings]\npurpose = "noncommercial-research"\n')
    )
    said = cli("export", "articles", "--format", "jsonl", "--full-text")
    assert [json.loads(line)["text"] for line in said.out.splitlines()] == ["", ""]
    assert "2 texts are left out of the export" in said.err
    assert cli("export", "stories").out.startswith("id,title,")
    assert cli("export", "matches", "--format", "jsonl").status == 0
    assert cli("export", "articles", "-o", "out.csv").out == ""
    assert (tmp_path / "out.csv").read_text().startswith("id,external_id,")
    assert '"path": "out.csv"' in (tmp_path / "datapackage.json").read_text()
    assert cli("export", "stories", "--format", "xlsx", "-o", "out.xlsx").status == 0
    with zipfile.ZipFile(tmp_path / "out.xlsx") as book:
        sheets = re.findall(r'<sheet name="(\w+)"', book.read("xl/workbook.xml").decode())
    assert sheets == ["Stories", "Reports", "About"]
    assert cli("export", "quotations", "--format", "parquet", "-o", "out.parquet").status == 0
    assert "works only for articles" in cli("export", "matches", "--format", "ris").err
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "xlsxwriter", None)
        assert "pip install 'cuttings[excel]'" in cli("export", "stories", "--format", "xlsx", "-o", "x").err
    assert cli("export", "stories", "--full-text").status == 2


def test_status_tells_runs_and_sources(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    cli("run")
    told = json.loads(cli("status", "--json").out)
    assert told["articles"] == 2
    assert (told["database_bytes"] > 50_000, told["raw_pages_bytes"] > 500) == (True, True)
    assert told["runs"][0]["status"] == "ok"
    assert told["sources"][0]["verdict"] == "well"
    assert "cuttings.db: 2 articles" in cli("status").out
    assert len(cli("status", "--nl").out.splitlines()) == 1


def test_reprocess_rebuilds_texts_without_the_network(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    desk.run()
    site.forget()
    assert cli("reprocess").err.startswith("0 texts changed, 2 unchanged")
    with opened(tmp_path / "cuttings.db") as database:
        database.execute(
            "UPDATE articles SET text = 'as the old rules had it', content_hash = 'x' WHERE id = 1"
        )
    database.close()
    said = cli("reprocess", "--json")
    assert said.status == 0
    assert [row["article_id"] for row in json.loads(said.out)] == [1]
    assert desk.articles()["alder"].article.text == "\n".join(report("Alder", 2))
    assert len(desk.revisions()) == 2
    assert site.log == ()


def test_reprocess_keeps_what_an_importer_declared(cli: CommandLine, tmp_path: Path) -> None:
    html = page("The title of the page", *report("Alder"))
    row = {
        "id": "a",
        "url": "https://one.example/a",
        "title": "As declared",
        "published": "2020-02-02",
        "html": html,
    }
    cli("import", "-", "--db", "x.db", stdin=json.dumps(row).encode())
    assert cli("reprocess", "--db", "x.db").err.startswith("0 texts changed")
    with opened(tmp_path / "x.db") as database:
        stored = database.execute("SELECT title, published_at, access FROM articles").fetchall()
    database.close()
    assert stored == [("As declared", "2020-02-02T00:00:00Z", "imported")]


def test_sources_are_added_switched_and_exchanged(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, extra="# a comment that stays\n", fetch="", cuttings="")
    config = (
        (tmp_path / "cuttings.toml")
        .read_text()
        .replace("allow_private = []", f'allow_private = ["{site.host}"]')
    )
    (tmp_path / "cuttings.toml").write_text(config)
    site.page(
        "/",
        f'<html><head><link rel="alternate" type="application/rss+xml" href="{site.url("/feed")}"></head></html>',
    )
    said = cli("sources", "add", site.url("/"), "--id", "new", "--name", "New Site", "--yes")
    assert said.status == 0, said.err
    assert site.url("/feed") in said.out
    assert said.out.count("sample ") == 2
    assert "robots.txt allows our requests" in said.out
    listed = json.loads(cli("sources", "list", "--json").out)
    assert [(row["id"], row["feeds"]) for row in listed] == [("new", [site.url("/feed")])]
    assert "# a comment that stays" in (tmp_path / "cuttings.toml").read_text()
    assert cli("sources", "add", site.url("/"), "--id", "new", "--yes").status == 2
    assert cli("sources", "disable", "new").status == 0
    assert json.loads(cli("sources", "list", "--json").out)[0]["enabled"] is False
    assert cli("run").status == 2
    assert cli("sources", "enable", "new").status == 0
    assert cli("sources", "enable", "none").status == 2
    checked = json.loads(cli("sources", "check", "--json").out)
    assert (checked[0]["id"], checked[0]["verdict"]) == ("new", "well")
    assert cli("sources", "export", "list.csv").status == 0
    assert cli("sources", "export", "list.opml").status == 0
    assert "added 0 sources" in cli("sources", "import", "list.opml").err
    config = (tmp_path / "cuttings.toml").read_text()
    (tmp_path / "cuttings.toml").write_text(config.partition("[[source]]")[0])
    assert "added 1 source to" in cli("sources", "import", "list.csv").err
    assert json.loads(cli("sources", "list", "--json").out)[0]["name"] == "New Site"


def test_a_site_without_channels_is_said(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    site.page("/", "<html><body><p>Under construction.</p></body></html>")
    site.remove("/feed")
    said = cli("sources", "add", site.url("/"), "--yes")
    assert said.status == 1
    *tried, last = said.err.splitlines()
    assert last.startswith("cuttings: found no feed, sitemap or listing; ")
    assert any(line.startswith(f"tried feed {site.url('/feed')}: ") for line in tried)
    assert all(line.startswith("tried ") for line in tried)


def test_a_source_that_fails_its_check_is_3(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    site.remove("/feed")
    said = cli("sources", "check", "--nl")
    assert said.status == 3
    assert json.loads(said.out)["verdict"] == "failing"


def test_data_is_bundled() -> None:
    assert data_path("sectors", "uk-childrens-services.toml").is_file()
    assert data_path("sectors", "uk-housing.toml").is_file()


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site).run()
    command = f"{sys.executable} -m pipelines export articles --db {tmp_path}/cuttings.db | true"
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, cwd=_root(), check=False
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("closed", "status"),
    [
        (">&-", 1),
        *(pytest.param(*row, marks=pytest.mark.slow) for row in (("<&-", 0), ("2>&-", 0), ("<&- >&-", 1))),
    ],
)
def test_a_closed_stream_loses_no_results_silently(tmp_path: Path, closed: str, status: int) -> None:
    database = tmp_path / "cuttings.db"
    Store(database).close()
    for command in ("stories", "review"):
        line = f"{sys.executable} -m pipelines {command} --db {database} {closed}"
        done = subprocess.run(
            ["/bin/sh", "-c", line], capture_output=True, text=True, cwd=_root(), check=False
        )
        assert (done.returncode, "Traceback" in done.stderr) == (status, False)
        assert ("standard output is closed" in done.stderr) == (status == 1)


@pytest.mark.slow
def test_a_full_disk_for_stdout_is_one_line(tmp_path: Path, site: Site) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    make_desk(tmp_path, site).run()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", "stories", "--db", str(tmp_path / "cuttings.db")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=_root(),
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.6, 0.9, 1.2, 1.5, 2.0])
def test_a_killed_run_loses_at_most_what_was_in_hand(tmp_path: Path, seconds: float) -> None:
    with Site() as site:
        places = [f"Place{number}" for number in range(12)]
        for number, place in enumerate(places):
            site.page(f"/{place}", page(f"{place} council opens a hub", *report(place, number)))
        site.feed(
            "/feed", [Entry(path=f"/{place}", title=f"{place} council opens a hub") for place in places]
        )
        desk = make_desk(tmp_path, site)
        run = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "run", "--config", str(tmp_path / "cuttings.toml")],
            cwd=_root(),
        )
        time.sleep(seconds)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        desk.run()
        assert len(desk.articles()) == len(places)
        assert len(desk.revisions()) == len(places)
        assert all(stored.story_id for stored in desk.articles().values())
        with desk.store() as store:
            assert store.pages.hashes() <= set(desk.pages.hashes())
            assert {run.status for run in store.runs.latest(5)} <= {"ok", "interrupted"}


def _root() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_shell_completes_commands_and_options() -> None:
    program = Path(sys.executable).with_name("cuttings")
    if not program.exists():
        pytest.skip("the console script is not installed")

    def completed(typed: str) -> list[str]:
        words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
        environment = os.environ | words | {"_CUTTINGS_COMPLETE": "bash_complete"}
        done = subprocess.run([program], env=environment, capture_output=True, text=True, check=True)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("cuttings sto") == ["stories", "story"]
    assert "--min-publishers" in completed("cuttings stories --min")
    script = subprocess.run(
        [program], env=os.environ | {"_CUTTINGS_COMPLETE": "bash_source"}, capture_output=True, check=True
    )
    assert subprocess.run(["bash", "-n"], input=script.stdout, check=False).returncode == 0

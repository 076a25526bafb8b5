"""What people get wrong on their first day: each mistake is told in one line and leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site

ROOT = Path(__file__).resolve().parents[1]


def hub_site(site: Site, *places: str) -> Site:
    for number, place in enumerate(places, 2):
        site.page(f"/{place.lower()}", page(f"{place} council opens a family hub", *report(place, number)))
    site.feed("/feed", [Entry(path=f"/{p.lower()}", title=f"{p} council opens a family hub") for p in places])
    return site


@pytest.mark.parametrize("arguments", [(), ("sources",)])
def test_a_group_without_a_command_prints_its_help(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    said = cli(*arguments)
    assert said.status == 2
    assert said.err.splitlines() == cli(*arguments, "--help").out.splitlines()


@pytest.mark.parametrize("table", ["fetch", "match", "retention", "cuttings"])
def test_an_unknown_key_is_named_with_its_file_and_table(
    cli: CommandLine, tmp_path: Path, table: str
) -> None:
    (tmp_path / "cuttings.toml").write_text(f"[{table}]\ndealy = 3\n")
    said = cli("run")
    assert said.status == 2
    assert said.err.startswith(f"cuttings: [{table}] dealy: unknown key; expected one of ")
    assert said.err.endswith(": cuttings.toml\n")
    assert "$" not in said.err
    assert "`" not in said.err


@pytest.mark.parametrize("command", ["import page.html", "run", "fetch http://127.0.0.1:1/x"])
def test_no_folder_is_made_for_a_mistyped_database(cli: CommandLine, tmp_path: Path, command: str) -> None:
    with Site() as site:
        make_desk(tmp_path, hub_site(site, "Alder"))
        (tmp_path / "page.html").write_text(page("A family hub opens", *report("Alder")))
        said = cli(*command.split(), "--db", "no/such/folder/x.db")
    assert said.status == 1
    assert "no/such/folder" in said.err
    assert "does not exist" in said.err
    assert not (tmp_path / "no").exists()


def test_a_run_without_sources_leaves_no_database(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("run")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "cuttings init" in said.err
    (tmp_path / "cuttings.toml").write_text("[cuttings]\ncontact = 'desk@example.org'\n")
    said = cli("run")
    assert said.status == 2
    assert "no source is enabled" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["cuttings.toml"]


def test_import_of_nothing_but_missing_files_failed(cli: CommandLine, tmp_path: Path) -> None:
    assert cli("import", "nope1", "nope2").status == 1
    (tmp_path / "page.html").write_text(page("A family hub opens", *report("Alder")))
    assert cli("import", "nope1", "page.html").status == 3


def test_a_database_of_another_desk_is_refused(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site() as site:
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        desk = make_desk(tmp_path / "one", hub_site(site, "Alder"))
        desk.run()
        make_desk(tmp_path / "two", site)
        config = tmp_path / "two" / "cuttings.toml"
        config.write_text(config.read_text().replace('"s1"', '"other"'))
        monkeypatch.setenv("CUTTINGS_DB", str(desk.config.database))
        said = cli("run", "--config", config)
        assert said.status == 2
        assert "belongs to another desk" in said.err
        with desk.store() as store:
            assert [source.id for source in store.sources.declared()] == ["s1"]
        assert cli("run", "--config", tmp_path / "one" / "cuttings.toml").status == 0


@pytest.mark.parametrize(
    "arguments",
    [("export", "stories", "-o"), ("sources", "export"), ("status", "--log-file")],
)
def test_what_the_desk_lives_by_is_not_overwritten(
    cli: CommandLine, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert cli("init", "--empty", tmp_path).status == 0
    for name in ("cuttings.db", "cuttings.toml"):
        before = (tmp_path / name).read_bytes()
        said = cli(*arguments, tmp_path / name)
        assert said.status == 2
        assert "name another file" in said.err
        assert (tmp_path / name).read_bytes() == before


def test_a_log_does_not_take_the_place_of_a_new_database(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("stories", "--db", "new.db", "--log-file", "new.db")
    assert said.status == 2
    assert "name another file" in said.err
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("command", ["vacuum", "status", "doctor"])
def test_a_link_that_leads_back_to_itself_is_not_a_database(
    cli: CommandLine, tmp_path: Path, command: str
) -> None:
    (tmp_path / "loop.db").symlink_to("loop.db")
    said = cli(command, "--db", "loop.db")
    assert said.status != 0
    assert "loop.db" in said.out + said.err
    assert "Traceback" not in said.err


def test_doctor_says_that_no_source_is_enabled(cli: CommandLine, tmp_path: Path) -> None:
    cli("init", "--empty", "--contact", "desk@example.org", tmp_path)
    said = cli("doctor")
    assert said.status == 3
    assert "0 sources, 0 enabled. Next: add one with `cuttings sources add URL`" in said.out


def test_export_of_an_unknown_source_is_an_error(cli: CommandLine, tmp_path: Path) -> None:
    with Site() as site:
        make_desk(tmp_path, hub_site(site, "Alder")).run()
    said = cli("export", "articles", "--source", "nope", "-o", "out.csv")
    assert said.status == 2
    assert "nope" in said.err
    assert not (tmp_path / "out.csv").exists()
    assert cli("export", "articles", "--source", "s1").status == 0


def test_init_without_sources(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("init", "--empty", "--contact", "desk@example.org")
    assert said.status == 0
    assert "with 0 sources" in said.err
    assert "sources add" in said.err
    text = (tmp_path / "cuttings.toml").read_text()
    assert "\n[[source]]" not in text
    assert 'timezone = "UTC"' in text
    assert cli("init", "other", "--empty", "--sector", "uk-childrens-services").status == 2
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("arguments", "variables", "files"),
    [
        ("--config a/desk.toml", {}, "a/desk.toml a/cuttings.db"),
        ("--config a/desk.toml --db b.db", {}, "a/desk.toml a/b.db"),
        ("b --config a/desk.toml", {}, "a/desk.toml b/cuttings.db"),
        ("", {"CUTTINGS_CONFIG": "a/desk.toml", "CUTTINGS_DB": "c.db"}, "a/desk.toml c.db"),
        ("b", {"CUTTINGS_CONFIG": "a/desk.toml", "CUTTINGS_DB": "c.db"}, "b/cuttings.toml b/cuttings.db"),
    ],
)
def test_init_takes_the_places_that_every_command_takes(
    cli: CommandLine, tmp_path: Path, arguments: str, variables: dict[str, str], files: str
) -> None:
    config, database = files.split()
    with cli.monkeypatch.context() as patched:
        for name, value in variables.items():
            patched.setenv(name, value)
        assert cli("init", "--empty", *arguments.split()).status == 0
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()}
    assert found == {config, database}
    assert f" {database}-pages\n" in cli("doctor", "--config", config).out.replace(f"{tmp_path}/", "")


def test_init_of_the_bundled_sector_keeps_british_days(cli: CommandLine, tmp_path: Path) -> None:
    assert cli("init").status == 0
    assert 'timezone = "Europe/London"' in (tmp_path / "cuttings.toml").read_text()


@pytest.mark.slow
def test_init_on_a_full_disk_names_the_file(tmp_path: Path) -> None:
    # -B: Python takes no notice of a short write and would leave cut bytecode to all later tests
    limited = f"ulimit -f 1; exec {sys.executable} -B -m pipelines init {tmp_path}/desk"
    done = subprocess.run(
        ["/bin/bash", "-c", f"trap '' XFSZ; {limited}"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert f"{tmp_path}/desk/" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_dry_run_names_a_channel_that_cannot_be_read(cli: CommandLine, tmp_path: Path) -> None:
    with Site() as site:
        make_desk(tmp_path, hub_site(site, "Alder"))
        site.page("/feed", "gone", status=404)
        said = cli("run", "--dry-run", "--json")
    assert said.status == 3
    assert json.loads(said.out) == []
    assert said.err.startswith("s1: ")
    assert "/feed" in said.err


def test_a_dry_run_prints_rows_for_programs(cli: CommandLine, tmp_path: Path) -> None:
    with Site() as site:
        make_desk(tmp_path, hub_site(site, "Alder"))
        rows = json.loads(cli("run", "--dry-run", "--json").out)
        assert rows == [
            {
                "source": "s1",
                "why": "new",
                "url": site.url("/alder"),
                "title": "Alder council opens a family hub",
            }
        ]


def test_a_host_that_rests_is_not_called_a_spent_budget(cli: CommandLine, tmp_path: Path) -> None:
    with hub_site(Site(), "Alder") as site:
        make_desk(tmp_path, site)
        site.page("/busy", "slow down", status=429, headers={"Retry-After": "600"})
        assert "come back in 600 s" in cli("fetch", site.url("/busy")).err
        said = cli("fetch", site.url("/alder"))
        assert said.status == 1
        assert said.err.startswith("cuttings: the host asked to be left alone until")
        said = cli("run")
        assert (said.status, said.err) == (0, "")
        assert "1 request left for a later run: the host asked to be left alone" in cli("run", "-v").err


def test_a_rest_is_said_once_for_a_host_that_was_never_asked(cli: CommandLine, tmp_path: Path) -> None:
    with hub_site(Site(), "Alder") as site:
        make_desk(tmp_path, site)
        site.page("/robots.txt", "slow down", status=429, headers={"Retry-After": "600"})
        cli("sources", "check")
        said = cli("fetch", site.url("/alder"))
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert said.err.endswith(f"{site.url('/alder')}\n")


def test_articles_are_printed_as_json_lines_and_imported_again(cli: CommandLine, tmp_path: Path) -> None:
    with hub_site(Site(), "Alder", "Birch") as site:
        make_desk(tmp_path, site)
        said = cli("fetch", site.url("/alder"), site.url("/birch"), "--format", "json")
    assert [json.loads(line)["title"].split()[0] for line in said.out.splitlines()] == ["Alder", "Birch"]
    assert cli("import", "-", "--db", "new.db", stdin=said.out.encode()).status == 0
    rows = json.loads(cli("articles", "--db", "new.db", "--json").out)
    assert {row["url"] for row in rows} == {site.url("/alder"), site.url("/birch")}
    nl, table = cli("article", "1", "--nl").out, cli("article", "1", "--csv").out.splitlines()
    assert json.loads(nl) == json.loads(cli("article", "1", "--json").out)
    assert (nl.count("\n"), table[0].startswith("id,story_id,")) == (1, True)
    assert table[1].startswith("1,")


def test_fetch_names_an_independent_report_and_not_the_copy(cli: CommandLine, tmp_path: Path) -> None:
    text = (
        "The safeguarding board of Wrenbury has published its review of the death of Jordan Askew, aged three.",
        "It lists nine occasions between March and August on which agencies could have acted and did not.",
        "Dame Harriet Osei, who wrote the review, said that the boy had been invisible to every service.",
        "The council accepted all fourteen recommendations and apologised to the grandparents of the boy.",
    )
    other = (
        "Nine chances to save the toddler Jordan Askew were missed, a review by Dame Harriet Osei has found.",
        "Wrenbury council said sorry to his grandparents and will carry out the fourteen recommendations.",
        "The boy, who was three, had been invisible to every service, Dame Harriet said on Tuesday.",
        "Police and health visitors had seen bruises in March, the safeguarding board of Wrenbury reports.",
    )
    with Site() as site:
        site.page("/one", page("Review finds nine missed chances to save Jordan Askew", *text))
        site.page("/two", page("Nine chances to save Wrenbury toddler missed, review finds", *other))
        site.page("/copy", page("Review finds nine missed chances to save Jordan Askew", *text))
        near = (*text[:-1], text[-1].replace("the boy", "Jordan"))
        site.page("/near", page("Review finds nine missed chances to save Jordan Askew", *near))
        make_desk(tmp_path, site)
        for path in ("/one", "/two"):
            assert cli("fetch", site.url(path)).status == 0
        said = cli("fetch", site.url("/copy"))
        nearly = cli("fetch", site.url("/near"))
    assert "its text is nearly the same as that of articles 1, 3" in nearly.err
    assert "its text is nearly the same as that of article " in cli("article", "4").out
    facts = "".join(cli("article", number).out for number in (1, 3))
    assert facts.count("its text is the same as that of article ") == 1
    assert "because, with article 2: " in said.err
    assert "because, with article 1: " not in said.err
    assert "its text is the same as that of article 1" in said.err


def test_status_as_csv_can_print_the_runs(cli: CommandLine, tmp_path: Path) -> None:
    with Site() as site:
        make_desk(tmp_path, hub_site(site, "Alder")).run()
    said = cli("status", "--csv")
    assert said.out.startswith("source_id,")
    assert "--only runs" in said.err
    said = cli("status", "--csv", "--only", "runs")
    assert said.out.startswith("id,command,started_at,")
    assert len(said.out.splitlines()) == 2


def on_terminal(columns: int, *arguments: str) -> str:
    """What a command prints on a terminal of so many columns."""
    leader, follower = pty.openpty()
    env = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "pipelines", *arguments]
    with subprocess.Popen(command, stdout=follower, stderr=subprocess.DEVNULL, env=env, cwd=ROOT) as process:
        os.close(follower)
        parts = []
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed: Linux answers EIO
                break
            if not part:
                break
            parts.append(part)
        process.wait()
    os.close(leader)
    return b"".join(parts).decode()


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60, 80])
def test_no_word_is_broken_on_a_narrow_terminal(tmp_path: Path, columns: int) -> None:
    with Site() as site:
        desk = make_desk(tmp_path, hub_site(site, "Alder", "Birch"))
        desk.run()
    for arguments in (("stories",), ("why", "1", "2"), ("story", "1"), ("status",)):
        database = str(desk.config.database)
        words = set(
            subprocess.run(
                [sys.executable, "-m", "pipelines", *arguments, "--db", database],
                capture_output=True,
                text=True,
                cwd=ROOT,
                check=True,
            ).stdout.split()
        )
        printed = on_terminal(columns, *arguments, "--db", database)
        plain = "".join(
            part.partition("m")[2] if part[:1].isdigit() else part for part in printed.split("\x1b[")
        )
        records = {f"{word}:" for word in words}
        broken = [word for word in plain.split() if word not in words | records]
        assert not broken, (arguments, plain)
        if arguments[0] in ("stories", "why"):
            assert all(len(line) <= columns for line in plain.splitlines())


def test_an_output_in_a_missing_folder_is_named_with_the_folder(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page("A family hub opens", *report("Alder")))
    assert cli("import", "page.html", "--db", "x.db").status == 0
    for command in (
        ("export", "articles", "-o", "no/x.csv"),
        ("sources", "export", "no/x.csv"),
        ("sources", "list", "--log-file", "no/x.csv"),
    ):
        said = cli(*command, "--db", "x.db")
        message = "cuttings: the folder no does not exist; create it, or name another file: no/x.csv\n"
        assert (said.status, said.err) == (1, message)


LISTED = (
    '[[source]]\nid = "a"\nfeeds = ["http://a.example/f"]\n\n'
    '[[source]]\nid = "b"\nlistings = ["http://b.example/"]\n'
)
INLINE = (
    'source = [{id = "a", feeds = ["http://a.example/f"]}, {id = "b", listings = ["http://b.example/"]}]\n'
)


@pytest.mark.parametrize("tables", [LISTED, INLINE])
def test_sources_are_switched_together_or_not_at_all(cli: CommandLine, tmp_path: Path, tables: str) -> None:
    path = tmp_path / "cuttings.toml"
    path.write_text(tables)
    refused = cli("sources", "disable", "a", "nope", "no")
    assert (refused.status, "nope, no" in refused.err, path.read_text()) == (2, True, tables)
    assert cli("sources", "disable", "a", "b", "a").err == "disabled a, b in cuttings.toml\n"
    assert [each["enabled"] for each in json.loads(cli("sources", "list", "--json").out)] == [False, False]


def test_what_opml_cannot_hold_is_named(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").write_text(LISTED)
    said = cli("sources", "export", "list.opml")
    assert said.err.startswith("wrote 1 source to list.opml\nleft out, because OPML holds only feeds")
    assert said.err.endswith(": b\n")
    assert cli("sources", "export", "list.csv").err == "wrote 2 sources to list.csv\n"


def test_a_number_of_seconds_is_a_number(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").write_text(LISTED)
    said = cli("run", "--max-seconds", "nan")
    assert (said.status, "is not a number of seconds" in said.err) == (2, True)


def test_no_command_asks_a_host_that_rests(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, hub_site(site, "Alder"))
    site.page("/alder", status=429, headers={"Retry-After": "5000"})
    cli("run")
    site.forget()
    for command in (("sources", "try", "s1"), ("sources", "add"), ("fetch", "--no-save"), ("fetch",)):
        said = cli(*command, site.url("/alder"))
        assert said.status == 1
        assert said.err.startswith("cuttings: the host asked to be left alone until")
    assert site.log == ()


def test_the_advice_for_a_private_ipv6_address_can_be_followed(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "cuttings.toml"
    path.write_text("")
    said = cli("fetch", "--no-save", "http://[::1]:8999/a")
    path.write_text(f"[fetch]\nallow_private = [{said.err.split('add ')[1].split(' to ')[0]}]\n")
    assert "allow_private" not in cli("fetch", "--no-save", "http://[::1]:8999/a").err

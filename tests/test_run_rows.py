"""What `run` prints on stdout, and what `run --dry-run` takes into account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/alder", page("Alder council opens a family hub", *report("Alder", 2)))
        site.feed("/feed", [Entry(path="/alder", title="Alder council opens a family hub")])
        yield site


def test_a_run_prints_a_row_for_each_source_that_was_due(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    with Site() as broken:
        make_desk(tmp_path, site, broken, source="min_poll = 3600")
        said = cli("run", "--json")
        assert said.status == 3
        well, ill = json.loads(said.out)
        counts = {"fetched": 2, "new": 1, "revised": 0, "unchanged": 0, "postponed": 0}
        assert well == {"source": "s1", **counts, "failures": 0, "first_failure": None}
        assert (ill["source"], ill["new"], ill["failures"]) == ("s2", 0, 1)
        assert ill["first_failure"].endswith(broken.url("/feed"))
        assert said.err.startswith("s2: ")
    make_desk(tmp_path, site, source="min_poll = 3600")
    assert json.loads(cli("run", "--json").out) == []
    assert cli("run", "--csv", "--source", "s1").out.splitlines()[1].startswith("s1,")
    assert cli("run", "--table", "--source", "s1").out.splitlines()[-1].startswith("s1 ")


def test_rows_are_not_mixed_with_news(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site, extra="[notify]\nstdout = true\n")
    said = cli("run", "--notify", "--json")
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert "leave out --notify or --json" in said.err


def test_a_dry_run_sends_nothing_and_keeps_to_its_time(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    for option in (("--notify",), ("--ping", "http://127.0.0.1:1/x")):
        said = cli("run", "--dry-run", *option)
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert option[0] in said.err
    said = cli("run", "--dry-run", "--max-seconds", "0.000001", "--json")
    assert (said.status, json.loads(said.out)) == (0, [])
    assert said.err.startswith("1 channel not read: ")
    assert cli("run", "--dry-run", "--max-seconds", "0.000001", "--strict").status == 4
    assert cli("run", "--dry-run", "--strict").status == 0
    assert site.count("/alder") == 0

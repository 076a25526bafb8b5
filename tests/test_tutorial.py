"""The tutorial works as it is written: its commands, in their order, against two local sites."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli import CommandLine
from tests.desk import page, report
from tests.site import Entry, Site

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
BLOCKS = re.findall(
    r"^```(sh|toml)\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
NEWS, COUNCIL = "https://news.example.org", "https://council.example.org"

VANS = (
    "The mobile vans of the Harrow valley lose two of their five drivers in March, the county has confirmed.",
    "Borrowers in eleven villages will see a van every third week. Large-print books go by post instead.",
)


def publish(site: Site, name: str, *reports: tuple[str, tuple[str, ...]]) -> None:
    """Let a site have a front page that names its feed, and these articles."""
    entries = []
    for number, (title, paragraphs) in enumerate(reports):
        site.page(f"/{number}", page(title, *paragraphs))
        entries.append(Entry(path=f"/{number}", title=title, published=datetime.now(UTC)))
    site.feed("/feed", entries, title=name)
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.page("/", f"<html><head><title>{name}</title>{link}</head><body><h1>{name}</h1></body></html>")


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """A trade paper and a council that report one opening."""
    with Site() as news, Site() as council:
        opening = ("Readers of the branch library had asked for longer hours.", *report("Alder", 2))
        publish(
            news,
            "Library News",
            ("Family hub opens in Alder library", opening),
            ("Mobile vans lose two drivers", VANS),
        )
        publish(council, "Alder Council", ("Alder opens its family hub", report("Alder", 2)))
        yield news, council


def allow(config: Path, *sites: Site) -> None:
    """Let the desk fetch from local sites, without a pause."""
    hosts = ", ".join(f'"{site.host}"' for site in sites)
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("[fetch]\n", f"[fetch]\ndelay = 0.0\nallow_private = [{hosts}]\n"), encoding="utf-8"
    )


def wait_for_the_next_second() -> None:
    """Times are stored in seconds, and a digest ends before the second in which it is made."""
    time.sleep(1 - time.time() % 1)


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(
    cli: CommandLine, sites: tuple[Site, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, council = sites
    printed: dict[str, str] = {}
    for kind, block in BLOCKS:
        if kind == "toml":
            with Path("cuttings.toml").open("a", encoding="utf-8") as config:
                config.write(f"\n{block}")
            continue
        for line in block.replace(NEWS, news.url("")).replace(COUNCIL, council.url("")).splitlines():
            program, *arguments = shlex.split(line, comments=True)
            if program == "cd":
                monkeypatch.chdir(arguments[0])
                allow(Path("cuttings.toml"), news, council)
            elif program == "cuttings":
                if arguments[0] == "digest":
                    wait_for_the_next_second()
                said = cli(*arguments, stdin=b"y\n")
                assert said.status == 0, f"{line}: {said.err}"
                printed[arguments[0]] = said.out + said.err
            else:
                assert program == "python3", f"the test does not know how to run {line}"
    assert "2 sources" in printed["story"]
    assert "Closures and openings" in printed["watch"]
    assert "Alder" in printed["digest"]
    assert (tmp_path / "libraries-backup.db").exists()

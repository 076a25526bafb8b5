"""Log records: quiet until asked for, one printable line each, with the run and without secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.commands import log_output
from pipelines.commands.log_output import configure, printable, without_secrets
from pipelines.logs import bind_run, silence
from tests.cli import CommandLine
from tests.desk import make_desk
from tests.site import Site

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) (pipelines|scraper)\.\S+ run=(-|\d+) \S.*"
)


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    silence()


def test_nothing_is_printed_until_somebody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    silence()
    logging.getLogger("pipelines.run").warning("unheard")
    logging.getLogger("scraper.client").error("unheard")
    assert capsys.readouterr() == ("", "")


def test_a_record_is_one_line_with_its_run(tmp_path: Path) -> None:
    path = tmp_path / "desk.log"
    configure(file=path)
    bind_run(7)
    logging.getLogger("scraper.client").info("fetched url=%s", "http://a.example/\x1b[2J\nfake line\u202e")
    bind_run(None)
    try:
        int("two\nlines")
    except ValueError:
        logging.getLogger("pipelines.run").exception("failed source=s1")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert all(LINE.fullmatch(line) for line in lines)
    assert "run=7 fetched url=http://a.example/\\x1b[2J\\nfake line\\u202e" in lines[0]
    assert "ValueError: invalid" in lines[1]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("proxy=http://desk:hunter2@proxy.example:3128", "hunter2"),
        ("url=https://a.example/feed?token=hunter2&page=2", "hunter2"),
        ("url=https://a.example/?page=2&api_key=hunter2", "hunter2"),
        ("url=https://a.example/?key=hunter2", "hunter2"),
        ("Authorization: Basic hunter2", "hunter2"),
        ("headers set-cookie=sid=hunter2; Path=/", "hunter2"),
        ("connecting password=hunter2", "hunter2"),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in without_secrets(text)


@pytest.mark.parametrize(
    "text", ["saved source=s1 key=abc code=200", "fetched url=https://a.example/author=x"]
)
def test_what_is_not_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_printable_keeps_letters_of_all_scripts() -> None:
    assert printable("Café “hub” 学校 🙂") == "Café “hub” 学校 🙂"


def test_a_log_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_output, "MAX_LOG_BYTES", 2_000)
    path = tmp_path / "desk.log"
    configure(file=path)
    for number in range(200):
        logging.getLogger("pipelines.run").info("counted number=%d", number)
    sizes = [each.stat().st_size for each in tmp_path.iterdir()]
    assert len(sizes) == log_output.OLD_LOGS + 1
    assert max(sizes) <= 2_000


def test_the_option_writes_the_log_and_v_prints_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    cli = CommandLine(capsys, monkeypatch)
    with Site() as site:
        site.feed("/feed", [])
        make_desk(tmp_path, site)
        assert cli("run", "--log-file", "desk.log").err == ""
        assert 'started command="cuttings run"' in Path("desk.log").read_text()
        assert LINE.match(cli("status", "-v").err)
        assert cli("status").err == ""
        said = cli("status", "--log-file", "none/desk.log")
        assert said.status == 1
        assert "none/desk.log" in said.err

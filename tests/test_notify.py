"""`run --notify`: news on topics go out once, and again after a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site
from tests.test_health import Monitor, monitor

__all__ = ["monitor"]  # the fixture

TOPIC = '\n[[topic]]\nid = "hubs"\nname = "Family hubs"\nsearch = "family hub"\n'


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/alder", page("Alder council opens a family hub", *report("Alder")))
        today = datetime.now(UTC)
        site.feed("/feed", [Entry(path="/alder", title="Alder council opens a family hub", published=today)])
        yield site


def test_news_are_appended_to_a_file_once(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    both = TOPIC + TOPIC.replace('"hubs"', '"towns"').replace("family hub", "council")
    make_desk(tmp_path, site, extra=f'{both}\n[notify]\nfile = "news.txt"\n')
    assert cli("run").status == 0
    assert not (tmp_path / "news.txt").exists(), "only when asked"
    said = cli("run", "--notify")
    assert (said.status, said.out, said.err) == (0, "", "")
    text = (tmp_path / "news.txt").read_text()
    assert text.startswith("Press cuttings: 1 story\nFamily hubs (new): Alder council opens a family hub\n")
    assert site.url("/alder") in text
    cli("run", "--notify")
    assert (tmp_path / "news.txt").read_text() == text


def test_news_go_to_stdout(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site, extra=TOPIC)
    said = cli("run", "--notify")
    assert (said.status, said.err) == (
        0,
        "--notify sent nothing: the config has no [notify] urls, file or stdout\n",
    )
    make_desk(tmp_path, site, extra=f"{TOPIC}\n[notify]\nstdout = true\n")
    assert "Family hubs (new)" in cli("run", "--notify").out
    assert cli("run", "--notify").out == ""


def test_a_failing_notification_fails_no_run_and_is_sent_again(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    make_desk(tmp_path, site, extra=f'{TOPIC}\n[notify]\nfile = "none/news.txt"\n')
    said = cli("run", "--notify")
    assert said.status == 0
    assert "could not send notifications" in said.err
    assert "none/news.txt" in said.err
    (tmp_path / "none").mkdir()
    assert cli("run", "--notify").err == ""
    assert "Alder council" in (tmp_path / "none" / "news.txt").read_text()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of libraries of Apprise
def test_news_go_through_apprise(cli: CommandLine, tmp_path: Path, site: Site, monitor: Monitor) -> None:
    pytest.importorskip("apprise", reason="needs the extra [notify]")
    topic = TOPIC.replace("Family hubs", "Family <b>hubs")
    extra = f'{topic}\n[notify]\nfile = "news.txt"\nurls = ["json://127.0.0.1:{{port}}/hook"]\n'
    make_desk(tmp_path, site, extra=extra.format(port=1))
    said = cli("run", "--notify")
    assert said.status == 0
    assert "could not send notifications" in said.err
    told = (tmp_path / "news.txt").read_text()
    assert "Family <b>hubs (new)" in told, "a service that fails holds up no other"
    assert "entry 1 did not accept" in cli("run", "--notify").err
    assert (tmp_path / "news.txt").read_text() == told, "and the others get nothing twice"
    config = tmp_path / "cuttings.toml"
    there = f"127.0.0.1:{monitor.server_port}/hook?format=html"  # as a mail has it
    config.write_text(config.read_text().replace("127.0.0.1:1/hook", there))
    assert cli("run", "--notify").err == ""
    [(path, body)] = monitor.pings
    assert path == "/hook"
    message = json.loads(body)["message"].replace("&nbsp;", " ")
    assert "Family &lt;b&gt;hubs (new)" in message, "text is not taken as HTML"
    assert message.count("<br") >= 2, "one line each"
    assert (tmp_path / "news.txt").read_text() == told

"""Runs that are killed, again and again: they make progress, lose nothing, and ask for nothing twice."""

from __future__ import annotations

import random
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.ingest.batch import UNKEPT_TOGETHER
from tests.desk import Desk, make_desk, page, report
from tests.site import Site
from tests.survival import PLACES, disturbed_run, fill, outcome, violations, whole_run

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOST_REQUESTS = 1.1  # of the twin's; a kill may cost the requests under way


def desk_over(site: Site, folder: Path, *, fetch: str = "") -> Desk:
    folder.mkdir(parents=True, exist_ok=True)
    desk = make_desk(folder, site, fetch=fetch)
    return replace(desk, config=replace(desk.config, database=folder / "cuttings.db"))


def statuses(desk: Desk) -> list[str]:
    connection = sqlite3.connect(desk.config.database)
    rows = [row[0] for row in connection.execute("SELECT status FROM runs ORDER BY id")]
    connection.close()
    return rows


def requests_of_twin(site: Site, folder: Path) -> tuple[Desk, int]:
    """The desk that nothing disturbed, and how many requests it needed."""
    twin = desk_over(site, folder)
    ended = whole_run(twin)
    assert ended.status == 0, ended.stderr
    assert violations(twin.config.database, settled=True) == []
    requests = len(site.log)
    site.forget()
    return twin, requests


@pytest.mark.slow
def test_a_source_that_is_killed_seven_times_is_read_to_its_end(site: Site, tmp_path: Path) -> None:
    fill(site, 40, delay=0.08)
    twin, requests = requests_of_twin(site, tmp_path / "twin")
    desk = desk_over(site, tmp_path / "desk")
    stored = []
    for number in range(7):
        asked = len(site.log)
        ended = disturbed_run(desk, SIGNALS[number % 3], 0.4, after=lambda asked=asked: len(site.log) > asked)  # type: ignore[misc]
        assert ended.seconds_after_signal < 5
        if not desk.config.database.exists():
            continue
        assert violations(desk.config.database) == []
        connection = sqlite3.connect(desk.config.database)
        stored.append(connection.execute("SELECT count(*) FROM pages").fetchone()[0])
        connection.close()
    assert stored == sorted(stored)
    assert stored[-1] > stored[0]
    assert whole_run(desk).status == 0
    assert violations(desk.config.database, settled=True) == []
    assert outcome(desk.config.database) == outcome(twin.config.database)
    assert len(site.log) <= MOST_REQUESTS * requests


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_a_signal_ends_a_run_within_seconds_and_keeps_what_was_fetched(
    site: Site, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    fill(site, 200, delay=0.05)
    desk = desk_over(site, tmp_path / "desk")
    ended = disturbed_run(desk, number, 0.1, after=lambda: len(site.log) > 12)
    assert (ended.status, statuses(desk)) == (status, ["interrupted"])
    assert ended.seconds_after_signal < 5
    assert violations(desk.config.database) == []
    fetched = sum(asked.path.startswith("/news/") for asked in site.log)
    connection = sqlite3.connect(desk.config.database)
    assert connection.execute("SELECT count(*) FROM _unread_pages").fetchone()[0] >= fetched - 1 > 5
    connection.close()


def random_kills(site: Site, folder: Path, *, rounds: int, seed: int) -> tuple[Desk, int]:
    """A desk whose runs are killed at random moments, half of them in the last fifth; the twin's time is the measure."""
    desk, chance = desk_over(site, folder), random.Random(seed)
    for number in range(rounds):
        late = number % 2 == 0
        asked, more = len(site.log), chance.randrange(0, 15)
        seconds = chance.uniform(0.5, 2.5) if late else chance.uniform(0.0, 0.5)
        disturbed_run(
            desk,
            chance.choice(SIGNALS),
            seconds,
            after=lambda asked=asked, more=more: len(site.log) > asked + more,  # type: ignore[misc]
        )
        if desk.config.database.exists():
            assert violations(desk.config.database) == [], (seed, number)
    return desk, len(site.log)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_runs_killed_at_random_moments_end_as_the_twin(site: Site, tmp_path: Path, seed: int) -> None:
    fill(site, 30, delay=0.03)
    twin, requests = requests_of_twin(site, tmp_path / "twin")
    desk, _ = random_kills(site, tmp_path / "desk", rounds=3, seed=seed)
    assert whole_run(desk).status == 0
    assert violations(desk.config.database, settled=True) == []
    assert outcome(desk.config.database) == outcome(twin.config.database)
    assert len(site.log) <= MOST_REQUESTS * requests


@pytest.mark.slow
def test_pages_that_may_not_be_kept_are_read_before_their_source_is_done(site: Site, tmp_path: Path) -> None:
    """They are in memory only, so a kill would have them all requested again."""
    fill(site, 30)
    for index in range(30):
        body = page(f"Report {index} of the council", *report(PLACES[index % 10], index))
        site.page(f"/news/{index}", body, headers={"tdm-reservation": "1"}, delay=0.05)
    desk = desk_over(site, tmp_path / "desk")
    disturbed_run(desk, signal.SIGKILL, 0.0, after=lambda: len(site.log) > 20)
    fetched = sum(asked.path.startswith("/news/") for asked in site.log)
    connection = sqlite3.connect(desk.config.database)
    read = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    connection.close()
    assert read >= fetched - UNKEPT_TOGETHER - 3 > 5
    assert whole_run(desk).status == 0
    assert len(desk.articles()) == 30

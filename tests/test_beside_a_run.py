"""Other commands beside a run: each ends as it says, the run ends well, and nothing is lost or stored twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.desk import Desk, make_desk, page, report
from tests.site import Site
from tests.survival import ROOT, fill, start_run, violations

LARGEST_LOG = 10_000_000  # bytes of the write-ahead log once readers leave


def start(desk: Desk, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "pipelines", *map(str, arguments)),
            *("--config", str(desk.config.path), "--db", str(desk.config.database)),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_fetching(site: Site, run: subprocess.Popen[str]) -> None:
    while not any(asked.path.startswith("/news/") for asked in site.log) and run.poll() is None:
        time.sleep(0.01)


def beside(site: Site, folder: Path, rounds: int) -> None:
    """Every command beside a run, so many times."""
    fill(site, 30, delay=0.05)
    rowan = page("Rowan council opens a hub", *report("Rowan", 4))
    for number in range(rounds):
        site.page(f"/single/{number}", rowan.replace("Rowan", f"Rowan{number}"))
    rows = folder / "rows.jsonl"
    imported = page("Sorrel council opens a hub", *report("Sorrel", 5))
    rows.write_text(
        json.dumps({"id": "x", "url": "https://sorrel.example/x", "source": "herald", "html": imported})
    )
    for number in range(rounds):
        desk = make_desk(folder, site).with_(database=folder / f"{number}.db")
        site.forget()
        run = start_run(desk)
        wait_until_fetching(site, run)
        others = {
            "run": start(desk, "run"),
            "fetch": start(desk, "fetch", site.url(f"/single/{number}")),
            "import": start(desk, "import", rows),
            "backup": start(desk, "backup", folder / f"copy{number}.db"),
        }
        ended = {name: (each.wait(90), each.stderr.read()) for name, each in others.items() if each.stderr}
        assert run.wait(90) == 0, run.stderr
        for each in (run, *others.values()):
            each.stderr.close()  # type: ignore[union-attr]
        assert {name: status for name, (status, _) in ended.items()} == {
            "run": 75,
            "fetch": 0,
            "import": 0,
            "backup": 0,
        }, ended
        assert violations(desk.config.database, settled=True) == []
        assert violations(folder / f"copy{number}.db") == []
        connection = sqlite3.connect(desk.config.database)
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (32,)
        assert {row[0] for row in connection.execute("SELECT status FROM runs")} == {"ok"}
        connection.close()
        log = desk.config.database.with_name(f"{number}.db-wal")
        assert not log.exists() or log.stat().st_size < LARGEST_LOG


@pytest.mark.slow
def test_commands_beside_a_run(site: Site, tmp_path: Path) -> None:
    beside(site, tmp_path, 1)


@pytest.mark.slow
def test_commands_beside_a_run_many_times(site: Site, tmp_path: Path) -> None:
    beside(site, tmp_path, 8)


@pytest.mark.slow
def test_a_reader_that_stays_and_a_lock_that_is_held_only_delay_a_run(site: Site, tmp_path: Path) -> None:
    fill(site, 10)
    desk = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    desk.run()
    fill(site, 25)
    reader = sqlite3.connect(desk.config.database, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM articles").fetchone()
    holder = sqlite3.connect(desk.config.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    run = start_run(desk)
    time.sleep(4)
    assert run.poll() is None
    holder.execute("COMMIT")
    _, stderr = run.communicate(timeout=60)
    assert run.returncode == 0, stderr
    assert "waiting" in stderr
    assert reader.execute("SELECT count(*) FROM articles").fetchone() == before
    reader.execute("COMMIT")
    reader.close()
    holder.close()
    assert len(desk.articles()) == 25
    assert violations(desk.config.database, settled=True) == []

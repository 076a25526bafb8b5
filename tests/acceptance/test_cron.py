"""The printed crontab line in a real cron (Debian: apt-get install cron), not in our idea of one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.desk import make_desk, page, report
from tests.site import Entry, Site
from tests.survival import ROOT

LONGEST_WAIT = 150.0  # seconds: cron starts what is due once a minute


def articles(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.OperationalError:  # its tables are not made yet
        return 0
    finally:
        connection.close()


@pytest.mark.slow
def test_cron_runs_the_printed_line(site: Site, tmp_path: Path) -> None:
    daemon, crontab = shutil.which("cron"), shutil.which("crontab")
    if os.geteuid() != 0 or daemon is None or crontab is None:
        pytest.skip("needs root and cron (Debian: apt-get install cron)")
    before = subprocess.run([crontab, "-l"], capture_output=True, text=True, check=False)
    site.page("/alder", page("Alder council opens a family hub", *report("Alder")))
    site.feed("/feed", [Entry(path="/alder", title="Alder council opens a family hub")])
    folder = tmp_path / "a desk's 100%"
    folder.mkdir()
    make_desk(folder, site)
    printed = subprocess.run(
        [sys.executable, "-m", "pipelines", "schedule", "--cron", "--config", folder / "cuttings.toml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    [line] = [line for line in printed.stdout.splitlines() if not line.startswith("#")]
    every_minute = " ".join(["*"] * 5 + line.split(maxsplit=5)[5:])
    subprocess.run([crontab, "-"], input=f"{before.stdout}{every_minute}\n", text=True, check=True)
    cron = subprocess.Popen([daemon, "-f"])
    try:
        end = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < end and not articles(folder / "cuttings.db"):
            assert cron.poll() is None, "cron ended; does another one run?"
            time.sleep(1)
    finally:
        cron.terminate()
        cron.wait()
        subprocess.run([crontab, "-"], input=before.stdout, text=True, check=True)
    assert articles(folder / "cuttings.db") == 1
    assert 'command="' in (folder / "cuttings.log").read_text()

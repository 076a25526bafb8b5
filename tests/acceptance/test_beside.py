"""Other programs beside a run, over and over: each ends as it says, the run ends well, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from tests.acceptance.rounds import BEFORE, IS_FULL, Case, Tally, log_size
from tests.desk import Desk, page, report
from tests.survival import start, start_run, violations

ROUNDS = 20 if IS_FULL else 6
FORGOTTEN = 3  # the id of the article that is deleted beside the run
LARGEST_LOG = 10_000_000  # bytes of the write-ahead log once readers leave
EXPECTED = {
    "run": (75,),
    "fetch": (0,),
    "import": (0,),
    "backup": (0,),
    "forget": (0,),
    "split": (0,),
    "stories": (0,),
}


def beside(case: Case, desk: Desk, tally: Tally, number: int) -> None:
    """Start every command while a run is fetching, and check how each ends."""
    folder, site = desk.config.database.parent, case.site
    rows = folder / "rows.jsonl"
    imported = page("Sorrel council opens a hub", *report("Sorrel", 5))
    rows.write_text(
        json.dumps({"id": "x", "url": "https://sorrel.example/x", "source": "herald", "html": imported})
    )
    site.page("/single", page("Rowan council opens a hub", *report("Rowan", 4)))
    run = start_run(desk)
    while not any(asked.path.startswith("/news/") for asked in site.log) and run.poll() is None:
        time.sleep(0.005)
    others = {
        "run": start(desk, "run"),
        "fetch": start(desk, "fetch", site.url("/single")),
        "import": start(desk, "import", rows),
        "backup": start(desk, "backup", folder / "copy.db"),
        "forget": start(desk, "forget", str(FORGOTTEN)),
        "split": start(desk, "split", "5", "6"),
        "stories": start(desk, "stories"),
    }
    said = {name: (each.communicate(timeout=300)[1], each.returncode) for name, each in others.items()}
    _, stderr = run.communicate(timeout=300)
    when, database = f"round {number}", desk.config.database
    tally.rounds += 1
    if run.returncode not in (0, 3):
        tally.check([f"the run ended with {run.returncode}: {stderr}"], when)
    for name, (words, status) in said.items():
        if status not in EXPECTED[name] or "locked" in words or "Traceback" in words:
            tally.check([f"{name} ended with {status}: {words}"], when)
    tally.check(violations(database, settled=True), when)
    tally.check(violations(folder / "copy.db"), f"{when}, backup")
    tally.check(ends_with(case, database), when)
    tally.largest_log = max(tally.largest_log, log_size(database))
    if log_size(database) > LARGEST_LOG:
        tally.check([f"the log has {log_size(database)} bytes"], when)


def ends_with(case: Case, database: Path) -> list[str]:
    """Return what is missing: the twin's articles, those of the commands, and not the one that was deleted."""
    connection = sqlite3.connect(database)
    urls = {row[0] for row in connection.execute("SELECT url FROM articles")}
    statuses = {row[0] for row in connection.execute("SELECT status FROM runs")}
    decided = connection.execute("SELECT count(*) FROM decisions").fetchone()[0]
    connection.close()
    base = sqlite3.connect(case.folder / "cuttings.db")
    (deleted,) = base.execute("SELECT url FROM articles WHERE id = ?", (FORGOTTEN,)).fetchone()
    base.close()
    articles: list[tuple[str, str, str]] = case.result["articles"]  # type: ignore[assignment]
    expected = {url for url, _, _ in articles} | {case.site.url("/single"), "https://sorrel.example/x"}
    faults = [f"articles: {urls ^ (expected - {deleted})}"] if urls != expected - {deleted} else []
    faults += [f"runs: {statuses}"] if not statuses <= {"ok", "partial"} else []
    return faults + ([f"{decided} decisions"] if decided != 2 else [])


@pytest.mark.slow
def test_commands_beside_a_run(settled: Case, tmp_path: Path, tally: Tally) -> None:
    assert FORGOTTEN <= BEFORE
    for number in range(ROUNDS):
        beside(settled, settled.copy(tmp_path / f"round{number}"), tally, number)

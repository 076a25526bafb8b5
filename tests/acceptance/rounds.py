"""A settled desk, an update of its site, and copies of the desk that are disturbed while they take the update.

The twin takes the update undisturbed: every disturbed copy must end with the same articles, texts and stories, and
with hardly more requests.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pipelines.stories.corrections import Editor, join
from tests.desk import Desk, make_desk, page, report
from tests.site import Entry, Site
from tests.survival import FOOTER, PLACES, ROOT, Ended, outcome, violations, whole_run

# The rounds of each disturbance in the full form, and in the one that every integration runs.
IS_FULL = os.environ.get("CUTTINGS_ACCEPTANCE") == "full"

DELAY = 0.02  # seconds that a page takes, so that a run is under way for some time
BEFORE, ADDED = 12, 16  # articles of the settled desk, and those that the update brings
EDITED = (2, 7)  # articles whose headline and text the update changes
REMOVED = 4  # the article that the update takes down

# Rows that no disturbance may take away: table and the columns that name a row.
LASTING = {
    "articles": "id, url",
    "revisions": "id, article_id, content_hash",
    "stories": "id",
    "story_changes": "id, story_id, kind",
    "decisions": "id, kind, article_a, article_b",
    "sources": "id",
    "channels": "source_id, url",
    "_links": "source_id, key",
    "runs": "id, started_at",
}


@dataclass(slots=True)
class Tally:
    """Rounds and violations of one disturbance. Times are in seconds, sizes in bytes."""

    PROPERTY: ClassVar[str] = "acceptance"
    HEADER: ClassVar[str] = "rounds  violations  requests/twin  slowest recovery  largest log  disturbance"
    MOST_REQUESTS: ClassVar[float] = 1.1  # of the twin's, over the rounds of all disturbances

    disturbance: str
    rounds: int = 0
    violations: list[str] = field(default_factory=list)
    requests: int = 0
    of_twin: int = 0
    slowest_recovery: float = 0.0
    largest_log: int = 0

    @property
    def ratio(self) -> float:
        """Requests of the disturbed desks, in those of their twins."""
        return self.requests / self.of_twin if self.of_twin else 0.0

    @property
    def most_requests(self) -> float:
        """Requests of one disturbance at most: each round may cut off one that is under way."""
        return self.MOST_REQUESTS * self.of_twin + self.rounds

    def check(self, faults: Iterable[str], when: str) -> None:
        """Note violations, each with the moment at which it was seen."""
        self.violations += [f"{when}: {fault}" for fault in faults]

    @classmethod
    def sum_of(cls, tallies: Iterable[Tally]) -> Tally:
        """All disturbances together."""
        total = cls(disturbance="all")
        for each in tallies:
            total.rounds += each.rounds
            total.violations += each.violations
            total.requests += each.requests
            total.of_twin += each.of_twin
            total.slowest_recovery = max(total.slowest_recovery, each.slowest_recovery)
            total.largest_log = max(total.largest_log, each.largest_log)
        return total

    def line(self) -> str:
        """This tally as a line under ``HEADER``."""
        ratio = f"{self.ratio:.3f}" if self.of_twin else "-"
        return (
            f"{self.rounds:6d}  {len(self.violations):10d}  {ratio:>13}  {self.slowest_recovery:14.1f} s"
            f"  {self.largest_log / 1e6:8.1f} MB  {self.disturbance}"
        )


def publish(site: Site, *, updated: bool, delay: float = 0.0, added: int = ADDED) -> None:
    """Let a site announce the articles of before, or those of after the update."""
    entries = []
    for index in range(BEFORE + added if updated else BEFORE):
        place, edition = PLACES[index % len(PLACES)], index // len(PLACES) + 1
        title, text = f"{place} council opens family hub number {edition}", report(place, edition * 7)
        if updated and index in EDITED:
            title, text = f"{title} at last", (*text, f"The mayor of {place} cut the ribbon.")
        site.page(f"/news/{index}", page(title, *text, around=FOOTER), delay=delay)
        entries.append(Entry(path=f"/news/{index}", title=title))
    if updated:
        site.remove(f"/news/{REMOVED}", status=410)
    site.feed("/feed", entries)


@dataclass(frozen=True, slots=True)
class Case:
    """A settled desk in ``folder``, whose site has the update; ``seconds`` from the twin's last request to its end."""

    site: Site
    folder: Path
    result: dict[str, object]
    requests: int
    seconds: float
    rows: dict[str, frozenset[tuple[object, ...]]]

    def copy(self, folder: Path) -> Desk:
        """Return a copy of the settled desk; all that it watches is due, and the site's log is empty."""
        shutil.copytree(self.folder, folder)
        desk = make_desk(folder, self.site).with_(database=folder / "cuttings.db")
        self.site.forget()
        return desk

    def lost(self, database: Path) -> list[str]:
        """Return the rows of before that are missing."""
        now = lasting(database)
        return [f"{table} lost {row}" for table, rows in self.rows.items() for row in rows - now[table]]


def prepare(site: Site, folder: Path, *, delay: float = 0.0, added: int = ADDED) -> Case:
    """Return a settled desk with a decision of a person, after its twin took the update."""
    publish(site, updated=False)
    base = folder / "base"
    base.mkdir()
    desk = make_desk(base, site).with_(database=base / "cuttings.db")
    desk.now = datetime.now(UTC)
    assert desk.run().failures == ()
    with desk.store() as store:
        join(store, 1, 2, Editor(name="ann", reason="", now=desk.now))
    make_due(desk.config.database)
    publish(site, updated=True, delay=delay, added=added)
    rows = lasting(desk.config.database)
    shutil.copytree(base, folder / "twin")
    twin = make_desk(folder / "twin", site).with_(database=folder / "twin" / "cuttings.db")
    site.forget()
    twin.now = datetime.now(UTC)
    assert len(twin.run().failures) == 1, "the article that is gone is a failure"
    ended = time.monotonic()
    assert violations(twin.config.database, settled=True) == []
    return Case(
        site=site,
        folder=base,
        result=outcome(twin.config.database),
        requests=len(site.log),
        seconds=ended - site.log[-1].at,
        rows=rows,
    )


def make_due(database: Path) -> None:
    """Make every channel of a desk due, and the article that the update takes down."""
    connection = sqlite3.connect(database)
    connection.execute("UPDATE channels SET next_poll_at = '2020-01-01T00:00:00Z'")
    connection.execute(
        "UPDATE _links SET next_look_at = '2020-01-01T00:00:00Z' WHERE article_id IS NOT NULL AND url LIKE ?",
        (f"%/news/{REMOVED}",),
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def lasting(database: Path) -> dict[str, frozenset[tuple[object, ...]]]:
    """Return the rows that must not go, by table."""
    connection = sqlite3.connect(database)
    rows = {
        table: frozenset(connection.execute(f"SELECT {columns} FROM {table}"))
        for table, columns in LASTING.items()
    }
    connection.close()
    return rows


def check_disturbed(case: Case, desk: Desk, ended: Ended, tally: Tally, when: str) -> None:
    """Check a desk after a disturbance: nothing lost, no traceback, and an exit status that does not say "done"."""
    database = desk.config.database
    tally.rounds += 1
    tally.largest_log = max(tally.largest_log, log_size(database))
    tally.check(violations(database), when)
    tally.check(case.lost(database), when)
    if has_own_traceback(ended.stderr):
        tally.check([f"a traceback: {ended.stderr[-600:]}"], when)
    if ended.status in (0, 3) and outcome(database) != case.result:
        tally.check([f"exit status {ended.status}, yet work is left: {ended.stderr}"], when)


def has_own_traceback(stderr: str) -> bool:
    """Whether a traceback was printed since the first line of this project was reached.

    Python handles SIGINT before it runs any program, while it prepares itself and looks for the module: what it
    prints then names files of its own only, or no file ("Fatal Python error: init_sys_streams"), and no program
    can prevent it.
    """
    own = (str(ROOT / "pipelines"), str(ROOT / "scraper"), "Exception ignored")
    return ("Traceback" in stderr or "Exception ignored" in stderr) and any(each in stderr for each in own)


def check_recovered(case: Case, desk: Desk, tally: Tally, when: str) -> None:
    """Run undisturbed, and check that the desk is as its twin. Counts all requests since the copy was made."""
    database, began = desk.config.database, time.monotonic()
    ended = whole_run(desk)
    tally.slowest_recovery = max(tally.slowest_recovery, time.monotonic() - began)
    tally.requests += len(case.site.log)
    tally.of_twin += case.requests
    if ended.status not in (0, 3):
        tally.check([f"the next run ended with {ended.status}: {ended.stderr}"], when)
    tally.check(violations(database, settled=True), f"{when}, after the next run")
    tally.check(case.lost(database), f"{when}, after the next run")
    if (result := outcome(database)) != case.result:
        different = [name for name in case.result if result[name] != case.result[name]]
        tally.check([f"{', '.join(different)} differ from the twin's"], when)
    tally.largest_log = max(tally.largest_log, log_size(database))


def log_size(database: Path) -> int:
    """Return the bytes of a database's write-ahead log."""
    log = database.with_name(f"{database.name}-wal")
    return log.stat().st_size if log.exists() else 0


def requests_made(case: Case, more: int) -> Callable[[], bool]:
    """Return a condition: so many requests have come since the copy was made, or all that the twin made."""
    return lambda: len(case.site.log) >= min(more, case.requests)

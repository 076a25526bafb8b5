"""What must hold of a desk after any disturbance, and the disturbances: runs that are killed, in a process of their own."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.storage.page_store import PageState, PageStore, pages_folder
from pipelines.storage.store import Store
from tests.desk import Desk, page, report
from tests.site import Entry, Site

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("Alder", "Birch", "Cedar", "Damson", "Elder", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
FOOTER = (
    "<footer><p>Sign up to our newsletter for the best of our reporting every Friday morning.</p></footer>"
)

INVARIANTS = {
    "an article without a revision": "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM revisions)",
    "an article without a source": "SELECT id FROM articles WHERE source_id IS NULL",
    "an article without a page": "SELECT id FROM articles WHERE page_id IS NULL",
    "two revisions in a row that are equal": """SELECT r.id FROM revisions AS r JOIN revisions AS before
        ON before.id = (SELECT max(id) FROM revisions WHERE article_id = r.article_id AND id < r.id)
        WHERE before.text = r.text AND before.title = r.title""",
    "two articles with one URL": "SELECT url_key FROM articles GROUP BY url_key HAVING count(*) > 1",
    "a revision that is not the article's text": """SELECT a.id FROM articles AS a JOIN revisions AS r
        ON r.id = (SELECT max(id) FROM revisions WHERE article_id = a.id) WHERE r.text <> a.text""",
    "a filed article without a story": "SELECT id FROM articles WHERE filed_at IS NOT NULL AND story_id IS NULL",
    "a story without an article": """SELECT id FROM stories WHERE merged_into IS NULL AND article_count > 0
        AND id NOT IN (SELECT story_id FROM articles WHERE story_id IS NOT NULL)""",
    "an unread page that its link does not know": """SELECT u.page_id FROM _unread_pages AS u
        LEFT JOIN _links AS l ON l.source_id = u.source_id AND l.key = u.key WHERE l.key IS NULL""",
}
SETTLED = {
    "an unfiled article": "SELECT id FROM articles WHERE filed_at IS NULL",
    "a page that was not read": "SELECT page_id FROM _unread_pages",
    "an article without a story": "SELECT id FROM articles WHERE story_id IS NULL",
    "a story that counts other articles than it has": """SELECT id FROM stories WHERE merged_into IS NULL
        AND article_count <> (SELECT count(*) FROM articles WHERE story_id = stories.id)""",
    "a verdict that is not where its articles are filed": """SELECT article_a, article_b FROM matches AS m
        JOIN articles AS a ON a.id = m.article_a JOIN articles AS b ON b.id = m.article_b
        WHERE m.same_event <> (a.story_id = b.story_id)""",
    "a run marked as running": "SELECT id FROM runs WHERE status = 'running'",
}


def violations(database: Path, *, settled: bool = False) -> list[str]:
    """What is wrong with a desk; ``settled``: after a run that nothing disturbed."""
    connection = sqlite3.connect(database)
    try:
        faults = [str(row) for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
        faults += [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
        for words, sql in (INVARIANTS | (SETTLED if settled else {})).items():
            faults += [f"{words}: {row}" for row in connection.execute(sql)]
        for table in ("articles_fts", "stories_fts"):
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
        named = {
            row[0] for row in connection.execute("SELECT content_hash FROM pages WHERE removed_at IS NULL")
        }
    finally:
        connection.close()
    pages = PageStore(pages_folder(database))
    faults += [
        f"page {each} is {pages.state(each)}" for each in named if pages.state(each) is not PageState.OK
    ]
    if settled:
        faults += [f"orphan page {each}" for each in set(pages.hashes()) - named]
    return faults


def outcome(database: Path) -> dict[str, object]:
    """What two desks that saw the same sites have in common: articles, texts and stories."""
    with Store(database, read_only=True) as store:
        articles = list(store.articles.iterate())
        urls = {stored.id: stored.article.url for stored in articles}
        stories: dict[int | None, set[str | None]] = {}
        for stored in articles:
            stories.setdefault(stored.story_id, set()).add(urls[stored.id])
        return {
            "articles": sorted((a.article.url or "", a.article.title, a.article.text) for a in articles),
            "revisions": len(store.view("revisions").rows),
            "stories": sorted(sorted(map(str, members)) for members in stories.values()),
        }


def fill(site: Site, number: int, *, delay: float = 0.0) -> None:
    """Let a site announce this many articles; every third one is reported twice."""
    entries = []
    for index in range(number):
        place, edition = PLACES[index % len(PLACES)], index // len(PLACES) + 1
        title = f"{place} council opens family hub number {edition}"
        body = page(title, *report(place, edition * 7), around=FOOTER)
        site.page(f"/news/{index}", body, delay=delay)
        entries.append(Entry(path=f"/news/{index}", title=title))
    site.feed("/feed", entries)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int
    seconds_after_signal: float
    stderr: str


def command(desk: Desk, *arguments: str | Path) -> list[str]:
    """The words that start a command of a desk."""
    return [
        *(sys.executable, "-m", "pipelines", *map(str, arguments)),
        *("--config", str(desk.config.path), "--db", str(desk.config.database)),
    ]


def start(desk: Desk, *arguments: str | Path, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A command of a desk in a process of its own; ``under`` are a program and its arguments that start it."""
    return subprocess.Popen(
        [*under, *command(desk, *arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_run(desk: Desk, *options: str, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return start(desk, "run", *options, under=under)


def disturbed_run(
    desk: Desk, number: signal.Signals, seconds: float, *, after: Callable[[], bool] = lambda: True
) -> Ended:
    """A run that gets a signal so many seconds after a condition holds, unless it has ended before."""
    run = start_run(desk)
    began = time.monotonic()
    while not after() and run.poll() is None and time.monotonic() < began + 30:
        time.sleep(0.005)
    try:
        _, stderr = run.communicate(timeout=seconds)
        return Ended(run.returncode, 0.0, stderr)
    except subprocess.TimeoutExpired:
        run.send_signal(number)
    sent = time.monotonic()
    _, stderr = run.communicate(timeout=30)
    return Ended(run.returncode, time.monotonic() - sent, stderr)


def whole_run(desk: Desk, *, under: tuple[str, ...] = ()) -> Ended:
    """A run that nobody stops."""
    run = start_run(desk, under=under)
    _, stderr = run.communicate(timeout=300)
    return Ended(run.returncode, 0.0, stderr)

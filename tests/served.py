"""A database in the browser for tests: `cuttings serve` in a process of its own, and a desk worth looking at."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import requests

from pipelines.config.settings import DigestList, read_config
from pipelines.export.digest.build import DigestRequest, build_digest, entries_of
from pipelines.export.digest.content import to_json
from pipelines.models import Topic
from pipelines.operations.topics import update_topics
from pipelines.storage.store import Store
from tests.database import opened

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
TOPICS = (
    Topic(id="homes", name="Children’s homes", search='"children\'s homes"', min_publishers=2),
    Topic(id="kinship", name="Kinship care", search="kinship"),
)


PATHS = (
    "/", "/?since=2026-10-01", "/search?q=kinship", "/search?q=kinship&order=best", "/topics", "/topic/kinship",
    "/voices", "/sources", "/source/ledger", "/digests", "/digest/1", "/review",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Served:
    """A site that runs."""

    url: str
    process: subprocess.Popen[str]


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=30, allow_redirects=False)


@contextmanager
def serve(database: Path, *options: str) -> Iterator[Served]:
    """Serve a database on a free port until the block ends."""
    command = [sys.executable, "-m", "pipelines", "serve", "--db", str(database), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().rstrip("/")
        wait_for(f"{url}/-/static-plugins/cuttings/desk.css", process)
        yield Served(url=url, process=process)
    finally:
        process.terminate()
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 143


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        try:
            get(url).close()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody answers at {url}")


def dressed(database: Path, copy: Path) -> Path:
    """Return a copy of a demo's database with topics and a digest; story 9001 is merged, 9002 emptied."""
    shutil.copy(database, copy)
    with Store(copy) as store:
        update_topics(store, TOPICS, now=NOW)
        window = DigestRequest(
            since=datetime(2026, 9, 1, tzinfo=UTC),
            until=NOW,
            made_at=NOW,
            readers=DigestList(name="directors"),
        )
        made = build_digest(store, read_config(None, version="test"), window)
        store.digests.save(
            made.id, to_json(made), entries_of(made), list_name="directors", made_at=NOW,
            since=window.since, until=window.until,
        )  # fmt: skip
    with opened(copy) as raw:
        raw.execute(
            """INSERT INTO stories (id, title, article_count, report_count, source_count, merged_into, origin_kind,
                created_at, updated_at)
            SELECT 9001, 'Merged', 0, 0, 0, min(id), '', '2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z' FROM stories
            WHERE article_count > 1"""
        )
        raw.execute(
            """INSERT INTO stories (id, title, article_count, report_count, source_count, origin_kind, created_at,
                updated_at)
            VALUES (9002, '', 0, 0, 0, '', '2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z')"""
        )
    raw.close()
    return copy


def widest(desk: Path) -> tuple[int, list[int]]:
    """The story with most articles, and these."""
    database = sqlite3.connect(desk)
    try:
        story, ids = database.execute(
            """SELECT story_id, group_concat(id) FROM articles
            GROUP BY story_id ORDER BY count(*) DESC, story_id LIMIT 1"""
        ).fetchone()
    finally:
        database.close()
    return story, [int(each) for each in ids.split(",")]


def paths_of(desk: Path) -> list[str]:
    """The address of every kind of page of a dressed desk."""
    story, articles = widest(desk)
    database = sqlite3.connect(desk)
    (speaker,) = database.execute("SELECT speaker FROM quotations WHERE speaker <> '' LIMIT 1").fetchone()
    database.close()
    compared = f"/compare?a={articles[0]}&b={articles[1]}"
    return [*PATHS, f"/story/{story}", compared, f"/voice?name={quote(speaker)}"]

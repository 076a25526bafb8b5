"""What a channel said of an article stays until its page is read, and goes with its link."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.storage.store import Store
from pipelines.storage.tables.links import FrontierEntry
from scraper.models import Link
from tests.factories import make_article
from tests.site import NOON, days

LINK = Link(url="https://a.example/1", title="Hub opens", summary="At last.")
ENTRY = FrontierEntry(
    source_id="a",
    key="link:a.example/1",
    url=LINK.url,
    title=LINK.title,
    first_seen_at=NOON,
    last_seen_at=NOON,
    announced=LINK,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def store(database: Path) -> Store:
    store = Store(database)
    store.sources.ensure("a", name="A", homepage="", at=NOON)
    store.links.save_all([ENTRY])
    return store


def announced(database: Path) -> int:
    connection = sqlite3.connect(database)
    [(number,)] = connection.execute("SELECT count(*) FROM _announced").fetchall()
    connection.close()
    return int(number)


def test_it_comes_back_as_it_was_and_goes_when_the_page_is_read(store: Store, database: Path) -> None:
    assert store.links.get("a", ENTRY.key) == ENTRY
    newer = replace(ENTRY, announced=replace(LINK, title="Hub opens again"))
    store.links.save_all([newer])
    assert store.links.due("a", NOON, limit=5) == ()
    assert store.links.recent("a", limit=5) == (newer,)
    store.links.save_all([replace(newer, announced=None)])
    assert store.links.get("a", ENTRY.key) == replace(newer, announced=None)
    assert announced(database) == 0
    store.close()


def test_it_goes_with_a_link_that_is_removed(store: Store, database: Path) -> None:
    assert store.links.remove(before=NOON + days(1)) == 1
    assert announced(database) == 0
    store.close()


def test_it_goes_when_its_article_is_forgotten(store: Store, database: Path) -> None:
    saved = store.articles.save(make_article(url=LINK.url, source_id="a"), at=NOON)
    store.links.save_all([replace(ENTRY, article_id=saved.id)])
    store.articles.delete([store.articles.get(saved.id)])
    entry = store.links.get("a", ENTRY.key)
    assert entry is not None
    assert (entry.last_outcome, entry.title, entry.announced) == ("forgotten", "", None)
    assert announced(database) == 0
    store.close()

"""What triggers keep for the views of the whole archive is what counting every row gives, whatever was written."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles
from tests.factories import NOON, make_article, make_source

DAY = timedelta(days=1)
NAMES = ("north", "south", "weekly")
WORDS = (
    "The council of Wrenbury will close its last children’s home in March, the cabinet decided on Monday night. "
    "Its leader said that the building needs repairs of two million pounds, which the council does not have. "
    "Nine children live there now, and each of them will move to a foster family before the doors are shut. "
)

COUNTED_HEALTH = """SELECT source_id, count(*), max(first_seen_at), max(published_at),
    sum(first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days')),
    sum(first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')),
    round(100.0 * sum(access IN ('full', 'imported')) / count(*), 1),
    round(100.0 * count(published_at) / count(*), 1), round(avg(word_count))
    FROM articles WHERE source_id IS NOT NULL GROUP BY source_id ORDER BY source_id"""
HEALTH = """SELECT source_id, articles, last_new_at, newest_published_at, articles_7_days, articles_30_days,
    percent_full_text, percent_dated, mean_words FROM source_health WHERE articles > 0 ORDER BY source_id"""
COUNTED_SYNDICATION = """SELECT coalesce(o.name, a.publisher, '(unknown)'), coalesce(po.name, p.publisher, '(unknown)'),
    count(*), sum(a.copy_group IS NOT NULL AND a.copy_group <> a.id), round(100 * avg(r.borrowed_share)),
    min(coalesce(a.published_at, a.first_seen_at)), max(coalesce(a.published_at, a.first_seen_at))
    FROM reports AS r JOIN articles AS a ON a.id = r.article_id JOIN articles AS p ON p.id = r.borrowed_from
    LEFT JOIN sources AS o ON o.id = a.source_id LEFT JOIN sources AS po ON po.id = p.source_id
    WHERE r.borrowed_share >= 0.5 AND a.source_id IS NOT p.source_id GROUP BY 1, 2 ORDER BY 1, 2"""
SYNDICATION = """SELECT source, copied_source, articles, copies, mean_percent, first_at, last_at
    FROM syndication ORDER BY 1, 2"""


def check(path: Path, *, pairs: int) -> None:
    """Compare both views with the plain counts; ``pairs`` rows of `syndication` are expected."""
    database = sqlite3.connect(path)
    try:
        health = database.execute(HEALTH).fetchall()
        assert health == database.execute(COUNTED_HEALTH).fetchall()
        syndication = database.execute(SYNDICATION).fetchall()
        assert syndication == database.execute(COUNTED_SYNDICATION).fetchall()
        assert len(syndication) == pairs
    finally:
        database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one text at three sources, one at no source, and another story."""
    path = tmp_path / "cuttings.db"
    with Store(path) as store:
        store.sources.sync([make_source(name) for name in NAMES], at=NOON)
        first = make_article(
            title="Wrenbury closes its last children’s home", text=WORDS, source_id="north",
            url="https://north.example/1",
        )  # fmt: skip
        copies = [
            replace(
                first, source_id=name, url=f"https://{name}.example/1", text=WORDS + f"Read more at {name}."
            )
            for name in NAMES[1:]
        ]
        loose = replace(first, source_id=None, publisher="A blog", url="https://blog.example/1")
        other = make_article(
            title="A bridge opens", text="A bridge opened at Marlow on Friday.", source_id="north",
            url="https://north.example/2", published_at=None,
        )  # fmt: skip
        store.articles.save_all([first, *copies, loose, other], at=NOON)
        file_articles(store, now=NOON)
    return path


def test_new_articles_are_counted(path: Path) -> None:
    check(path, pairs=3)


def test_a_revised_article_counts_as_it_is_now(path: Path) -> None:
    with Store(path) as store:
        second = store.articles.find("https://south.example/1").article
        store.articles.save(replace(second, text="Nothing of the kind was said."), at=NOON + DAY)
        file_articles(store, now=NOON + DAY)
        bridge = store.articles.find("https://north.example/2").article
        store.articles.save(replace(bridge, published_at=NOON), at=NOON + DAY)
        file_articles(store, now=NOON + DAY)
    check(path, pairs=2)


def test_a_deleted_article_is_not_counted(path: Path) -> None:
    with Store(path) as store:
        doomed = store.articles.find("https://north.example/1")
        with store.transaction():
            store.stories.detach([doomed.id])
            store.articles.delete([doomed])
        check_health = store.view("source_health")
        assert len(check_health.rows) == len(NAMES)
    database = sqlite3.connect(path)
    assert database.execute(HEALTH).fetchall() == database.execute(COUNTED_HEALTH).fetchall()
    assert database.execute(SYNDICATION).fetchall() == database.execute(COUNTED_SYNDICATION).fetchall()
    database.close()


def test_an_article_that_moves_to_another_source_is_counted_there(path: Path) -> None:
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE articles SET source_id = 'weekly' WHERE url = 'https://north.example/1'")
        database.execute("UPDATE articles SET source_id = NULL WHERE url = 'https://south.example/1'")
        database.execute(
            "UPDATE articles SET source_id = 'south' WHERE source_id IS NULL AND publisher = 'A blog'"
        )
        database.execute("UPDATE articles SET access = 'teaser', word_count = 7 WHERE source_id = 'weekly'")
    database.close()
    check(path, pairs=2)

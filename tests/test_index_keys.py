"""The matcher's index holds each article under the keys of its present fingerprint, whatever became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.matching import FINGERPRINT_VERSION, Fingerprint, fingerprint
from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles, withdraw
from pipelines.stories.linking import OF_FINGERPRINT, index_keys
from pipelines.stories.pairs import keys_of
from scraper.models import Article
from tests.factories import make_article
from tests.site import NOON, days


def article(number: int, words: str = "") -> Article:
    return make_article(
        title=f"Council {number} opens hub number {number}",
        text=f"The mayor of Wrenbury{number} opened the Kestrel{number} centre. {words}",
        url=f"https://first.example/news/{number}",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "a.db") as store:
        store.sources.ensure("first", name="First", homepage="", at=NOON)
        store.articles.save_all([article(number) for number in (1, 2, 3)], at=NOON)
        file_articles(store, now=NOON)
        yield store


def postings(store: Store) -> set[tuple[int, int]]:
    connection = sqlite3.connect(store.path)
    rows = set(connection.execute("SELECT key, article_id FROM _postings"))
    connection.close()
    return rows


def expected(store: Store) -> set[tuple[int, int]]:
    """The keys of each stored fingerprint and page."""
    bodies = store.fingerprints.load(store.articles.ids())
    return {
        (key, each)
        for each, body in bodies.items()
        for key in keys_of(Fingerprint.from_bytes(body), store.articles.get(each))
    }


def test_keys_follow_from_fingerprints_and_pages(store: Store) -> None:
    assert postings(store) == expected(store)
    assert all(keys[0] == OF_FINGERPRINT for keys in store.fingerprints.keys_of([1, 2, 3]).values())
    assert {(key, each) for each, keys in index_keys(store, [1, 2, 3]).items() for key in keys} == postings(
        store
    )


def test_a_revised_article_leaves_its_earlier_keys(store: Store) -> None:
    before = postings(store)
    store.articles.save(article(2, "Harrowgate minister Thistlewood resigned over it."), at=NOON + days(1))
    file_articles(store, now=NOON + days(1))
    assert postings(store) == expected(store) != before


def test_a_text_that_may_no_longer_be_kept_leaves_its_earlier_keys(store: Store) -> None:
    revised = article(2, "Harrowgate minister Thistlewood resigned over it.")
    store.articles.save(revised, at=NOON + days(1), text_use="features_only")
    made = fingerprint(revised, None)
    store.fingerprints.save_all([(2, FINGERPRINT_VERSION, "", made.to_bytes())], keys=index_keys(store, [2]))
    file_articles(store, now=NOON + days(1))
    assert postings(store) == expected(store)
    assert OF_FINGERPRINT not in store.fingerprints.keys_of([2])[2]


def test_rows_of_earlier_versions_with_all_their_keys_are_read(store: Store) -> None:
    store.fingerprints.set_keys(index_keys(store, [1, 2, 3]))
    store.articles.save(replace(article(1), title="Another headline altogether"), at=NOON + days(1))
    file_articles(store, now=NOON + days(1))
    assert postings(store) == expected(store)


def test_a_withdrawn_article_leaves_no_key(store: Store) -> None:
    withdraw(store, [3], now=NOON)
    assert {each for _, each in postings(store)} == {1, 2}

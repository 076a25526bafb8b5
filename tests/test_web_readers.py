"""Readers of the pages keep a database open, and see each change of its file."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.errors import DatabaseError, OlderDatabaseError
from pipelines.storage.store import Store
from tests.factories import NOON, make_article

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from pipelines.web.readers import Readers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "cuttings.db"
    Store(path).close()
    return path


def articles(readers: Readers, path: Path) -> int:
    with readers.snapshot(path) as store:
        return store.articles.count()


def test_a_second_page_uses_the_open_file_whichever_thread_makes_it(path: Path) -> None:
    readers = Readers()
    with readers.snapshot(path) as store:
        first = store
    with ThreadPoolExecutor(1) as other, readers.snapshot(path) as store:
        assert store is first
        assert other.submit(articles, readers, path).result() == 0
    with Store(path) as writer:
        writer.articles.save(make_article(), at=NOON)
    assert articles(readers, path) == 1


def test_a_file_that_is_replaced_or_of_another_version_is_opened_again(path: Path, tmp_path: Path) -> None:
    readers = Readers()
    assert articles(readers, path) == 0
    restored = tmp_path / "backup.db"
    with Store(restored) as store:
        store.articles.save(make_article(), at=NOON)
    restored.replace(path)
    assert articles(readers, path) == 1
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 1")
    raw.close()
    with pytest.raises(OlderDatabaseError):
        articles(readers, path)
    path.unlink()
    with pytest.raises(DatabaseError):
        articles(readers, path)


def test_a_reader_that_failed_is_not_used_again(path: Path) -> None:
    readers = Readers()
    with pytest.raises(ZeroDivisionError), readers.snapshot(path) as store:
        raise ZeroDivisionError
    with readers.snapshot(path) as other:
        assert other is not store

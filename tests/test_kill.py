"""SIGKILL at any moment loses nothing that was stored, and the next filing goes on where it stopped."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles
from tests.factories import NOON
from tests.invented import corpus, partition

pytestmark = pytest.mark.slow

WRITER = """
import sys
from pipelines.stories.filing import file_articles
from pipelines.storage.store import Store
from tests.factories import NOON
from tests.invented import corpus
with Store(sys.argv[1]) as store:
    print("open", flush=True)
    for article in corpus(12, seed=1):
        with store.transaction():
            store.articles.save(article, at=NOON)
        print(article.external_id, flush=True)
        file_articles(store, now=NOON)
        print("filed", flush=True)
"""


def killed_writer(path: Path, seconds: float) -> list[str]:
    """What a writer said before it was killed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.kill()
    said = (first + writer.stdout.read()).splitlines()
    writer.stdout.close()
    writer.wait()
    return [line for line in said if line not in {"open", "filed"}]


@pytest.mark.parametrize("seed", range(8))
def test_a_kill_loses_nothing_that_was_stored(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "cuttings.db"
    said: list[str] = []
    for attempt in range(3):
        said += killed_writer(path, random.Random(f"{seed} {attempt}").uniform(0.0, 0.6))
        database = sqlite3.connect(path)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        stored = {row[0] for row in database.execute("SELECT external_id FROM articles")}
        database.close()
        assert set(said) <= stored, "what was said to be stored is stored"
    with Store(path) as store, Store(tmp_path / "whole.db") as whole:
        file_articles(store, now=NOON)
        kept = set(store.articles.external_stories())
        whole.articles.save_all([a for a in corpus(12, seed=1) if a.external_id in kept], at=NOON)
        file_articles(whole, now=NOON)
        assert store.articles.unfiled() == ()
        assert partition(list(store.articles.external_stories().items())) == partition(
            list(whole.articles.external_stories().items())
        )


def test_a_first_start_that_is_killed_can_be_repeated(tmp_path: Path) -> None:
    for seed in range(6):
        path = tmp_path / f"{seed}.db"
        starter = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pipelines.storage.store import Store; Store(sys.argv[1])",
                str(path),
            ],
            cwd=Path(__file__).parents[1],
        )
        while not path.exists() and starter.poll() is None:
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.02))
        starter.kill()
        starter.wait()
        with Store(path) as store:
            assert store.articles.count() == 0


OPEN = "import sys; from pipelines.storage.store import Store; Store(sys.argv[1])"


def test_two_programs_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    path = tmp_path / "cuttings.db"
    starters = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pipelines.storage.store import Store; Store(sys.argv[1]).close()",
                str(path),
            ],
            cwd=Path(__file__).parents[1],
        )
        for _ in range(4)
    ]
    assert [starter.wait() for starter in starters] == [0] * 4
    with Store(path) as store:
        assert store.articles.count() == 0

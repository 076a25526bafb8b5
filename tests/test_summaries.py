"""The views that read stored summaries show what counting every row gives, whatever was written and by whom."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.models import Topic
from pipelines.operations.forget import forget
from pipelines.operations.topics import update_topics
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, join, split, undo
from pipelines.stories.filing import file_articles, recluster
from scraper.models import Article
from tests.factories import NOON, make_article, make_source
from tests.plain_counts import differing

DAY = timedelta(days=1)
NAMES = ("north", "south", "weekly")
TOWNS = ("Wrenbury", "Marlow", "Ashcombe", "Tarnside", "Elmbridge", "Corvedale", "Penhallow", "Stokeley")
TOPICS = (
    Topic(id="homes", name="Homes", search="home"),
    Topic(id="bridges", name="Bridges", search="bridge"),
)
REPORT = (
    "The council of {town} will close its last children’s home in March, the cabinet decided on Monday night.\n"
    "“The building in {town} needs repairs that we cannot pay for this year,” said councillor Odile {name}.\n"
    "Nine children live there now, and each of them will move to a foster family before the doors are shut."
)


def report(town: str, source: str | None, day: int, words: str = "") -> Article:
    host = source or "blog"
    return make_article(
        title=f"{town} closes its last children’s home", source_id=source, url=f"https://{host}.example/{town}",
        publisher=None if source else "A blog", published_at=NOON + day * DAY + len(words) * timedelta(minutes=1),
        text=REPORT.format(town=town, name=f"{town}son") + words,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with eight stories over eight weeks, most of them at two sources or three, the last at one less."""
    path = tmp_path_factory.mktemp("summaries") / "cuttings.db"
    with Store(path) as store:
        store.sources.sync([make_source(name, name=f"The {name}", owner=name) for name in NAMES], at=NOON)
        for number, town in enumerate(TOWNS):
            sources = [*NAMES, None] if number < 7 else NAMES[:2]
            store.articles.save_all(
                [
                    report(town, source, 3 * number, f"\nRead more in {source}." * place)
                    for place, source in enumerate(sources)
                ],
                at=NOON + 3 * number * DAY,
            )  # fmt: skip
        file_articles(store, now=NOON + 30 * DAY)
        update_topics(store, TOPICS, now=NOON + 30 * DAY)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(path, isolation_level=None)
    yield database
    database.close()


def article(store: Store, town: str, source: str) -> int:
    return store.articles.find(f"https://{source}.example/{town}").id


def test_a_filing_leaves_nothing_to_be_counted(database: sqlite3.Connection) -> None:
    assert differing(database) == {}
    assert database.execute("SELECT * FROM _stale").fetchall() == []
    for view in ("share_of_voice", "syndication", "voices", "topic_coverage", "silences"):
        assert database.execute(f"SELECT * FROM {view}").fetchall(), f"{view} is empty: nothing is compared"


def test_what_is_stored_and_not_yet_filed_is_counted(path: Path, database: sqlite3.Connection) -> None:
    with Store(path) as store:
        store.articles.save(report("Newtown", "weekly", 40), at=NOON + 40 * DAY)
        assert differing(database) == {}
        file_articles(store, now=NOON + 40 * DAY)
    assert differing(database) == {}


def test_a_revision_is_counted_as_it_is_now(path: Path, database: sqlite3.Connection) -> None:
    with Store(path) as store:
        before = store.articles.find("https://south.example/Marlow").article
        store.articles.save(replace(before, text="Nothing of the kind was said."), at=NOON + 31 * DAY)
        assert differing(database) == {}
        file_articles(store, now=NOON + 31 * DAY)
    assert differing(database) == {}


def test_join_split_and_undo(path: Path, database: sqlite3.Connection) -> None:
    editor = Editor(name="Ada", reason="", now=NOON + 32 * DAY)
    with Store(path) as store:
        one, other = article(store, "Wrenbury", "north"), article(store, "Marlow", "south")
        joined = join(store, one, other, editor)
        assert differing(database) == {}
        update_topics(store, TOPICS, now=NOON + 32 * DAY)
        assert differing(database) == {}
        undo(store, joined.decisions[0].id, editor)
        assert differing(database) == {}
        split(store, article(store, "Ashcombe", "weekly"), None, editor)
    assert differing(database) == {}


@pytest.mark.slow
def test_forget_and_recluster(path: Path, database: sqlite3.Connection, tmp_path: Path) -> None:
    with Store(path) as store:
        forget(
            store, PageStore(tmp_path / "pages"), ["https://north.example/Tarnside"], copies=False, now=NOON + 33 * DAY
        )  # fmt: skip
        assert differing(database) == {}
        recluster(store, now=NOON + 34 * DAY)
        assert differing(database) == {}
    assert database.execute("SELECT * FROM _stale").fetchall() == []


def test_another_owner_and_another_search(path: Path, database: sqlite3.Connection) -> None:
    with Store(path) as store:
        store.sources.sync([make_source(name, name=f"The {name}", owner="one") for name in NAMES], at=NOON)
        assert differing(database) == {}
        topics = (Topic(id="homes", name="Homes", search="Wrenbury OR Marlow"),)
        update_topics(store, topics, now=NOON + 35 * DAY)
    assert differing(database) == {}


# Each is written by somebody else than the program: nothing is refreshed after it.
STATEMENTS = (
    "UPDATE articles SET source_id = 'weekly' WHERE id = {article}",
    "UPDATE articles SET source_id = NULL, publisher = 'Another blog' WHERE id = {article}",
    "UPDATE articles SET publisher = NULL WHERE id = {article}",
    "UPDATE articles SET published_at = '2026-10-{day}T08:00:00Z', published_day = '2026-10-{day}' WHERE id = {article}",
    "UPDATE articles SET published_at = NULL, published_day = NULL WHERE id = {article}",
    "UPDATE articles SET story_id = (SELECT max(story_id) FROM articles) WHERE id = {article}",
    "UPDATE articles SET story_id = NULL WHERE id = {article}",
    "UPDATE articles SET copy_group = {other} WHERE id = {article}",
    "UPDATE articles SET word_count = word_count + 1 WHERE id = {article}",
    "UPDATE stories SET source_count = 1 WHERE id = {story}",
    "UPDATE stories SET merged_into = 1 WHERE id = {story} AND id > 1",
    "UPDATE stories SET first_article_id = {article} WHERE id = {story}",
    "UPDATE stories SET lead_article_id = NULL WHERE id = {story}",
    "UPDATE reports SET borrowed_share = 0.9, borrowed_from = {other} WHERE article_id = {article}",
    "UPDATE reports SET borrowed_share = 0.1 WHERE article_id = {article}",
    "DELETE FROM reports WHERE article_id = {article}",
    """INSERT INTO reports (article_id, story_id, borrowed_share, borrowed_from) VALUES ({article}, {story}, 0.7, {other})
        ON CONFLICT DO UPDATE SET borrowed_share = 0.6, borrowed_from = excluded.borrowed_from""",
    "DELETE FROM quotations WHERE article_id = {article}",
    "UPDATE quotations SET speaker = 'Odile Marchbank' WHERE article_id = {article}",
    "UPDATE quotations SET first_article_id = {other} WHERE article_id = {article}",
    "INSERT OR REPLACE INTO story_topics (story_id, topic_id, added_at) VALUES ({story}, 'bridges', '2026-10-01T00:00:00Z')",
    "DELETE FROM story_topics WHERE story_id = {story}",
    "UPDATE sources SET owner = 'one', enabled = 0 WHERE id = 'south'",
    "UPDATE sources SET name = 'The Weekly News' WHERE id = 'weekly'",
    """INSERT INTO articles (source_id, story_id, title, first_seen_at, last_seen_at, word_count, access, content_hash,
        copy_key, text) VALUES ('north', {story}, 't', '2026-10-{day}T00:00:00Z', '2026-10-01T00:00:00Z', 3, 'full', '', '', 'x')""",
    "DELETE FROM articles WHERE source_id = 'north' AND content_hash = ''",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_whatever_statement_is_run_the_views_are_right(
    path: Path, database: sqlite3.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        statement = chance.choice(STATEMENTS).format(
            article=chance.randint(1, 30), other=chance.randint(1, 30), story=chance.randint(1, 8),
            day=chance.randint(10, 28),
        )  # fmt: skip
        database.execute(statement)
        if chance.random() < 0.2:
            with Store(path) as store:
                store.summaries.refresh()
        assert differing(database) == {}, statement

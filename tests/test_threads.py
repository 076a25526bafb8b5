"""Threads: stories of one affair that are different events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, split
from pipelines.stories.filing import file_articles, recluster, withdraw
from pipelines.stories.view import view_story
from scraper.models import Article
from tests.factories import NOON, make_article
from tests.invented import report


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        yield opened


def stage(number: int, title: str, text: str) -> Article:
    return make_article(
        title=title,
        text=text,
        url=f"https://stage{number}.example/{number}",
        external_id=f"stage{number}",
        source_id=f"paper{number}",
        published_at=NOON + timedelta(days=30 * number),
    )


CHARGE = stage(
    0,
    "Orla Quennell charged after fire at Brockenhall hostel",
    "Police have charged Orla Quennell over the fire at Brockenhall. Orla Quennell, 41, ran the hostel. "
    "Detective Ifor Prendergast said that Brockenhall had no working alarm.",
)
SENTENCE = stage(
    1,
    "Quennell jailed for nine years",
    "A judge sent Orla Quennell to prison for nine years. Orla Quennell wept. Families from Brockenhall "
    "cheered in the gallery, and Ifor Prendergast thanked them outside. Brockenhall is now a garden.",
)


def file(store: Store, *articles: Article) -> None:
    store.articles.save_all(articles, at=NOON + timedelta(days=60))
    file_articles(store, now=NOON)


def part(store: Store) -> None:
    """People say that the two stages are two events, whatever the matcher thinks of so short texts."""
    ids = [store.articles.find_external(f"stage{number}") for number in (0, 1)]
    assert ids[0] is not None
    split(store, ids[0], ids[1], Editor(name="ann", reason="", now=NOON))


def story_id(store: Store, article: Article) -> int:
    found = store.articles.find_external(article.external_id or "")
    assert found is not None
    story = store.articles.get(found).story_id
    assert story is not None
    return story


def test_a_later_stage_is_found_from_both_ends(store: Store) -> None:
    file(store, CHARGE, *(report(event, 0) for event in range(6)))
    file(store, SENTENCE)
    part(store)
    first, second = story_id(store, CHARGE), story_id(store, SENTENCE)
    assert first != second
    (later,), (earlier,) = view_story(store, first).related, view_story(store, second).related
    assert (later.story.id, later.is_earlier) == (second, False)
    assert (earlier.story.id, earlier.is_earlier) == (first, True)
    assert "Quennell" in later.reason
    assert "Brockenhall" in later.reason
    assert 0.5 < later.probability < 1
    assert [row.reason for row in store.related.of(first)] == [later.reason]


def test_stories_without_a_rare_name_in_common_are_not_related(store: Store) -> None:
    file(store, CHARGE, *(report(event, 0) for event in range(6)))
    assert view_story(store, story_id(store, CHARGE)).related == ()


def test_relations_are_rebuilt_and_go_with_their_article(store: Store) -> None:
    file(store, CHARGE, SENTENCE)
    part(store)
    first, second = story_id(store, CHARGE), story_id(store, SENTENCE)
    before = store.related.of(first)
    recluster(store, now=NOON)
    assert store.related.of(first) == before != ()
    sentence = store.articles.find_external("stage1")
    assert sentence is not None
    withdraw(store, [sentence], now=NOON)
    assert store.related.of(first) == store.related.of(second) == ()

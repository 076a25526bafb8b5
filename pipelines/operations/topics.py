"""Keep the topics of stories current, and find what `watch` has not told yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipelines.errors import PipelineError
from pipelines.models import Topic
from pipelines.search import parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables.search import Order, SearchFilter
from pipelines.storage.tables.topics import BY_SEARCH, MarkKind, StoryMark, StoryTopic
from pipelines.storage.values import stamp

EVERYTHING = -1  # SQLite's "no limit"
MARK_PREFIX = "m"  # of the number of a tag or note, which are counted apart from decisions on articles


class NewsKind(StrEnum):
    """Why `watch` tells of a story."""

    MATCHED = "new"
    SPREAD = "reached its publishers"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNews:
    """A story of a topic that is to be told."""

    topic: Topic
    story_id: int
    kind: NewsKind
    publishers: int


def update_topics(store: Store, topics: Sequence[Topic], *, now: datetime) -> None:
    """Search all stories for every topic, obey what people say, and store the changes in one transaction."""
    with store.transaction():
        store.topics.sync(topics, at=now)
        marks = store.topics.marks()
        for topic in topics:
            _update_topic(store, topic, marks, now)
        store.summaries.refresh()


def _update_topic(store: Store, topic: Topic, marks: Iterable[StoryMark], now: datetime) -> None:
    matching = store.search.stories(
        parse_search(topic.search), SearchFilter(), order=Order.NEWEST, limit=EVERYTHING
    )
    by = dict.fromkeys(matching, BY_SEARCH)
    for mark in marks:
        if mark.value == topic.id and mark.kind is MarkKind.TOPIC:
            by[mark.story_id] = mark.made_by
        elif mark.value == topic.id and mark.kind is MarkKind.NOT_TOPIC:
            by.pop(mark.story_id, None)
    stored = _with_survivors(store, topic)
    fresh = [
        StoryTopic(story_id=story_id, topic_id=topic.id, added_at=now, by=who)
        for story_id, who in by.items()
        if story_id not in stored
    ]
    store.topics.save(fresh)
    store.topics.remove(topic.id, stored.keys() - by.keys())


def _with_survivors(store: Store, topic: Topic) -> dict[int, StoryTopic]:
    """Return the stored stories of a topic; what was told of a merged story was told of the survivor."""
    stored = store.topics.of_topic(topic.id)
    for merged, survivor in store.topics.survivors(stored).items():
        told = stored[merged]
        kept = stored.get(survivor, replace(told, story_id=survivor))
        if told.told_at is not None:
            kept = replace(
                kept, told_at=told.told_at, told_publishers=max(kept.told_publishers, told.told_publishers)
            )
        stored[survivor] = kept
        store.topics.save([kept])
    return stored


def undo_mark(store: Store, number: int, topics: Sequence[Topic], *, now: datetime) -> StoryMark:
    """Undo what a person said of a story; its topics are again what their searches say. Return the mark.

    Raises ``PipelineError`` when there is no such mark, or it is undone already.
    """
    with store.transaction():
        recorded = next((each for each in store.topics.recorded_marks() if each.id == number), None)
        if recorded is None:
            message = "no tag or note has this number; `cuttings decisions` lists them"
            raise PipelineError(message, f"{MARK_PREFIX}{number}")
        if recorded.undone_at is not None:
            message = f"this tag or note was already undone, at {stamp(recorded.undone_at)}"
            raise PipelineError(message, f"{MARK_PREFIX}{number}")
        store.topics.undo_mark(number, at=now)
        update_topics(store, topics, now=now)
        return recorded.mark


def topic_news(store: Store, *, since: datetime) -> tuple[TopicNews, ...]:
    """Return what is to be told: each story once when it matches, and again when it reaches its publishers.

    Stories that were last reported before ``since`` are not told: an old archive is not news.
    """
    news = []
    for topic in store.topics.declared():
        rows = store.topics.of_topic(topic.id)
        publishers = store.topics.publishers(rows)
        wanted = SearchFilter(topic_id=topic.id, since=since)
        recent = store.search.stories(parse_search(""), wanted, order=Order.NEWEST, limit=EVERYTHING)
        for story_id in recent:
            count = publishers.get(story_id, 0)
            kind = _kind_of_news(topic, rows[story_id], count)
            if kind is not None:
                news.append(TopicNews(topic=topic, story_id=story_id, kind=kind, publishers=count))
    return tuple(news)


def _kind_of_news(topic: Topic, row: StoryTopic, publishers: int) -> NewsKind | None:
    if row.told_at is None:
        return NewsKind.MATCHED
    if row.told_publishers < topic.min_publishers <= publishers:
        return NewsKind.SPREAD
    return None


def mark_told(store: Store, news: Iterable[TopicNews], *, now: datetime) -> None:
    """Store that these news were told."""
    with store.transaction():
        for each in news:
            row = store.topics.of_topic(each.topic.id)[each.story_id]
            store.topics.save([replace(row, told_at=now, told_publishers=each.publishers)])

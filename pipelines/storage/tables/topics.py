"""Topics, the stories that have them, and what people say about stories."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipelines.models import Topic
from pipelines.storage.connection import Connection
from pipelines.storage.outlets import PUBLISHER
from pipelines.storage.values import moment, stamp

BY_SEARCH = "search"


class MarkKind(StrEnum):
    """What a person says about a story."""

    TOPIC = "topic"
    NOT_TOPIC = "not_topic"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMark:
    """One thing that a person said about a story. ``value``: the topic's id, or the note."""

    story_id: int
    kind: MarkKind
    value: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMark:
    """A mark with its number, and when it was undone."""

    id: int
    mark: StoryMark
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTopic:
    """A topic of a story, and how far `watch` has told of it."""

    story_id: int
    topic_id: str
    added_at: datetime
    by: str  # "search", or who tagged the story
    told_at: datetime | None = None
    told_publishers: int = 0


class Topics:
    """The `topics`, `story_topics` and `story_marks` tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self, topics: Iterable[Topic], *, at: datetime) -> None:
        """Store the topics of the config and mark all others as not declared."""
        topics = tuple(topics)
        with self._connection.transaction():
            self._connection.execute("UPDATE topics SET declared = 0")
            self._connection.many(
                """INSERT INTO topics (id, name, search, min_publishers, updated_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, min_publishers = excluded.min_publishers,
                    declared = 1, search = excluded.search,
                    updated_at = iif(search = excluded.search, updated_at, excluded.updated_at)""",
                [(t.id, t.name, t.search, t.min_publishers, stamp(at)) for t in topics],
            )

    def declared(self) -> tuple[Topic, ...]:
        """Return the topics of the config, by id."""
        rows = self._connection.execute(
            "SELECT id, name, search, min_publishers FROM topics WHERE declared = 1 ORDER BY id"
        )
        return tuple(Topic(id=i, name=n, search=s, min_publishers=m) for i, n, s, m in rows)

    def of_topic(self, topic_id: str) -> dict[int, StoryTopic]:
        """Return the stories of a topic, by id, merged ones too."""
        rows = self._connection.execute(f"{_STORY_TOPICS} WHERE topic_id = ?", (topic_id,))
        return {row[0]: _story_topic(row) for row in rows}

    def of_stories(self, story_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Return the ids of the declared topics of each story, in order."""
        rows = self._connection.execute_in(
            """SELECT s.story_id, s.topic_id FROM story_topics AS s JOIN topics AS t ON t.id = s.topic_id
            WHERE t.declared = 1 AND s.story_id IN (?*) ORDER BY s.story_id, s.topic_id""",
            story_ids,
        )
        topics: dict[int, list[str]] = {}
        for story_id, topic_id in rows:
            topics.setdefault(story_id, []).append(topic_id)
        return {story_id: tuple(ids) for story_id, ids in topics.items()}

    def save(self, story_topics: Iterable[StoryTopic]) -> None:
        """Store topics of stories, in place of what was stored for the same story and topic."""
        self._connection.many(
            """INSERT OR REPLACE INTO story_topics
            (story_id, topic_id, added_at, by, told_at, told_publishers) VALUES (?, ?, ?, ?, ?, ?)""",
            [
                (s.story_id, s.topic_id, stamp(s.added_at), s.by, stamp(s.told_at), s.told_publishers)
                for s in story_topics
            ],
        )

    def remove(self, topic_id: str, story_ids: Iterable[int]) -> None:
        """Remove a topic from stories."""
        self._connection.many(
            "DELETE FROM story_topics WHERE topic_id = ? AND story_id = ?", [(topic_id, s) for s in story_ids]
        )

    def delivered(self, service: str) -> frozenset[tuple[str, int, str]]:
        """Return topic, story and kind of the news that a service has while others do not."""
        rows = self._connection.execute(
            "SELECT topic_id, story_id, kind FROM _delivered WHERE service = ?", (_service_key(service),)
        )
        return frozenset((topic, story, kind) for topic, story, kind in rows)

    def deliver(self, service: str, news: Iterable[tuple[str, int, str]]) -> None:
        """Record that a service has these news: topic, story and kind."""
        self._connection.many(
            "INSERT INTO _delivered (service, topic_id, story_id, kind) VALUES (?, ?, ?, ?)",
            [(_service_key(service), *each) for each in news],
        )

    def all_delivered(self) -> None:
        """Record that every service has all news."""
        self._connection.execute("DELETE FROM _delivered")

    def mark(self, mark: StoryMark) -> int:
        """Store what a person says; return its number. About the same topic the last word counts."""
        with self._connection.transaction():
            if mark.kind is not MarkKind.NOTE:
                self._connection.execute(
                    """UPDATE story_marks SET undone_at = ? WHERE story_id = ? AND value = ?
                    AND kind IN ('topic', 'not_topic') AND undone_at IS NULL""",
                    (stamp(mark.made_at), mark.story_id, mark.value),
                )
            rows = self._connection.execute(
                """INSERT INTO story_marks (story_id, kind, value, made_by, made_at) VALUES (?, ?, ?, ?, ?)
                RETURNING id""",
                (mark.story_id, str(mark.kind), mark.value, mark.made_by, stamp(mark.made_at)),
            )
            return int(next(iter(rows))[0])

    def same_mark(self, mark: StoryMark) -> int | None:
        """Return the number of what was said already of a story and counts, whoever said it; None if new."""
        rows = self._connection.execute(
            """SELECT m.id, m.kind FROM story_marks AS m JOIN stories AS s ON s.id = m.story_id
            WHERE coalesce(s.merged_into, s.id) = ? AND m.value = ? AND (m.kind = 'note') = ?
            AND m.undone_at IS NULL ORDER BY m.id DESC LIMIT 1""",
            (mark.story_id, mark.value, mark.kind is MarkKind.NOTE),
        )
        return next((int(number) for number, kind in rows if kind == mark.kind), None)

    def recorded_marks(self) -> tuple[RecordedMark, ...]:
        """Return all that people said of stories, undone marks too, oldest first."""
        rows = self._connection.execute(
            "SELECT id, story_id, kind, value, made_by, made_at, undone_at FROM story_marks ORDER BY id"
        )
        return tuple(
            RecordedMark(
                id=number,
                mark=StoryMark(story_id=s, kind=MarkKind(k), value=v, made_by=b, made_at=moment(at)),
                undone_at=None if undone is None else moment(undone),
            )
            for number, s, k, v, b, at, undone in rows
        )

    def undo_mark(self, number: int, *, at: datetime) -> None:
        """Store that a mark counts no longer."""
        self._connection.execute(
            "UPDATE story_marks SET undone_at = ? WHERE id = ? AND undone_at IS NULL", (stamp(at), number)
        )

    def marks(self, story_ids: Iterable[int] | None = None) -> tuple[StoryMark, ...]:
        """Return what people say of these stories or of all, oldest first; merged stories count as one."""
        sql = """SELECT coalesce(s.merged_into, s.id), m.kind, m.value, m.made_by, m.made_at
            FROM story_marks AS m JOIN stories AS s ON s.id = m.story_id WHERE m.undone_at IS NULL"""
        if story_ids is None:
            rows = self._connection.execute(f"{sql} ORDER BY m.id")
        else:
            among = f"{sql} AND coalesce(s.merged_into, s.id) IN (?*) ORDER BY m.id"
            rows = list(self._connection.execute_in(among, story_ids))
        return tuple(
            StoryMark(story_id=s, kind=MarkKind(k), value=v, made_by=b, made_at=moment(at))
            for s, k, v, b, at in rows
        )

    def publishers(self, story_ids: Iterable[int]) -> dict[int, int]:
        """Return for each story the number of its publishers; sources of one owner are one publisher."""
        rows = self._connection.execute_in(
            f"""SELECT a.story_id, count(DISTINCT {PUBLISHER})
            FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE a.story_id IN (?*) GROUP BY a.story_id""",
            story_ids,
        )
        return dict(rows)

    def survivors(self, story_ids: Iterable[int]) -> Mapping[int, int]:
        """Return for each story that was merged into another the id of that one."""
        rows = self._connection.execute_in(
            "SELECT id, merged_into FROM stories WHERE merged_into IS NOT NULL AND id IN (?*)", story_ids
        )
        return dict(rows)


_STORY_TOPICS = "SELECT story_id, topic_id, added_at, by, told_at, told_publishers FROM story_topics"


def _service_key(service: str) -> str:
    return hashlib.sha256(service.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _story_topic(row: tuple[object, ...]) -> StoryTopic:
    story_id, topic_id, added_at, by, told_at, told_publishers = row
    return StoryTopic(
        story_id=int(str(story_id)),
        topic_id=str(topic_id),
        added_at=moment(str(added_at)),
        by=str(by),
        told_at=None if told_at is None else moment(str(told_at)),
        told_publishers=int(str(told_publishers)),
    )

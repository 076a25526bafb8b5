"""The `related_stories` table: stories of one affair that are different events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pipelines.models import RelationKind
from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedStories:
    """A pair of related stories, ``story_a < story_b``, and why."""

    story_a: int
    story_b: int
    kind: RelationKind
    probability: float
    reason: str
    through_story: int | None  # both are related to this one; None where the two are related by themselves


_RELATION = RowCodec(RelatedStories)


class Related:
    """The `related_stories` table. Only filing writes here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, story_ids: Iterable[int], relations: Iterable[RelatedStories]) -> None:
        """Store the relations of these stories, in place of all that were stored."""
        ids = [(story, story) for story in story_ids]
        self._connection.many("DELETE FROM related_stories WHERE story_a = ? OR story_b = ?", ids)
        self._save(relations)

    def replace_through(self, story_ids: Iterable[int], relations: Iterable[RelatedStories]) -> None:
        """Store the relations of these stories through others, in place of those that were stored."""
        self._connection.many(
            # Each end by its index: `? IN (story_a, story_b)` reads the whole table for each story.
            "DELETE FROM related_stories WHERE through_story IS NOT NULL AND (story_a = ? OR story_b = ?)",
            [(story, story) for story in story_ids],
        )
        self._save(relations)

    def remove(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Remove the relations of these pairs of stories, the smaller id first."""
        self._connection.many("DELETE FROM related_stories WHERE story_a = ? AND story_b = ?", list(pairs))

    def of(self, story_id: int) -> tuple[RelatedStories, ...]:
        """Return the relations of a story, most probable first."""
        rows = self._connection.execute(
            f"""{_RELATION.select("related_stories")} WHERE story_a = ? OR story_b = ?
            ORDER BY probability DESC, story_a, story_b""",
            (story_id, story_id),
        )
        return tuple(map(_RELATION.record, rows))

    def direct(self, story_ids: Collection[int]) -> list[RelatedStories]:
        """Return the relations of these stories that are not through others, each once."""
        select = f"{_RELATION.select('related_stories')} WHERE through_story IS NULL AND "
        found = {
            (relation.story_a, relation.story_b): relation
            for end in ("story_a", "story_b")
            for row in self._connection.execute_in(f"{select} {end} IN (?*)", sorted(story_ids))
            if (relation := _RELATION.record(row))
        }
        return [found[pair] for pair in sorted(found)]

    def _save(self, relations: Iterable[RelatedStories]) -> None:
        statement = _RELATION.upsert("related_stories", "story_a", "story_b")
        self._connection.many(statement, map(_RELATION.values, relations))

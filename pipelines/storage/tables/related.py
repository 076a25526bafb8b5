"""The `related_stories` table: stories of one affair that are different events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec


class RelationKind(StrEnum):
    """How two stories are related."""

    STAGE = "stage"  # an earlier and a later stage of one affair


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedStories:
    """A pair of related stories, ``story_a < story_b``, and why."""

    story_a: int
    story_b: int
    kind: RelationKind
    probability: float
    reason: str


_RELATION = RowCodec(RelatedStories)


class Related:
    """The `related_stories` table. Only filing writes here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, story_ids: Iterable[int], relations: Iterable[RelatedStories]) -> None:
        """Store the relations of these stories, in place of all that were stored."""
        ids = [(story, story) for story in story_ids]
        self._connection.many("DELETE FROM related_stories WHERE story_a = ? OR story_b = ?", ids)
        statement = _RELATION.upsert("related_stories", "story_a", "story_b")
        self._connection.many(statement, map(_RELATION.values, relations))

    def of(self, story_id: int) -> tuple[RelatedStories, ...]:
        """Return the relations of a story, most probable first."""
        rows = self._connection.execute(
            f"""{_RELATION.select("related_stories")} WHERE story_a = ? OR story_b = ?
            ORDER BY probability DESC, story_a, story_b""",
            (story_id, story_id),
        )
        return tuple(map(_RELATION.record, rows))

"""The order in which stories are shown: in the digest, on the front page and in a topic. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.storage.tables.stories import StoredStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides the place of a story. ``publishers``: of all its reports; ``news``: articles of the
    window.
    """

    publishers: int = 0
    news: int = 0
    has_topic: bool = False


def ranked(stories: Iterable[StoredStory], standings: Mapping[int, Standing]) -> list[StoredStory]:
    """Return stories by independent publishers, news, topics, and the time of the latest report.

    The id decides between equals, so that the order is always the same.
    """

    def rank(story: StoredStory) -> tuple[int, int, bool, float, int]:
        standing = standings.get(story.id, Standing())
        latest = story.last_published_at or story.created_at
        return (
            -standing.publishers, -standing.news, not standing.has_topic, -latest.timestamp(), story.id,
        )  # fmt: skip

    return sorted(stories, key=rank)

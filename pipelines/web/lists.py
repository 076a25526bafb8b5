"""Stories as lists show them: on the front page, in searches and topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from pipelines.storage.store import Store
from pipelines.storage.tables.listings import Arrivals
from pipelines.storage.tables.stories import StoredStory
from pipelines.stories.ranking import Standing, ranked
from pipelines.web.charts import sparkline
from pipelines.web.page import opening


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One story in a list."""

    story: StoredStory
    publishers: int
    recent: int  # articles since the time that the list begins with
    first_source: str
    topics: tuple[tuple[str, str], ...]  # ids and names
    opening: str
    spark: Markup
    snippet: str = ""


def ranked_lines(store: Store, ids: Sequence[int], *, since: datetime, most: int) -> list[StoryLine]:
    """Return the first ``most`` of the stories in the order of the digest."""
    arrivals = store.listings.arrivals(ids, since=since)
    topics = store.topics.of_stories(ids)
    standings = {
        key: Standing(publishers=each.publishers, news=each.recent, has_topic=key in topics)
        for key, each in arrivals.items()
    }
    shown = ranked(store.stories.many(ids).values(), standings)[:most]
    return _lines(store, shown, arrivals)


def newest_lines(
    store: Store, ids: Sequence[int], *, since: datetime, snippets: Mapping[int, str] | None = None
) -> list[StoryLine]:
    """Return the stories in the order they are given, each with the words that a search found in it."""
    by_id = store.stories.many(ids)
    shown = [by_id[story] for story in ids]
    return _lines(store, shown, store.listings.arrivals(ids, since=since), snippets or {})


def _lines(
    store: Store,
    stories: Sequence[StoredStory],
    arrivals: Mapping[int, Arrivals],
    snippets: Mapping[int, str] | None = None,
) -> list[StoryLine]:
    ids = [story.id for story in stories]
    openings, topics = store.listings.openings(ids), store.topics.of_stories(ids)
    names = {topic.id: topic.name for topic in store.topics.declared()}
    lines = []
    for story in stories:
        begun, arrived = openings.get(story.id), arrivals.get(story.id, Arrivals(publishers=0, recent=0))
        lines.append(
            StoryLine(
                story=story,
                publishers=arrived.publishers,
                recent=arrived.recent,
                first_source=begun.first_source if begun else "",
                topics=tuple((key, names[key]) for key in topics.get(story.id, ()) if key in names),
                opening=""
                if begun is None
                else opening(
                    begun.opening, text_use=begun.text_use, is_snippet_refused=begun.is_snippet_refused
                ),
                spark=sparkline(begun.days if begun else ()),
                snippet=(snippets or {}).get(story.id, ""),
            )
        )
    return lines

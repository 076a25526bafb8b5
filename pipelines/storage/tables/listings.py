"""What lists of stories, voices and topics show, without reading whole articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.storage.connection import Connection
from pipelines.storage.outlets import OUTLET_NAME, PUBLISHER
from pipelines.storage.tables.article_rows import decode_rights
from pipelines.storage.values import moment, stamp

OPENING_CHARACTERS = 700  # of the lead report; a list shows two or three sentences
# Of stories AS s and the first report a: no report has a date, or one of several sources' reports of that day
# has no time.
_IS_FIRST_UNKNOWN = """(s.first_article_id IS NULL OR EXISTS (SELECT 1 FROM articles AS rival
    WHERE rival.story_id = s.id AND rival.published_day = a.published_day AND rival.id <> a.id
    AND (rival.source_id IS NULL OR rival.source_id IS NOT a.source_id)
    AND (rival.published_precision IS NOT 'minute' OR a.published_precision IS NOT 'minute')))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOpening:
    """How a story begins: of its lead report, what of its text may be shown, and when its reports came."""

    opening: str  # the first characters of the lead report
    text_use: str  # of the lead report
    is_snippet_refused: bool  # the publisher of the lead report allows no excerpt
    first_source: str  # who published first, or alone; empty if that is not known
    days: tuple[date, ...]  # one for each report, copies left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Who reported a story. ``recent``: articles since the time that was asked for."""

    publishers: int
    recent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerCount:
    """A person or body, and how often it was quoted since the time that was asked for."""

    speaker: str
    role: str
    quotations: int
    stories: int
    publishers: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWords:
    """Words of one speaker in one report."""

    words: str
    role: str
    article_id: int
    story_id: int | None
    story_title: str
    source: str
    url: str | None
    day: date | None
    is_repeated: bool  # an earlier report of the story had these words
    text_use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCount:
    """A topic of the config: its stories, and those that got it since the time that was asked for."""

    id: str
    name: str
    search: str
    stories: int
    recent: int


class Listings:
    """Reads over several tables, each one statement for a whole list."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def openings(self, story_ids: Iterable[int]) -> dict[int, StoryOpening]:
        """Return how each story begins."""
        ids = tuple(story_ids)
        days: defaultdict[int, list[date]] = defaultdict(list)
        for story, day in self._connection.execute_in(
            """SELECT story_id, substr(coalesce(published_at, first_seen_at), 1, 10) FROM articles
            WHERE story_id IN (?*) AND (copy_group IS NULL OR copy_group = id)""",
            ids,
        ):
            days[story].append(date.fromisoformat(day))
        rows = self._connection.execute_in(
            f"""SELECT s.id, substr(l.text, 1, {OPENING_CHARACTERS}), l.text_use, l.rights_json,
                CASE WHEN s.source_count > 1 AND {_IS_FIRST_UNKNOWN} THEN '' ELSE {OUTLET_NAME} END
            FROM stories AS s JOIN articles AS l ON l.id = s.lead_article_id
            LEFT JOIN articles AS a ON a.id = coalesce(s.first_article_id, s.lead_article_id)
            LEFT JOIN sources AS o ON o.id = a.source_id WHERE s.id IN (?*)""",
            ids,
        )
        return {
            story: StoryOpening(
                opening=opening,
                text_use=use,
                is_snippet_refused=decode_rights(rights).nosnippet,
                first_source=source,
                days=tuple(sorted(days[story])),
            )
            for story, opening, use, rights, source in rows
        }

    def arrivals(self, story_ids: Iterable[int], *, since: datetime) -> dict[int, Arrivals]:
        """Return for each story its publishers, and its articles published or first seen since."""
        rows = self._connection.execute_in(
            f"""SELECT a.story_id, count(DISTINCT {PUBLISHER}),
                sum(coalesce(a.published_at, a.first_seen_at) >= ?)
            FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE a.story_id IN (?*) GROUP BY a.story_id""",
            story_ids,
            before=(stamp(since),),
        )
        return {story: Arrivals(publishers=who, recent=recent) for story, who, recent in rows}

    def speakers(
        self, *, since: datetime, words: str = "", articles: int, limit: int
    ) -> tuple[SpeakerCount, ...]:
        """Return who was quoted since, those with most publishers, stories and quotations first.

        Of a longer time only the newest ``articles`` are read. ``words``: only speakers whose name contains
        them.
        """
        rows = self._connection.execute(
            f"""SELECT q.speaker, max(q.role), count(*), count(DISTINCT a.story_id) AS stories,
                count(DISTINCT {PUBLISHER}) AS publishers,
                max(a.published_at)
            FROM (SELECT id, story_id, source_id, publisher, url, published_at FROM articles
                WHERE published_at >= ? ORDER BY published_at DESC LIMIT ?) AS a
            CROSS JOIN quotations AS q ON q.article_id = a.id AND q.speaker <> ''
            LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE instr(lower(q.speaker), lower(?)) > 0
            GROUP BY q.speaker ORDER BY publishers DESC, stories DESC, count(*) DESC, q.speaker LIMIT ?""",
            (stamp(since), articles, words, limit),
        )
        return tuple(
            SpeakerCount(
                speaker=speaker, role=role, quotations=said, stories=stories, publishers=publishers,
                last_at=moment(last),
            )
            for speaker, role, said, stories, publishers, last in rows
        )  # fmt: skip

    def spoken(self, speaker: str, *, limit: int) -> tuple[SpokenWords, ...]:
        """Return the latest words of one speaker, the newest first."""
        rows = self._connection.execute(
            f"""SELECT q.words, q.role, a.id, a.story_id, coalesce(s.title, a.title),
                {OUTLET_NAME}, a.url, a.published_day,
                q.first_article_id IS NOT NULL AND q.first_article_id <> q.article_id, a.text_use
            FROM quotations AS q JOIN articles AS a ON a.id = q.article_id
            LEFT JOIN stories AS s ON s.id = a.story_id LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE q.speaker = ? ORDER BY a.published_at DESC, a.id DESC, q.position LIMIT ?""",
            (speaker, limit),
        )
        return tuple(
            SpokenWords(
                words=words, role=role, article_id=article, story_id=story, story_title=title, source=source,
                url=url, day=date.fromisoformat(day) if day else None, is_repeated=bool(repeated),
                text_use=use,
            )
            for words, role, article, story, title, source, url, day, repeated, use in rows
        )  # fmt: skip

    def topics(self, *, since: datetime) -> tuple[TopicCount, ...]:
        """Return the declared topics by name, with the number of their stories."""
        rows = self._connection.execute(
            """SELECT t.id, t.name, t.search,
                (SELECT count(*) FROM story_topics AS x WHERE x.topic_id = t.id),
                (SELECT count(*) FROM story_topics AS x WHERE x.topic_id = t.id AND x.added_at >= ?)
            FROM topics AS t WHERE t.declared = 1 ORDER BY t.name, t.id""",
            (stamp(since),),
        )
        return tuple(
            TopicCount(id=key, name=name, search=search, stories=stories, recent=recent)
            for key, name, search, stories, recent in rows
        )

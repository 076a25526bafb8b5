"""Stories, why they changed, and what each report of them owes to others. Only filing writes here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipelines.errors import UnknownStoryError
from pipelines.models import ChangeKind
from pipelines.search import parse_search
from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec, insert, upsert
from pipelines.storage.tables.search import Order, Searches, SearchFilter
from pipelines.storage.values import stamp, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStory:
    """One story as it is kept."""

    id: int
    title: str
    first_published_at: datetime | None
    last_published_at: datetime | None
    first_published_day: date | None  # in the desk's time zone
    last_published_day: date | None
    article_count: int
    report_count: int
    source_count: int
    lead_article_id: int | None
    first_article_id: int | None
    merged_into: int | None
    origin_kind: str
    origin_article_id: int | None
    origin_url: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """One change of one story: an article that came, a story merged in, a part split off. ``by``: model or a
    person."""

    id: int = 0
    story_id: int
    kind: ChangeKind
    detail: str
    at: datetime
    run_id: int | None = None
    article_id: int | None = None
    other_story_id: int | None = None
    by: str = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportShare:
    """What one report owes to others; shares are 0..1 of its words, the lag counts from the origin or first
    report."""

    article_id: int
    story_id: int
    lag_hours: float | None
    borrowed_share: float
    borrowed_from: int | None
    origin_share: float | None
    doubtful: bool = False  # linked far worse to its story than the other reports


_STORY = RowCodec(StoredStory)
_SELECT = _STORY.select("stories", "s")
_CHANGE = RowCodec(StoryChange)
_SHARE = RowCodec(ReportShare)


# What stories record of an article, in an order that foreign keys allow.
_DETACH = (
    "DELETE FROM quotations WHERE article_id = ?",
    "UPDATE quotations SET first_article_id = NULL WHERE first_article_id = ?",
    "DELETE FROM reports WHERE article_id = ?",
    "UPDATE reports SET borrowed_from = NULL WHERE borrowed_from = ?",
    "DELETE FROM story_changes WHERE article_id = ?",
    "UPDATE stories SET lead_article_id = NULL WHERE lead_article_id = ?",
    "UPDATE stories SET first_article_id = NULL WHERE first_article_id = ?",
    "UPDATE stories SET origin_article_id = NULL, origin_kind = '' WHERE origin_article_id = ?",
    "UPDATE articles SET copy_group = NULL WHERE copy_group = ?",
    "UPDATE articles SET matched_as = NULL WHERE matched_as = ?",
    "UPDATE articles SET story_id = NULL, copy_group = NULL, matched_as = NULL WHERE id = ?",
)
_EMPTY = (
    "DELETE FROM story_changes WHERE story_id = ?",
    """UPDATE stories SET title = '', article_count = 0, report_count = 0, source_count = 0, origin_kind = '',
        origin_url = NULL, first_published_at = NULL, last_published_at = NULL,
        first_published_day = NULL, last_published_day = NULL WHERE id = ?""",
)


class Stories:
    """The `stories`, `story_changes` and `reports` tables, and the columns of `articles` that filing sets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, story_id: int, *, follow: bool = True) -> StoredStory:
        """Return one story; with ``follow`` the one it was merged into. Raises ``UnknownStoryError``."""
        row = None
        if -(2**63) <= story_id < 2**63:
            row = self._connection.one(f"{_SELECT} WHERE id = ?", (story_id,))
        if row is None:
            raise UnknownStoryError("no story has this id; `cuttings stories` lists them", str(story_id))
        story = _STORY.record(row)
        return self.get(story.merged_into) if follow and story.merged_into is not None else story

    def many(self, story_ids: Iterable[int]) -> dict[int, StoredStory]:
        """Return those of the stories that exist, merged ones as they are."""
        rows = self._connection.execute_in(f"{_SELECT} WHERE id IN (?*)", story_ids)
        return {row[0]: _STORY.record(row) for row in rows}

    def listing(
        self, words: str = "", *, since: datetime | None = None, min_sources: int = 1, limit: int = 50
    ) -> tuple[StoredStory, ...]:
        """Return live stories, the latest first; with words, those that the search finds, best first."""
        search = parse_search(words)
        if search.is_empty and words.strip():
            return ()  # nothing in it can be searched for: "***"
        wanted = SearchFilter(since=since, min_sources=min_sources)
        order = Order.BEST if search.include else Order.NEWEST
        ids = Searches(self._connection).stories(search, wanted, order=order, limit=limit)
        found = self.many(ids)
        return tuple(found[story_id] for story_id in ids)

    def articles_of(self, story_id: int) -> tuple[int, ...]:
        """Return the story's articles in order of publication, undated ones last."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE story_id = ? ORDER BY coalesce(published_at, '9999'), id",
            (story_id,),
        )
        return tuple(row[0] for row in rows)

    def members(self, story_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """Return the articles of each of the stories."""
        sql = "SELECT story_id, id FROM articles WHERE story_id IN (?*) ORDER BY id"
        articles: dict[int, list[int]] = {}
        for story_id, article_id in self._connection.execute_in(sql, story_ids):
            articles.setdefault(story_id, []).append(article_id)
        return {story_id: tuple(ids) for story_id, ids in articles.items()}

    def merged_into(self, survivors: Iterable[int]) -> dict[int, StoredStory]:
        """Return the stories that were merged into one of these, by id."""
        rows = self._connection.execute_in(f"{_SELECT} WHERE merged_into IN (?*) ORDER BY id", survivors)
        return {row[0]: _STORY.record(row) for row in rows}

    def changes(self, story_id: int | None = None, *, limit: int = -1) -> tuple[StoryChange, ...]:
        """Return what happened to one story, or to all, oldest first."""
        of_story = "" if story_id is None else " WHERE story_id = ?"  # "? IS NULL OR …" would read all rows
        rows = self._connection.execute(
            f"{_CHANGE.select('story_changes')}{of_story} ORDER BY id LIMIT ?",
            (limit,) if story_id is None else (story_id, limit),
        )
        return tuple(map(_CHANGE.record, rows))

    def shares(self, story_id: int) -> dict[int, ReportShare]:
        """Return what each report of a story owes to others, by article."""
        rows = self._connection.execute(f"{_SHARE.select('reports')} WHERE story_id = ?", (story_id,))
        return {share.article_id: share for share in map(_SHARE.record, rows)}

    def next_id(self) -> int:
        """Return the id that the next new story gets: one more than any that ever was."""
        row = self._connection.one("SELECT seq FROM sqlite_sequence WHERE name = 'stories'")
        return int(row[0]) + 1 if row else 1

    def save_all(self, stories: Iterable[StoredStory]) -> None:
        """Store new and changed stories."""
        statement = upsert("stories", _STORY.columns, "id", keep=["created_at"])
        self._connection.many(statement, map(_STORY.values, stories))

    def repoint(self, merged: int, survivor: int) -> None:
        """Point the stories that were merged into ``merged`` to ``survivor``."""
        self._connection.execute(
            "UPDATE stories SET merged_into = ? WHERE merged_into = ? AND id <> ?",
            (survivor, merged, survivor),
        )

    def assign(self, story_ids: Mapping[int, int], *, at: datetime) -> None:
        """Put each article (key) into a story (value)."""
        self._connection.many(
            "UPDATE articles SET story_id = ?, filed_at = ? WHERE id = ?",
            [(story_id, stamp(at), article_id) for article_id, story_id in story_ids.items()],
        )

    def brought(self, article_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """Return for articles that mergers moved the stories they came from, oldest first.

        Only those that are merged away: earlier versions left the ids of some that had come back.
        """
        sql = "SELECT id, brought_json FROM articles WHERE brought_json <> '[]' AND id IN (?*)"
        came_from = {
            article: json.loads(stories) for article, stories in self._connection.execute_in(sql, article_ids)
        }
        sql = "SELECT id FROM stories WHERE merged_into IS NOT NULL AND id IN (?*)"
        named = {story for stories in came_from.values() for story in stories}
        gone = {row[0] for row in self._connection.execute_in(sql, named)}
        return {article: tuple(filter(gone.__contains__, stories)) for article, stories in came_from.items()}

    def doubtful_reports(self, *, limit: int) -> tuple[tuple[int, int, int], ...]:
        """Return article, lead and story of reports that are linked far worse to their story than the rest.

        Those of the latest stories come first; pairs that a person decided about are left out.
        """
        sql = """SELECT r.article_id, s.lead_article_id, s.id FROM reports AS r
            JOIN articles AS a ON a.id = r.article_id JOIN stories AS s ON s.id = a.story_id
            WHERE r.doubtful = 1 AND s.lead_article_id <> r.article_id AND NOT EXISTS (
                SELECT 1 FROM decisions AS d WHERE d.undone_at IS NULL
                AND d.article_a = min(r.article_id, s.lead_article_id)
                AND d.article_b = max(r.article_id, s.lead_article_id))
            ORDER BY s.last_published_at DESC, s.id, r.article_id LIMIT ?"""
        return tuple(
            (article, lead, story) for article, lead, story in self._connection.execute(sql, (limit,))
        )

    def doubtful(self, article_ids: Iterable[int]) -> frozenset[int]:
        """Return those of the articles that are linked far worse to their story than its other reports."""
        sql = "SELECT article_id FROM reports WHERE doubtful = 1 AND article_id IN (?*)"
        return frozenset(row[0] for row in self._connection.execute_in(sql, article_ids))

    def set_brought(self, stories: Mapping[int, tuple[int, ...]]) -> None:
        """Set for each article (key) the stories it came from by mergers that stand."""
        self._connection.many(
            "UPDATE articles SET brought_json = ? WHERE id = ?",
            [(to_json(came_from), article) for article, came_from in stories.items()],
        )

    def detach(self, article_ids: Iterable[int]) -> tuple[int, ...]:
        """Remove articles from stories and from all that stories record of them; return the emptied stories.

        An emptied story keeps its id, without title, reports and history.
        """
        ids = tuple(article_ids)
        one = [(article,) for article in ids]
        stories = {row[0] for row in self._connection.execute_in(
            "SELECT DISTINCT story_id FROM articles WHERE story_id IS NOT NULL AND id IN (?*)", ids
        )}  # fmt: skip
        for statement in _DETACH:
            self._connection.many(statement, one)
        sql = "SELECT DISTINCT story_id FROM articles WHERE story_id IN (?*)"
        emptied = sorted(stories - {row[0] for row in self._connection.execute_in(sql, stories)})
        for statement in _EMPTY:
            self._connection.many(statement, [(story,) for story in emptied])
        return tuple(emptied)

    def set_copy_groups(self, groups: Mapping[int, int | None]) -> None:
        """Set for each article (key) the original it copies; itself for the original, None without copies."""
        self._connection.many(
            "UPDATE articles SET copy_group = ? WHERE id = ? AND copy_group IS NOT ?",
            [(original, article_id, original) for article_id, original in groups.items()],
        )

    def save_shares(self, article_ids: Iterable[int], shares: Iterable[ReportShare]) -> None:
        """Store what reports owe to others, in place of what was stored for these articles."""
        self._connection.many(
            "DELETE FROM reports WHERE article_id = ?", [(article,) for article in article_ids]
        )
        self._connection.many(insert("reports", _SHARE.columns), map(_SHARE.values, shares))

    def add_changes(self, changes: Iterable[StoryChange], *, run_id: int | None) -> None:
        """Record what happened to stories in a run."""
        rows = (replace(change, run_id=run_id) for change in changes)
        statement = insert("story_changes", _CHANGE.columns[1:])
        self._connection.many(statement, [_CHANGE.values(row)[1:] for row in rows])

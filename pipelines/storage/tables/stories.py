"""Stories, why they changed, and what each report of them owes to others. Only filing writes here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.errors import UnknownStoryError
from pipelines.models import ChangeKind
from pipelines.storage.tables.article_rows import fts_expression
from pipelines.storage.tables.connection import Connection, Row, marks, moment, portions, stamp, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStory:
    """One story as it is kept."""

    id: int
    title: str
    first_published_at: datetime | None
    last_published_at: datetime | None
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

    story_id: int
    kind: ChangeKind
    detail: str
    at: datetime
    id: int = 0
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


_COLUMNS = """id, title, first_published_at, last_published_at, article_count, report_count, source_count,
    lead_article_id, first_article_id, merged_into, origin_kind, origin_article_id, origin_url, created_at,
    updated_at"""
_QUALIFIED = ", ".join(f"s.{name.strip()}" for name in _COLUMNS.split(","))


class Stories:
    """The `stories`, `story_changes` and `reports` tables, and the columns of `articles` that filing
    decides."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, story_id: int, *, follow: bool = True) -> StoredStory:
        """One story; with ``follow`` the one it was merged into. Raises ``UnknownStoryError``."""
        row = None
        if -(2**63) <= story_id < 2**63:
            row = self._connection.one(f"SELECT {_COLUMNS} FROM stories WHERE id = ?", (story_id,))
        if row is None:
            raise UnknownStoryError("no story has this id; `cuttings stories` lists them", str(story_id))
        story = _stored_story(row)
        return self.get(story.merged_into) if follow and story.merged_into is not None else story

    def many(self, story_ids: Iterable[int]) -> dict[int, StoredStory]:
        """Those of the stories that exist, merged ones as they are."""
        found: dict[int, StoredStory] = {}
        for portion in portions(story_ids):
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM stories WHERE id IN ({marks(portion)})", portion
            )
            found.update((row[0], _stored_story(row)) for row in rows)
        return found

    def listing(
        self, words: str = "", *, since: datetime | None = None, min_sources: int = 1, limit: int = 50
    ) -> tuple[StoredStory, ...]:
        """Live stories, the latest first; with words, those with all of them in their title or a report, best
        first."""
        filters = "s.merged_into IS NULL AND s.source_count >= ? AND coalesce(s.last_published_at, s.created_at) >= ?"
        values = (min_sources, stamp(since) or "", limit)
        latest = "coalesce(s.last_published_at, s.created_at) DESC, s.id DESC"
        expression = fts_expression(words)
        if not expression:
            if words.strip():
                return ()  # nothing in it that could be found: "***"
            sql = f"SELECT {_QUALIFIED} FROM stories AS s WHERE {filters} ORDER BY {latest} LIMIT ?"
            return tuple(map(_stored_story, self._connection.execute(sql, values)))
        rows = self._connection.execute(
            f"""SELECT {_QUALIFIED} FROM stories AS s JOIN (
                SELECT id, min(score) AS score FROM (
                    SELECT a.story_id AS id, f.rank AS score
                    FROM articles_fts AS f JOIN articles AS a ON a.id = f.rowid WHERE articles_fts MATCH ?
                    UNION ALL SELECT rowid, rank FROM stories_fts WHERE stories_fts MATCH ?
                ) GROUP BY id
            ) AS hits ON hits.id = s.id
            WHERE {filters} ORDER BY hits.score, {latest} LIMIT ?""",
            (expression, expression, *values),
        )
        return tuple(map(_stored_story, rows))

    def articles_of(self, story_id: int) -> tuple[int, ...]:
        """The story's articles in order of publication, undated ones last."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE story_id = ? ORDER BY coalesce(published_at, '9999'), id",
            (story_id,),
        )
        return tuple(row[0] for row in rows)

    def members(self, story_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """The articles of each of the stories."""
        found: dict[int, list[int]] = {}
        for portion in portions(story_ids):
            rows = self._connection.execute(
                f"SELECT story_id, id FROM articles WHERE story_id IN ({marks(portion)}) ORDER BY id", portion
            )
            for story_id, article_id in rows:
                found.setdefault(story_id, []).append(article_id)
        return {story_id: tuple(ids) for story_id, ids in found.items()}

    def merged_into(self, survivors: Iterable[int]) -> dict[int, StoredStory]:
        """The stories that were merged into one of these, by id."""
        found: dict[int, StoredStory] = {}
        for portion in portions(survivors):
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM stories WHERE merged_into IN ({marks(portion)}) ORDER BY id", portion
            )
            found.update((story.id, story) for story in map(_stored_story, rows))
        return found

    def changes(self, story_id: int | None = None, *, limit: int = -1) -> tuple[StoryChange, ...]:
        """What happened to one story, or to all, oldest first."""
        rows = self._connection.execute(
            """SELECT id, story_id, run_id, kind, article_id, other_story_id, by, detail, at FROM story_changes
            WHERE ? IS NULL OR story_id = ? ORDER BY id LIMIT ?""",
            (story_id, story_id, limit),
        )
        return tuple(_story_change(row) for row in rows)

    def shares(self, story_id: int) -> dict[int, ReportShare]:
        """What each report of a story owes to others, by article."""
        rows = self._connection.execute(
            """SELECT article_id, story_id, lag_hours, borrowed_share, borrowed_from, origin_share
            FROM reports WHERE story_id = ?""",
            (story_id,),
        )
        return {
            article: ReportShare(
                article_id=article,
                story_id=story,
                lag_hours=lag,
                borrowed_share=borrowed,
                borrowed_from=source,
                origin_share=origin,
            )
            for article, story, lag, borrowed, source, origin in rows
        }

    def next_id(self) -> int:
        """The id that the next new story gets: one more than any that ever was."""
        row = self._connection.one("SELECT seq FROM sqlite_sequence WHERE name = 'stories'")
        return int(row[0]) + 1 if row else 1

    def save_all(self, stories: Iterable[StoredStory]) -> None:
        """Store new and changed stories."""
        self._connection.many(
            f"""INSERT INTO stories ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, first_published_at = excluded.first_published_at,
                last_published_at = excluded.last_published_at, article_count = excluded.article_count,
                report_count = excluded.report_count, source_count = excluded.source_count,
                lead_article_id = excluded.lead_article_id, first_article_id = excluded.first_article_id,
                merged_into = excluded.merged_into, origin_kind = excluded.origin_kind,
                origin_article_id = excluded.origin_article_id, origin_url = excluded.origin_url,
                updated_at = excluded.updated_at""",
            [
                (
                    story.id,
                    storable(story.title),
                    stamp(story.first_published_at),
                    stamp(story.last_published_at),
                    story.article_count,
                    story.report_count,
                    story.source_count,
                    story.lead_article_id,
                    story.first_article_id,
                    story.merged_into,
                    story.origin_kind,
                    story.origin_article_id,
                    storable(story.origin_url),
                    stamp(story.created_at),
                    stamp(story.updated_at),
                )
                for story in stories
            ],
        )

    def repoint(self, merged: int, survivor: int) -> None:
        """Whatever was merged into a story that is now merged itself points to the last survivor."""
        self._connection.execute(
            "UPDATE stories SET merged_into = ? WHERE merged_into = ? AND id <> ?",
            (survivor, merged, survivor),
        )

    def assign(self, places: Mapping[int, int], *, at: datetime) -> None:
        """Put each article (key) into a story (value)."""
        self._connection.many(
            "UPDATE articles SET story_id = ?, filed_at = ? WHERE id = ?",
            [(story_id, stamp(at), article_id) for article_id, story_id in places.items()],
        )

    def set_copy_groups(self, groups: Mapping[int, int | None]) -> None:
        """Give each article (key) the original that it is a copy of, itself for the original, None for no
        copies."""
        self._connection.many(
            "UPDATE articles SET copy_group = ? WHERE id = ? AND copy_group IS NOT ?",
            [(original, article_id, original) for article_id, original in groups.items()],
        )

    def save_shares(self, article_ids: Iterable[int], shares: Iterable[ReportShare]) -> None:
        """Store what reports owe to others, in place of what was known of these articles."""
        self._connection.many(
            "DELETE FROM reports WHERE article_id = ?", [(article,) for article in article_ids]
        )
        self._connection.many(
            """INSERT INTO reports (article_id, story_id, lag_hours, borrowed_share, borrowed_from, origin_share)
            VALUES (?, ?, ?, ?, ?, ?)""",
            [
                (s.article_id, s.story_id, s.lag_hours, s.borrowed_share, s.borrowed_from, s.origin_share)
                for s in shares
            ],
        )

    def add_changes(self, changes: Iterable[StoryChange], *, run_id: int | None) -> None:
        """Record what happened to stories."""
        self._connection.many(
            """INSERT INTO story_changes (story_id, run_id, kind, article_id, other_story_id, by, detail, at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    c.story_id,
                    run_id,
                    str(c.kind),
                    c.article_id,
                    c.other_story_id,
                    storable(c.by),
                    storable(c.detail),
                    stamp(c.at),
                )
                for c in changes
            ],
        )


def _stored_story(row: Row) -> StoredStory:
    story_id, title, first, last, articles, reports, sources, lead, earliest, merged, *rest = row
    origin_kind, origin_article, origin_url, created, updated = rest
    return StoredStory(
        id=story_id,
        title=title,
        first_published_at=moment(first),
        last_published_at=moment(last),
        article_count=articles,
        report_count=reports,
        source_count=sources,
        lead_article_id=lead,
        first_article_id=earliest,
        merged_into=merged,
        origin_kind=origin_kind,
        origin_article_id=origin_article,
        origin_url=origin_url,
        created_at=moment(created),
        updated_at=moment(updated),
    )


def _story_change(row: Row) -> StoryChange:
    number, story_id, run_id, kind, article_id, other, by, detail, at = row
    return StoryChange(
        id=number,
        story_id=story_id,
        run_id=run_id,
        kind=ChangeKind(kind),
        article_id=article_id,
        other_story_id=other,
        by=by,
        detail=detail,
        at=moment(at),
    )

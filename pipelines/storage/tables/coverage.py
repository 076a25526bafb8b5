"""How much one source reported, and how early: what the page of a source shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.storage.connection import Connection
from pipelines.storage.values import moment, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMonth:
    """One month of one source."""

    month: str  # 2026-03, of publication, else of first sight
    articles: int
    reports: int  # copies left out
    stories: int  # it had a report of
    only_here: int  # of these, the ones that no other source reported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWeek:
    """One week of one source. ``week``: its Monday; ``reports``: copies left out."""

    week: date
    articles: int
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceArticle:
    """One article in the list of its source. ``day``: of publication; None without a date."""

    id: int
    story_id: int | None
    title: str
    access: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedSource:
    """A source whose words another one carries. ``copies``: the same text; ``share`` (0..1): of the words."""

    source_id: str
    name: str
    articles: int
    copies: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A watched source that usually follows such a story within ``usual_hours``, and has not."""

    source: str
    followed: int
    earlier_stories: int
    usual_hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRevision:
    """One version of an article after the first; ``change`` says in words what is different."""

    article_id: int
    seen_at: datetime
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePace:
    """How early a source reports stories that others report too."""

    shared: int  # stories of two or more sources
    first: int  # of these, the ones it published first
    median_lag: float | None  # hours after the first report or the origin; None without such stories


# The planner does not know which of the indexes of a source has the order that is asked for: they are named.
COPIED_FROM = 0.5  # share of a report's words that stand in another source's earlier report, as `syndication`


class Coverage:
    """Reads over `articles`, `stories` and `reports`, for one source or one story."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def months(self, source_id: str, *, since: datetime) -> tuple[SourceMonth, ...]:
        """Return the months of a source from that of ``since`` on, newest first, as in `share_of_voice`."""
        rows = self._connection.execute(
            """SELECT month, articles, reports, stories, stories - shared_stories FROM (
                SELECT * FROM _month_totals AS m
                WHERE m.outlet = :source AND m.month >= :month AND NOT EXISTS (
                    SELECT 1 FROM _stale AS k
                    WHERE k.summary = 'months' AND k.key = m.month AND k.outlet = m.outlet)
                UNION ALL
                SELECT * FROM _stale_months WHERE outlet = :source AND month >= :month
            ) ORDER BY month DESC""",
            {"source": source_id, "month": stamp(since)[:7]},
        )
        return tuple(
            SourceMonth(month=month, articles=articles, reports=reports, stories=stories, only_here=alone)
            for month, articles, reports, stories, alone in rows
        )

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return the time of the first and of the last article; None without articles."""
        row = self._connection.one(
            "SELECT (SELECT min(counted_at) FROM articles), (SELECT max(counted_at) FROM articles)"
        )
        return (moment(row[0]), moment(row[1])) if row else (None, None)

    def pace(self, source_id: str, *, limit: int) -> SourcePace:
        """Return how early a source was, over those of its latest ``limit`` articles that others had too."""
        rows = self._connection.execute(
            """SELECT s.first_article_id = a.id, r.lag_hours
            FROM (SELECT id, story_id FROM articles INDEXED BY articles_volume WHERE source_id = ?
                ORDER BY counted_at DESC, id DESC LIMIT ?) AS a
            JOIN stories AS s ON s.id = a.story_id AND s.source_count > 1
            LEFT JOIN reports AS r ON r.article_id = a.id""",
            (source_id, limit),
        )
        lags = sorted(lag for _, lag in rows if lag is not None)
        return SourcePace(
            shared=len(rows),
            first=sum(bool(first) for first, _ in rows),
            median_lag=lags[len(lags) // 2] if lags else None,
        )

    def weeks(self, source_id: str, *, since: datetime) -> tuple[SourceWeek, ...]:
        """Return the weeks of a source with articles, the oldest first."""
        latest = self.latest_at(source_id)
        first = date.fromisoformat(stamp(since)[:10])
        start, found = first - timedelta(days=first.weekday()), []
        while latest is not None and start <= latest.date():
            end = start + timedelta(weeks=1)
            # One range a week: grouped by day, SQLite sorts all rows, in twice the time.
            row = self._connection.one(
                """SELECT count(*), sum(copy_group IS NULL OR copy_group = id) FROM articles
                INDEXED BY articles_volume WHERE source_id = ? AND counted_at >= ? AND counted_at < ?""",
                (source_id, max(stamp(since), start.isoformat()), end.isoformat()),
            )
            if row and row[0]:
                found.append(SourceWeek(week=start, articles=row[0], reports=row[1]))
            start = end
        return tuple(found)

    def reports_since(self, since: datetime) -> int:
        """Return the number of reports of all sources since, copies left out."""
        [(number,)] = self._connection.execute(
            """SELECT count(*) FROM articles INDEXED BY articles_counted_at
            WHERE counted_at >= ? AND (copy_group IS NULL OR copy_group = id)""",
            (stamp(since),),
        )
        return int(number)

    def latest_at(self, source_id: str) -> datetime | None:
        """Return when the latest article of a source was published, else first seen."""
        row = self._connection.one("SELECT max(counted_at) FROM articles WHERE source_id = ?", (source_id,))
        return moment(row[0]) if row else None

    def latest(self, source_id: str, *, limit: int) -> tuple[SourceArticle, ...]:
        """Return the latest articles of a source, the newest first."""
        rows = self._connection.execute(
            """SELECT id, story_id, title, access, published_day FROM articles INDEXED BY articles_volume
            WHERE source_id = ? ORDER BY counted_at DESC, id DESC LIMIT ?""",
            (source_id, limit),
        )
        return tuple(
            SourceArticle(
                id=key,
                story_id=story,
                title=title,
                access=access,
                day=date.fromisoformat(day) if day else None,
            )
            for key, story, title, access, day in rows
        )

    def copied_by(self, source_id: str, *, articles: int) -> tuple[CopiedSource, ...]:
        """Return whose words the latest ``articles`` of a source carry, the most copied first."""
        rows = self._connection.execute(
            f"""SELECT b.source_id, o.name, count(*), sum(a.copy_group = b.id), avg(r.borrowed_share)
            FROM (SELECT id, copy_group FROM articles INDEXED BY articles_volume WHERE source_id = ?
                ORDER BY counted_at DESC, id DESC LIMIT ?) AS a
            JOIN reports AS r ON r.article_id = a.id AND r.borrowed_share >= {COPIED_FROM}
            JOIN articles AS b ON b.id = r.borrowed_from AND b.source_id <> ?
            JOIN sources AS o ON o.id = b.source_id
            GROUP BY b.source_id ORDER BY count(*) DESC, o.name""",
            (source_id, articles, source_id),
        )
        return tuple(
            CopiedSource(source_id=key, name=name, articles=n, copies=copies or 0, share=share)
            for key, name, n, copies, share in rows
        )

    def silences(self, story_id: int) -> tuple[Silence, ...]:
        """Return who usually follows such a story and has not, as the view `silences` has it."""
        rows = self._connection.execute(
            """SELECT silent_source, followed, earlier_stories, usual_hours FROM silences WHERE story_id = ?
            ORDER BY 1.0 * followed / earlier_stories DESC, silent_source""",
            (story_id,),
        )
        return tuple(
            Silence(source=source, followed=followed, earlier_stories=earlier, usual_hours=hours)
            for source, followed, earlier, hours in rows
        )

    def revised(self, article_ids: Iterable[int]) -> tuple[TextRevision, ...]:
        """Return what publishers changed in these articles, the oldest change first."""
        rows = self._connection.execute_in(
            "SELECT article_id, seen_at, change FROM revisions WHERE article_id IN (?*) AND change <> ''",
            article_ids,
        )
        revisions = [
            TextRevision(article_id=key, seen_at=moment(at), change=words) for key, at, words in rows
        ]
        return tuple(sorted(revisions, key=lambda each: (each.seen_at, each.article_id)))

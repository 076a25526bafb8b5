"""How much one source reported, and how early: what the page of a source shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.connection import Connection
from pipelines.storage.values import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMonth:
    """One month of one source."""

    month: str  # 2026-03, of publication, else of first sight
    articles: int
    reports: int  # copies left out
    stories: int
    only_here: int  # stories that no other source reported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePace:
    """How early a source reports stories that others report too."""

    shared: int  # stories of two or more sources
    first: int  # of these, the ones it published first
    median_lag: float | None  # hours after the first report or the origin; None without such stories


class Coverage:
    """Reads over `articles`, `stories` and `reports`, for one source."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def months(self, source_id: str, *, limit: int) -> tuple[SourceMonth, ...]:
        """Return the latest months of a source, the newest first."""
        rows = self._connection.execute(
            """SELECT substr(coalesce(a.published_day, a.first_seen_at), 1, 7) AS month, count(*),
                sum(a.copy_group IS NULL OR a.copy_group = a.id), count(DISTINCT a.story_id),
                count(DISTINCT CASE WHEN s.source_count < 2 THEN s.id END)
            FROM articles AS a LEFT JOIN stories AS s ON s.id = a.story_id
            WHERE a.source_id = ? GROUP BY month ORDER BY month DESC LIMIT ?""",
            (source_id, limit),
        )
        return tuple(
            SourceMonth(month=month, articles=articles, reports=reports, stories=stories, only_here=alone)
            for month, articles, reports, stories, alone in rows
        )

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return the time of the first and of the last article; None without articles."""
        row = self._connection.one(
            "SELECT (SELECT min(dated_at) FROM articles), (SELECT max(dated_at) FROM articles)"
        )
        return (moment(row[0]), moment(row[1])) if row else (None, None)

    def pace(self, source_id: str, *, limit: int) -> SourcePace:
        """Return how early a source was, over its latest ``limit`` articles in stories of several sources."""
        rows = self._connection.execute(
            """SELECT s.first_article_id = a.id, r.lag_hours
            FROM articles AS a JOIN stories AS s ON s.id = a.story_id AND s.source_count > 1
            LEFT JOIN reports AS r ON r.article_id = a.id
            WHERE a.source_id = ? ORDER BY a.published_at DESC LIMIT ?""",
            (source_id, limit),
        )
        lags = sorted(lag for _, lag in rows if lag is not None)
        return SourcePace(
            shared=len(rows),
            first=sum(bool(first) for first, _ in rows),
            median_lag=lags[len(lags) // 2] if lags else None,
        )

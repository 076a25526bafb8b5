"""Times and counts as people say them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import quote

from pipelines.text import counted, error_words
from scraper.days import day_words
from scraper.models import Article

MINUTE, HOUR, DAY = 1 / 60, 1.0, 24.0  # in hours
__all__ = ["Times", "counted", "error_words", "hours", "lag", "month", "percent", "segment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Days and minutes in the desk's time zone, as seen ``now``."""

    zone: tzinfo
    now: datetime

    @property
    def today(self) -> date:
        """Return the day it is at the desk."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone_name(self) -> str:
        """Return the name of the time zone."""
        return "UTC" if self.zone is UTC else str(self.zone)

    def day(self, moment: date | None) -> str:
        """Return ``12 October 2026``, where the desk is; an empty text for no date."""
        return day_words(self._local(moment))

    def near(self, moment: date | None) -> str:
        """Return ``today``, ``yesterday``, ``12 October`` or, of another year, ``12 October 2025``."""
        day = self._local(moment)
        if day is None:
            return ""
        if day in (self.today, self.today - timedelta(days=1)):
            return "today" if day == self.today else "yesterday"
        return f"{day.day} {day:%B}" if day.year == self.today.year else day_words(day)

    def minute(self, moment: datetime | None) -> str:
        """Return ``12 October 2026, 09:30``, where the desk is; an empty text for no date."""
        return f"{self.day(moment)}, {moment.astimezone(self.zone):%H:%M}" if moment else ""

    def published(self, article: Article) -> str:
        """Return when an article was published: a month, a day or a minute; an empty text for no date."""
        if article.is_day_only:
            return day_words(article.day, article.published_precision)
        return self.minute(article.published_at)

    def _local(self, moment: date | None) -> date | None:
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment


def hours(number: float) -> str:
    """Return a number of hours as ``40 min``, ``2 h`` or ``3 days``."""
    size = abs(number)
    if size < HOUR:
        return f"{round(size * 60)} min"
    return f"{round(size)} h" if size < 2 * DAY else f"{round(size / DAY)} days"


def lag(number: float | None) -> str:
    """Return how long after: ``at the time of``, ``40 min after``, ``2 h after``, ``3 days after``."""
    if number is None:
        return ""
    if abs(number) < MINUTE:
        return "at the time of"
    return f"{hours(number)} {'after' if number > 0 else 'before'}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as ``40 %``."""
    return f"{round(share * 100)} %"


def segment(name: str) -> str:
    """Return an id as one part of a path: the names of imported sources may hold any character."""
    return quote(name, safe="")


def month(text: str) -> str:
    """Return ``October 2026`` for ``2026-10``."""
    return f"{date.fromisoformat(f'{text}-01'):%B %Y}"

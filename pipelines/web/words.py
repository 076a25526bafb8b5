"""Times as people say them. Pure."""

from __future__ import annotations

from datetime import date, datetime

from scraper.days import day_words
from scraper.models import Article

HOUR, DAY = 1.0, 24.0


def day(moment: date | None) -> str:
    """Return ``12 October 2026``; an empty text for no date."""
    return day_words(moment)


def minute(moment: datetime | None) -> str:
    """Return ``12 October 2026, 09:30``, in UTC; an empty text for no date."""
    return f"{day(moment)}, {moment:%H:%M}" if moment else ""


def published(article: Article) -> str:
    """Return when an article was published: a day, or a minute in UTC; an empty text for no date."""
    if article.is_day_only:
        return day_words(article.day)
    return f"{minute(article.published_at)} UTC" if article.published_at else ""


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
    if abs(number) < 1 / 60:
        return "at the time of"
    return f"{hours(number)} {'after' if number > 0 else 'before'}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as ``40 %``."""
    return f"{round(share * 100)} %"

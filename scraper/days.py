"""The day of a date where the desk is, and the dates that stand for none. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from scraper.models import DatePrecision, in_utc

OLDEST_YEAR = 1600  # newspapers begin; what lies before is an empty field of some program (0001-01-01)
# Days with which programs start to count: what they print for an empty field (Unix, there and west of
# Greenwich; spreadsheets; SQL Server).
EPOCHS = frozenset(
    map(date.fromisoformat, "1969-12-31 1899-12-30 1899-12-31 1900-01-01 1753-01-01 1601-01-01".split())
)
UNIX_YEAR = 1970
# Beyond is a mistyped year. Less would refuse what an archive with a shifted or invented calendar says.
MOST_AHEAD = timedelta(days=3 * 366)


def is_placeholder(day: date) -> bool:
    """Return whether a day is one that programs write for an empty field."""
    return day.year < OLDEST_YEAR or day.year == UNIX_YEAR or day in EPOCHS


def is_believable(moment: datetime, seen_at: datetime) -> bool:
    """Return whether a date can be true: not an empty field's, at most ``MOST_AHEAD`` after it was seen."""
    moment = in_utc(moment)
    return not is_placeholder(moment.date()) and moment <= seen_at + MOST_AHEAD


def is_future(when: datetime, limit: datetime | None) -> bool:
    """Return whether a date lies after ``limit`` (the time of fetching), with a day's grace for zones."""
    return limit is not None and when > limit + timedelta(days=1)


def day_words(day: date | None, precision: DatePrecision | None = None) -> str:
    """Return ``1 March 2026``, or ``March 2026`` where only the month is known; an empty text for no date."""
    if day and precision is DatePrecision.MONTH:
        return f"{day:%B %Y}"
    return f"{day.day} {day:%B %Y}" if day else ""


def written_date(moment: datetime | None, precision: DatePrecision | None) -> str:
    """Return ``2026-03-01T09:00:00Z``, ``2026-03-01`` or ``2026-03``, as exactly as the date is known."""
    if moment is None:
        return ""
    if precision is DatePrecision.MONTH:
        return f"{in_utc(moment):%Y-%m}"
    return f"{in_utc(moment):{'%Y-%m-%d' if precision is DatePrecision.DAY else '%Y-%m-%dT%H:%M:%SZ'}}"


def local_day(moment: datetime, precision: DatePrecision | None, zone: tzinfo) -> date:
    """Return the day of a date in a time zone; where only the day is known, that day itself.

    A day without a time is stored as its midnight in UTC; it is a day wherever the publisher is.
    """
    if precision in (DatePrecision.DAY, DatePrecision.MONTH):
        return in_utc(moment).date()
    return moment.astimezone(zone).date()

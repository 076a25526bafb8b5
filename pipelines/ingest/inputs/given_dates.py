"""The date that a row of an import gives, with how exactly it is known. Pure.

An importer's word has precedence, and its archive may begin before the web: dates of all years since 1600 are
taken, a month alone too ("2021-06", "June 2021"). A year alone is refused: the database has no precision for
it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from scraper.days import OLDEST_YEAR
from scraper.extraction.date_words import load_date_words
from scraper.extraction.dates import parse_date
from scraper.models import DatePrecision

LATEST_YEAR = 2100  # a date that lies years ahead is refused, and noted, when the article is stored
MILLISECONDS = 1e11  # a larger number of seconds since 1970 lies after the year 5138

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR_MONTH = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})", re.ASCII)
_MONTH_YEAR = re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})", re.ASCII)
_NAME_YEAR = re.compile(r"(?P<name>[^\W\d_]+)\.?,?\s+(?P<year>[0-9]{4})")
# A number of so many digits is a year or a day (20210601), as spreadsheets give it: as seconds since 1970
# both would lie in that year, which is an empty field's.
_DIGITS_OF_DATE = re.compile(r"\d{4}|(?:19|20)\d{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDate:
    """A date in UTC. ``precision`` is `MONTH` for a month, else ``None``: midnight tells a day."""

    at: datetime
    precision: DatePrecision | None = None


def given_date(value: str | float | None) -> GivenDate | None:
    """Return the date that a text or a number (Unix time in seconds or milliseconds) gives, if any."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        day = parse_date(value) or _older(value)
        return GivenDate(at=day) if day else _month(value.strip())
    if _DIGITS_OF_DATE.fullmatch(f"{value:.0f}"):
        return given_date(f"{value:.0f}")
    try:
        moment = datetime.fromtimestamp(value / 1000 if value > MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return GivenDate(at=moment.replace(microsecond=0))


def _older(value: str) -> datetime | None:
    """Return an ISO date that no page can have: archives begin before the web, while pages err."""
    if not _ISO_DAY.match(value.strip()):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return when.replace(microsecond=0) if OLDEST_YEAR <= when.year <= LATEST_YEAR else None


def _month(value: str) -> GivenDate | None:
    if named := _NAME_YEAR.fullmatch(value):
        month = load_date_words().months.get(named["name"].lower(), 0)
        return _first_day(int(named["year"]), month)
    if figures := _YEAR_MONTH.fullmatch(value) or _MONTH_YEAR.fullmatch(value):
        return _first_day(int(figures["year"]), int(figures["month"]))
    return None


def _first_day(year: int, month: int) -> GivenDate | None:
    if not OLDEST_YEAR <= year <= LATEST_YEAR or not 1 <= month <= 12:
        return None
    return GivenDate(at=datetime(year, month, 1, tzinfo=UTC), precision=DatePrecision.MONTH)

"""Dates of feeds and sitemaps: the machine forms (RFC 3339, W3C) here, all others by the reader of pages.
Pure.

feedparser takes BST, CET and their like for UTC and knows English month names only; what it makes of a date
counts only where neither reader can read it.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from scraper.extraction.dates import parse_date
from scraper.extraction.zones import read_zone

MAX_DATE_CHARS = 80
EARLIEST = datetime(1970, 1, 3, tzinfo=UTC)  # a date before is a zero that a program formatted
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # a date after is a number that a program took for a date

# What programs write that is nearly RFC 3339: a month without a day, hours of one digit or of 24, zone names.
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ]\s?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?)?"
    r"\s*([A-Z]{1,5}|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)", re.ASCII)
_LEAP_SECOND = re.compile(r"(?<=:)60\b")


def read_date(text: str, *, day_first: bool = True) -> datetime | None:
    """Return a date in UTC; ``None`` when the text has no whole day or month, or no plausible one.

    ``day_first`` decides 03/11/2026. A time without a zone is taken for UTC, a day without a time is its
    midnight.
    """
    text = " ".join(text.split())[:MAX_DATE_CHARS]
    try:
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day, hours, minutes, seconds, zone = match.groups()
            clock = timedelta(
                hours=int(hours or 0), minutes=int(minutes or 0), seconds=min(int(seconds or 0), 59)
            )
            if clock > timedelta(days=1):
                return None
            midnight = datetime(int(year), int(month), int(day or 1), tzinfo=read_zone(zone or "") or UTC)
            return _plausible((midnight + clock).astimezone(UTC))
        moment = parse_date(_LEAP_SECOND.sub("59", text), day_first=day_first)
    except (ValueError, OverflowError):
        return None
    return _plausible(moment) if moment else None


def is_day_first(dates: Iterable[str], *, language: str | None = None) -> bool:
    """Return whether 03/11/2026 is in November, by the other dates of the same feed, else by its language.

    A clock with AM or PM beside such a date is that of the United States (.NET writes both so).
    """
    american = (language or "").lower().replace("_", "-") == "en-us"
    for text in dates:
        numbers = _NUMBERS.search(text)
        if numbers and int(numbers[1]) > 12:
            return True
        if numbers and int(numbers[2]) > 12:
            return False
        american = american or bool(numbers and re.search(r"\d\s*[AP]M\b", text))
    return not american


def from_struct(parsed: tuple[int, ...]) -> datetime | None:
    """Return what feedparser made of a date; ``None`` when it is not plausible."""
    try:
        return _plausible(datetime.fromtimestamp(timegm(parsed), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _plausible(moment: datetime) -> datetime | None:
    return moment.replace(microsecond=0) if EARLIEST <= moment < LATEST else None

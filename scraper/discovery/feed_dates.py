"""Dates of feeds and sitemaps, read by the reader of pages. Pure.

feedparser takes BST, CET and their like for UTC, knows English month names only, and makes a date of
"12345"; so it is not asked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from scraper.extraction.date_forms import EARLIEST_YEAR, LATEST_YEAR
from scraper.extraction.dates import read_field

MAX_DATE_CHARS = 80
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# "Mon, 07 Sep 2026 12:00:00 +0100" (RFC 822), as most feeds write it: read here in a tenth of the time.
_RFC_822 = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ({'|'.join(_MONTHS)}) (\d{{4}}) "
    r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d) (?:GMT|UTC|([+-])(0\d|1[01])([0-5]\d))"
)


def read_date(text: str, *, day_first: bool = True) -> datetime | None:
    """Return a date in UTC; ``None`` when the text has no whole day or month, or no plausible one.

    ``day_first`` decides 03/11/2026. A time without a zone is taken for UTC, a day without a time is its
    midnight, a month without a day its first.
    """
    if not text:
        return None
    text = " ".join(text.split())[:MAX_DATE_CHARS]
    if usual := _RFC_822.fullmatch(text):
        return _from_rfc_822(usual)
    written = read_field(text, day_first=day_first)
    return written.at if written else None


def _from_rfc_822(match: re.Match[str]) -> datetime | None:
    """Return the moment in UTC; ``None`` when the calendar does not have the day, or the year is not
    plausible."""
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    zone = timezone(-east if sign == "-" else east)
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        return None
    try:
        return datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone
        ).astimezone(UTC)
    except ValueError:
        return None

"""Days that a text mentions: "Friday" of a dated report, "3 January", "Jan. 3, 2017"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from scraper.days import is_placeholder

LAST_DAY = date(2090, 1, 1)  # after it come the 2099 and 9999 of empty fields
MAX_DAYS = 12
WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: i for i, name in enumerate(WEEKDAY_NAMES)}
MONTH_NAMES = (
    "january february march april may june july august september october november december"
).split()
_MONTHS = {name[:length]: i for i, name in enumerate(MONTH_NAMES, 1) for length in (3, 4, 9)}
# Whole words: "12 Marines" does not name a day of March.
_MONTH = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DATE = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b)"
    r"(?!\.?\d)(?:,? ((?:19|20)\d\d))?"
)
# It begins with letters and not with a boundary: then the search leaps from one such letter to the next.
_WEEKDAY = re.compile(r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b")
_INSIDE_WORD = re.compile(r"\w")


def names_a_weekday(text: str) -> bool:
    """Return whether a text names a weekday."""
    return bool(_weekdays_in(text))


def _weekdays_in(text: str) -> list[int]:
    """Return every weekday that a text names, in order; Monday is 0."""
    return [
        _WEEKDAYS[found.group().lower()]
        for found in _WEEKDAY.finditer(text)
        if not _INSIDE_WORD.match(text[max(0, found.start() - 1) : found.start()])
    ]


def known_day(day: date | None) -> int | None:
    """Return the ordinal of a date; None for no date and for those that mean "unknown" (1970, 2099)."""
    return day.toordinal() if day and day < LAST_DAY and not is_placeholder(day) else None


def weekdays(text: str) -> int:
    """Return the weekdays that a text names as seven bits, Monday lowest."""
    mask = 0
    for weekday in _weekdays_in(text):
        mask |= 1 << weekday
    return mask


def mentioned_days(text: str, published: int | None) -> tuple[int, ...]:
    """Return ordinals of the days named in a text: the last such weekday before, dates in their nearest
    year."""
    found: dict[int, None] = {}
    for day in _dates(text, published):
        found[day] = None
    if published is not None:
        for weekday in _weekdays_in(text):
            found[published - (published - 1 - weekday) % 7] = None
    return tuple(sorted(list(found)[:MAX_DAYS]))


def _dates(text: str, published: int | None) -> Iterator[int]:
    for day, month, other_month, other_day, year in _DATE.findall(text):
        number = _MONTHS[(month or other_month).lower()[:3]]
        if year:
            years: tuple[int, ...] = (int(year),)
        elif published is not None:
            around = date.fromordinal(published).year
            years = (around - 1, around, around + 1)
        else:
            continue
        candidates = [
            ordinal for y in years if (ordinal := _ordinal(y, number, int(day or other_day))) is not None
        ]
        if candidates:
            yield min(candidates, key=lambda ordinal: abs(ordinal - (published or 0)))


def _ordinal(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return None

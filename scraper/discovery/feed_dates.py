"""Dates of feeds and sitemaps, as specified (RFC 822, RFC 3339) and as content systems write them. Pure.

feedparser takes BST, CET and their like for UTC and knows English month names only, so dates are read here;
what it makes of a date counts only where this module cannot read it."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from scraper.extraction.zones import ZONE_SECONDS

MAX_DATE_CHARS = 80
EARLIEST = datetime(1970, 1, 3, tzinfo=UTC)  # a date before is a zero that a program formatted
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # a date after is a number that a program took for a date

# The beginnings of month names, as many letters as tell them apart: English, German, French, Spanish,
# Italian,
# Portuguese, Dutch, Swedish, Danish, Polish, Welsh, Russian, Ukrainian.
_MONTH_WORDS = """
jan ene gen sty ion янв січ|feb fév fev lut chw фев лют|mar mär maa mrt maw мар бер
|apr avr abr kwi ebr апр кві|may mai mag mei maj mayo май мая тра|jun jui giu cze meh июн чер|jul juil lug lip gor июл лип
|aug aoû aou ago sie aws авг сер|sep set wrz med сен вер|oct okt ott out paź paz hyd окт жов
|nov lis tac ноя лис|dec dez déc dic gru rha дек гру
"""
_MONTHS: Mapping[str, int] = MappingProxyType(
    {word: number for number, words in enumerate(_MONTH_WORDS.split("|"), 1) for word in words.split()}
)
_ZONES: Mapping[str, int] = MappingProxyType({**ZONE_SECONDS, "MEZ": 3600, "MESZ": 7200, "MSD": 14400})

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?\s*(.*)", re.ASCII)
_EPOCH = re.compile(r"(1\d{9})(\d{3})?(?:\.\d+)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)", re.ASCII)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_WORD_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º)?(?:\s+(?:de|of))?[\s-]+([^\W\d_]{3,})\.?,?"
    r"(?:\s+(?:de|of))?[\s-]+(\d{4}|\d{2})(?![\d:])"
)
_WORD_DAY_YEAR = re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_CHINESE_FORM = str.maketrans({"年": "-", "月": "-", "日": " ", "时": ":", "時": ":", "分": " "})
# The form of Unix and JavaScript: "Tue Nov  3 08:30:00 GMT 2026", "Tue Nov 03 2026 08:30:00 GMT+0100".
_UNIX = re.compile(r"([^\W\d_]{3,})\s+(\d{1,2})\s+(\d{1,2}:\d{2}.*?)\s+(\d{4})$")
_CLOCK = re.compile(
    r"(?<![\d-])(\d{1,2})[:h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\.?\s?m\b\.?)?", re.IGNORECASE
)
_ZONE = re.compile(r"(?:GMT|UTC|Z)?\s?([+-])(\d{2}):?(\d{2})?(?!\d)|\b([A-Z]{1,5})\b")


def read_date(text: str, *, day_first: bool = True) -> datetime | None:
    """Return a date in UTC; ``None`` when there is no whole day in the text, or no plausible one.

    ``day_first`` decides 03/11/2026. A time without a zone is taken for UTC, a day without a time is its
    midnight."""
    text = " ".join(text.translate(_CHINESE_FORM).split())[:MAX_DATE_CHARS]
    if epoch := _EPOCH.fullmatch(text):
        return _plausible(datetime.fromtimestamp(int(epoch[1]), UTC))
    try:
        moment = _day_and_rest(text, day_first=day_first)
        if moment is None:
            return None
        day, rest = moment
        return _plausible(day + _clock(rest) - _offset(rest))
    except (ValueError, OverflowError):
        return None


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


def _day_and_rest(text: str, *, day_first: bool) -> tuple[datetime, str] | None:
    """Return the day of a date, and the text without it. Raises ``ValueError`` on a day that does not
    exist."""
    if found := _YEAR_FIRST.match(text):
        return _day(found[1], found[2], found[3] or "1"), text[found.end() :].lstrip("Tt")
    if compact := _COMPACT.fullmatch(text):
        clock = f"{compact[4]}:{compact[5]}:{compact[6] or '00'}" if compact[4] else ""
        return _day(compact[1], compact[2], compact[3]), f"{clock} {compact[7]}"
    for found in _DAY_WORD_YEAR.finditer(text):
        if month := _month(found[2]):
            return _day(found[3], month, found[1]), text[found.end() :]
    for found in _WORD_DAY_YEAR.finditer(text):
        if month := _month(found[1]):
            return _day(found[3], month, found[2]), text[found.end() :]
    if (found := _UNIX.search(text)) and (month := _month(found[1])):
        return _day(found[4], month, found[2]), found[3]
    if found := _NUMBERS.search(text):
        first, second = int(found[1]), int(found[2])
        is_day_month = second <= 12 and (day_first or first > 12)
        month, day = (second, first) if is_day_month else (first, second)
        return _day(found[3], month, day), text[found.end() :]
    return None


def _day(year: str, month: str | int, day: str | int) -> datetime:
    number = int(year)
    if len(year) == 2:  # RFC 822 has two digits; feeds are younger than 1990
        number += 2000 if number < 70 else 1900
    return datetime(number, int(month), int(day), tzinfo=UTC)


def _month(word: str) -> int | None:
    word = word.lower()
    return next((number for length in (4, 3) if (number := _MONTHS.get(word[:length]))), None)


def _clock(text: str) -> timedelta:
    """Return the time of day; 24:00 is the end of the day, a leap second its last second."""
    clock = _CLOCK.search(text)
    if not clock:
        return timedelta()
    hours, minutes, seconds = int(clock[1]), int(clock[2]), min(int(clock[3] or 0), 59)
    if clock[4]:
        hours = hours % 12 + (12 if clock[4].lower() == "p" else 0)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        raise ValueError("no time of day")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _offset(text: str) -> timedelta:
    """Return the offset of the zone from UTC; none for a zone that is missing or unknown."""
    clock = _CLOCK.search(text)
    for zone in _ZONE.finditer(text, clock.end() if clock else 0):
        if zone[1]:
            return timedelta(hours=int(zone[2]), minutes=int(zone[3] or 0)) * (1 if zone[1] == "+" else -1)
        if (seconds := _ZONES.get(zone[4])) is not None:
            return timedelta(seconds=seconds)
    return timedelta()


def _plausible(moment: datetime) -> datetime | None:
    return moment.replace(microsecond=0) if EARLIEST <= moment < LATEST else None

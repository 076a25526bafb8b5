"""Dates as news pages write them, read into aware UTC times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dateutil import parser as dateutil_parser
from dateutil import tz

EARLIEST_YEAR = 1990  # before the web: a number that only looks like a year
LATEST_YEAR = 2100
MAX_DATE_CHARS = (
    80  # the longest form met: "Published: Wednesday, September 30, 2020 at 12:59 p.m. Eastern Daylight Time"
)

HOUR = 3600
# Zone names that news sites print, as RFC 822 (5.1) reads them, and the summer times of Europe. Other names
# are ignored: the wall clock stays.
ZONE_SECONDS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "UT": 0,
    "WET": 0,
    "BST": HOUR,
    "IST": 5 * HOUR + HOUR // 2,
    "WEST": HOUR,
    "CET": HOUR,
    "CEST": 2 * HOUR,
    "EET": 2 * HOUR,
    "EEST": 3 * HOUR,
    "MSK": 3 * HOUR,
    "SAST": 2 * HOUR,
    "AEST": 10 * HOUR,
    "AEDT": 11 * HOUR,
    "NZST": 12 * HOUR,
    "NZDT": 13 * HOUR,
    "SGT": 8 * HOUR,
    "HKT": 8 * HOUR,
    "JST": 9 * HOUR,
    "EST": -5 * HOUR,
    "EDT": -4 * HOUR,
    "ET": -5 * HOUR,
    "CST": -6 * HOUR,
    "CDT": -5 * HOUR,
    "CT": -6 * HOUR,
    "MST": -7 * HOUR,
    "MDT": -6 * HOUR,
    "MT": -7 * HOUR,
    "PST": -8 * HOUR,
    "PDT": -7 * HOUR,
    "PT": -8 * HOUR,
    "AKST": -9 * HOUR,
    "HST": -10 * HOUR,
}

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
WEEKDAY = r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\.?"
ORDINAL = r"(?:st|nd|rd|th)?"

ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
# A day, a month and a year, in words or figures. Anything less is no date (dateutil would fill in from the
# clock).
WRITTEN = re.compile(
    rf"""(?ix)(?<![\w/.-])(?:
        (?:{WEEKDAY},?\s+)?\d{{1,2}}{ORDINAL}(?:\s+of)?[\s-]+{MONTH},?[\s-]+\d{{4}}  # Tuesday 1st June 2021
      | (?:{WEEKDAY},?\s+)?{MONTH}\s+\d{{1,2}}{ORDINAL},?\s+\d{{4}}  # Tuesday, June 1, 2021
      | \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?=$
      |[\sT,;)])                                 # 2021-06-01, 2021/06/01
      | (?:{WEEKDAY},?\s+)?\d{{1,2}}[/.\s-]\d{{1,2}}[/.\s-](?:\d{{4}}
      |\d{{2}})(?![\w/.-]\d)  # 01/06/2021, 30.10.23
    )""",
)
CLOCK = re.compile(
    r"(?ix)^[\s,|–—@-]*(?:at|\|)?[\s,]*"
    r"(?P<clock>\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?)?[\s,]*\(?"
    r"(?P<zone>(?:GMT|UTC)?[+-]\d{2}:?\d{2}|[A-Z]{1,4}\b(?:\+\d)?)?"
)
URL_DATE = re.compile(
    r"/(?P<year>(?:19|20)\d{2})(?:(?P<sep>[/-])(?P<month>\d{1,2}|[a-z]{3})(?P=sep)(?P<day>\d{1,2})|"
    r"(?P<m>\d{2})(?P<d>\d{2}))(?=[/-]|$)",
    re.I,
)
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EPOCH = re.compile(r"(1\d{9})(\d{3})?", re.ASCII)


def parse_date(text: str, *, day_first: bool = True) -> datetime | None:
    """The first date in ``text`` as an aware UTC time; ``None`` when there is no whole date (day, month and
    year).

    A time without a zone is taken as it stands: the day that the publisher prints is the day that counts.
    ``day_first`` decides 01/06/2021 unless the numbers or a weekday beside them do.
    """
    text = " ".join(text.split())
    if iso := ISO.match(text):
        return _from_iso(iso[0]) or None
    if epoch := EPOCH.fullmatch(text):
        return _plausible(datetime.fromtimestamp(int(epoch[1]), UTC))
    found = WRITTEN.search(text[: 4 * MAX_DATE_CHARS])
    return _from_words(found[0], text[found.end() :], day_first=day_first) if found else None


def find_date(text: str, *, day_first: bool = True) -> tuple[datetime, str] | None:
    """The first written date in ``text`` and the words that say it; ``None`` when there is none."""
    found = WRITTEN.search(text)
    when = _from_words(found[0], text[found.end() :], day_first=day_first) if found else None
    return (when, found[0]) if when and found else None


def is_only_date(line: str) -> bool:
    """Whether a line says nothing but a date (and time), as those over and under headlines do."""
    line = line.strip()
    if len(line) > MAX_DATE_CHARS:
        return False
    rest = WRITTEN.sub(" ", ISO.sub(" ", line, count=1), count=1)
    if rest.strip() == line:
        return False
    rest = re.sub(
        r"(?i)\b(?:published|posted|updated|last|modified|date|on|at|by|am|pm|a\.m\.|p\.m\.|[A-Z]{2,4}T|"
        r"GMT|UTC|BST)\b",
        " ",
        rest,
    )
    return not re.search(r"[^\W\d_]{2,}", rest)


def without_date(line: str) -> str:
    """The line without its first written date; itself when it holds none."""
    rest = WRITTEN.sub(" ", line, count=1) if len(line) <= MAX_DATE_CHARS else line
    return line if rest == line else " ".join(rest.split()).strip(" ,|·•–—-")


def url_date(url: str) -> datetime | None:
    """The day written into an address: ``/2021/06/01/``, ``/2021/jun/01/``, ``/20210601/``; ``None`` without
    one."""
    for found in URL_DATE.finditer(url):
        month = (found["month"] or found["m"]).lower()
        if month.isalpha() and month not in MONTH_NAMES:
            continue
        number = int(month) if month.isdigit() else MONTH_NAMES.index(month) + 1
        try:
            return _plausible(
                datetime(int(found["year"]), number, int(found["day"] or found["d"]), tzinfo=UTC)
            )
        except ValueError:
            continue
    return None


def _from_iso(text: str) -> datetime | None:
    """Python reads every ISO form but a blank before the zone."""
    try:
        when = datetime.fromisoformat(
            re.sub(r"\s+(?=[+-Z])", "", text.replace(" ", "T", 1)) if len(text) > 10 else text
        )
    except ValueError:
        return None
    return _plausible(_in_utc(when))


def _from_words(day: str, after: str, *, day_first: bool) -> datetime | None:
    date = _day(day, day_first=day_first)
    if date is None:
        return None
    clock = CLOCK.match(after[:40])
    if not clock or not clock["clock"]:
        return _plausible(_in_utc(date))
    try:
        time = dateutil_parser.parse(
            clock["clock"].replace(".", ":") if re.match(r"\d+\.\d", clock["clock"]) else clock["clock"],
            default=date,
        )
    except (ValueError, OverflowError):
        return _plausible(_in_utc(date))
    return _plausible(_in_utc(time.replace(tzinfo=_zone(clock["zone"] or ""))))


def _day(text: str, *, day_first: bool) -> datetime | None:
    """The calendar day; of two readings the one that its weekday agrees with."""
    weekday = next((number for number, name in enumerate(WEEKDAYS) if text.lower().startswith(name)), None)
    figures = re.sub(r"(?i)^[a-z]+\.?,?\s+(?=\d)", "", text) if weekday is not None else text
    figures = re.sub(r"(?i)(?<=\d)(?:st|nd|rd|th)\b|\bof\b|(?<=[a-z])\.", " ", figures)
    figures = re.sub(rf"(?i)^{WEEKDAY},?\s+", "", figures)
    readings = []
    for first in (day_first, not day_first):
        try:
            readings.append(
                dateutil_parser.parse(
                    re.sub(r"(?<=\d)[.\s](?=\d)", "/", figures.strip()),
                    dayfirst=first,
                    yearfirst=bool(re.match(r"\d{4}", figures)),
                    default=datetime(1, 1, 1),  # noqa: DTZ001 - made aware by the caller, who knows the zone
                )
            )
        except (ValueError, OverflowError):
            continue
    agreeing = [reading for reading in readings if weekday is None or reading.weekday() == weekday]
    return next(iter(agreeing or readings), None)


def _zone(name: str) -> tz.tzoffset | None:
    """The offset of a zone name or of ``GMT+01:00``; ``None`` for a name we do not know."""
    if offset := re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})", name):
        seconds = int(offset[2]) * HOUR + int(offset[3]) * 60
        return tz.tzoffset(None, seconds if offset[1] == "+" else -seconds)
    known = ZONE_SECONDS.get(name.upper())
    return None if known is None else tz.tzoffset(name, known)


def _in_utc(when: datetime) -> datetime:
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (OverflowError, ValueError):  # 0001-01-01T00:00:00+01:00, as empty CMS fields print it
        return datetime(1, 1, 1, tzinfo=UTC)


def _plausible(when: datetime) -> datetime | None:
    return when.replace(microsecond=0) if EARLIEST_YEAR <= when.year <= LATEST_YEAR else None


def is_future(when: datetime, limit: datetime | None) -> bool:
    """Whether a date lies after ``limit`` (the time of fetching), with a day's grace for clocks and zones."""
    return limit is not None and when > limit + timedelta(days=1)

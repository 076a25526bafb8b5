"""Read dates as pages, feeds and metadata write them, into aware UTC times.

One reader serves pages, listings and feeds. It reads whole dates only: a day, a month and a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from scraper.extraction.date_words import load_date_words
from scraper.extraction.zones import read_zone

EARLIEST_YEAR = 1990  # before the web: a number that only looks like a year
LATEST_YEAR = 2100
# The longest form met: "Published: Wednesday, September 30, 2020 at 12:59 p.m. Eastern Daylight Time".
MAX_DATE_CHARS = 80
NOON = 12
CENTURY = 2000  # two digits: the web is not older
LABEL_CHARS = 40  # before a date, that may say what it is

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])", re.ASCII
)
_COMPACT = re.compile(
    r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)(?:[T ]?([0-2]\d):?([0-5]\d)(?::?([0-5]\d))?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_EPOCH = re.compile(r"(1\d{9})(\d{3})?", re.ASCII)
_WORD = r"[^\W\d_]{2,12}\.?"
_TIME = (
    r"(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?"
)
_TIME_OF_DAY = re.compile(_TIME, re.IGNORECASE)
_CLOCK_AFTER = re.compile(
    rf"[\s,|–—@(•·:-]*(?:T|(?:{load_date_words().clock_connector})\s+)?{_TIME}"
    rf"(?:\s*(?P<unit>{load_date_words().hours})\b\.?)?",
    re.IGNORECASE,
)
_ZONE_AFTER = re.compile(
    r"[\s,(]*((?:GMT|UTC)?\s?[+-]\d{1,2}(?::?\d{2})?\b|[A-Z]{1,5}\b(?:[+-]\d{1,2}(?::?\d{2})?)?"
    r"|(?:[A-Z][a-z]+\s){1,3}Time\b)"
)
_ENGLISH_UNITS = ("h", "hrs", "hours", None)
_UNITS = {"hour": 24, "minute": 59, "second": 59}

# The forms of a date. A word is looked up: only the name of a month makes a date of it.
_CONNECTOR = rf"(?:\s+(?:{load_date_words().month_connector})\s+|[\s.-]+)"
_FORMS = tuple(
    re.compile(rf"(?<![\w/.-]){form}", re.IGNORECASE)
    for form in (
        # 2026-11-03, 2026/11/3, 2026.11.03, 2026 11 03, 2026年11月3日
        r"(?P<year>(?:19|20)\d{2})\s?(?:[-/.]|\s|年|년)\s?(?P<month>\d{1,2})\s?(?:[-/.]|\s|月|월)\s?"
        r"(?P<day>\d{1,2})(?:日|일)?(?![\d/.-]\d|\d)",
        # 3 November 2026, 1st of June, 2021, 3. November 2026, 3 de noviembre de 2026, 03-Nov-26
        rf"(?P<day>\d{{1,2}})(?P<mark>st|nd|rd|th|er|º|ª|\.)?{_CONNECTOR}(?P<name>{_WORD}),?{_CONNECTOR}"
        r"(?P<year>\d{4}|\d{2}(?=\s+\d{1,2}:\d{2}))(?!\d)",
        # Thu Oct 01 08:00:00 BST 2026, as Java and C print it
        rf"(?P<name>{_WORD})\s+(?P<day>\d{{1,2}})\s+(?P<inner>\d{{1,2}}:\d{{2}}(?::\d{{2}})?)\s+"
        r"(?P<zone>[A-Z]{1,5}(?:[+-]\d{2}:?\d{2})?\s+|[+-]\d{2}:?\d{2}\s+)?(?P<year>(?:19|20)\d{2})(?!\d)",
        # June 1, 2021
        rf"(?P<name>{_WORD})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d{{2}})(?!\d)",
        # 01/06/2021, 30.10.23, 11 04 2020
        r"(?P<day>\d{1,2})(?P<mark>\s?[/.-]\s?|\s)(?P<month>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d{2}|\d{2})"
        r"(?![\w/.-]\d|\d)",
    )
)
_URL_DATE = re.compile(
    r"/(?P<year>(?:19|20)\d{2})(?:(?P<sep>[/-])(?P<month>\d{1,2}|[a-z]{3})(?P=sep)(?P<day>\d{1,2})|"
    r"(?P<m>\d{2})(?P<d>\d{2}))(?=[/-]|$)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?i)(?<!\w)(?:last|on|at|by|am|pm|a\.m\.|p\.m\.|[A-Z]{2,4}T|GMT|UTC|BST|"
    r"uhr|um|à|le|la|il|alle|ore|h)(?!\w)"
)


class DateRole(StrEnum):
    """What a date on a page is the date of."""

    PUBLISHED = "published"
    MODIFIED = "modified"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDate:
    """One date in a text. ``at`` is in UTC; without a zone it is the time as printed."""

    at: datetime
    printed: datetime  # the same without its zone, as the page shows it
    has_time: bool
    has_zone: bool
    start: int = 0  # position in the text
    end: int = 0
    role: DateRole = DateRole.UNKNOWN


def parse_date(text: str, *, day_first: bool = True) -> datetime | None:
    """Return the first date in ``text`` in UTC; ``None`` when there is no whole date (day, month and year).

    A time without a zone is taken as printed: the day that the publisher prints is the day that counts.
    ``day_first`` decides 01/06/2021 unless the numbers or a weekday beside them do.
    """
    written = read_date(text, day_first=day_first)
    return written.at if written else None


def read_date(text: str, *, day_first: bool = True) -> WrittenDate | None:
    """Return the first date in ``text``, with what it says of time and zone; see `parse_date`."""
    text = " ".join(text.split())
    if iso := _ISO.match(text):
        return _from_iso(iso[0].strip())
    if epoch := _EPOCH.fullmatch(text):
        return _plausible(datetime.fromtimestamp(int(epoch[1]), UTC), has_time=True, has_zone=True)
    if compact := _COMPACT.fullmatch(text):
        return _from_compact(compact)
    return next(written_dates(text[: 4 * MAX_DATE_CHARS], day_first=day_first), None)


def find_date(text: str, *, day_first: bool = True) -> tuple[datetime, str] | None:
    """Return the first written date in ``text`` and the words that say it; ``None`` without one."""
    written = next(written_dates(text, day_first=day_first), None)
    return (written.at, text[written.start : written.end]) if written else None


def written_dates(text: str, *, day_first: bool = True) -> Iterator[WrittenDate]:
    """Yield the dates in ``text`` in order, each with the role that the words before it give it."""
    start = 0
    while start < len(text):
        matches = [match for form in _FORMS if (match := form.search(text, start))]
        readings = ((match, _from_match(match, text, day_first=day_first)) for match in
                    sorted(matches, key=lambda match: match.start()))  # fmt: skip
        match, written = next((pair for pair in readings if pair[1]), (None, None))
        if match is None or written is None:
            return
        yield replace(written, role=role_of(text[max(start, written.start - LABEL_CHARS) : written.start]))
        start = written.end


def role_of(words: str) -> DateRole:
    """Return the role that the words before a date give it: the last label counts."""
    vocabulary = load_date_words()
    published = max((match.start() for match in vocabulary.published.finditer(words)), default=-1)
    modified = max((match.start() for match in vocabulary.modified.finditer(words)), default=-1)
    if published == modified:
        return DateRole.UNKNOWN
    return DateRole.PUBLISHED if published > modified else DateRole.MODIFIED


def is_only_date(line: str) -> bool:
    """Return whether a line says nothing but dates and times, as those over and under headlines do."""
    line = line.strip()
    if len(line) > 2 * MAX_DATE_CHARS:
        return False
    rest, any_date = _ISO.sub(" ", line), False
    any_date = rest != line
    for written in written_dates(rest):
        any_date = True
        rest = rest[: written.start] + " " * (written.end - written.start) + rest[written.end :]
    if not any_date:
        return False
    words = load_date_words()
    for labels in (words.published, words.modified, words.neutral, _FILLER):
        rest = labels.sub(" ", rest)
    names = re.findall(r"[^\W\d_]{2,}", rest)
    return all(name.lower() in words.weekdays for name in names)


def without_date(line: str) -> str:
    """Return the line without its first written date; itself when it holds none."""
    written = next(written_dates(line), None) if len(line) <= MAX_DATE_CHARS else None
    if written is None:
        return line
    rest = line[: written.start] + " " + line[written.end :]
    return " ".join(rest.split()).strip(" ,|·•–—-")


def url_date(url: str) -> datetime | None:
    """Return the day written into a URL (``/2021/06/01/``, ``/2021/jun/01/``, ``/20210601/``), if any."""
    for match in _URL_DATE.finditer(url):
        month = (match["month"] or match["m"]).lower()
        number = int(month) if month.isdigit() else load_date_words().months.get(month)
        written = _day(int(match["year"]), number, int(match["day"] or match["d"]))
        if written:
            return written.at
    return None


def is_future(when: datetime, limit: datetime | None) -> bool:
    """Return whether a date lies after ``limit`` (the time of fetching), with a day's grace for zones."""
    return limit is not None and when > limit + timedelta(days=1)


def _from_iso(text: str) -> WrittenDate | None:
    """Return the time of any ISO form; Python reads all but a blank before the zone."""
    has_time, has_zone = ":" in text, bool(re.search(r"(?:Z|[+-]\d{2}:?\d{2})$", text[10:]))
    if len(text) > len("2026-11-03"):
        text = re.sub(r"\s+(?=[+-Z])", "", text.replace(" ", "T", 1))
    try:
        return _plausible(datetime.fromisoformat(text), has_time=has_time, has_zone=has_zone)
    except ValueError:
        return None


def _from_compact(match: re.Match[str]) -> WrittenDate | None:
    year, month, day, hour, minute, second, zone = match.groups()
    offset = read_zone(zone) if zone else None
    try:
        when = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                        tzinfo=offset or UTC)  # fmt: skip
    except ValueError:
        return None
    return _plausible(when, has_time=hour is not None, has_zone=offset is not None)


def _from_match(match: re.Match[str], text: str, *, day_first: bool) -> WrittenDate | None:
    groups = match.groupdict()
    words = load_date_words()
    if inner := groups.get("inner"):
        written = _day(int(groups["year"]), _month(groups["name"]), int(groups["day"]))
        return _with_clock(written, _TIME_OF_DAY.match(inner), (groups["zone"] or "").strip(), *match.span())
    clock, zone, end = _clock_after(text, match.end())
    if name := groups.get("name"):
        written = _day(_year(groups["year"]), _month(name), int(groups["day"]))
        # Where a page in another language prints a clock without a zone, its own zone is not known.
        is_english = name.lower().rstrip(".") in words.english_months and groups.get("mark") != "."
        known = clock is not None and (zone or (is_english and clock["unit"] in _ENGLISH_UNITS))
        clock = clock if known else None
    elif len(groups["year"]) == len("2026") and match.start("year") == match.start():
        written = _day(int(groups["year"]), int(groups["month"]), int(groups["day"]))
    else:
        month_first = not day_first or bool(clock and clock["second"] and clock["half"])
        written = _figures(groups, _weekdays_before(text, match.start()), month_first=month_first)
    return _with_clock(written, clock, zone, match.start(), end if clock else match.end())


def _figures(groups: dict[str, str], weekdays: frozenset[int], *, month_first: bool) -> WrittenDate | None:
    """Return the date of two figures and a year; of two readings the one that its weekday agrees with."""
    first, second, year = int(groups["day"]), int(groups["month"]), _year(groups["year"])
    if groups["mark"] == " " and not weekdays:
        return None
    orders = ((second, first), (first, second)) if month_first else ((first, second), (second, first))
    readings = [written for day, month in orders if (written := _day(year, month, day))]
    agreeing = [written for written in readings if written.at.weekday() in weekdays]
    return next(iter(agreeing or readings), None)


def _weekdays_before(text: str, position: int) -> frozenset[int]:
    """Return the weekday that the word before a date names; empty without one."""
    match = re.search(r"([^\W\d_]+)\.?,?\s*$", text[max(0, position - 16) : position])
    return load_date_words().weekdays.get(match[1].lower(), frozenset()) if match else frozenset()


def _clock_after(text: str, position: int) -> tuple[re.Match[str] | None, str, int]:
    """Return the time of day that follows a date, its zone, and where both end."""
    clock = _CLOCK_AFTER.match(text, position)
    if not clock or not (clock["minute"] or clock["half"]):
        return None, "", position
    zone = _ZONE_AFTER.match(text, clock.end())
    if zone is None or read_zone(zone[1]) is None:
        return clock, "", clock.end()
    return clock, zone[1], zone.end()


def _with_clock(
    written: WrittenDate | None, clock: re.Match[str] | None, zone: str, start: int, end: int
) -> WrittenDate | None:
    if written is None:
        return None
    seconds = _seconds(clock) if clock else None
    offset = read_zone(zone) if zone else None
    if seconds is None:
        return replace(written, start=start, end=end)
    printed = written.at + timedelta(seconds=seconds)
    at = printed.replace(tzinfo=offset or UTC).astimezone(UTC)
    return WrittenDate(
        at=at, printed=printed, has_time=True, has_zone=offset is not None, start=start, end=end
    )


def _seconds(clock: re.Match[str]) -> int | None:
    """Return the seconds since midnight; 24:00 is the midnight that ends the day."""
    values = {unit: int(clock[unit] or 0) for unit in _UNITS}
    if any(values[unit] > most for unit, most in _UNITS.items()):
        return None
    hour = values["hour"]
    if clock["half"]:
        if not 1 <= hour <= NOON:
            return None
        hour = hour % NOON + (NOON if clock["half"].lower().startswith("p") else 0)
    return hour * 3600 + values["minute"] * 60 + values["second"]


def _month(name: str) -> int | None:
    return load_date_words().months.get(name.lower().rstrip("."))


def _year(text: str) -> int:
    return int(text) if len(text) > len("26") else CENTURY + int(text)


def _day(year: int, month: int | None, day: int) -> WrittenDate | None:
    try:
        return _plausible(datetime(year, month or 0, day, tzinfo=UTC), has_time=False, has_zone=False)
    except ValueError:
        return None


def _plausible(when: datetime, *, has_time: bool, has_zone: bool) -> WrittenDate | None:
    printed = when.replace(tzinfo=UTC, microsecond=0)
    try:
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (OverflowError, ValueError):  # 0001-01-01T00:00:00+01:00, as empty CMS fields print it
        return None
    if not EARLIEST_YEAR <= when.year <= LATEST_YEAR:
        return None
    return WrittenDate(at=when.replace(microsecond=0), printed=printed, has_time=has_time, has_zone=has_zone)

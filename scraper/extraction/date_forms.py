"""The forms that dates and times of day are written in, each turned into a `WrittenDate`.

A word is looked up: only the name of a month makes a date of it. A date is whole: a day, a month and a year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from scraper.extraction.date_words import load_date_words
from scraper.extraction.zones import read_zone
from scraper.models import DatePrecision

EARLIEST_YEAR = 1990  # before the web: a number that only looks like a year
# After it come the dates that mean "never": 2037-12-31 and 2038-01-19 end the clock of 32-bit programs, and
# empty fields are filled with 2099-12-31. No clock is read here.
LATEST_YEAR = 2036
NOON = 12
CENTURY = 2000  # two digits: the web is not older
MOST_BEFORE = 60  # characters before a date that may hold its time of day or its weekday

_WORD = r"[^\W\d_]{2,12}\.?"
_TIME = (
    r"(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?"
)
_TIME_OF_DAY = re.compile(_TIME, re.IGNORECASE)
_CLOCK_AFTER = re.compile(
    rf"[\s,|–—@(•·:_-]*(?:T\s?|(?:{load_date_words().clock_connector})\.?\s+)?{_TIME}"
    rf"(?:\s*(?P<unit>{load_date_words().hours})\b\.?)?",
    re.IGNORECASE,
)
# "Updated 17:45, 4 MAR 2026", "00:01 BST on 5 October 2026": the clock stands first, perhaps with its zone.
_CLOCK_BEFORE = re.compile(
    r"(?<![\w:.,/-])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?(?P<unit>)(?:\s*\(?(?P<zone>[A-Z]{1,5}|[+-]\d{2}:?\d{2})\)?)?"
    r"[\s,|–—-]+(?:on\s+)?(?:[^\W\d_]{2,12}[.,]?\s+)?$",
    re.IGNORECASE,
)
_ZONE_AFTER = re.compile(
    r"[\s,(]*((?:GMT|UTC)?\s?[+-]\d{1,2}(?::?\d{2})?\b|[A-Z]{1,5}\b(?:[+-]\d{1,2}(?::?\d{2})?)?"
    r"|(?:[A-Z][a-z]+\s){1,3}Time\b)"
)
_WEEKDAY_AFTER = re.compile(r"[\s,(]*([^\W\d_]{2,12})\.?\)?(?=[\s,])")
_ENGLISH_UNITS = ("h", "hrs", "hours", "", None)
_UNITS = {"hour": 24, "minute": 59, "second": 60}  # 24:00 ends a day, 23:59:60 is a leap second
_JAPANESE_ERAS = {"令和": 2018, "平成": 1988}  # the year before their first

_CONNECTOR = rf"(?:\s+(?:{load_date_words().month_connector})\s+|[\s./-]+)"
_FORMS = tuple(
    re.compile(rf"(?<![\w/.-]){form}", re.IGNORECASE)
    for form in (
        # 2026-11-03, 2026/11/3, 2026.11.03, 2026 11 03, 2026_11_03, 2026:11:03, 2026年11月3日, 2026. 11. 3.
        # but not "2026 08:30", which is a year and a time of day
        r"(?P<year>(?:19|20)\d{2})(?!\s\d{1,2}:)(?:\s?[-–/._:]\s?|\s|\s?年\s?|\s?년\s?)(?P<month>\d{1,2})"
        r"(?:\s?[-–/._:]\s?|\s|\s?月\s?|\s?월\s?)(?P<day>\d{1,2})(?:日|일)?(?![\d/.-]\d|\d)",
        # 2026-Nov-03, 2026 November 3, 2026. november 3., 2026 m. lapkričio 3 d.
        rf"(?P<year>(?:19|20)\d{{2}})(?:\sm\.\s?|[\s.,/-]{{1,2}})(?P<name>{_WORD})[\s/-]{{1,2}}"
        r"(?P<day>\d{1,2})(?![\d:])",
        # 3 November 2026, 1st of June, 2021, 3. November 2026, 3 de noviembre de 2026, 03-Nov-26
        rf"(?P<day>\d{{1,2}})(?P<mark>st|nd|rd|th|er|º|ª|°|\.)?{_CONNECTOR}(?P<name>{_WORD}),?{_CONNECTOR}"
        r"(?P<year>\d{4}|\d{2}(?=\s+\d{1,2}:\d{2}))(?!\d)",
        # Thu Oct 01 08:00:00 BST 2026, as Java and C print it
        rf"(?P<name>{_WORD})\s+(?P<day>\d{{1,2}})\s+(?P<inner>\d{{1,2}}:\d{{2}}(?::\d{{2}})?)\s+"
        r"(?P<zone>[A-Z]{1,5}(?:[+-]\d{2}:?\d{2})?\s+|[+-]\d{2}:?\d{2}\s+)?(?P<year>(?:19|20)\d{2})(?!\d)",
        # June 1, 2021
        rf"(?P<name>{_WORD})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d{{2}})(?!\d)",
        # 01/06/2021, 30.10.23, 11 04 2020
        r"(?P<day>\d{1,2})(?P<mark>\s?[/.-]\s?|\s)(?P<month>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d{2}|\d{2})"
        r"(?![\w/.-]\d|\d)",
        # 令和8年3月4日
        rf"(?P<era>{'|'.join(_JAPANESE_ERAS)})(?P<year>\d{{1,2}}|元)年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日",
    )
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
    precision: DatePrecision = DatePrecision.DAY
    has_zone: bool = False
    start: int = 0  # position in the text
    end: int = 0
    role: DateRole = DateRole.UNKNOWN
    local_clock: timedelta | None = None  # since midnight, in a zone that the text leaves to the place

    @property
    def has_time(self) -> bool:
        """Whether a time of day is written."""
        return self.precision is DatePrecision.MINUTE

    def in_zone(self, zone: tzinfo | None) -> WrittenDate:
        """Return the date with a time that has no zone read in this one; without one, as UTC."""
        if self.has_zone or not self.has_time:
            return self
        return replace(self, at=self.printed.replace(tzinfo=zone or UTC).astimezone(UTC))

    def at_local_clock(self, zone: tzinfo) -> WrittenDate:
        """Return the date at its local clock in this zone; itself where it does not have one."""
        if self.local_clock is None:
            return self
        printed = self.printed + self.local_clock
        return replace(
            self, at=printed.replace(tzinfo=zone).astimezone(UTC), printed=printed,
            precision=DatePrecision.MINUTE, has_zone=True, local_clock=None,
        )  # fmt: skip

    @property
    def has_day(self) -> bool:
        """Whether the day is written, and not the month alone."""
        return self.precision is not DatePrecision.MONTH


def first_date(text: str, start: int, *, day_first: bool) -> WrittenDate | None:
    """Return the first date in ``text`` from ``start`` on, with the time of day beside it."""
    matches = [match for form in _FORMS if (match := form.search(text, start))]
    matches.sort(key=lambda match: match.start())
    readings = (_from_match(match, text, start, day_first=day_first) for match in matches)
    return next((written for written in readings if written), None)


def stated(when: datetime, precision: DatePrecision, *, has_zone: bool = False) -> WrittenDate | None:
    """Return a date as read; ``None`` when its year is not plausible."""
    printed = when.replace(tzinfo=UTC, microsecond=0)
    try:
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (OverflowError, ValueError):  # 0001-01-01T00:00:00+01:00, as empty CMS fields print it
        return None
    if not EARLIEST_YEAR <= when.year <= LATEST_YEAR:
        return None
    return WrittenDate(
        at=when.replace(microsecond=0), printed=printed, precision=precision, has_zone=has_zone
    )


def day_of(year: int, month: int | None, day: int) -> WrittenDate | None:
    """Return a day; ``None`` when the calendar does not have it."""
    try:
        return stated(datetime(year, month or 0, day, tzinfo=UTC), DatePrecision.DAY)
    except ValueError:
        return None


def _from_match(match: re.Match[str], text: str, floor: int, *, day_first: bool) -> WrittenDate | None:
    groups = match.groupdict()
    if inner := groups.get("inner"):
        written = day_of(int(groups["year"]), _month(groups["name"]), int(groups["day"]))
        return _with_clock(written, _TIME_OF_DAY.match(inner), (groups["zone"] or "").strip(), *match.span())
    clock, zone, start, end = _clock_beside(text, floor, match)
    local: re.Match[str] | None = None
    if name := groups.get("name"):
        written = day_of(_year(groups["year"]), _month(name), int(groups["day"]))
        # Where a page in another language prints a clock without a zone, the page or its host tells the zone.
        # English months begin with a capital: "3 november 2026" is Dutch, Swedish, Danish or Norwegian.
        is_english = (
            name.lower().rstrip(".") in load_date_words().english_months
            and groups.get("mark") != "."
            and not name.islower()
        )
        known = clock is not None and (zone or (is_english and clock["unit"] in _ENGLISH_UNITS))
        clock, local = (clock, None) if known else (None, clock)
    elif era := groups.get("era"):
        year = 1 if groups["year"] == "元" else int(groups["year"])
        written = day_of(_JAPANESE_ERAS[era] + year, int(groups["month"]), int(groups["day"]))
    elif len(groups["year"]) == len("2026") and match.start("year") == match.start():
        written = day_of(int(groups["year"]), int(groups["month"]), int(groups["day"]))
    else:
        month_first = not day_first or bool(clock and clock["second"] and clock["half"])
        written = _figures(groups, _weekdays_before(text, match.start()), month_first=month_first)
    dated = _with_clock(written, clock, zone, *((start, end) if clock or local else match.span()))
    seconds = _seconds(local) if local else None
    return replace(dated, local_clock=timedelta(seconds=seconds)) if dated and seconds is not None else dated


def _figures(groups: dict[str, str], weekdays: frozenset[int], *, month_first: bool) -> WrittenDate | None:
    """Return the date of two figures and a year; of two readings the one that its weekday agrees with."""
    first, second, year = int(groups["day"]), int(groups["month"]), _year(groups["year"])
    if groups["mark"] == " " and not weekdays:
        return None
    orders = ((second, first), (first, second)) if month_first else ((first, second), (second, first))
    readings = [written for day, month in orders if (written := day_of(year, month, day))]
    agreeing = [written for written in readings if written.at.weekday() in weekdays]
    return next(iter(agreeing or readings), None)


def _weekdays_before(text: str, position: int) -> frozenset[int]:
    """Return the weekday that the word before a date names; empty without one."""
    match = re.search(r"([^\W\d_]+)\.?,?\s*$", text[max(0, position - 16) : position])
    return load_date_words().weekdays.get(match[1].lower(), frozenset()) if match else frozenset()


def _clock_beside(text: str, floor: int, date: re.Match[str]) -> tuple[re.Match[str] | None, str, int, int]:
    """Return the time of day after a date, else before it, its zone, and where date and time stand."""
    start, end = date.span()
    after = end
    weekday = _WEEKDAY_AFTER.match(text, end)
    if weekday and weekday[1].lower() in load_date_words().weekdays:
        after = weekday.end()
    clock = _CLOCK_AFTER.match(text, after)
    if clock and (clock["minute"] or clock["half"]):
        zone = _ZONE_AFTER.match(text, clock.end())
        if zone is None or read_zone(zone[1]) is None:
            return clock, "", start, clock.end()
        return clock, zone[1], start, zone.end()
    offset = max(floor, start - MOST_BEFORE)
    before = _CLOCK_BEFORE.search(text[offset:start])
    if not before or not (before["minute"] or before["half"]):
        return None, "", start, end
    zone = _ZONE_AFTER.match(text, end)  # "09:15, 4 March 2026 GMT"
    if zone is not None and read_zone(zone[1]) is not None:
        return before, zone[1], offset + before.start(), zone.end()
    name = before["zone"] or ""
    return before, name if read_zone(name) else "", offset + before.start(), end


def _with_clock(
    written: WrittenDate | None, clock: re.Match[str] | None, zone: str, start: int, end: int
) -> WrittenDate | None:
    if written is None:
        return None
    seconds = _seconds(clock) if clock else None
    if seconds is None:
        return replace(written, start=start, end=end)
    offset = read_zone(zone) if zone else None
    printed = written.at + timedelta(seconds=seconds)
    return WrittenDate(
        at=printed.replace(tzinfo=offset or UTC).astimezone(UTC), printed=printed,
        precision=DatePrecision.MINUTE, has_zone=offset is not None, start=start, end=end,
    )  # fmt: skip


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
    seconds = hour * 3600 + values["minute"] * 60 + min(values["second"], 59)
    return seconds if seconds <= 86_400 else None


def _month(name: str) -> int | None:
    return load_date_words().months.get(plain_word(name))


def plain_word(word: str) -> str:
    """Return a word in lower case without full stop and without the dot that a Turkish capital I leaves."""
    return word.lower().rstrip(".").replace("\u0307", "")


def _year(text: str) -> int:
    return int(text) if len(text) > len("26") else CENTURY + int(text)

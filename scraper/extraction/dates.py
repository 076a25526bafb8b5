"""Read dates as pages, feeds and metadata write them, into aware UTC times.

One reader serves pages, listings, mails and feeds. It reads whole dates only: a day, a month and a year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from scraper.extraction.date_forms import DateRole, WrittenDate, day_of, first_date, plain_word, stated
from scraper.extraction.date_words import load_date_words
from scraper.extraction.zones import read_zone
from scraper.models import DatePrecision

# The longest form met: "Published: Wednesday, September 30, 2020 at 12:59 p.m. Eastern Daylight Time".
MAX_DATE_CHARS = 80
AMERICAN_DOMAINS = frozenset(("us", "gov", "edu", "mil"))
# Domains of countries that anybody takes: they say nothing of the country.
WORLDWIDE_DOMAINS = frozenset(("io", "co", "me", "tv", "ai", "fm", "cc", "ly", "to", "gg", "so", "eu"))
LABEL_CHARS = 40  # before a date, that may say what it is

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])", re.ASCII
)
# Digits alone, as machines write them: 20261103, 20261103T0830Z, 2026_11_03_0830.
_COMPACT = re.compile(
    r"((?:19|20)\d{2})(?P<mark>_?)(0[1-9]|1[0-2])(?P=mark)([0-3]\d)"
    r"(?:[T _]?([0-2]\d):?([0-5]\d)(?::?([0-5]\d)(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_EPOCH = re.compile(r"@?([12]\d{9})(?:\d{3}|\.\d+)?", re.ASCII)  # seconds or milliseconds, from 2001 on
_MONTH_ALONE = re.compile(r"((?:19|20)\d{2})[-/.](0?[1-9]|1[0-2])", re.ASCII)  # citation_date, dc:date
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)", re.ASCII)
TWO_DIGITS = re.compile(r"\d\d|\d年")  # no date is without
_URL_DATE = re.compile(
    r"/(?P<year>(?:19|20)\d{2})(?:(?P<sep>[/-])(?P<month>\d{1,2}|[a-z]{3})(?P=sep)(?P<day>\d{1,2})|"
    r"(?P<m>\d{2})(?P<d>\d{2}))(?=[/-]|$)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?i)(?<!\w)(?:last|on|at|by|am|pm|a\.m\.|p\.m\.|[A-Z]{2,4}T|GMT|UTC|BST|"
    r"uhr|um|à|le|la|il|alle|ore|h)(?!\w)"
)


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
    if iso := _ISO.fullmatch(text):
        return _from_iso(iso[0])
    if epoch := _EPOCH.fullmatch(text):
        return stated(datetime.fromtimestamp(int(epoch[1]), UTC), DatePrecision.MINUTE, has_zone=True)
    if compact := _COMPACT.fullmatch(text):
        return _from_compact(compact)
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return next(written_dates(text[: 4 * MAX_DATE_CHARS], day_first=day_first), None)


def read_field(text: str, *, day_first: bool = True) -> WrittenDate | None:
    """Return the date in a field that is for one; a month alone ("2026-11") is its first day."""
    if month := _MONTH_ALONE.fullmatch(text.strip()):
        return stated(datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC), DatePrecision.MONTH)
    return read_date(text, day_first=day_first)


def find_date(text: str, *, day_first: bool = True) -> tuple[datetime, str] | None:
    """Return the first written date in ``text`` and the words that say it; ``None`` without one."""
    written = next(written_dates(text, day_first=day_first), None)
    return (written.at, text[written.start : written.end]) if written else None


def written_dates(text: str, *, day_first: bool = True) -> Iterator[WrittenDate]:
    """Yield the dates in ``text`` in order, each with the role that the words before it give it."""
    start = 0
    while TWO_DIGITS.search(text, start):
        written = first_date(text, start, day_first=day_first)
        if written is None:
            return
        yield replace(written, role=role_of(text[max(start, written.start - LABEL_CHARS) : written.start]))
        start = written.end


def role_of(words: str) -> DateRole:
    """Return the role that the words before a date give it: the last label counts."""
    vocabulary = load_date_words()
    published = max((match.end() for match in vocabulary.published.finditer(words)), default=-1)
    modified = max((match.end() for match in vocabulary.modified.finditer(words)), default=-1)
    if published == modified:
        return DateRole.UNKNOWN
    return DateRole.PUBLISHED if published > modified else DateRole.MODIFIED


def is_only_label(line: str) -> bool:
    """Return whether a line is nothing but the label of a date, such as "Published:"."""
    is_short = len(line) <= LABEL_CHARS and not any(map(str.isdigit, line))
    return is_short and role_of(line) is not DateRole.UNKNOWN and not _words_left(line)


def is_only_date(line: str) -> bool:
    """Return whether a line says nothing but dates and times, as those over and under headlines do."""
    line = line.strip()
    if len(line) > 2 * MAX_DATE_CHARS or not TWO_DIGITS.search(line):
        return False
    rest, any_date = _ISO.sub(" ", line), False
    any_date = rest != line
    for written in written_dates(rest):
        any_date = True
        rest = rest[: written.start] + " " * (written.end - written.start) + rest[written.end :]
    return any_date and not _words_left(rest)


def _words_left(text: str) -> bool:
    """Return whether a text has words besides labels of dates, fillers and weekdays."""
    words = load_date_words()
    for labels in (words.published, words.modified, words.neutral, _FILLER):
        text = labels.sub(" ", text)
    return any(plain_word(name) not in words.weekdays for name in re.findall(r"[^\W\d_]{2,}", text))


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
        written = day_of(int(match["year"]), number, int(match["day"] or match["d"]))
        if written:
            return written.at
    return None


def is_day_first(dates: Iterable[str], *, language: str | None = None, host: str | None = None) -> bool:
    """Return whether 03/11/2026 is in November, by the other dates beside it, else by host and language.

    Only the United States put the month first. A clock with AM or PM beside such a date is theirs (.NET
    writes both so). The domain of a country counts before the language: "en-US" is what many programs are
    delivered with.
    """
    domain = (host or "").lower().rpartition(".")[2]
    american = (language or "").lower().replace("_", "-").startswith("en-us")
    if domain in AMERICAN_DOMAINS or (len(domain) == 2 and domain not in WORLDWIDE_DOMAINS):
        american = domain in AMERICAN_DOMAINS
    for text in dates:
        numbers = _NUMBERS.search(text)
        if numbers and int(numbers[1]) > 12:
            return True
        if numbers and int(numbers[2]) > 12:
            return False
        american = american or bool(numbers and re.search(r"\d\s*[AP]M\b", text))
    return not american


def _from_iso(text: str) -> WrittenDate | None:
    """Return the time of any ISO form; Python reads all but a blank before the zone, 24:00 and second 60."""
    has_zone = bool(re.search(r"(?:Z|[+-]\d{2}:?\d{2})$", text[10:]))
    precision = DatePrecision.MINUTE if ":" in text else DatePrecision.DAY
    if len(text) > len("2026-11-03"):
        text = re.sub(r"\s+(?=[+-Z])", "", text.replace(" ", "T", 1))
    try:
        return stated(datetime.fromisoformat(text), precision, has_zone=has_zone)
    except ValueError:
        return first_date(text, 0, day_first=True)


def _from_compact(match: re.Match[str]) -> WrittenDate | None:
    year, _, month, day, hour, minute, second, zone = match.groups()
    offset = read_zone(zone) if zone else None
    try:
        when = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                        tzinfo=offset or UTC)  # fmt: skip
    except ValueError:
        return None
    precision = DatePrecision.DAY if hour is None else DatePrecision.MINUTE
    return stated(when, precision, has_zone=offset is not None)

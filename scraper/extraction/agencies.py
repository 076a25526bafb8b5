"""The news agency that an article credits, in its byline, dateline or last line. Pure.

A mark such as "PA" means an agency only where a credit stands: "PA" is also Pennsylvania, and "AP" an exam.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MAX_BYLINE_CHARS = 200
DATELINE_CHARS = 70  # before the mark: "MEXICO CITY, 2 November 2026"
MAX_PLACE_WORDS = 2  # "New York"
MAX_CREDIT_WORDS = 10  # of a line that is nothing but a credit
SEARCHED_LINES = 2  # at the end of a text

_SEPARATOR = re.compile(r"\s*(?:[,;|/()\[\]•·:]|\s[-–—]\s|\band\b|\bund\b|\bet\b|\by\b|&)\s*")
_LEAD = re.compile(r"^\W*(?:by|von|par|por|di|door|from|via)\s+(?:the\s+)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROLE = re.compile(
    r"\s+(?:(?:political|education|health|home affairs|social affairs|chief|senior|uk|us|world)\s+)*"
    r"(?:reporters?|staff(?: writers?)?|correspondents?|editors?|writers?|news agency|agency)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agencies:
    by_name: dict[str, str]  # in small letters
    by_mark: dict[str, str]  # as written
    dateline: re.Pattern[str]
    mention: re.Pattern[str]
    credit_words: frozenset[str]

    def named(self, text: str) -> str | None:
        """Return the agency that a text is the name or mark of, or begins or ends with, roles left out."""
        text = re.sub(r"^the\s+", "", text.strip(" .©"), flags=re.IGNORECASE)
        for form in (text, _ROLE.sub("", text)):
            for mention in self.mention.finditer(form):
                if not mention.start() or mention.end() == len(form):
                    return self._by_form(mention["agency"])
        return None

    def _by_form(self, form: str) -> str | None:
        form = re.sub(r"^the\s+", "", form, flags=re.IGNORECASE)
        return self.by_mark.get(form) or self.by_name.get(form.casefold())


def agency_credit(bylines: Iterable[str], text: str = "", *, nearby: Iterable[str] = ()) -> str | None:
    """Return the name of the agency that an article credits; ``None`` if it credits none.

    ``bylines`` are its authors or byline lines as they stand; ``nearby`` are short lines around the text.
    """
    if agency := _of_bylines(bylines):
        return agency
    lines = [line for line in text.split("\n") if line.strip()]
    first = next((place for place, line in enumerate(lines) if not _is_byline(line)), len(lines))
    if agency := _of_bylines(lines[:first]):
        return agency
    lines = lines[first:]
    nearby = () if first else nearby  # where a text begins with bylines, the lines around credit pictures
    if lines and (agency := _of_dateline(lines[0])):
        return agency
    if agency := _of_bylines(line for line in nearby if _is_byline(line)):
        return agency
    # The bare name of an agency before a text credits its picture as often as the text.
    return next((agency for line in lines[1:][-SEARCHED_LINES:] if (agency := _credited(line))), None)


def _is_byline(line: str) -> bool:
    """Return whether a short line begins as a byline does: "By", "von", "from the"."""
    return bool(_LEAD.match(line)) and len(line.split()) <= MAX_CREDIT_WORDS


def _of_bylines(bylines: Iterable[str]) -> str | None:
    """Return the agency of the first byline that names one."""
    pieces = (
        piece for byline in bylines for piece in _SEPARATOR.split(_LEAD.sub("", byline[:MAX_BYLINE_CHARS]))
    )
    return next((name for piece in pieces if (name := _agencies().named(piece))), None)


def _of_dateline(line: str) -> str | None:
    """Return the agency of a dateline: "LONDON (AP) -", "Madrid, 2 nov (EFE).-", "Berlin (dpa). Der Rat …".

    "Pupils at a school in Leeds (PA)." is a caption: without a dash only a place stands before.
    """
    dateline = _agencies().dateline.match(line)
    if dateline is None:
        return None
    place, has_text = dateline["place"].strip(), bool(line[dateline.end() :].strip())
    is_place = place.isupper() or (has_text and 0 < len(place.split()) <= MAX_PLACE_WORDS)
    return _agencies().named(dateline["agency"]) if dateline["dash"] or is_place else None


def _credited(line: str) -> str | None:
    """Return the agency of a line that is nothing but a credit: "Additional reporting by PA", "dpa/lnw"."""
    agencies = _agencies()
    words = _WORD.findall(line)
    if not words or len(words) > MAX_CREDIT_WORDS:
        return None
    mention = agencies.mention.search(line)
    if mention is None:
        return None
    rest: Sequence[str] = _WORD.findall(f"{line[: mention.start()]} {line[mention.end() :]}")
    if all(word.casefold() in agencies.credit_words or _YEAR.fullmatch(word) for word in rest):
        return agencies.named(mention["agency"])
    return None


@cache
def _agencies() -> _Agencies:
    table = tomllib.loads(files("scraper.extraction").joinpath("agencies.toml").read_text(encoding="utf-8"))
    by_name = {name: each["name"] for each in table["agency"] for name in each["names"]}
    by_mark = {mark: each["name"] for each in table["agency"] for mark in each["marks"]}
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    marks = "|".join(re.escape(mark) for mark in sorted(by_mark, key=len, reverse=True))
    any_form = rf"(?P<agency>(?:the\s+)?(?i:{names})|{marks})"
    return _Agencies(
        by_name=by_name,
        by_mark=by_mark,
        # As "LONDON (AP) -", "Berlin (dpa/lnw) -" and "Madrid, 2 nov (EFE).-" stand before a text.
        dateline=re.compile(
            rf"(?P<place>[^.\n]{{0,{DATELINE_CHARS}}}?)[(\[]{any_form}(?:\s*[/-]\s*\w+)*[)\]]"
            r"\s*(?:(?P<dash>\.?\s*[-–—:])|\.|$)"
        ),
        mention=re.compile(rf"(?<![\w-]){any_form}(?:/[a-z]{{2,4}})*(?![\w-])"),
        credit_words=frozenset(table["credit_words"]),
    )

"""How a text writes words (capitals), numbers (units) and names (possessives). For reasons; of scores only
the kinds of figures are made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import compress
from operator import and_, eq

from pipelines.matching.dates import MONTH_NAMES, names_a_weekday
from pipelines.matching.tokens import Tokens

GIVES_DAY = 1  # the text names a day, even if it is not known which
GIVES_FIGURE = 2
_LONGEST_DATELINE = 120  # characters
_AROUND = 16  # characters looked at before and after a number
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MONTHS = tuple(name.capitalize() for name in MONTH_NAMES)
_MONTH_OF = {short: name for name in _MONTHS for short in (name, name[:3], f"{name[:3]}.", name[:4])}
_DAY_THEN_MONTH = re.compile(
    rf"(?:st|nd|rd|th)?(?: of)? ({'|'.join(name[:3] for name in _MONTHS)})([a-z]*)\b"
)
_CURRENCIES = frozenset("£$€¥₹")
_CODE = re.compile(r"(?:^|[\s(“\"'‘/])([A-Z]{1,6}-?|Covid-)$")  # the letters of "M25" and "Covid-19"
_UNIT = re.compile(r"\s?(%|per ?cent\b|mn?\b|million\b|bn?\b|billion\b|trn?\b|tn\b|trillion\b)|(-year-old)")
_CLOCK = re.compile(r"\s?([ap])\.?m\b")  # 8.20am, 4 pm
_PART_OF_A_WORD = re.compile(r"(?!st\b|nd\b|rd\b|th\b|s\b)[A-Za-z]\w*")  # 76ers, 128GB
_UNITS = {"%": "%", "p": "%", "m": "m", "b": "bn", "t": "tn"}  # by the first letter
_NUMERIC = re.compile(r"\d{1,2}[/.]\d{1,2}[/.](?:19|20)?\d\d\b|(?:19|20)\d\d-\d\d-\d\d\b")  # 15/09/2026
_FIGURE = re.compile(r"^[£$€¥₹]?(?:[1-9]|0(?!\d))[\d.,]*(?:%|m|bn|tn|-year-old|[kcm]m|kg|[GMTk]B|mph)?$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_DAY = re.compile(rf"^\d{{1,2}} (?:{'|'.join(_MONTHS)})$")
# A place in capitals and a dash, or any place, an agency in brackets and a dash: "LONDON (AP) -",
# "DES MOINES, Iowa —", "Kourou, French Guiana, Oct 13 (AFP) –".
_CAPITALS = r"[A-Z][A-Z.'’-]+(?:[ ,]+[A-Z][A-Z.'’-]+){0,3}(?![a-z])"
_PLACE = r"[A-Z][\w.'’-]+(?:[ ,]+[A-Z][\w.'’-]+){0,4}"
_REGION_AND_DAY = (
    r"(?:,? (?:[A-Z]\w*\.? ?){1,3})?(?:,? ?(?:\d{1,2} )?(?:[A-Z][a-z]+\.? ?)?\d{0,2}(?:, \d{4})?)?"
)
_CREDIT = r"[(/][A-Z][^()/\n]{0,30}[)/]"
_DASH = r"\s*(?:[—–]|\.?--?)\s"
_DATELINE = re.compile(
    rf"\s*(?:{_CAPITALS}{_REGION_AND_DAY}\s*(?:{_CREDIT})?|(?:{_PLACE}{_REGION_AND_DAY}\s*)?{_CREDIT})"
    rf"{_DASH}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The numbers of a text: a form in which the text writes each, and whether one belongs to a date."""

    forms: Mapping[str, str]
    dated: bool


def figures(text: str) -> Figures:
    """Return each number as its text writes it: "£2.5m", "97%", "14-year-old", "Covid-19", "15 January".

    Of the forms of a number the first that is not a day counts.
    """
    days: dict[str, str] = {}
    found: dict[str, str] = {}
    numeric = False
    for match in _NUMBER.finditer(text):
        digits = match.group()
        before = text[max(0, match.start() - _AROUND) : match.start()]
        after = text[match.end() : match.end() + _AROUND]
        form = _form(digits, before, after)
        (days if is_day(form) else found).setdefault(digits, form)
        numeric = numeric or bool(_NUMERIC.match(digits + after))
    return Figures(forms=days | found, dated=numeric or bool(days))


def _form(digits: str, before: str, after: str) -> str:
    if len(digits) <= 2 and 1 <= int(digits) <= 31 and (month := _month(before, after)):
        return f"{int(digits)} {month}"
    unit = _UNIT.match(after)
    suffix = "" if unit is None else unit.group(2) or _UNITS[unit.group(1)[0]]
    if clock := _CLOCK.match(after):
        suffix = f"{clock.group(1)}m"
    elif not suffix and (letters := _PART_OF_A_WORD.match(after)):
        suffix = letters.group()
    last = before[-1:]
    if last.isalpha() or last == "-":
        code = _CODE.search(before)
        return (code.group(1) if code else "") + digits + suffix
    return (last if last in _CURRENCIES else "") + digits + suffix


def _month(before: str, after: str) -> str:
    """Return the month of which a number is a day, by what stands around it; empty for other numbers."""
    following = _DAY_THEN_MONTH.match(after)
    if following and (month := _MONTH_OF.get("".join(following.groups()))):
        return month
    if before[-1:] != " " or after[:1] == "%":
        return ""
    return _MONTH_OF.get(before[:-1].rpartition(" ")[2].rpartition("\n")[2].lstrip("(“"), "")


def is_day(form: str) -> bool:
    """Return whether a number is only ever a day of a month in its text."""
    return bool(_DAY.search(form))


def is_figure(form: str) -> bool:
    """Return whether a number counts or measures: it is not a day, a year or part of a name such as "M25"."""
    return bool(_FIGURE.search(form)) and not is_day(form) and not _YEAR.search(form)


def dateline(text: str) -> str:
    """Return what opens a text to say where it was written and for which agency: "LONDON (AP) - "; "" if
    nothing does."""
    opening = _DATELINE.match(text[:_LONGEST_DATELINE])
    return opening.group() if opening else ""


class FigureKind(StrEnum):
    """What a number with a unit counts."""

    MONEY = auto()
    SHARE = auto()
    AGE = auto()
    CLOCK = auto()


_CLOCK_FORM = re.compile(r"\d(?:am|pm)$")


def figure_kind(form: str) -> FigureKind | None:
    """Return what a number counts, by the form in which its text writes it; None where that is not seen."""
    if form[:1] in _CURRENCIES:
        return FigureKind.MONEY
    if form[-1:] == "%":
        return FigureKind.SHARE
    if form.endswith("-year-old"):
        return FigureKind.AGE
    return FigureKind.CLOCK if _CLOCK_FORM.search(form) else None


def given(text: str, numbers: Figures, days: Sequence[int], published: int | None) -> int:
    """Return flags of what a text gives at all, even where the fingerprint has no room for it."""
    day = bool(days) or numbers.dated or (published is None and names_a_weekday(text))
    return GIVES_DAY * day | GIVES_FIGURE * bool(numbers.forms)


def written(
    stemmed: Sequence[str], plain: Sequence[str], whole: Sequence[str], inside: Sequence[bool]
) -> Callable[[str, bool], str]:
    """Return how a text writes a stem, given whether it is a name: as inside sentences, if it stands there.

    ``whole`` are the longer words that the ``plain`` ones are part of ("76ers"): they are for stems that the
    text writes only so.
    """
    alone = list(map(eq, plain, whole))
    forms: dict[str, str] = {}
    for places in (None, alone):  # what stands alone comes later and overrides
        forms |= _first_forms(stemmed, whole, places)
    inner = _first_forms(stemmed, whole, list(map(and_, inside, alone)))

    def form(stem: str, name: bool) -> str:
        inner_form = inner.get(stem)
        if inner_form is None:
            return forms[stem]
        return inner_form if name else in_small_letters(inner_form)

    return form


def _first_forms(
    stemmed: Sequence[str], forms: Sequence[str], places: Sequence[bool] | None
) -> dict[str, str]:
    """Return for each stem its first form, at all places or the marked ones."""
    if places is None:
        return dict(zip(reversed(stemmed), reversed(forms), strict=True))
    marked = list(reversed(places))
    return dict(zip(compress(reversed(stemmed), marked), compress(reversed(forms), marked), strict=True))


def in_small_letters(form: str) -> str:
    """Return a word without the capital of the beginning of a sentence; "GMB" and "McKee" keep theirs."""
    return form if form[1:] != form[1:].lower() else form[:1].lower() + form[1:]


def spelled(stream: Tokens, start: int, end: int) -> str:
    """Return a run of words as it stands, with possessives and full stops, and both halves of a double name.

    "Children’s Services", "St. Mary", "Gloria Mensah-Tate", "Tsai Ing-wen".
    """
    while start and stream.gaps[start - 1] in {"-", ""}:
        start -= 1
    while end < len(stream.words) and stream.gaps[end - 1] in {"-", ""}:
        end += 1
    pairs = zip(stream.raws[start : end - 1], stream.gaps[start : end - 1], strict=True)
    return "".join(raw + gap for raw, gap in pairs) + stream.surfaces[end - 1]

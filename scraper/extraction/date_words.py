"""The words that dates are written with, in the languages of date_words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWords:
    """Months and weekdays by their names in lower case, and patterns for the words around a date."""

    months: Mapping[str, int]  # 1 to 12
    english_months: frozenset[str]
    weekdays: Mapping[str, frozenset[int]]  # 0 is Monday; "mar" is Tuesday in two languages
    month_connector: str
    clock_connector: str
    hours: str
    published: re.Pattern[str]
    modified: re.Pattern[str]
    neutral: re.Pattern[str]


@cache
def load_date_words() -> DateWords:
    """Return the words that ship with the package."""
    tables = tomllib.loads(files(__package__).joinpath("date_words.toml").read_text("utf-8"))
    weekdays: dict[str, set[int]] = {}
    for names in tables["weekdays"].values():
        for name, number in _numbered(names, 0).items():
            weekdays.setdefault(name, set()).add(number)
    months = {
        name: number for names in tables["months"].values() for name, number in _numbered(names, 1).items()
    }
    return DateWords(
        months=months | _numbered(tables["months"][ENGLISH], 1),
        english_months=frozenset(_numbered(tables["months"][ENGLISH], 1)),
        weekdays={name: frozenset(numbers) for name, numbers in weekdays.items()},
        month_connector=_alternatives(tables["connectors"]["month"].split()),
        clock_connector=_alternatives(tables["connectors"]["clock"].split()),
        hours=_alternatives(tables["connectors"]["hours"].split()),
        published=_label(tables["labels"]["published"]),
        modified=_label(tables["labels"]["modified"]),
        neutral=_label(tables["labels"]["neutral"]),
    )


def _numbered(names: str, first: int) -> dict[str, int]:
    forms = enumerate(names.split(), start=first)
    return {form: number for number, group in forms for form in group.split("/")}


def _alternatives(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _label(words: list[str]) -> re.Pattern[str]:
    plain = [word for word in words if word.isascii() or " " in word or word.lower() != word.upper()]
    unspaced = [word for word in words if word not in plain]  # scripts without spaces: part of a longer run
    pattern = rf"(?<!\w)(?:{_alternatives(plain)})(?!\w)"
    return re.compile(f"{pattern}|{_alternatives(unspaced)}" if unspaced else pattern, re.IGNORECASE)

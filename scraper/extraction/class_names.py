"""Group the words in the class and id of an element by the role that page templates give them
(class_names.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files

LENGTHS = (3, 2)  # letters by which patterns are called: two where an alternative begins with two

# The first letters of an alternative, which a name must hold; not one that the next sign makes optional.
_LITERAL = re.compile(r"(?:\\b)?([a-z-]{3}(?![?*{])|[a-z-]{2}(?![?*{]))")
_BRACKET = re.compile(r"\(\?:([^()]*)\)(?![?*{])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def _groups() -> tuple[tuple[str, re.Pattern[str]], ...]:
    tables = tomllib.loads(files(__package__).joinpath("class_names.toml").read_text("utf-8"))["group"]
    return tuple((table["name"], re.compile(table["pattern"], re.VERBOSE)) for table in tables)


@cache
def group_names() -> tuple[str, ...]:
    """Return the names of the groups, in the order of their bits."""
    return tuple(name for name, _ in _groups())


@cache
def _group_bit(name: str) -> int:
    return 1 << group_names().index(name)


def group_bits(names: Iterable[str]) -> int:
    """Return the bit set of these groups."""
    return sum(map(_group_bit, names))


@lru_cache(maxsize=16384)
def name_groups(names: str) -> int:
    """Return the groups of a "class id" string as a bit set in the order of `group_names`."""
    found = 0
    for name in names.split():
        found |= _groups_of(name)
    return found


@lru_cache(maxsize=65536)
def _groups_of(name: str) -> int:
    """Return the groups of one name; the strings of names of a page are made of few."""
    text = _CAMEL.sub("-", name).lower().replace("_", "-")
    beginnings, called = _beginnings()
    for length in LENGTHS:
        for start in range(len(text) - length + 1):
            called |= beginnings.get(text[start : start + length], 0)
    return sum(
        1 << place
        for place, (_, pattern) in enumerate(_groups())
        if called >> place & 1 and pattern.search(text)
    )


@cache
def _beginnings() -> tuple[dict[str, int], int]:
    """Return the groups by the letters with which their alternatives begin, and those to try always.

    A page has 240 names that were not met before; trying 31 patterns on each took a tenth of its time.
    """
    beginnings: dict[str, int] = {}
    always = 0
    for place, (_, pattern) in enumerate(_groups()):
        for alternative in _alternatives("".join(pattern.pattern.split())):
            literal = _LITERAL.match(alternative)
            if literal:
                letters = literal[1][: LENGTHS[0]]
                beginnings[letters] = beginnings.get(letters, 0) | 1 << place
            else:
                always |= 1 << place
    return beginnings, always


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield the alternatives of a pattern; of one that begins with a bracket, those in the bracket."""
    depth, start = 0, 0
    for place, character in enumerate(f"{pattern}|"):
        depth += (character in "([") - (character in ")]")
        if character == "|" and not depth:
            alternative = pattern[start:place]
            inner = _BRACKET.match(alternative)
            yield from _alternatives(inner[1]) if inner else (alternative,)
            start = place + 1

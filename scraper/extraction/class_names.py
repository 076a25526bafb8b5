"""Group the words in the class and id of an element by the role that page templates give them
(class_names.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

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
    return sum(1 << place for place, (_, pattern) in enumerate(_groups()) if pattern.search(text))

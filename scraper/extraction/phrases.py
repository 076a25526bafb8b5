"""Phrase rules: what calls to subscribe, share or donate, credits, notices and labels look like, as data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRule:
    """One kind of phrase. ``drops``: a block that meets it is no text of an article, whatever else speaks for it."""

    name: str
    pattern: re.Pattern[str]
    drops: bool
    why: str
    example: str
    counter_example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The rules in the order of their file."""

    rules: tuple[PhraseRule, ...]

    def met(self, text: str) -> tuple[str, ...]:
        """The names of the rules that a block meets."""
        return tuple(rule.name for rule in self.rules if rule.pattern.search(text))

    def dropped_by(self, text: str) -> PhraseRule | None:
        """The first rule that takes a block out by itself."""
        return next((rule for rule in self.rules if rule.drops and rule.pattern.search(text)), None)


@cache
def load_phrases() -> Phrases:
    """The rules that ship with the package."""
    tables = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))["rule"]
    return Phrases(
        rules=tuple(
            PhraseRule(
                name=table["name"],
                pattern=re.compile(table["pattern"], re.IGNORECASE | re.VERBOSE),
                drops=table.get("drops", False),
                why=table["why"],
                example=table["example"],
                counter_example=table["counter_example"],
            )
            for table in tables
        )
    )

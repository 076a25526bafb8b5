"""Match phrase rules, which are data: calls to subscribe, share or donate, credits, notices and labels."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

START = 3  # letters of a word by which rules are looked up
# ... and by which they are called: with three alone twice as many patterns run, and nothing more is met.
NEED = 5

_WORD = re.compile(r"[^\W_]+")
_CAPITAL = re.compile(r"\\.|[A-Z]")  # or an escape, whose letter says what it means


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRule:
    """One kind of phrase. ``drops``: a block that meets it is not text of an article, whatever its
    position.
    """

    name: str
    pattern: re.Pattern[str]  # of text in lower case
    drops: bool
    drops_links: bool  # the same for a block that is mostly links
    takes_box: bool  # the rest of a small box around such a block goes too
    takes_section: bool  # ... and of any element below the story that such a block begins
    needs: tuple[str, ...]  # the first letters of one must begin a word (if not a word, it must occur)
    opens: tuple[str, ...]  # ... or the first word, in a rule about how a block begins
    why: str
    example: str
    counter_example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The rules in the order of their file. ``starts`` gives, by the first letters of a word, longer
    beginnings, each with the bit set of the rules that it calls.
    """

    rules: tuple[PhraseRule, ...]
    always: int  # bit set of the rules without needs
    starts: Mapping[str, tuple[tuple[str, int], ...]]
    openings: Mapping[str, int]
    marks: tuple[tuple[str, int], ...]
    by_name: Mapping[str, PhraseRule]

    def met(self, text: str) -> tuple[str, ...]:
        """Return the names of the rules that a block meets."""
        return tuple(rule.name for rule in self._met(text))

    def dropped_by(self, text: str, *, linked: bool = False) -> PhraseRule | None:
        """Return the first rule that drops a block by itself; ``linked`` when the block is mostly links."""
        return _first_dropping(self._met(text), linked=linked)

    def dropping(self, names: Iterable[str], *, linked: bool = False) -> PhraseRule | None:
        """Return what `dropped_by` returns for a block of which it is known which rules it meets."""
        return _first_dropping((self.by_name[name] for name in names), linked=linked)

    def _met(self, text: str) -> Iterator[PhraseRule]:
        lower, called = text.lower(), self.always
        words = _WORD.findall(lower)
        if words:
            called |= self.openings.get("0" if words[0][0].isdigit() else words[0][:START], 0)
        for word in words:
            for beginning, rules in self.starts.get(word[:START], ()):
                if word.startswith(beginning):
                    called |= rules
        for mark, rules in self.marks:
            if mark in lower:
                called |= rules
        if not called:
            return
        for place, rule in enumerate(self.rules):
            if called >> place & 1 and rule.pattern.search(lower):
                yield rule


@cache
def load_phrases() -> Phrases:
    """Return the rules that ship with the package."""
    tables = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))["rule"]
    rules = tuple(_rule(table) for table in tables)
    beginnings: dict[str, int] = {}
    openings: dict[str, int] = {}
    marks: dict[str, int] = {}
    for place, rule in enumerate(rules):
        for need in rule.needs:
            table, key = (beginnings, need[:NEED]) if need[0].isalnum() else (marks, need)
            table[key] = table.get(key, 0) | 1 << place
        for opening in rule.opens:
            openings[opening[:START]] = openings.get(opening[:START], 0) | 1 << place
    always = sum(1 << place for place, rule in enumerate(rules) if not rule.needs and not rule.opens)
    starts: dict[str, tuple[tuple[str, int], ...]] = {}
    for beginning, called in beginnings.items():
        starts[beginning[:START]] = (*starts.get(beginning[:START], ()), (beginning, called))
    return Phrases(
        rules=rules,
        always=always,
        starts=starts,
        openings=openings,
        marks=tuple(marks.items()),
        by_name={rule.name: rule for rule in rules},
    )


def _first_dropping(met: Iterable[PhraseRule], *, linked: bool) -> PhraseRule | None:
    return next((rule for rule in met if rule.drops or (linked and rule.drops_links)), None)


def _in_lower_case(pattern: str) -> str:
    """Return a pattern that meets in lower-case text what it meets without regard to case in any.

    Without `re.IGNORECASE` the search can look for the first letters: it takes half the time.
    """
    return _CAPITAL.sub(lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), pattern)


def _rule(table: dict[str, Any]) -> PhraseRule:
    return PhraseRule(
        name=table["name"],
        pattern=re.compile(_in_lower_case(table["pattern"]), re.VERBOSE),
        drops=table.get("drops", False),
        drops_links=table.get("drops_links", False),
        takes_box=table.get("takes_box", False),
        takes_section=table.get("takes_section", False),
        needs=tuple(table.get("needs", ())),
        opens=tuple(table.get("opens", ())),
        why=table["why"],
        example=table["example"],
        counter_example=table["counter_example"],
    )

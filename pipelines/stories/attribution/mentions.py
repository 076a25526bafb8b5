"""Runs of capitalised words that may be persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from pipelines.matching.evidence import TITLES, TITLES_OF_NAMES, bare
from pipelines.matching.evidence.spelling import CALENDAR
from pipelines.stories.attribution.words import speech_words

_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİŁŃŅŇŌŐŘŚŠŞŢŤŪŮŰŹŻŽ"
_WORD = rf"(?:(?:[{_CAPITAL}]|Mrs?|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Rev|Lt|Capt)\.|[{_CAPITAL}][\w’'-]*)"
_LINK = r"(?:(?:de|da|van|von|der|bin|al|ap|la|le) )?"
RUN = re.compile(rf"(?<![\w’'-]){_WORD}(?: {_LINK}{_WORD}){{0,7}}")
SUFFIXES = frozenset({"kc", "qc", "mp", "msp", "ms", "mep", "obe", "cbe", "mbe", "jr", "phd"})
_POSSESSIVES = ("’s", "'s", "s’", "s'")
_MOST_WORDS = 4  # of a name without titles


class Name(NamedTuple):
    """A name taken apart: without posts and most titles, which are ``opening`` where they stand before it."""

    name: str
    opening: tuple[str, ...]
    length: int  # characters of the run that it is read from, from the opening to the family name
    family_name: str  # folded
    given_names: tuple[str, ...]  # folded
    is_titled: bool  # "Mrs Durrant", "Judge Farrant"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that may be a person's, with its place in the text in characters."""

    of: Name
    start: int

    @property
    def name(self) -> str:
        """The name without posts."""
        return self.of.name

    @property
    def end(self) -> int:
        """The place behind the name."""
        return self.start + self.of.length


def mentions(text: str, *, possessive: bool = False) -> Iterator[Mention]:
    """Yield the possible persons of a text. ``possessive``: owners too, as in "Tansy's mother"."""
    for run in RUN.finditer(text):
        name = run.group()
        if possessive:
            name = name.removesuffix("’s").removesuffix("'s")
        if mention := as_mention(name, run.start()):
            yield mention


def as_mention(run: str, start: int) -> Mention | None:
    """Return a run of capitalised words as a possible person; None for bodies, places, days and owners."""
    name = _as_name(run)
    return Mention(name, start) if name else None


@lru_cache(maxsize=8192)  # a report names the same few persons and places again and again
def _as_name(run: str) -> Name | None:
    parts = run.split()
    while len(parts) > 1 and bare(parts[-1]) in SUFFIXES:
        parts.pop()
    if parts[-1].endswith(_POSSESSIVES):
        return None
    length = len(" ".join(parts))
    opening, parts = _parted(parts)
    if not _may_be_a_person(parts):
        return None
    kept = _without_title(parts, opening)
    titles = titles_and_posts()
    return Name(
        name=" ".join(kept),
        opening=tuple(opening),
        length=length,
        family_name=bare(kept[-1]),
        given_names=tuple(part for part in map(bare, kept[:-1]) if part not in titles),
        is_titled=bare(kept[0]) in titles,
    )


# Lists together. To unite them for each name took a tenth of reading the quotations of an article.
@cache
def titles_and_posts() -> frozenset[str]:
    """Return the words that stand with a name and are not part of it."""
    return TITLES | speech_words().posts


@cache
def _roles_and_openers() -> frozenset[str]:
    return speech_words().roles | speech_words().openers


@cache
def _before_names() -> frozenset[str]:
    return _roles_and_openers() | speech_words().bodies | CALENDAR


@cache
def _of_no_person() -> frozenset[str]:
    return speech_words().bodies | CALENDAR | speech_words().no_subject


def _parted(parts: list[str]) -> tuple[list[str], list[str]]:
    """Return the words before a name, and the name.

    "Shelter Line's | Maeve Gilchrist", "Children | Pauline Devane", "Cabinet Member | Ann Lee".
    """
    words = speech_words()
    left_out = _before_names()
    owners = [number + 1 for number, part in enumerate(parts) if part.endswith(_POSSESSIVES)]
    begins = owners[-1] if owners else 0
    given = next((i for i, part in enumerate(parts[:-1]) if bare(part) in words.given_names), 0)
    if all(bare(part) in left_out for part in parts[:given]):
        begins = max(begins, given)
    posts = [i + 1 for i, part in enumerate(parts[:-1]) if bare(part) in _roles_and_openers()]
    begins = max([begins, *posts])  # "Florida Gov. | Rick Scott"
    if any(bare(part) in TITLES for part in parts[:begins]):
        begins = next(i for i, part in enumerate(parts) if bare(part) in TITLES)
    return parts[:begins], parts[begins:]


def _may_be_a_person(parts: list[str]) -> bool:
    folded = [bare(part) for part in parts]
    untitled = [part for part in folded if part not in titles_and_posts()]
    if not untitled or len(untitled) > _MOST_WORDS or len(folded[-1]) < 2:
        return False
    if not _of_no_person().isdisjoint(untitled):
        return False
    if len(parts) > 1 and all(len(part) > len("McX") and part.isupper() for part in parts):
        return False  # a line in capitals
    return len(parts) > 1 or not (folded[0] in _roles_and_openers() or folded[0] in TITLES)


def _without_title(parts: list[str], opening: list[str]) -> list[str]:
    """Return a name without titles, which stay where they belong to it and before a single family name."""
    kept = list(parts)
    while len(kept) > 2 and bare(kept[0]) in TITLES - TITLES_OF_NAMES and bare(kept[1]) != "justice":
        kept.pop(0)
    if len(kept) == 1 and opening and bare(opening[-1]) in speech_words().posts:
        kept.insert(0, opening[-1])
    return kept

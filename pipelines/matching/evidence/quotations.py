"""Quotations that two texts share, and whose words they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipelines.matching.evidence.names import name_pieces, without_openers
from pipelines.matching.evidence.spelling import GENERIC, OPENERS, TITLES, TITLES_OF_NAMES, WEEKDAYS, bare
from pipelines.matching.fingerprint import Fingerprint

_RUN_WORDS = 4  # words in a hashed run of a quotation


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedQuotations:
    """How many quoted words both texts carry, and how many of them one speaker said."""

    words: int
    speaker: str
    of_speaker: int


def shared_quotations(a: Fingerprint, b: Fingerprint) -> SharedQuotations:
    """Return the quoted words of both, and who said most of them, by the fullest name in either text."""
    counts = [_quoted_words(one, other, a, b) for one, other in ((a, b), (b, a))]
    fewest = min(counts, key=lambda count: sum(count.values()))
    total = sum(fewest.values())
    named = {speaker: min(count.get(speaker, 0) for count in counts) for speaker in counts[0] if speaker}
    speaker = max(named, key=lambda name: (named[name], len(name), name), default="")
    return SharedQuotations(words=total, speaker=speaker, of_speaker=min(total, named.get(speaker, 0)))


def _quoted_words(one: Fingerprint, other: Fingerprint, a: Fingerprint, b: Fingerprint) -> dict[str, int]:
    """Return how many quoted words of one text the other quotes too, by speaker."""
    said_by = _speakers(other, one)
    seen: set[int] = set()
    words_of: dict[str, int] = {}
    for quotation in one.quotations:
        hits = [run in said_by and run not in seen for run in quotation.shingles]
        seen.update(quotation.shingles)
        starts = sum(hit and not (i and hits[i - 1]) for i, hit in enumerate(hits))
        words = sum(hits) + (_RUN_WORDS - 1) * starts
        if not words:
            continue
        others = {said_by[run] for run, hit in zip(quotation.shingles, hits, strict=True) if hit}
        speakers = {fullest_name(name, a, b) for name in (*others, quotation.speaker)} - {""}
        speaker = speakers.pop() if len(speakers) == 1 else ""
        words_of[speaker] = words_of.get(speaker, 0) + min(words, quotation.length)
    return words_of


def _speakers(one: Fingerprint, other: Fingerprint) -> dict[int, str]:
    """Return the speaker of each run of words that both quote, where ``one`` names one."""
    shared = other.profile.quotes
    return {
        run: quotation.speaker
        for quotation in reversed(one.quotations)
        for run in quotation.shingles
        if run in shared
    }


def fullest_name(speaker: str, a: Fingerprint, b: Fingerprint) -> str:
    """Return the fullest name that either text has for a speaker; empty where the words are not a name."""
    parts = [part for part in without_openers(speaker.strip(" ,.’'")).split() if bare(part)]
    while len(parts) > 1 and bare(parts[0]) in GENERIC - TITLES:
        del parts[0]
    if not parts or bare(parts[-1]) in GENERIC | TITLES:
        return ""
    untitled = [bare(part) for part in parts if bare(part) not in TITLES]
    last = untitled[-1] if untitled else ""
    persons = (*_persons(a.names), *_persons(b.names)) if untitled else ()
    candidates = [
        person.name
        for person in persons
        if last in person.given_as and person.bare[-len(untitled) :] == untitled
    ]
    given = {bare(name.split()[-2]) for name in candidates}
    if len(given) != 1:  # nobody, or two people of one family name
        drops_title = len(untitled) >= 2 and bare(parts[0]) in TITLES - TITLES_OF_NAMES
        return " ".join(parts[1:] if drops_title else parts)
    return max(candidates, key=lambda name: (len(name.split()), len(name), name))


class _Person(NamedTuple):
    """A name that may be a person's."""

    name: str
    bare: list[str]
    given_as: str  # folded, with all that the text puts before and behind it


@lru_cache(maxsize=1024)
def _persons(names: tuple[str, ...]) -> tuple[_Person, ...]:
    pieces = [(" ".join(piece), name.casefold()) for name in names for piece in name_pieces(name)]
    persons = [(person, given_as) for piece, given_as in pieces if (person := _as_person(piece))]
    return tuple(
        _Person(person, [bare(part) for part in person.split()], given_as) for person, given_as in persons
    )


def _as_person(name: str) -> str:
    """Return a person's name without posts, with titles that belong to it; empty without a given name."""
    parts = name.split()
    while len(parts) > 1 and (
        bare(parts[0]) in OPENERS | GENERIC | WEEKDAYS and bare(parts[0]) not in TITLES_OF_NAMES
    ):
        del parts[0]
    if sum(bare(part) not in TITLES for part in parts) < 2:
        return ""
    return " ".join(parts if bare(parts[0]) not in TITLES - TITLES_OF_NAMES else parts[1:])

"""Words that two texts share, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pipelines.matching.evidence.spelling import (
    CALENDAR,
    ORDINAL_ENDINGS,
    QUANTITIES,
    TITLES,
    is_telling,
    name_parts,
    same_word,
)
from pipelines.matching.fingerprint import NAME_FLAG, NUMBER_FLAG, SURPRISE_STEPS, Fingerprint
from pipelines.matching.surface_forms import in_small_letters

RARE = 10.0 * SURPRISE_STEPS  # a word so rare is taken for a name wherever it has a capital
_SPANS = frozenset("hour hours day days week weeks month months year years".split())
_NOT_LISTED = CALENDAR | TITLES | ORDINAL_ENDINGS | QUANTITIES | _SPANS
_SUM = re.compile(r"\d[\d.,]*(?:m|mn|bn|tn|k|pc|p)")  # a figure with its unit in one word


class Word(NamedTuple):
    """A word of both texts, with its flags in each."""

    form: str
    flags: int
    other_flags: int
    bits: float  # of surprise


def shared_words(a: Fingerprint, b: Fingerprint) -> list[Word]:
    """Return the words of both, the most telling first, without numbers, days, months and titles."""
    position = b.profile.position
    shared = [
        (i, position[term])
        for i, term in enumerate(a.terms)
        if term in position and not a.flags[i] & NUMBER_FLAG
    ]
    rows, other_rows = [i for i, _ in shared], [j for _, j in shared]
    weights = (a.profile.finding[rows] * b.profile.finding[other_rows]).tolist()
    ranked = sorted(zip(weights, rows, other_rows, strict=True), key=lambda row: (-row[0], a.terms[row[1]]))
    words = [
        Word(_shared_form(a, b, i, j), a.flags[i], b.flags[j], a.surprises[i] / SURPRISE_STEPS)
        for _, i, j in ranked
    ]
    return [word for word in words if _is_listable(word.form, a.language)]


def forms_of(words: Iterable[Word], flags: int = 0) -> list[str]:
    """Return the form of each word once; with ``flags`` only of words that stand so in both texts."""
    return list(
        dict.fromkeys(w.form for w in words if not flags or (w.flags & flags and w.other_flags & flags))
    )


def _shared_form(a: Fingerprint, b: Fingerprint, i: int, j: int) -> str:
    """Return how both write a term. A capital that opens a sentence is kept for names and rare words only."""
    form = same_word(a.profile.forms[i], b.profile.forms[j])
    if form.islower() or a.surprises[i] >= RARE or (a.flags[i] | b.flags[j]) & NAME_FLAG:
        return form
    return (
        form
        if form in _words_of_names(a.names) or form in _words_of_names(b.names)
        else in_small_letters(form)
    )


@lru_cache(maxsize=4096)
def _words_of_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for name in names for part in name_parts(name))


@lru_cache(maxsize=16384)
def _is_listable(form: str, language: str) -> bool:
    folded = form.casefold()
    listable = bool(form) and folded not in _NOT_LISTED and (len(form) > 1 or not form.isascii())
    return listable and not _SUM.fullmatch(folded) and is_telling(folded, language)


def shared_term_count(a: Fingerprint, b: Fingerprint) -> tuple[int, int]:
    """Return how many terms both use, and how many the text with fewer terms has."""
    return len(a.profile.position.keys() & b.profile.position.keys()), min(len(a.terms), len(b.terms))


def fewer_headline_words(a: Fingerprint, b: Fingerprint) -> int:
    """Return the number of telling words in the headline that has fewer of them."""
    return min(sum(is_telling(word, one.language) for word in set(one.title.split())) for one in (a, b))


def shared_headline_words(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Return the telling words of both headlines, in the order of the first: whole ones, "76ers" once."""
    other_words = set(b.title.split())
    words = [
        word
        for word in dict.fromkeys(a.title.split())
        if word in other_words and is_telling(word, a.language)
    ]
    forms, other_forms = a.profile.headline, b.profile.headline
    shared = (same_word(forms.get(word, word), other_forms.get(word, word)) for word in words)
    return [form for form in dict.fromkeys(shared) if form]

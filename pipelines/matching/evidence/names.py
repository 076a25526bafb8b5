"""Names that two texts share: people, bodies and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pipelines.matching.evidence.spelling import (
    CALENDAR,
    GENERIC,
    NOT_A_NAME,
    OPENERS,
    TITLES,
    TITLES_OF_NAMES,
    WEEKDAYS,
    bare,
    name_parts,
    same_word,
)
from pipelines.matching.evidence.words import RARE
from pipelines.matching.fingerprint import NAME_FLAG, SURPRISE_STEPS, Fingerprint
from pipelines.matching.tokens import fold

_LONGEST_SHORT = 5  # characters of "Prof."; a longer word before a full stop ends its sentence
# Lists together, united once and not for each name.
_AT_THE_END = WEEKDAYS | OPENERS
_TELL_NOTHING = GENERIC | OPENERS
_POSTS = TITLES - TITLES_OF_NAMES
_LEAST_NAME = 5.0 * SURPRISE_STEPS  # surprise of a single word that tells something as a name: "London"


def shared_names(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Return the names that both give, in the order of the first: several words, then single ones."""
    several = list({bare(name): name for name in reversed([*_whole_names(a, b)])}.values())[::-1]
    kept = [name for name in several if not any(_inside(name, other) for other in several if other != name)]
    inside = {bare(word) for name in kept for word in name_parts(name)}
    return kept + [form for form in _single_names(a, b) if not inside.issuperset(map(bare, name_parts(form)))]


def names_in_headlines(names: Iterable[str], a: Fingerprint, b: Fingerprint) -> list[str]:
    """Return those of the names that stand in both headlines."""
    titles = [f" {one.title} " for one in (a, b)]
    return [
        name
        for name in names
        if all(f" {' '.join(map(bare, name_parts(name)))} " in title for title in titles)
    ]


def with_whole_names(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the words; each that stands in exactly one of the names is replaced by that name, once, and what
    else stands in such a name is left out."""
    holders: dict[str, set[str]] = {}
    for name in names:
        for part in _folded_parts(name):
            holders.setdefault(part, set()).add(name)
    whole = {part: min(holding) for part, holding in holders.items() if len(holding) == 1}
    held = {word: whole[folded] for word in words if word[:1].isupper() and (folded := fold(word)) in whole}
    inside = {part for name in held.values() for part in _folded_parts(name)}
    kept = [word for word in words if word in held or fold(word) not in inside]
    return list(dict.fromkeys(held.get(word, word) for word in kept))


def shares_part_of_a_name(a: Fingerprint, b: Fingerprint) -> bool:
    """Return whether a word that one of them writes as a name stands in the other."""
    position = b.profile.position
    return any(
        fold(a.profile.forms[i]) not in NOT_A_NAME
        for i, term in enumerate(a.terms)
        if term in position and (a.flags[i] | b.flags[position[term]]) & NAME_FLAG
    )


def gives_a_name(fingerprint: Fingerprint) -> bool:
    """Return whether a name can be made out in the text at all."""
    return bool(fingerprint.names) or any(flag & NAME_FLAG for flag in fingerprint.flags)


# -- names of several words ----------------------------------------------------------------------------------


class _Names(NamedTuple):
    """The names of a text, taken apart for comparing."""

    pieces: tuple[tuple[list[str], list[str], tuple[tuple[str, str], ...]], ...]  # words, bare words, pairs
    whole: frozenset[str]  # bare, with a blank at both ends
    pairs: frozenset[tuple[str, str]]


def _whole_names(a: Fingerprint, b: Fingerprint) -> Iterator[str]:
    """Yield the longest runs of words that stand in a name of each text."""
    other = _taken_apart(b.names)
    for piece, folded, pairs in _taken_apart(a.names).pieces:
        if other.pairs.isdisjoint(pairs):
            continue
        starts = [i for i, pair in enumerate(pairs) if pair in other.pairs]
        for start in starts:
            if start - 1 in starts:
                continue
            end = start + 2
            while end < len(piece) and any(
                f" {' '.join(folded[start : end + 1])} " in name for name in other.whole
            ):
                end += 1
            name = without_openers(" ".join(piece[start:end]))
            name = name.rstrip(".'’").removesuffix("’s").removesuffix("'s")
            if " " in name and not all(bare(part) in GENERIC for part in name.split()):
                yield name


@lru_cache(maxsize=1024)  # one article is compared with many
def _taken_apart(names: tuple[str, ...]) -> _Names:
    pieces = [piece for name in names for piece in name_pieces(name)]
    bare_pieces = [[bare(part) for part in piece] for piece in pieces]
    whole = frozenset(f" {' '.join(parts)} " for parts in bare_pieces)
    return _Names(
        pieces=tuple(
            (piece, parts, tuple(pairwise(parts))) for piece, parts in zip(pieces, bare_pieces, strict=True)
        ),
        whole=whole,
        pairs=frozenset(pair for name in whole for pair in pairwise(name.split())),
    )


def name_pieces(name: str) -> Iterator[list[str]]:
    """Yield the words of a name, apart where a sentence ends between them: "Wednesday. Hollis Crane"."""
    piece: list[str] = []
    for part in name.split():
        piece.append(part.strip("'‘’") if not part.endswith(("s'", "s’")) else part)
        if part.endswith(".") and len(part) > _LONGEST_SHORT and part.count(".") == 1:
            yield [*piece[:-1], part[:-1]]
            piece = []
    if piece:
        yield piece


def without_openers(name: str) -> str:
    """Return a name without openers ("The GMB", "From April"); empty when nothing is left."""
    parts = name.split()
    while parts and bare(parts[0]) in _AT_THE_END:
        del parts[0]
    while parts and (bare(parts[-1]) in _AT_THE_END or len(bare(parts[-1])) < 2):  # "Hungary's N"
        del parts[-1]
    alone = len(parts) == 1 and bare(parts[0]) in _TELL_NOTHING
    return "" if alone or all(bare(part) in CALENDAR for part in parts) else " ".join(parts)


@lru_cache(maxsize=4096)
def _folded_parts(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold, (*name_parts(name), *name.split()))))


def _inside(name: str, other: str) -> bool:
    """Return whether a name is part of another or its short form: "Mr Osei" of "Dame Harriet Osei"."""
    parts, other_parts = ([bare(part) for part in each.split()] for each in (name, other))
    titled = parts[0] in TITLES and len(parts) == 2 and len(other_parts) > 1 and other_parts[0] not in _POSTS
    if titled and parts[-1] == other_parts[-1]:
        return True
    width = len(parts)
    return width < len(other_parts) and any(
        other_parts[i : i + width] == parts for i in range(len(other_parts) - width + 1)
    )


# -- names of one word ---------------------------------------------------------------------------------------


def _single_names(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Return single words that both write as a name, or that one does and the other opens a sentence with."""
    position, flags, other_flags = b.profile.position, a.flags, b.flags
    telling = [
        (i, position[term])
        for i, term in enumerate(a.terms)
        if term in position and a.surprises[i] >= _LEAST_NAME
    ]
    sure = [
        (i, j)
        for i, j in telling
        if flags[i] & other_flags[j] & NAME_FLAG
        or ((flags[i] | other_flags[j]) & NAME_FLAG and a.surprises[i] >= RARE)
    ]
    forms = [_single_name(a.profile.forms[i], b.profile.forms[j]) for i, j in sure]
    return [form for form in dict.fromkeys(forms) if form]


def _single_name(one: str, other: str) -> str:
    """Return the name that two texts write so; empty when one has no capital, or the word is not a name."""
    form = same_word(one, other) if one[:1].isupper() and other[:1].isupper() else ""
    return form if len(form) > 1 and form.casefold() not in NOT_A_NAME else ""

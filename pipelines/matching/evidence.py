"""What two fingerprints have in common, in the form in which the texts write it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pipelines.matching.dates import MONTH_NAMES, WEEKDAY_NAMES
from pipelines.matching.fingerprint import NAME_FLAG, NUMBER_FLAG, SURPRISE_STEPS, Fingerprint
from pipelines.matching.surface_forms import in_small_letters, is_day, is_figure
from pipelines.matching.term_weights import common_words, name_words
from pipelines.matching.tokens import fold

_WEEKDAYS = frozenset(WEEKDAY_NAMES)
_CALENDAR = frozenset({*MONTH_NAMES, *WEEKDAY_NAMES})
_OPENERS = name_words("openers")
_GENERIC = name_words("generic")
_PLAIN = _OPENERS | name_words("plain")
_NO_NAME = _GENERIC | _CALENDAR | _PLAIN
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lord", "lady", "baroness", "professor", "prof"}
)
_KEPT_TITLES = frozenset({"sir", "dame", "lord", "lady", "baroness"})
_ENDINGS = frozenset({"s", "es", "d", "ed", "ing", "n", "en", "e", "'s"})
_LONGEST_SHORT = 5  # characters of "Prof."; a longer word before a full stop ends its sentence
_LEAST_NAME = 5.0 * SURPRISE_STEPS  # bits of a single word that tells something as a name: "London"
_RARE = 10.0 * SURPRISE_STEPS  # bits of a word that is taken for a name wherever it has a capital
_REMAINS = frozenset({"st", "nd", "rd", "th"})
_NOT_LISTED = _CALENDAR | _TITLES | _REMAINS
_TELLS_NOTHING = _PLAIN | _REMAINS
_PER_HIT = 4  # words in a run of a quotation


class Word(NamedTuple):
    """A word of both, as it can be listed, and where it stands in each."""

    form: str
    flags: int
    flags_there: int
    bits: float  # of surprise


def words_of_both(a: Fingerprint, b: Fingerprint) -> list[Word]:
    """Words of both, the most telling first: no numbers, days and months."""
    there, flags, flags_there = b.profile.position, a.flags, b.flags
    found = [(i, there[t]) for i, t in enumerate(a.terms) if t in there and not flags[i] & NUMBER_FLAG]
    mine, theirs = [i for i, _ in found], [j for _, j in found]
    weights = (a.profile.finding[mine] * b.profile.finding[theirs]).tolist()
    ranked = sorted(zip(weights, mine, theirs, strict=True), key=lambda each: (-each[0], a.terms[each[1]]))
    words = [
        Word(_written(a, b, i, j), flags[i], flags_there[j], a.surprises[i] / SURPRISE_STEPS)
        for _, i, j in ranked
    ]
    return [word for word in words if _tells_written(word.form, a.language)]


def telling(words: Iterable[Word], flags: int = 0) -> list[str]:
    """Each of the words once. ``flags``: where they stand in both."""
    return list(
        dict.fromkeys(w.form for w in words if not flags or (w.flags & flags and w.flags_there & flags))
    )


def _written(a: Fingerprint, b: Fingerprint, i: int, j: int) -> str:
    """How both write a term. A capital that either has for opening a sentence only is kept for names and rare
    words."""
    form = same_word(a.profile.forms[i], b.profile.forms[j])
    if form.islower() or a.surprises[i] >= _RARE or (a.flags[i] | b.flags[j]) & NAME_FLAG:
        return form
    return (
        form
        if form in _words_of_names(a.names) or form in _words_of_names(b.names)
        else in_small_letters(form)
    )


@lru_cache(maxsize=4096)
def _words_of_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for name in names for part in parts_of(name))


@lru_cache(maxsize=16384)
def _tells_written(form: str, language: str) -> bool:
    """Whether a word can be listed: it tells something, and is no day, month, title or remains of a
    number."""
    folded = form.casefold()
    listable = bool(form) and folded not in _NOT_LISTED and (len(form) > 1 or not form.isascii())
    return listable and _tells(folded, language)


def terms_of_both(a: Fingerprint, b: Fingerprint) -> tuple[int, int]:
    """How many telling terms both use, and of how many of the one that has fewer."""
    return len(a.profile.position.keys() & b.profile.position.keys()), min(len(a.terms), len(b.terms))


def _flags(one: Fingerprint, term: str) -> int:
    return one.flags[one.profile.position[term]]


def _form(one: Fingerprint, term: str) -> str:
    return one.profile.forms[one.profile.position[term]]


@lru_cache(maxsize=16384)  # many articles use the same words
def same_word(one: str, other: str) -> str:
    """The form in which both texts write a word, or the shorter of two inflections of it; empty for two
    words."""
    short, long = sorted((one, other), key=lambda form: (len(form), sum(map(str.isupper, form)), form))
    small, large = short.casefold().replace("’", "'"), long.casefold().replace("’", "'")
    if small == large:
        return short
    rest = large.removeprefix(small)
    doubled = large.startswith(small + small[-1:]) and large[len(small) + 1 :] in _ENDINGS
    changed = (small[-1:] == "y" and large == small[:-1] + "ies") or (
        small[-1:] == "e" and large == small[:-1] + "ing"
    )
    if not ((rest != large and rest in _ENDINGS) or doubled or changed):
        return ""
    return in_small_letters(short) if long[:1].islower() else short


def headline_words(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Words of both headlines that are not of every second text, in the order of the first's."""
    theirs = set(b.title.split())
    told = [word for word in dict.fromkeys(a.title.split()) if word in theirs and _tells(word, a.language)]
    forms, others = a.profile.headline, b.profile.headline
    return [same_word(forms.get(word, word), others.get(word, word)) for word in told]


def _tells(word: str, language: str) -> bool:
    return (
        word not in _TELLS_NOTHING
        and word not in common_words(language)
        and (len(word) > 1 or not word.isascii())
    )


# -- names ---------------------------------------------------------------------------------------------------


def names_of_both(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Names that both texts give: whole ones first, then single words, in the order of the first."""
    several = list({_bare(name): name for name in reversed([*_whole_names(a, b)])}.values())[::-1]
    kept = [name for name in several if not any(_inside(name, other) for other in several if other != name)]
    inside = {_bare(word) for name in kept for word in parts_of(name)}
    return kept + [form for form in _single_names(a, b) if _bare(form) not in inside]


def names_in_headlines(found: Iterable[str], a: Fingerprint, b: Fingerprint) -> list[str]:
    """Those of the names that stand in both headlines."""
    titles = [f" {one.title} " for one in (a, b)]
    return [
        name
        for name in found
        if all(f" {' '.join(map(_bare, parts_of(name)))} " in title for title in titles)
    ]


def _whole_names(a: Fingerprint, b: Fingerprint) -> Iterator[str]:
    """The longest runs of words that stand in a name of each text."""
    theirs = _taken_apart(b.names)
    for piece, folded, its_pairs in _taken_apart(a.names).pieces:
        if theirs.pairs.isdisjoint(its_pairs):
            continue
        starts = [i for i, pair in enumerate(its_pairs) if pair in theirs.pairs]
        for start in starts:
            if start - 1 in starts:
                continue
            end = start + 2
            while end < len(piece) and any(
                f" {' '.join(folded[start : end + 1])} " in name for name in theirs.whole
            ):
                end += 1
            name = (
                _without_openers(" ".join(piece[start:end]))
                .rstrip(".'’")
                .removesuffix("’s")
                .removesuffix("'s")
            )
            if " " in name and not all(_bare(part) in _GENERIC for part in name.split()):
                yield name


class _Names(NamedTuple):
    """The names of a text taken apart, for comparing."""

    pieces: tuple[
        tuple[list[str], list[str], tuple[tuple[str, str], ...]], ...
    ]  # words, bare words, pairs of those
    whole: frozenset[str]  # bare, with a blank at both ends
    pairs: frozenset[tuple[str, str]]


@lru_cache(maxsize=1024)  # one article is compared with many
def _taken_apart(names: tuple[str, ...]) -> _Names:
    pieces = [piece for name in names for piece in _pieces(name)]
    bare = [[_bare(part) for part in piece] for piece in pieces]
    whole = frozenset(f" {' '.join(parts)} " for parts in bare)
    return _Names(
        pieces=tuple(
            (piece, parts, tuple(pairwise(parts))) for piece, parts in zip(pieces, bare, strict=True)
        ),
        whole=whole,
        pairs=frozenset(pair for name in whole for pair in pairwise(name.split())),
    )


def with_whole_names(found: Sequence[str], names: Sequence[str]) -> list[str]:
    """The words, and instead of those that stand in one of the names, and in no other, that name."""
    holders: dict[str, set[str]] = {}
    for name in names:
        for part in _folded_parts(name):
            holders.setdefault(part, set()).add(name)
    whole = {part: min(its) for part, its in holders.items() if len(its) == 1}
    held = {word: whole[folded] for word in found if word[:1].isupper() and (folded := fold(word)) in whole}
    inside = {part for name in held.values() for part in _folded_parts(name)}
    kept = [word for word in found if not inside or word[:1].isupper() or fold(word) not in inside]
    return list(dict.fromkeys(held.get(word, word) for word in kept))


@lru_cache(maxsize=4096)
def _folded_parts(name: str) -> tuple[str, ...]:
    return tuple(map(fold, parts_of(name)))


@lru_cache(maxsize=4096)
def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name, those of a double name apart, without possessives."""
    return tuple(part.removesuffix("’s").removesuffix("'s") for part in name.replace("-", " ").split())


def _pieces(name: str) -> Iterator[list[str]]:
    """The words of a name, apart where a sentence ends between them: "Wednesday. Hollis Crane"."""
    piece: list[str] = []
    for part in name.split():
        piece.append(part.strip("'‘’") if not part.endswith(("s'", "s’")) else part)
        if part.endswith(".") and len(part) > _LONGEST_SHORT and part.count(".") == 1:
            yield [*piece[:-1], part[:-1]]
            piece = []
    if piece:
        yield piece


def _without_openers(name: str) -> str:
    """A name without what only stands before it: "The GMB", "From April"; empty when nothing is left of
    it."""
    parts = name.split()
    while parts and (_bare(parts[0]) in _OPENERS or _bare(parts[0]) in _WEEKDAYS):
        del parts[0]
    while parts and (_bare(parts[-1]) in _WEEKDAYS or _bare(parts[-1]) in _OPENERS):
        del parts[-1]
    alone = len(parts) == 1 and _bare(parts[0]) in _GENERIC | _OPENERS
    return "" if alone or all(_bare(part) in _CALENDAR for part in parts) else " ".join(parts)


@lru_cache(maxsize=4096)  # the same few hundred words, asked for again with every pair of an article
def _bare(part: str) -> str:
    return part.casefold().replace("’", "'").removesuffix("'s").strip("'.")


def _inside(name: str, other: str) -> bool:
    """Whether a name is a part of another one, or a person's short form: "Mr Osei" of "Dame Harriet Osei"."""
    mine, theirs = ([_bare(part) for part in each.split()] for each in (name, other))
    titled = (
        mine[0] in _TITLES and len(mine) == 2 and len(theirs) > 1 and theirs[0] not in _TITLES - _KEPT_TITLES
    )
    if titled and mine[-1] == theirs[-1]:
        return True
    width = len(mine)
    return width < len(theirs) and any(theirs[i : i + width] == mine for i in range(len(theirs) - width + 1))


def _single_names(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Single words that both write as a name, or one does so surely and the other opens a sentence with."""
    there, flags, flags_there = b.profile.position, a.flags, b.flags
    telling = [(i, there[t]) for i, t in enumerate(a.terms) if t in there and a.surprises[i] >= _LEAST_NAME]
    sure = [(i, j) for i, j in telling if flags[i] & flags_there[j] & NAME_FLAG or (
        (flags[i] | flags_there[j]) & NAME_FLAG and a.surprises[i] >= _RARE
    )]  # fmt: skip
    forms = [_single_name(a.profile.forms[i], b.profile.forms[j]) for i, j in sure]
    return [form for form in dict.fromkeys(forms) if form]


def _single_name(one: str, other: str) -> str:
    """The name that two texts write so; empty when one of them has no capital, or it is no name."""
    form = same_word(one, other) if one[:1].isupper() and other[:1].isupper() else ""
    return form if len(form) > 1 and form.casefold() not in _NO_NAME else ""


def shares_part_of_a_name(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether a word that one of them writes as a name stands in the other, so that they may well share
    it."""
    both = [
        term
        for term in a.terms
        if term in b.profile.position and (_flags(a, term) | _flags(b, term)) & NAME_FLAG
    ]
    return any(fold(_form(a, term)) not in _NO_NAME for term in both)


def gives_a_name(one: Fingerprint) -> bool:
    """Whether a name can be made out in the text at all."""
    return bool(one.names) or any(flag & NAME_FLAG for flag in one.flags)


# -- figures -------------------------------------------------------------------------------------------------


def figures_of_both(a: Fingerprint, b: Fingerprint) -> tuple[list[str], list[str]]:
    """Numbers of both, heaviest first: those that count or measure, and years and parts of names. No days of
    a month.

    With their units where both texts give the same ones, else bare.
    """
    counted, others = [], []
    for term in (t for t in a.terms if t in b.profile.position and _flags(a, t) & NUMBER_FLAG):
        mine, theirs = _form(a, term), _form(b, term)
        if is_day(mine) or is_day(theirs):
            continue
        if is_figure(mine) and is_figure(theirs):
            counted.append(mine if mine == theirs else term)
        elif mine == theirs and not mine.startswith("0"):
            others.append(mine)
    return counted, others


def shares_days_only(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether the numbers of both are days of a month in both, and there are such."""
    both = [t for t in a.terms if t in b.profile.position and _flags(a, t) & NUMBER_FLAG]
    return bool(both) and all(is_day(_form(one, t)) for one in (a, b) for t in both)


def has_figures(one: Fingerprint) -> bool:
    """Whether the fingerprint kept a number of its text."""
    return any(flag & NUMBER_FLAG for flag in one.flags)


# -- quotations ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """How many words both texts quote, and how many of them of whom."""

    words: int
    speaker: str
    of_speaker: int


def quotes_of_both(a: Fingerprint, b: Fingerprint) -> Quotes:
    """The words that both quote, and the speaker of most of them, by the fullest name that either text has
    for him."""
    counts = [_quoted_words(one, other, a, b) for one, other in ((a, b), (b, a))]
    fewest = min(counts, key=lambda count: sum(count.values()))
    whole = sum(fewest.values())
    named = {speaker: min(count.get(speaker, 0) for count in counts) for speaker in counts[0] if speaker}
    speaker = max(named, key=lambda name: (named[name], len(name), name), default="")
    return Quotes(words=whole, speaker=speaker, of_speaker=min(whole, named.get(speaker, 0)))


def _quoted_words(one: Fingerprint, other: Fingerprint, a: Fingerprint, b: Fingerprint) -> dict[str, int]:
    """Words of one's quotations that the other quotes too, by speaker; each run of four hashes stands for its
    words."""
    said = _speakers(other, one)
    seen: set[int] = set()
    found: dict[str, int] = {}
    for quotation in one.quotations:
        hits = [shingle in said and shingle not in seen for shingle in quotation.shingles]
        seen.update(quotation.shingles)
        many = sum(hits) + (_PER_HIT - 1) * sum(hit and not (i and hits[i - 1]) for i, hit in enumerate(hits))
        if not many:
            continue
        theirs = {said[shingle] for shingle, hit in zip(quotation.shingles, hits, strict=True) if hit}
        speakers = {fullest(name, a, b) for name in (*theirs, quotation.speaker)} - {""}
        speaker = speakers.pop() if len(speakers) == 1 else ""
        found[speaker] = found.get(speaker, 0) + min(many, quotation.length)
    return found


def _speakers(one: Fingerprint, other: Fingerprint) -> dict[int, str]:
    """The speaker of each run of words that both quote, where ``one`` tells."""
    theirs = other.profile.quotes
    return {
        shingle: q.speaker for q in reversed(one.quotations) for shingle in q.shingles if shingle in theirs
    }


def fullest(speaker: str, a: Fingerprint, b: Fingerprint) -> str:
    """The fullest name that either text has for a speaker; empty where what is given is no name."""
    parts = [part for part in _without_openers(speaker.strip(" ,.’'")).split() if _bare(part)]
    while len(parts) > 1 and _bare(parts[0]) in _GENERIC - _TITLES:
        del parts[0]
    if not parts or _bare(parts[-1]) in _GENERIC | _TITLES:
        return ""
    mine = [_bare(part) for part in parts if _bare(part) not in _TITLES]
    last = mine[-1] if mine else ""
    known = (*_persons(a.names), *_persons(b.names)) if mine else ()
    candidates = [its.name for its in known if last in its.given_as and its.bare[-len(mine) :] == mine]
    given = {_bare(name.split()[-2]) for name in candidates}
    if len(given) != 1:
        return " ".join(
            parts if len(mine) < 2 or _bare(parts[0]) not in _TITLES - _KEPT_TITLES else parts[1:]
        )
    return max(candidates, key=lambda name: (len(name.split()), len(name), name))


class _Person(NamedTuple):
    """A name that may be a person's."""

    name: str
    bare: list[str]
    given_as: str  # folded, with all that the text puts before and behind it


@lru_cache(maxsize=1024)
def _persons(names: tuple[str, ...]) -> tuple[_Person, ...]:
    pieces = [(" ".join(piece), name.casefold()) for name in names for piece in _pieces(name)]
    found = [(person, given_as) for piece, given_as in pieces if (person := _as_person(piece))]
    return tuple(
        _Person(person, [_bare(part) for part in person.split()], given_as) for person, given_as in found
    )


def _as_person(name: str) -> str:
    """A name of a person without posts and with the titles that belong to it; empty where no given name is
    left."""
    parts = name.split()
    while len(parts) > 1 and (
        _bare(parts[0]) in _OPENERS | _GENERIC | _WEEKDAYS and _bare(parts[0]) not in _KEPT_TITLES
    ):
        del parts[0]
    plain = [part for part in parts if _bare(part) not in _TITLES]
    if len(plain) < 2:
        return ""
    return " ".join(parts if _bare(parts[0]) not in _TITLES - _KEPT_TITLES else parts[1:])

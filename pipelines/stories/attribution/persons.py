"""The persons that a text names: their fullest names, and whether it shows them to be a man or a woman.

A possible person is one where the text says so: by a title, a post, an age or a clause behind the name, a
verb of saying, a known given name, or the family name alone elsewhere. Bodies and places are told by their
words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.matching.evidence import bare
from pipelines.stories.attribution.mentions import Mention, mentions, titles_and_posts
from pipelines.stories.attribution.words import gender_of_words, speech_words

_NOT_YEARS = r"\b(?! (?:per|years|days|weeks|months|hours))"
_AGE = re.compile(rf", \d{{2}}{_NOT_YEARS}|, aged ")
_IS_AGED = re.compile(rf" (?:is|was) \d{{2}}{_NOT_YEARS}")
_CLAUSE = re.compile(r", (?:who|whose|prosecuting|defending)\b")
_POST_BEHIND = re.compile(r", (?!who|whose|which|where)([\w’' -]{3,60}?)(?:[,.;]| who\b)")
_SAID_BEFORE = frozenset({"said", "says", "added", "adds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """The persons of one text. ``genders`` grows while the text is read: a pronoun tells more."""

    full: Mapping[str, tuple[str, ...]]  # family name -> fullest names: several for two persons
    by_given_name: Mapping[str, str]  # given name -> fullest name, where only one person has it
    genders: dict[str, str] = field(default_factory=dict)  # fullest name -> "f" or "m"

    @property
    def names(self) -> frozenset[str]:
        """All fullest names."""
        return frozenset(name for names in self.full.values() for name in names)

    def resolve(self, mention: Mention) -> str:
        """Return the fullest name of a mention; empty where it is not a person, or one of several."""
        names = self.full.get(mention.of.family_name, ())
        if not names and not mention.of.given_names:
            return self.by_given_name.get(mention.of.family_name, "")
        if mention.of.given_names:
            names = _of_given_name(names, mention)
        elif names and (gender := gender_of_words(mention.name.split()[:-1])):
            names = self._of_gender(names, gender) or (
                mention.name,
            )  # "Mrs Farthing" beside Dominic Farthing
        return names[0] if len(names) == 1 else ""

    def _of_gender(self, names: Sequence[str], gender: str) -> tuple[str, ...]:
        if len(names) == 1:
            return tuple(names) if self.may_be(names[0], gender) else ()
        return tuple(name for name in names if self.genders.get(name) == gender)

    def knows(self, mention: Mention) -> bool:
        """Return whether any person of the text has the family name of a mention."""
        return mention.of.family_name in self.full

    def may_be(self, name: str, gender: str) -> bool:
        """Return whether nothing in the text says that a person is of the other gender."""
        return self.genders.get(name, gender) == gender


def persons_of(text: str, title: str = "") -> Persons:
    """Return the persons that a text and its title name with evidence that they are persons."""
    everything = f"{text}\n{title}"
    possible = list(mentions(everything, possessive=True))
    alone = {mention.of.family_name for mention in possible if " " not in mention.name}
    known: dict[str, list[str]] = {}
    for mention in possible:
        if _is_person(mention, everything, alone):
            known.setdefault(mention.of.family_name, []).append(mention.name)
    given = {_given_of(name) for names in known.values() for name in names}
    full = {
        family_name: _fullest(names)
        for family_name, names in known.items()
        if family_name not in given or any(map(_given_of, names))  # "Dame Odile" is not a family name
    }
    return Persons(
        full=full, by_given_name=_by_given_name(full), genders=_genders(full, possible, everything)
    )


def _is_person(mention: Mention, text: str, alone: Iterable[str]) -> bool:
    if mention.of.is_titled:
        return True
    if not mention.of.given_names:  # one word is the whole name of a person in "Leon, 18" only
        return bool(_AGE.match(text, mention.end)) and _word_before(mention, text) != "from"
    return mention.of.family_name in alone or _is_shown(mention, text)


def _is_shown(mention: Mention, text: str) -> bool:
    """Return whether the words in and around a mention show that it is a person."""
    words = speech_words()
    before = _word_before(mention, text)
    opening = [bare(word) for word in mention.of.opening]
    if not (words.roles.isdisjoint(opening) and words.posts.isdisjoint(opening)):
        return True
    if mention.of.given_names[0] in words.given_names:
        return True
    if before in words.before_places:
        return False
    if any(shown.match(text, mention.end) for shown in (_AGE, _IS_AGED, _CLAUSE)):
        return True
    post = _POST_BEHIND.match(text, mention.end)
    if post and any(bare(word) in words.roles for word in post.group(1).split()):
        return True
    if before in words.roles or before in _SAID_BEFORE:
        return True
    after = text[mention.end : mention.end + 40].split()[:1]
    return any(bare(word.strip(",:")) in words.verbs for word in after)


def _word_before(mention: Mention, text: str) -> str:
    words = text[max(0, mention.start - 40) : mention.start].split()
    return bare(words[-1].strip(",")) if words else ""


def _of_given_name(names: Sequence[str], mention: Mention) -> tuple[str, ...]:
    """Return the names that a mention with a given name, an initial or the second of two may be."""
    given = mention.of.given_names[0]
    ending = " ".join((*mention.of.given_names, mention.of.family_name))
    return tuple(
        name
        for name in names
        if _given_of(name) in {given, given[:1]}
        or (len(given) == 1 and _given_of(name).startswith(given))
        or " ".join(map(bare, name.split())).endswith(f" {ending}")
    )


def _given_of(name: str) -> str:
    """Return the first given name, folded; empty for "Mrs Durrant"."""
    left_out = titles_and_posts()
    return next((part for part in map(bare, name.split()[:-1]) if part not in left_out), "")


def _fullest(names: Sequence[str]) -> tuple[str, ...]:
    """Return the fullest form for each person of one family name, told apart by given names."""
    parts_of_others = {name for name in names for other in names if other.endswith(f" {name}")}
    by_given: dict[str, list[str]] = {}
    for name in names:
        if name not in parts_of_others:
            by_given.setdefault(_given_of(name), []).append(name)
    titled = by_given.pop("", [])
    forms = list(by_given.values()) or [titled]
    return tuple(max(same, key=lambda name: (len(name.split()), len(name), name)) for same in forms)


def _by_given_name(full: Mapping[str, Sequence[str]]) -> dict[str, str]:
    owners: dict[str, set[str]] = {}
    for names in full.values():
        for name in names:
            owners.setdefault(_given_of(name), set()).add(name)
    return {given: min(names) for given, names in owners.items() if given and len(names) == 1}


def _genders(full: Mapping[str, Sequence[str]], possible: Iterable[Mention], text: str) -> dict[str, str]:
    """Return what titles, nouns and given names tell of each person; nothing where they contradict."""
    votes: dict[str, Counter[str]] = {}
    for mention in possible:
        names: Sequence[str] = full.get(mention.of.family_name, ())
        if mention.of.given_names:
            names = _of_given_name(names, mention)
        words = [_word_before(mention, text), *mention.of.opening, *text[mention.start : mention.end].split()]
        if len(names) == 1 and (gender := gender_of_words(words)):
            votes.setdefault(names[0], Counter())[gender] += 1
    told = {name: next(iter(count)) for name, count in votes.items() if len(count) == 1}
    given = speech_words().given_names
    by_name = {name: given.get(_given_of(name), "") for names in full.values() for name in names}
    return told | {name: gender for name, gender in by_name.items() if gender}

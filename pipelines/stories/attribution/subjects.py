"""Whose a verb of saying is, in the words before or behind a quoted passage."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.matching.evidence import TITLES, bare
from pipelines.stories.attribution.mentions import RUN, SUFFIXES, Mention, as_mention, mentions
from pipelines.stories.attribution.persons import Persons
from pipelines.stories.attribution.words import speech_words

PRONOUNS = {"he": "m", "she": "f"}
_ARTICLES = frozenset({"the", "a", "an", "this", "that", "of"})
_PERFECT = frozenset({"had", "has"})
_FURTHEST = 160  # characters between a verb of saying and the words of the same sentence
_LONGEST_SENTENCE = 400
_WORD = re.compile(r"[\w’'-]+")
_ACCORDING = re.compile(r"\b[Aa]ccording to ")
_OF_A_BODY = re.compile(r",? of [\w ’']+$")
_APPOSED = re.compile(rf"([\w’'-]+), (?:[a-z-]+ ){{0,3}}({RUN.pattern}),$")
_CLAUSE_END = re.compile(r"[.;:!?“”\"\n]\s|$")
_SENTENCE_END = re.compile(
    r"(?<![A-Z])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bSen)(?<!\bRep)(?<!\bGov)"
    r"[.!?][”\"’']?\s+(?=[A-Z“\"‘'…])"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a verb is: a person by the fullest name, a pronoun, or somebody without a name (both empty)."""

    person: str = ""
    pronoun: str = ""


NOBODY = Subject()


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if text[a:b].strip()]


def subject_before(sentence: str, persons: Persons, *, is_whole: bool = False) -> Subject | None:
    """Return whose the last verb of saying in a sentence is; None without such a verb.

    ``is_whole``: the sentence ended before the quoted words. In one that runs into them, a passive verb
    ("was told that “…”") makes them somebody else's.
    """
    stripped = sentence.rstrip()
    if stripped.endswith(":") and (mention := _mention_at_end(stripped[:-1])) and not mention.start:
        return Subject(person=persons.resolve(mention))  # a transcript: "Ms Strachan: “…”"
    furthest = _LONGEST_SENTENCE if is_whole else _FURTHEST
    for word in reversed(list(_WORD.finditer(sentence))):
        if len(sentence) - word.end() > furthest:
            break
        left = sentence[: word.start()]
        subject = _of_verb(word.group().casefold(), left, persons, is_whole=is_whole)
        if subject is not None:
            return subject
    found = _ACCORDING.search(sentence)
    return main_subject(sentence[found.end() :], persons) if found else None


def _of_verb(word: str, left: str, persons: Persons, *, is_whole: bool) -> Subject | None:
    """Return whose a word is, given what stands left of it; None where it is not a verb of saying."""
    words = speech_words()
    previous = bare((left.split() or [""])[-1])
    is_participle = word in words.participles and (left.rstrip().endswith(",") or previous in words.messages)
    if is_participle:
        return main_subject(left, persons)
    if word not in words.verbs:
        return None
    if previous in words.not_speaking:
        return None if is_whole or previous == "to" else NOBODY
    if previous in _PERFECT and any(each.group().casefold() in words.verbs for each in _WORD.finditer(left)):
        return NOBODY  # "X said that Y had agreed": whose words they are is not sure
    subject = _left_of_verb(left, persons)
    return None if subject == NOBODY and word in words.also_nouns else subject


def subject_behind(tail: str, words: str, persons: Persons) -> Subject | None:
    """Return who says a passage by the text behind it; None where that does not say that anybody does.

    ``words`` are those of the passage: where they end a sentence, the text behind begins another.
    """
    if words.rstrip()[-1:] == "." and not re.match(r"\s*[,–—a-z]", tail):
        return None
    sentence = next(iter(sentences(tail.lstrip(" ,–—-"))), "")[:200]
    if sentence.rstrip().endswith(":"):  # it introduces the next passage
        return None
    if _ACCORDING.match(sentence):
        return main_subject(sentence[len("according to ") :], persons)
    verbs = speech_words().verbs
    first = _WORD.match(sentence)
    if first and first.group().casefold() in verbs - speech_words().listening:
        return main_subject(sentence[first.end() :], persons)
    for word in _WORD.finditer(sentence):
        if word.group().casefold() in verbs:
            left = sentence[: word.start()]
            is_passive = bare((left.split() or [""])[-1]) in speech_words().not_speaking
            return NOBODY if is_passive else _left_of_verb(left, persons)
    return None


def _left_of_verb(left: str, persons: Persons) -> Subject:
    """Return the subject that a text ends with, before a verb."""
    words = left.rstrip()
    while (last := words.rpartition(" ")[2]) and bare(last.strip(",")) in speech_words().adverbs:
        words = words.removesuffix(last).rstrip()
    last = last.strip('“”"…,').casefold()
    if last in PRONOUNS and not words.endswith(","):
        return Subject(pronoun=last)
    first = main_subject(words, persons)
    family_name = first.person.rpartition(" ")[2]
    if family_name and _OF_A_BODY.match(words.rpartition(family_name)[2]):
        return first  # "Mr Rennick of the union said"
    if mention := _mention_at_end(words):
        return Subject(person=persons.resolve(mention))
    if person := _apposed(words, persons):
        return Subject(person=person)
    return first if words.endswith(",") or last in {"and", "but"} else NOBODY


def _apposed(text: str, persons: Persons) -> str:
    """Return the person of "…, what the judge, Mrs Justice Ferrand," at the end of a text."""
    found = _APPOSED.search(text[-120:])
    if not found or bare(found.group(1)) not in speech_words().roles:
        return ""
    mention = as_mention(found.group(2), found.start(2))
    return persons.resolve(mention) if mention else ""


def _mention_at_end(text: str) -> Mention | None:
    last = next(iter(reversed(list(mentions(text)))), None)
    if last is None:
        return None
    return last if all(bare(word) in SUFFIXES for word in text[last.end :].split()) else None


def main_subject(text: str, persons: Persons) -> Subject:
    """Return the person or pronoun that a text begins with, after a post: "director Winifred Akande"."""
    clause = _CLAUSE_END.split(text.lstrip(' ,–—-…“”"'), maxsplit=1)[0][:160]
    first = re.match(r"\w+\b", clause)
    if first and first.group().casefold() in PRONOUNS:
        return Subject(pronoun=first.group().casefold())
    for mention in mentions(clause):
        before = clause[: mention.start].split()
        folded = [bare(word.strip(",")) for word in before]
        commas = [number for number, word in enumerate(before) if word.endswith(",")]
        is_apposed = bool(commas) and commas == [len(before) - 1]  # "the minister for children, Ffion Rees"
        if (commas or not speech_words().no_subject.isdisjoint(folded)) and not is_apposed:
            return NOBODY
        if folded and folded[-1] in _ARTICLES:
            return NOBODY
        name = persons.resolve(mention)
        if name or is_apposed or bare(mention.name.split()[0]) in TITLES:
            return Subject(person=name or mention.name)
    return NOBODY

"""The role in which a text presents a person: "director of the trust", "chief executive"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipelines.matching.evidence import bare
from pipelines.stories.attribution.words import speech_words

_MOST_WORDS = 8  # of a role before a name
_MOST_CHARACTERS = 120  # of a role behind a name
_PART = r"[^,.;:“”\"\n]"
# A post may have commas of its own: "Minister for Children, Young People and Sport".
_BEHIND = re.compile(
    rf"(?: [A-Z]{{2,3}})?, ({_PART}{{3,{_MOST_CHARACTERS}}}"
    rf"(?:, [A-Z]{_PART}{{2,40}} and {_PART}{{2,40}})?)[,.]"
)
_BEFORE = re.compile(r"(?:[\w’'-]+,? )+$")
_ARTICLE = re.compile(r"(?:the|a|an|its|their|our|his|her) ")
_ARTICLE_ONLY = re.compile(r"^(?:[Tt]he|[Aa]n?) ")
_PREPOSITIONS = frozenset("by with from to against about than like as".split())
_CLAUSES = ("who ", "which ", "where ", "whom ", "whose ", "aged ", "from ", "in ", "at ", "but ", "and ")


def role_of(speaker: str, text: str) -> str:
    """Return the role that a text gives a speaker beside the name; empty without one."""
    places = list(_places(speaker, text)) if speaker else []
    for start in places:
        if (found := _BEHIND.match(text, start + len(speaker))) and (role := _behind(found.group(1))):
            return role
    for start in places:
        found = _BEFORE.search(text, max(0, start - _MOST_CHARACTERS), start)
        if found and (role := _before(found.group())):
            return role
    return ""


def _places(name: str, text: str) -> Iterator[int]:
    """Yield where a name stands in a text. A pattern for each name would have to be compiled first."""
    place = text.find(name)
    while place >= 0:
        yield place
        place = text.find(name, place + len(name))


@cache
def _ends() -> frozenset[str]:
    return speech_words().role_ends | speech_words().verbs


def _behind(words: str) -> str:
    role = re.split(r" (?:who|whose|with|when|and (?:is|was|has)) ", words.strip())[0]
    is_role = _ARTICLE.match(role) or _names_a_role(role.split())
    return "" if role.startswith(_CLAUSES) or not is_role else _ARTICLE_ONLY.sub("", role)


def _before(words: str) -> str:
    """Return the part of the words before a name that is a role."""
    parts, stop = words.split(), ""
    for number in range(len(parts) - 1, -1, -1):
        word = parts[number]
        is_last = number == len(parts) - 1
        beside = parts[max(0, number - 1) : number + 2 : 2]
        joins = word == "and" and not is_last and all(each[:1].isupper() for each in beside)
        if (bare(word) in _ends() and not joins) or (word.endswith((",", ":")) and not is_last):
            parts, stop = parts[number + 1 :], bare(word)
            break
    role = " ".join(parts[-_MOST_WORDS:])
    if role.endswith(",") and stop in _PREPOSITIONS:  # "read by the prosecutor, Maureen Durrant said"
        return ""
    role = _ARTICLE_ONLY.sub("", role.rstrip(","))
    nouns = role.split(" of ")[0].split(" for ")[0].split()
    is_role = _names_a_role(role.split() if words.rstrip().endswith(",") else nouns[-1:])
    return role if is_role else ""


def _names_a_role(words: list[str]) -> bool:
    return any(bare(word.strip(",")) in speech_words().roles for word in words)

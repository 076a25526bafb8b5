"""The word lists of ``speech.toml``: verbs of saying, roles, bodies, given names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pipelines.matching.evidence import bare


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWords:
    """What each list is for stands in ``speech.toml``."""

    verbs: frozenset[str]
    participles: frozenset[str]
    adverbs: frozenset[str]
    not_speaking: frozenset[str]
    also_nouns: frozenset[str]
    listening: frozenset[str]
    messages: frozenset[str]
    no_subject: frozenset[str]
    role_ends: frozenset[str]
    roles: frozenset[str]
    openers: frozenset[str]
    posts: frozenset[str]
    bodies: frozenset[str]
    before_places: frozenset[str]
    women: frozenset[str]
    men: frozenset[str]
    given_names: Mapping[str, str]  # "f" or "m"


@cache
def speech_words() -> SpeechWords:
    """Return the lists of ``speech.toml``."""
    path = files("pipelines.stories.attribution").joinpath("speech.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    given_names = table.pop("given_names")
    given = {name: gender for gender, names in given_names.items() for name in names.split()}
    lists = {key: frozenset(value.split()) for key, value in table.items()}
    return SpeechWords(**lists, given_names=MappingProxyType(given))


def gender_of_words(words: Iterable[str]) -> str:
    """Return "f" or "m" where titles and nouns say so ("Mrs", "grandfather"); empty otherwise."""
    folded = {bare(word) for word in words}
    women, men = folded & speech_words().women, folded & speech_words().men
    if bool(women) == bool(men):
        return ""
    return "f" if women else "m"

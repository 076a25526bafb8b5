"""Read searches as people type them, for SQLite's full-text index (FTS5). Pure.

The language: words, all of which must occur; ``"quoted phrases"``; ``-word`` or ``NOT word`` for what must
not occur; ``OR`` or ``|`` between alternatives, which binds closer than "all of"; ``foster*`` for beginnings
of words. Everything else is punctuation. Any text is a valid search: each term is quoted for FTS5, whose own
operators are never applied to what a person typed (https://sqlite.org/fts5.html, section 3).

The index folds accents and stems English words (Porter), so that "loft" finds "lofts" and "cafe" "café".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

MAX_SEARCH_CHARS = 2_000  # of a search; longer ones are pasted texts
MAX_TERMS = 64
MAX_POSSESSIVES = 3  # words of one phrase that are also read as a possessive

_QUOTES = str.maketrans(
    dict.fromkeys("“”„‟«»＂", '"') | dict.fromkeys("‘’‛ʼ＇", "'") | {"＊": "*", "｜": "|"}
)
_DASHES = "-−–—‐‑"
_TOKEN = re.compile(
    rf"""(?P<minus>(?<!\S)[{_DASHES}](?=[\w"'(]))?
    (?: "(?P<phrase>[^"]*)(?:"|\Z)(?P<phrase_star>\*)?
      | (?P<word>[^\s"|()]+) | (?P<pipe>\|) )""",
    re.VERBOSE,
)
_POSSESSIVE = re.compile(r"(?<=\w)'s?\Z", re.IGNORECASE)
_PLURAL = re.compile(r"[^\W\d_]{3,}s", re.IGNORECASE)
_OR, _AND, _NOT = "OR", "AND", "NOT"


class SearchFault(StrEnum):
    """Why a saved search is not clear."""

    UNCLOSED_QUOTATION = "unclosed quotation"
    LOOSE_OR = "loose or"
    TOO_LONG = "too long"
    NO_WORD = "no word"


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word or phrase; with ``is_prefix`` its last word is the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False

    @property
    def expression(self) -> str:
        """Return the term for FTS5, quoted.

        In a phrase, "childrens" also stands for "children's", which the index holds as two words.
        """
        star = " *" if self.is_prefix else ""
        phrases = [f'"{" ".join(words)}"{star}' for words in self._spellings()]
        return phrases[0] if len(phrases) == 1 else f"({' OR '.join(phrases)})"

    def _spellings(self) -> Iterator[tuple[str, ...]]:
        yield self.words
        possessives = [place for place, word in enumerate(self.words[:-1]) if _PLURAL.fullmatch(word)]
        for place in possessives[:MAX_POSSESSIVES]:
            yield (*self.words[:place], self.words[place][:-1], "s", *self.words[place + 1 :])


@dataclass(frozen=True, slots=True)
class Search:
    """What must occur (one alternative of each group), and what must not."""

    groups: tuple[tuple[SearchTerm, ...], ...] = ()
    excluded: tuple[SearchTerm, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to search for."""
        return not self.groups and not self.excluded

    @property
    def include(self) -> str:
        """Return the FTS5 expression of what must occur; empty if anything may."""
        return " AND ".join(_any_of(group) for group in self.groups)

    @property
    def exclude(self) -> str:
        """Return the FTS5 expression of what must not occur; empty if nothing is excluded."""
        return _any_of(self.excluded) if self.excluded else ""


def parse_search(text: str) -> Search:
    """Return the search that a person typed. Every text is valid; one without words is an empty search."""
    groups: list[list[SearchTerm]] = []
    excluded: list[SearchTerm] = []
    is_alternative = is_negated = False
    for token in list(_TOKEN.finditer(_normalised(text)))[:MAX_TERMS]:
        word = token["word"]
        if token["pipe"] or word == _OR:
            is_alternative = bool(groups)
        elif word == _AND:
            continue
        elif word == _NOT:
            is_negated = True
        elif term := _term(token):
            if token["minus"] or is_negated:
                excluded.append(term)
            elif is_alternative:
                groups[-1].append(term)
            else:
                groups.append([term])
            is_alternative = is_negated = False
    return Search(tuple(map(tuple, groups)), tuple(excluded))


def find_fault(text: str) -> SearchFault | None:
    """Return why a search that is kept for years may not be what its writer meant; ``None`` if it is clear.

    What a person types at the moment needs no such check: the results show at once how it was read.
    """
    plain = _normalised(text)
    tokens = list(_TOKEN.finditer(plain))
    operators = [bool(token["pipe"]) or token["word"] == _OR for token in tokens]
    if len(text) > MAX_SEARCH_CHARS or len(tokens) > MAX_TERMS:
        return SearchFault.TOO_LONG
    if plain.count('"') % 2:
        return SearchFault.UNCLOSED_QUOTATION
    if any(operators[:1]) or any(operators[-1:]) or any(map(all, pairwise(operators))):
        return SearchFault.LOOSE_OR
    return None if parse_search(text).include else SearchFault.NO_WORD


def _normalised(text: str) -> str:
    """Return the text with plain quotes and without characters that no word has."""
    plain = unicodedata.normalize("NFC", text[:MAX_SEARCH_CHARS]).translate(_QUOTES)
    return "".join(" " if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in plain)


def _term(token: re.Match[str]) -> SearchTerm | None:
    """Return the term of a token; None if it has no letter or digit."""
    if token["phrase"] is not None:
        words = _words(token["phrase"])
        is_prefix = bool(token["phrase_star"]) or token["phrase"].rstrip().endswith("*")
    else:
        word = token["word"]
        words = _words(_POSSESSIVE.sub("", word.rstrip(".,;:!?")))
        is_prefix = word.endswith("*")
    return SearchTerm(words, is_prefix) if words else None


def _words(text: str) -> tuple[str, ...]:
    """Return the runs of letters and digits, which are the words of the index (tokenizer unicode61)."""
    separated = "".join(char if _is_word_char(char) else " " for char in text)
    return tuple(separated.split())


def _is_word_char(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or unicodedata.category(char) == "Co"


def _any_of(terms: tuple[SearchTerm, ...]) -> str:
    expressions = [term.expression for term in terms]
    return expressions[0] if len(expressions) == 1 else f"({' OR '.join(expressions)})"

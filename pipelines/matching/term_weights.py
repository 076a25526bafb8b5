"""How much a shared word says: frozen background statistics, by language.

The *surprise* of a term is -log2 of the chance that a news report of ordinary length uses it. It comes from
tables that are shipped (`terms/`, built by tools/build_terms.py), never from the articles at hand,
so that the score of a pair depends on the pair alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice

MAX_SURPRISE = 16.0  # bits: a word that no table knows; one report in 65,000
REPORT_WORDS = 300.0  # a report of ordinary length; the median of the DEV files is about 250
UNKNOWN_LANGUAGE = ""  # no table: length and spelling decide
GENERAL_SHARE = 0.4  # of the general table, where a table of news reports stands beside it
# Least share of an archive's reports that are of the sector: what they all say ("foster", "Ofsted") tells
# little there.
SECTOR_SHARE = 0.06
COMMON_WORDS = 100  # a language, for guessing it
_TABLES = files("pipelines.matching") / "terms"
# Bits by digits of the number; years are as common as numbers of two digits.
_DIGIT_SURPRISE = tuple(map(float, (2, 4, 6, 9, 11, 13, 14)))

Stem = Callable[[list[str], str], list[str]]


@cache
def languages() -> frozenset[str]:
    """Return the languages that have a table, as ISO 639 codes."""
    return frozenset(
        name.removesuffix(".txt") for entry in _TABLES.iterdir() if (name := entry.name).count(".") == 1
    )


def _steps(name: str) -> list[tuple[float, list[str]]]:
    """Return the lines of a table: a step and its words, commonest first."""
    lines = (_TABLES / name).read_text(encoding="utf-8").splitlines()
    split = [line.split("\t", 1) for line in lines if not line.startswith("#")]
    return [(float(step), words.split(" ")) for step, words in split]


def _chance(zipf: float) -> float:
    """Return the chance that a report of ordinary length has a word, given its Zipf frequency (log10 per
    10^9)."""
    return -math.expm1(-REPORT_WORDS * 10 ** (zipf - 9.0))


@cache
def surprises(language: str, stem: Stem) -> Mapping[str, float]:
    """Return the surprise in bits of each stem; empty for a language without a table."""
    if language not in languages():
        return {}
    chances: dict[str, float] = {}
    for step, words in _steps(f"{language}.txt"):
        for root in stem(words, language):
            chances[root] = chances.get(root, 0.0) + _chance(step)
    if (_TABLES / f"{language}.news.txt").is_file():
        chances = _blended(chances, _steps(f"{language}.news.txt"))
    if (_TABLES / f"{language}.sector.txt").is_file():
        for bits, roots in _steps(f"{language}.sector.txt"):
            chances |= {root: max(chances.get(root, 0.0), SECTOR_SHARE * 2.0**-bits) for root in roots}
    return {root: min(MAX_SURPRISE, max(0.0, -math.log2(chance))) for root, chance in chances.items()}


def _blended(general: Mapping[str, float], news: list[tuple[float, list[str]]]) -> dict[str, float]:
    """Return general chances corrected by those in news, where a word that news never uses is rarer still."""
    seen = {root: 2.0**-bits for bits, roots in news for root in roots}
    rarest = 2.0**-MAX_SURPRISE
    return {
        root: GENERAL_SHARE * min(1.0, general.get(root, rarest)) + (1 - GENERAL_SHARE) * seen.get(root, 0.0)
        for root in general.keys() | seen.keys()
    }


def surprise(root: str, language: str, stem: Stem) -> float:
    """Return the surprise of one stem in bits."""
    known = surprises(language, stem).get(root)
    return unknown_surprise(root, language) if known is None else known


def number_surprise(digits: str) -> float:
    """Return the surprise in bits of a number without unit: it grows with its digits; a year counts as
    two."""
    if len(digits) == 4 and digits[:2] in {"19", "20"}:
        return _DIGIT_SURPRISE[2]
    significant = len(digits.rstrip("0")) or 1
    return _DIGIT_SURPRISE[min(significant, len(_DIGIT_SURPRISE) - 1)]


def unknown_surprise(term: str, language: str) -> float:
    """Return the bits of a term that is not in its language's table; without a table, longer means rarer."""
    if language in languages():
        return MAX_SURPRISE
    return min(MAX_SURPRISE - 2.0, 1.5 * len(term))


def guess_language(words: Iterable[str]) -> str:
    """Return the language whose commonest words cover most of the text; ``UNKNOWN_LANGUAGE`` below a
    fifth."""
    sample = list(words)
    if not sample:
        return UNKNOWN_LANGUAGE
    covered = dict.fromkeys(languages(), 0)
    for word in sample:
        for code in _languages_of_words().get(word, ()):
            covered[code] += 1
    best = max(sorted(covered), key=lambda code: covered[code])
    return best if covered[best] * 5 >= len(sample) else UNKNOWN_LANGUAGE


@cache
def _languages_of_words() -> Mapping[str, Sequence[str]]:
    """Return for each common word of any language the languages in which it is one."""
    found: dict[str, list[str]] = {}
    for code in sorted(languages()):
        for word in common_words(code):
            found.setdefault(word, []).append(code)
    return found


@cache
def common_words(language: str) -> frozenset[str]:
    """Return the most frequent words of a language; none for a language without a table."""
    if language not in languages():
        return frozenset()
    lines = (_TABLES / f"{language}.txt").read_text(encoding="utf-8").split("\n", COMMON_WORDS)[:COMMON_WORDS]
    words = (word for line in lines if not line.startswith("#") for word in line.split("\t")[1].split(" "))
    return frozenset(islice(words, COMMON_WORDS))


@cache
def name_words(kind: str) -> frozenset[str]:
    """Return English words that tell nothing by themselves: "openers", "generic" (of names) or "plain"."""
    lines = (_TABLES / "en.names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(
        word for line in lines if line.startswith(f"{kind}\t") for word in line.split("\t")[1].split(" ")
    )

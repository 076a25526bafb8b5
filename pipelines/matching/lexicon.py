"""How much a shared word says: frozen background statistics, by language.

The *surprise* of a term is -log2 of the chance that a news report of ordinary length uses it. It comes from tables that are shipped
(`terms/`, built by tests/benchmarks/build_terms.py), never from the articles at hand, so that the score of a pair depends on the
pair alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

MAX_SURPRISE = 16.0  # bits: a word that no table knows; one report in 65,000
REPORT_WORDS = 300.0  # a report of ordinary length; the median of the DEV files is about 250
UNKNOWN_LANGUAGE = ""  # no table: length and spelling decide
_TABLES = files("pipelines.matching") / "terms"
_DIGIT_SURPRISE = (
    2.0,
    4.0,
    6.0,
    9.0,
    11.0,
    13.0,
    14.0,
)  # by digits of the number; years are met as often as two digits


@cache
def languages() -> frozenset[str]:
    """The languages that have a table, as ISO 639 codes."""
    return frozenset(entry.name.removesuffix(".txt") for entry in _TABLES.iterdir() if entry.name.endswith(".txt"))


@cache
def table(language: str) -> Mapping[str, float]:
    """Word to surprise in bits; empty for a language without a table."""
    if language not in languages():
        return {}
    surprises: dict[str, float] = {}
    for line in (_TABLES / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        step, _, words = line.partition("\t")
        surprises.update(dict.fromkeys(words.split(" "), _surprise(float(step))))
    return surprises


@cache
def stem_table(language: str, stem: Callable[[list[str], str], list[str]]) -> Mapping[str, float]:
    """Stem to surprise: the chance that any of the words with this stem is used."""
    forms = table(language)
    chances: dict[str, float] = {}
    for root, bits in zip(stem(list(forms), language), forms.values(), strict=True):
        chances[root] = chances.get(root, 0.0) + 2.0**-bits
    return {root: max(0.0, -math.log2(min(1.0, chance))) for root, chance in chances.items()}


def _surprise(zipf: float) -> float:
    """Zipf (log10 of occurrences in 10^9 words) to bits, for a report of ordinary length."""
    return min(MAX_SURPRISE, -math.log2(-math.expm1(-REPORT_WORDS * 10 ** (zipf - 9.0))))


def number_surprise(digits: str) -> float:
    """Bits for a number without its unit: more digits, more surprise; a year counts as two digits."""
    if len(digits) == 4 and digits[:2] in {"19", "20"}:
        return _DIGIT_SURPRISE[2]
    significant = len(digits.rstrip("0")) or 1
    return _DIGIT_SURPRISE[min(significant, len(_DIGIT_SURPRISE) - 1)]


def unknown_surprise(term: str, language: str) -> float:
    """Bits for a term that the table of its language lacks. Without a table, long words are taken to be rarer."""
    if language in languages():
        return MAX_SURPRISE
    return min(MAX_SURPRISE - 2.0, 1.5 * len(term))


def guess_language(words: Iterable[str]) -> str:
    """The language whose commonest words cover most of the text; `UNKNOWN_LANGUAGE` when none covers a fifth of it."""
    sample = list(words)
    if not sample:
        return UNKNOWN_LANGUAGE
    covered = {code: sum(word in common for word in sample) for code, common in _commonest().items()}
    best = max(sorted(covered), key=lambda code: covered[code])
    return best if covered[best] * 5 >= len(sample) else UNKNOWN_LANGUAGE


@cache
def _commonest() -> Mapping[str, frozenset[str]]:
    """The most frequent words of each language: the first six steps of its table."""
    common = {}
    for code in languages():
        lines = (_TABLES / f"{code}.txt").read_text(encoding="utf-8").splitlines()[1:]
        top: list[str] = []
        for line in lines:
            top += line.partition("\t")[2].split(" ")
            if len(top) >= 60:
                break
        common[code] = frozenset(top[:120])
    return common

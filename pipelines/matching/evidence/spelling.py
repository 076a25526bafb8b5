"""Word forms: when two texts write the same word, and which words tell nothing by themselves."""

from __future__ import annotations

from functools import lru_cache

from pipelines.matching.dates import MONTH_NAMES, WEEKDAY_NAMES
from pipelines.matching.surface_forms import in_small_letters
from pipelines.matching.term_weights import common_words, name_words

WEEKDAYS = frozenset(WEEKDAY_NAMES)
_SHORT_MONTHS = "jan feb apr jun jul aug sep sept oct nov dec".split()
CALENDAR = frozenset({*MONTH_NAMES, *WEEKDAY_NAMES, *_SHORT_MONTHS})
OPENERS = name_words("openers")
GENERIC = name_words("generic")
PLAIN = OPENERS | name_words("plain")
NOT_A_NAME = GENERIC | CALENDAR | PLAIN
TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lord", "lady", "baroness", "professor", "prof"}
)
TITLES_OF_NAMES = frozenset({"sir", "dame", "lord", "lady", "baroness"})  # these stay part of the name
# Parts of quantities, which the clause of figures tells: "12 per cent", "£31 million", "four homes".
QUANTITIES = frozenset(
    "per cent percent pc million millions billion bn thousand thousands hundred hundreds two three four five"
    " six seven eight nine ten eleven twelve dozen dozens".split()
)
ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})  # what is left of "21st" without its digits
_TELLS_NOTHING = PLAIN | ORDINAL_ENDINGS
_INFLECTIONS = frozenset({"s", "es", "d", "ed", "ing", "n", "en", "e", "'s"})


@lru_cache(maxsize=16384)  # many articles use the same words
def same_word(one: str, other: str) -> str:
    """Return the form of a word that two texts share: the shorter inflection; empty for different words."""
    short, long = sorted((one, other), key=lambda form: (len(form), sum(map(str.isupper, form)), form))
    small, large = short.casefold().replace("’", "'"), long.casefold().replace("’", "'")
    if small == large:
        return short
    rest = large.removeprefix(small)
    doubled = large.startswith(small + small[-1:]) and large[len(small) + 1 :] in _INFLECTIONS
    changed = (small[-1:] == "y" and large == small[:-1] + "ies") or (
        small[-1:] == "e" and large == small[:-1] + "ing"
    )
    if not ((rest != large and rest in _INFLECTIONS) or doubled or changed):
        return ""
    return in_small_letters(short) if long[:1].islower() else short


def is_telling(word: str, language: str) -> bool:
    """Return whether a folded word says more than the commonest words of its language do."""
    return (
        word not in _TELLS_NOTHING
        and word not in common_words(language)
        and (len(word) > 1 or not word.isascii())
    )


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[str, ...]:
    """Return the words of a name without possessives; the halves of a double name count as two words."""
    return tuple(part.removesuffix("’s").removesuffix("'s") for part in name.replace("-", " ").split())


@lru_cache(maxsize=4096)  # the same few hundred words are asked for with every pair of an article
def bare(part: str) -> str:
    """Return a word of a name for comparing: folded, without a possessive, quotation marks and full stops."""
    return part.casefold().replace("’", "'").removesuffix("'s").strip("'.")

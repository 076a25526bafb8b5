"""How much of a report is its release word for word, the release in other words, and its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.matching.features import stems
from pipelines.matching.term_weights import common_words
from pipelines.matching.tokens import tokens
from pipelines.stories.near_duplicates import RUN_WORDS

# Share of a sentence's telling words that stand in the release, from which the sentence retells it. Of two
# releases of the sector streams .01 is so retold on average (.30 at most), of reports of a release .16.
RETOLD_SHARE = 0.5
_FEWEST = 3  # telling words; a sentence of fewer tells nothing
_SENTENCES = re.compile(r"(?<=[.!?”\"])\s+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Shares (0..1) of a report's words; they add up to 1."""

    verbatim: float  # in runs of five words of the release
    retold: float  # in other sentences most of whose telling words are the release's
    own: float


def parts_of(text: str, release: str, *, language: str = "en") -> Parts:
    """Return how much of a text is taken from a release. A text without words is all its own."""
    known = tokens(release).words
    runs = {tuple(known[at : at + RUN_WORDS]) for at in range(len(known) - RUN_WORDS + 1)}
    telling = _telling(known, language)
    sentences = [tokens(sentence).words for sentence in _SENTENCES.split(text)]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return Parts(verbatim=0.0, retold=0.0, own=1.0)
    taken = {
        at + step
        for at in range(len(words) - RUN_WORDS + 1)
        if tuple(words[at : at + RUN_WORDS]) in runs
        for step in range(RUN_WORDS)
    }
    retold = start = 0
    for sentence in sentences:
        left = [word for at, word in enumerate(sentence, start) if at not in taken]
        start += len(sentence)
        told = _telling(left, language)
        if len(told) >= _FEWEST and len(told & telling) >= RETOLD_SHARE * len(told):
            retold += len(left)
    verbatim = len(taken) / len(words)
    return Parts(verbatim=verbatim, retold=retold / len(words), own=1 - verbatim - retold / len(words))


def _telling(words: list[str], language: str) -> frozenset[str]:
    common = common_words(language)
    return frozenset(stems([word for word in words if word not in common], language))

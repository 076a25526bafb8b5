"""Classify the blocks of a page as body or not, with a logistic model in three passes.

The sift sets aside blocks that are not body by their own features, so that trafilatura guesses on a smaller
and cleaner tree. The first pass adds that guess; the second pass adds what the first decided about the
neighbours.

The weights (body_weights.toml) were fitted by tools/fit_body_choice.py, which also reports the score on
sites left out of the fit. A logistic model is used because each decision can be explained feature by
feature.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import repeat

from scraper.extraction.block_features import (
    BlockMeasures,
    PageView,
    block_features,
    confidence_features,
    context_features,
    measure,
    place_features,
)
from scraper.extraction.blocks import TextBlock
from scraper.extraction.phrases import Phrases, load_phrases
from scraper.extraction.selection import select

Guess = Callable[[Sequence[bool]], list[bool]]

DOUBT = (0.1, 0.9)  # probabilities between these are doubtful
DOUBTFUL_SHARE = 0.3  # of the words of the body
ASKING_SHARE = 0.2  # ... after the first pass; at .1 a third more pages are asked about for the same F1
PLAIN_WORDS = 100  # a shorter body is in doubt

_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The log-odds of each feature for the sift and both passes, and the probabilities at which they
    decide.
    """

    sift: Mapping[str, float]
    first: Mapping[str, float]
    second: Mapping[str, float]
    sift_below: float  # a block less likely than this is set aside before the guess
    threshold: float  # a block at least so likely is body


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockScores:
    """The probability of each block that it belongs to the article, and the measures of the blocks."""

    probabilities: tuple[float, ...]
    guess: tuple[bool, ...]
    sizes: BlockMeasures
    threshold: float

    def chosen(self, blocks: Sequence[TextBlock]) -> list[bool]:
        """Return which blocks are the body."""
        return select(blocks, self.probabilities, self.sizes.linked, self.threshold)


@cache
def load_weights() -> Weights:
    """Return the weights that ship with the package."""
    table = tomllib.loads(files(__package__).joinpath("body_weights.toml").read_text("utf-8"))
    return Weights(
        sift=table["sift"],
        first=table["first"],
        second=table["second"],
        sift_below=table["sift_below"],
        threshold=table["threshold"],
    )


def score_blocks(
    page: PageView, guess_with: Guess, *, weights: Weights | None = None, phrases: Phrases | None = None
) -> BlockScores:
    """Return the scores of the blocks of a page.

    ``guess_with`` gives a guess at the body (trafilatura's) without the blocks set aside: those of
    ``page.aside``, and those that the sift rules out by their own words and names. It is called only where
    the first pass, on our own guess, leaves a page in doubt (`is_unsure`); that makes most pages fast.
    """
    weights = weights or load_weights()
    sizes = measure(page, phrases or load_phrases())
    places = _PlaceWeights(weights)
    around = [
        _NOWHERE if out else places.of(block) for block, out in zip(page.blocks, page.aside, strict=True)
    ]
    own = block_features(page, sizes)
    sift = [
        0.0 if out else _probability(weights.sift, start[0], features)
        for out, start, features in zip(page.aside, around, own, strict=True)
    ]
    page = replace(page, aside=tuple(look < weights.sift_below for look in sift))
    known = _Known(page, sizes, weights, around, own)
    guess = [look > 0.5 for look in sift]
    near, first = known.first_pass(guess)
    plain = is_plain(sift, sizes.words)
    if not plain and is_unsure(first, sizes.words):
        asked = guess_with(page.aside)
        if any(asked) and asked != guess:
            guess = asked
            near, first = known.first_pass(guess)
    return BlockScores(
        probabilities=tuple(first if plain else known.second_pass(near, first)),
        guess=tuple(guess),
        sizes=sizes,
        threshold=weights.threshold,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the passes know of the blocks of a page, whatever the guess at its body."""

    page: PageView
    sizes: BlockMeasures
    weights: Weights
    around: Sequence[tuple[float, float, float]]
    own: Sequence[Sequence[str]]

    def first_pass(self, guess: Sequence[bool]) -> tuple[list[list[str]], list[float]]:
        """Return the features that follow from a guess, and the probabilities of the first pass."""
        near = context_features(self.page, self.sizes, guess, "guess")
        first = [
            0.0 if out else _probability(self.weights.first, start[1], *features)
            for out, start, *features in zip(self.page.aside, self.around, self.own, near, strict=True)
        ]
        return near, first

    def second_pass(self, near: Sequence[Sequence[str]], first: Sequence[float]) -> list[float]:
        """Return the probabilities of the second pass."""
        again = context_features(self.page, self.sizes, [value > 0.5 for value in first], "own")
        sure = confidence_features(first)
        known = (self.around, self.own, near, again, sure)
        return [
            0.0 if out else _probability(self.weights.second, start[2], *features)
            for out, start, *features in zip(self.page.aside, *known, strict=True)
        ]


def is_plain(sift: Sequence[float], words: Sequence[int]) -> bool:
    """Return whether nearly all blocks of a page are decided by their own features: one pass will do."""
    return not _is_in_doubt(sift, words, DOUBTFUL_SHARE)


def is_unsure(first: Sequence[float], words: Sequence[int]) -> bool:
    """Return whether the first pass leaves so much undecided that trafilatura's guess is worth its time."""
    return _is_in_doubt(first, words, ASKING_SHARE)


def _is_in_doubt(probabilities: Sequence[float], words: Sequence[int], share: float) -> bool:
    body = doubtful = 0
    for probability, count in zip(probabilities, words, strict=True):
        if probability > 0.5:
            body += count
        if DOUBT[0] < probability < DOUBT[1]:
            doubtful += count
    return body < PLAIN_WORDS or doubtful >= share * body


class _PlaceWeights:
    """The weights of the surroundings of blocks, added up once for each combination."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.known: dict[tuple[int, int, int, int], tuple[float, float, float]] = {}

    def of(self, block: TextBlock) -> tuple[float, float, float]:
        """Return the sums for the sift and the two passes."""
        place = (block.own_names, block.near_names, block.all_names, block.within)
        if place not in self.known:
            features = place_features(block)
            self.known[place] = (
                _total(self.weights.sift, features),
                _total(self.weights.first, features),
                _total(self.weights.second, features),
            )
        return self.known[place]


def _total(weights: Mapping[str, float], features: Sequence[str]) -> float:
    return sum(map(weights.get, features, repeat(0.0)))


def _probability(weights: Mapping[str, float], start: float, *families: Sequence[str]) -> float:
    total = weights["bias"] + start
    for features in families:
        total += _total(weights, features)
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))

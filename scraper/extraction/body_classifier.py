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
from typing import Any

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
# Of the words of the body. At .6 trafilatura is asked half as often; F1 falls by .001 (news), .003 (wide).
DOUBTFUL_SHARE = 0.3
PLAIN_WORDS = 100  # a shorter body is looked at twice

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

    ``guess_with`` gives a first guess at the body (trafilatura's) without the blocks set aside: those of
    ``page.aside``, and those that the sift rules out by their own words and names. It is not called for a
    plain page (`is_plain`), which is what makes most pages fast.
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
    own_guess = [look > 0.5 for look in sift]
    plain = is_plain(sift, sizes.words)
    guess = own_guess if plain else guess_with(page.aside)
    guess = guess if any(guess) else own_guess
    near = context_features(page, sizes, guess, "guess")
    first = [
        0.0 if out else _probability(weights.first, start[1], *features)
        for out, start, *features in zip(page.aside, around, own, near, strict=True)
    ]
    final = first if plain else _second(page, sizes, weights, first, [around, own, near])
    return BlockScores(
        probabilities=tuple(final), guess=tuple(guess), sizes=sizes, threshold=weights.threshold
    )


def _second(
    page: PageView,
    sizes: BlockMeasures,
    weights: Weights,
    first: Sequence[float],
    known: Sequence[Sequence[Any]],
) -> list[float]:
    """Return the probabilities of the second pass, for pages that are not plain."""
    again = context_features(page, sizes, [probability > 0.5 for probability in first], "own")
    sure = confidence_features(first)
    return [
        0.0 if out else _probability(weights.second, start[2], *features)
        for out, start, *features in zip(page.aside, *known, again, sure, strict=True)
    ]


def is_plain(sift: Sequence[float], words: Sequence[int]) -> bool:
    """Return whether nearly all blocks of a page are decided by their own features, so that no guess is
    needed.
    """
    body = sum(count for look, count in zip(sift, words, strict=True) if look > 0.5)
    doubtful = sum(count for look, count in zip(sift, words, strict=True) if DOUBT[0] < look < DOUBT[1])
    return body >= PLAIN_WORDS and doubtful < DOUBTFUL_SHARE * body


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

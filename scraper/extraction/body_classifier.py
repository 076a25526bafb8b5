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
from itertools import pairwise, repeat
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
from scraper.extraction.blocks import TextBlock, landmark_bits
from scraper.extraction.line_features import CAPTION
from scraper.extraction.phrases import Phrases, load_phrases

Guess = Callable[[Sequence[bool]], list[bool]]

DOUBT = (0.1, 0.9)  # probabilities between these are doubtful
DOUBTFUL_SHARE = 0.3  # of the body's words: on unseen sites F1 .9697 for .9699 with trafilatura on every page
UNLIKELY, LIKELY = 0.08, 0.8  # a block that is not unlikely is taken between two that are likely
REPEAT_LENGTH = 40  # letters; shorter lines may be said twice ("No comment.")
PLAIN_WORDS = 100  # a shorter body is looked at twice

_QUOTATION = landmark_bits("blockquote")
_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Log-odds of each feature: for the sift, the first pass and the second; the probabilities at which they
    decide."""

    sift: Mapping[str, float]
    first: Mapping[str, float]
    second: Mapping[str, float]
    sift_below: float  # a block less likely than this is set aside before the guess
    threshold: float  # a block at least so likely is body


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockScores:
    """For each block of the page, the probability that it belongs to the article, and what was measured of
    it."""

    probabilities: tuple[float, ...]
    guess: tuple[bool, ...]
    sizes: BlockMeasures
    threshold: float

    def chosen(self, blocks: Sequence[TextBlock]) -> list[bool]:
        """Which blocks are the body."""
        return select(blocks, self.probabilities, self.sizes.linked, self.threshold)


@cache
def load_weights() -> Weights:
    """The weights that ship with the package."""
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
    """The choice of the body among the blocks of a page.

    ``guess_with`` gives a first guess at the body (trafilatura's) when the blocks set aside are gone from the
    tree: those of ``page.aside``, and those that by their own words and names are no body wherever they stand
    (the sift). It is not asked for a plain page (`is_plain`), which is what makes the usual page fast.
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
    """The second pass, for pages that are not plain (on plain ones it changes F1 by less than .0003)."""
    again = context_features(page, sizes, [probability > 0.5 for probability in first], "own")
    sure = confidence_features(first)
    return [
        0.0 if out else _probability(weights.second, start[2], *features)
        for out, start, *features in zip(page.aside, *known, again, sure, strict=True)
    ]


def select(
    blocks: Sequence[TextBlock], probabilities: Sequence[float], linked: Sequence[float], threshold: float
) -> list[bool]:
    """The blocks at least so likely as ``threshold``, and those that only their fellows make likely enough.

    A list is kept whole when most of its items are body; so is a paragraph of the same kind,
    or a quotation, between two of the body;
    a paragraph said again (for narrow screens, as a pulled quotation) is said once.
    """
    chosen = [probability >= threshold for probability in probabilities]
    lists: dict[int, list[int]] = {}
    for place, block in enumerate(blocks):
        if block.tag == "li" and len(block.chain) > 1:
            lists.setdefault(block.chain[1], []).append(place)
    fellows = {place: items for items in lists.values() for place in items}
    for place, block in enumerate(blocks):
        if chosen[place] or probabilities[place] < UNLIKELY or linked[place] > 0.5:
            continue
        items = fellows.get(place, ())
        if len(items) > 2:
            chosen[place] = sum(probabilities[item] >= threshold for item in items) > len(items) / 2
        elif 0 < place < len(blocks) - 1:
            before, after = place - 1, place + 1
            of_a_kind = blocks[before].path == block.path == blocks[after].path
            need = LIKELY if of_a_kind else threshold
            chosen[place] = (of_a_kind or bool(block.within & _QUOTATION)) and (
                probabilities[before] >= need and probabilities[after] >= need
            )
    return _once(blocks, chosen)


def _once(blocks: Sequence[TextBlock], chosen: Sequence[bool]) -> list[bool]:
    # A caption printed twice in a row (once for those who see the picture, once for those who do not) is no
    # paragraph.
    said = {one.key for one, two in pairwise(blocks) if one.key == two.key and CAPTION.search(one.text)}
    found = []
    for block, is_chosen in zip(blocks, chosen, strict=True):
        again = len(block.key) >= REPEAT_LENGTH and block.key in said
        found.append(is_chosen and not again)
        if is_chosen:
            said.add(block.key)
    return found


def is_plain(sift: Sequence[float], words: Sequence[int]) -> bool:
    """True for a page whose blocks nearly all say by themselves what they are: it needs no guess by
    trafilatura.

    Of the evaluation set's unseen sites these are three pages in five; their texts are as good without it.
    """
    body = sum(count for look, count in zip(sift, words, strict=True) if look > 0.5)
    doubtful = sum(count for look, count in zip(sift, words, strict=True) if DOUBT[0] < look < DOUBT[1])
    return body >= PLAIN_WORDS and doubtful < DOUBTFUL_SHARE * body


class _PlaceWeights:
    """The weights of where a block stands, added up once for each combination: most blocks of a page share a
    few."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.known: dict[tuple[int, int, int, int], tuple[float, float, float]] = {}

    def of(self, block: TextBlock) -> tuple[float, float, float]:
        """The sums for the sift and the two passes."""
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

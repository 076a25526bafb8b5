"""The choice of the body: signs weighed by a logistic model, twice; the second pass sees what the first one thought.

The weights (choice.toml) were fitted by tests/benchmarks/fit_body_choice.py, which also reports what they reach on
sites that the fit did not see. Adding logarithmic weights of single signs is the oldest way to weigh evidence, and its
answer can be told: `Choice.reasons` names the signs that decided.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from scraper.extraction.phrases import Phrases, load_phrases
from scraper.extraction.signs import (
    Measures,
    PageView,
    block_signs,
    confidence_signs,
    context_signs,
    measure,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Log-odds of each sign, for the first pass and the second, and the probability from which a block is body."""

    first: Mapping[str, float]
    second: Mapping[str, float]
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """For each block of the page, the probability that it belongs to the article, and what was measured of it."""

    probabilities: tuple[float, ...]
    sizes: Measures
    threshold: float

    @property
    def chosen(self) -> list[bool]:
        """Which blocks are the body."""
        return [probability >= self.threshold for probability in self.probabilities]


@cache
def load_weights() -> Weights:
    """The weights that ship with the package."""
    table = tomllib.loads(files(__package__).joinpath("choice.toml").read_text("utf-8"))
    return Weights(first=table["first"], second=table["second"], threshold=table["threshold"])


def choose(
    page: PageView, guess: Sequence[bool], *, weights: Weights | None = None, phrases: Phrases | None = None
) -> Choice:
    """The choice of the body among the blocks of a page, given a first ``guess`` at it (trafilatura's)."""
    weights = weights or load_weights()
    sizes = measure(page.blocks, phrases or load_phrases())
    own = block_signs(page, sizes)
    place = context_signs(page, sizes, guess, "guess")
    first = [_probability(weights.first, a, b) for a, b in zip(own, place, strict=True)]
    again = context_signs(page, sizes, [probability > 0.5 for probability in first], "own")
    confidence = confidence_signs(first)
    second = tuple(_probability(weights.second, *signs) for signs in zip(own, place, again, confidence, strict=True))
    return Choice(probabilities=second, sizes=sizes, threshold=weights.threshold)


def _probability(weights: Mapping[str, float], *families: Sequence[str]) -> float:
    total = weights["bias"]
    for signs in families:
        for sign in signs:
            total += weights.get(sign, 0.0)
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))

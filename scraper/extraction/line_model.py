"""Which lines of a text dump are the article's: two passes of logistic regression over what the lines show.

The first pass looks at each line and its neighbours. The second also at what the first found: how far a line
stands from the best stretch of running text, and how many of its words are the words of that stretch (teasers
of other stories share few). The weights are data, `line_model.toml`, made by
`tools/fit_line_model.py`.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

from scraper.extraction.line_features import FEATURES, Line, line_features

FULL_WORDS = 60  # a longer line says no more about where the article is
RUNNING_WORDS = 7  # a shorter line is not running text, even with a full stop
SHORT_WORDS = 8
NEAR, FAR = 3, 8  # lines that count as the surroundings of a line
AROUND = 5  # the same, in the second pass
DAMPING = 0.7  # power of the number of words with which a line counts in the best stretch
CLIP = 4.0  # log odds beyond which a line is not more certain

_SENTENCE, _TRUNCATED, _CALL, _PROMISE, _DATE = (
    FEATURES.index(name) for name in ("sentence", "truncated", "call", "promise", "date")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWeights:
    """The weights of both passes, in the order of `first_features` and `second_features`."""

    first: tuple[float, ...]
    second: tuple[float, ...]


def line_probabilities(lines: Sequence[Line], weights: LineWeights | None = None) -> list[float]:
    """Return for each line the probability that it belongs to the article."""
    used = weights or read_weights()
    features = first_features(lines)
    first = [_probability(used.first, row) for row in features]
    return [_probability(used.second, row) for row in second_features(lines, features, first)]


def first_features(lines: Sequence[Line]) -> list[list[float]]:
    """Return the features of each line and its neighbours."""
    own = [line_features(line) for line in lines]
    words = [min(len(line.words), FULL_WORDS) / 20 for line in lines]
    running = [
        size
        if len(line.words) >= RUNNING_WORDS and row[_SENTENCE] and not row[_TRUNCATED] and not row[_PROMISE]
        else 0.0
        for size, line, row in zip(words, lines, own, strict=True)
    ]
    short = [float(len(line.words) < SHORT_WORDS) for line in lines]
    running_sums, short_sums = _sums(running), _sums(short)
    rows = []
    last = max(1, len(lines) - 1)
    for at, row in enumerate(own):
        context = [running[near] if 0 <= (near := at + step) < len(own) else 0.0 for step in (-1, -2, 1, 2)]
        context += [short[near] if 0 <= (near := at + step) < len(own) else 0.0 for step in (-1, 1)]
        for radius in (NEAR, FAR):
            low, high = max(0, at - radius), min(len(lines), at + radius + 1)
            before, after = running_sums[at] - running_sums[low], running_sums[high] - running_sums[at + 1]
            context += [before / radius, after / radius, (short_sums[high] - short_sums[low]) / (high - low)]
        near_rows = [
            own[near] if 0 <= (near := at + step) < len(own) else [0.0] * len(FEATURES) for step in (-1, 1)
        ]
        context += [near_row[mark] for mark in (_TRUNCATED, _CALL, _DATE) for near_row in near_rows]
        rows.append([*row, *context, at / last])
    return rows


def second_features(
    lines: Sequence[Line], first: Sequence[Sequence[float]], found: Sequence[float]
) -> list[list[float]]:
    """Return the own features of each line, with the results of the first pass around it."""
    odds = [max(-CLIP, min(CLIP, math.log((p + 1e-6) / (1 - p + 1e-6)))) for p in found]
    sizes = [min(len(line.words), FULL_WORDS) + 1 for line in lines]
    start, end = best_stretch([value * size**DAMPING for value, size in zip(odds, sizes, strict=True)])
    inside = [start <= at < end and found[at] > 0.5 for at in range(len(lines))]
    core = Counter(
        word for line, kept in zip(lines, inside, strict=True) if kept for word in set(line.content_words)
    )
    weighted = _sums([value * size**0.5 for value, size in zip(odds, sizes, strict=True)])
    masses = _sums([size**0.5 for size in sizes])
    rows = []
    for at, line in enumerate(lines):
        topical = set(line.content_words)
        shared = sum(core[word] > inside[at] for word in topical)
        distance = start - at if at < start else max(0, at - end + 1)
        low, high = max(0, at - AROUND), min(len(lines), at + AROUND + 1)
        rows.append(
            [
                *first[at][: len(FEATURES)],
                shared / len(topical) if topical else 0.0,
                shared**0.5 / 3,
                float(start <= at < end),
                min(distance, 10) / 10,
                float(0 < distance <= 2),
                odds[at] / CLIP,
                *(
                    odds[near] / CLIP if 0 <= (near := at + step) < len(lines) else -1.0
                    for step in (-1, 1, -2, 2)
                ),
                (weighted[at] - weighted[low]) / max(1.0, masses[at] - masses[low]) / CLIP,
                (weighted[high] - weighted[at + 1]) / max(1.0, masses[high] - masses[at + 1]) / CLIP,
                float(at >= end),
            ]
        )
    return rows


def best_stretch(weights: Sequence[float]) -> tuple[int, int]:
    """Return the slice with the greatest sum (Kadane's algorithm); an empty one if no weight is positive."""
    best, span, total, start = 0.0, (0, 0), 0.0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0.0, at
        total += weight
        if total > best:
            best, span = total, (start, at + 1)
    return span


@cache
def read_weights() -> LineWeights:
    """Return the fitted weights that ship with the package."""
    table = tomllib.loads(files("scraper.extraction").joinpath("line_model.toml").read_text(encoding="utf-8"))
    return LineWeights(first=tuple(table["first"]), second=tuple(table["second"]))


def _probability(weights: Sequence[float], row: Sequence[float]) -> float:
    value = sum(weight * feature for weight, feature in zip(weights, row, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _sums(values: Sequence[float]) -> list[float]:
    return [0.0, *accumulate(values)]

"""Features of a pair -> log odds that both report one event, and what each feature adds to them.

The model is a list of small regression trees (model.json, fitted by tests/benchmarks/fit_matcher.py). The log odds are the sum over
the trees; walking down a tree, each step from a node to its child is credited to the feature that was asked, so the contributions
add up to the score exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from pipelines.matching.comparisons import FEATURES, features
from pipelines.matching.fingerprint import Fingerprint
from pipelines.matching.wording import reason, words_of
from pipelines.models import Evidence, Match

LINK_FLOOR = -3.0  # log odds; weaker pairs are neither stored nor seen by the clusterer
SAME_EVENT = 0.0  # log odds from which a pair by itself is called one event


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One node: its mean score; for an inner node the feature asked, the bound, and where to go when value <= bound or not."""

    value: float
    feature: int = -1
    bound: float = 0.0
    low: int = 0
    high: int = 0


class Model(msgspec.Struct, frozen=True):
    """The fitted weights with where they come from."""

    origin: str
    features: tuple[str, ...]
    prior: float
    trees: tuple[tuple[Node, ...], ...]


@cache
def model() -> Model:
    """The shipped model."""
    blob = (files("pipelines.matching") / "model.json").read_bytes()
    fitted = msgspec.json.decode(blob, type=Model)
    if fitted.features != FEATURES:
        raise ValueError("model.json was fitted for other features: run tests/benchmarks/fit_matcher.py")
    return fitted


def log_odds(values: Sequence[float], fitted: Model) -> float:
    """The score of feature values under a model."""
    total = fitted.prior
    for tree in fitted.trees:
        node = tree[0]
        while node.feature >= 0:
            node = tree[node.low if values[node.feature] <= node.bound else node.high]
        total += node.value
    return total


def contributions(values: Sequence[float], fitted: Model) -> Mapping[str, float]:
    """What each feature adds to the score, strongest first; with `Model.prior` and the root means they add up to it."""
    parts = dict.fromkeys(fitted.features, 0.0)
    for tree in fitted.trees:
        node = tree[0]
        while node.feature >= 0:
            child = tree[node.low if values[node.feature] <= node.bound else node.high]
            parts[fitted.features[node.feature]] += child.value - node.value
            node = child
    return dict(sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0])))


def score(a: Fingerprint, b: Fingerprint) -> float:
    """Natural log odds that both report one event."""
    return log_odds(features(a, b), model())


def probability(odds: float) -> float:
    """Log odds as a probability, without overflow."""
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1.0 + math.exp(odds))


def explain(a: Fingerprint, b: Fingerprint, *, keys: tuple[int, int]) -> Match:
    """The verdict on a pair with its evidence in words, strongest first. ``keys`` are the caller's names for the two."""
    if keys[0] > keys[1]:
        a, b, keys = b, a, (keys[1], keys[0])
    values = features(a, b)
    odds = log_odds(values, model())
    evidence = tuple(
        Evidence(
            feature=name,
            level=f"{values[FEATURES.index(name)]:.2f}",
            weight=round(weight / math.log(2), 2),
            words=words_of(name, a, b),
        )
        for name, weight in contributions(values, model()).items()
        if abs(weight) >= 0.05
    )
    same = odds >= SAME_EVENT
    return Match(
        a=keys[0],
        b=keys[1],
        probability=probability(odds),
        same_event=same,
        reason=reason(a, b, evidence, same=same),
        evidence=evidence,
    )

"""Features of a pair -> log odds that both report one event, and what each kind of evidence adds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.clauses import CITED_WEIGHT
from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.compared import Comparable
from pipelines.matching.comparisons import (
    ALL_FEATURES,
    FAMILIES,
    FEATURES,
    Family,
    compared,
    features,
    rows,
)
from pipelines.matching.explanations import reason, weighted_clauses
from pipelines.matching.fingerprint import Fingerprint
from pipelines.matching.forest import Forest, meaning_forest, pair_forest
from pipelines.matching.prefilter import Overlap, near, overlap
from pipelines.matching.sweep import NOTHING_TO_COMPARE
from pipelines.models import Evidence, Match

LINK_FLOOR = -4.0  # log odds; weaker pairs are neither stored nor seen by the clusterer
SAME_EVENT = THRESHOLD  # log odds from which a pair is called one event: where stories are cut too
SHOWN_WEIGHT = CITED_WEIGHT  # log2 odds; what is less goes into the prior
_DIGITS = 4  # of the weights, so that what is stored adds up to what is stored
SWEEP = 250  # pairs compared at once: more do not fit into the processor's cache
PRIOR = "prior"
_MEANING = ALL_FEATURES.index("meaning")


def score(a: Fingerprint, b: Fingerprint) -> float:
    """Return the natural log odds that both report one event."""
    return scored(np.array([features(a, b)]))[0]


def scores(one: Fingerprint, others: Sequence[Fingerprint]) -> list[float]:
    """Return the ``score`` of one with each of the others."""
    return scored(rows(one, others))


def scored(values: NDArray[np.float64]) -> list[float]:
    """Return the natural log odds of each row of ``ALL_FEATURES``, by the model that fits what it has."""
    found: list[float] = _odds(values).tolist()
    return found


def _odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = np.empty(len(values))
    with_meaning = values[:, _MEANING] != NOTHING_TO_COMPARE
    for fitted, chosen in ((_plain, ~with_meaning), (_with_meaning, with_meaning)):
        if chosen.any():
            model = fitted()
            odds[chosen] = model.scores(values[chosen][:, : len(model.ensemble.features)])
    return odds


class Link(NamedTuple):
    """One of the others that may be of one event with an article."""

    place: int  # index among the others
    odds: float
    values: tuple[float, ...]  # its features


def links(one: Fingerprint, others: Sequence[Fingerprint]) -> list[tuple[int, float]]:
    """Return (index among the others, ``score``) of those that are close and reach ``LINK_FLOOR``."""
    return [(link.place, link.odds) for link in next(linked([(one, others)]))]


def linked(works: Iterable[tuple[Comparable, Sequence[Comparable]]]) -> Iterator[list[Link]]:
    """Yield the links of each article, in order; comparing many articles in one sweep takes half the time."""
    waiting: list[_Work] = []
    for one, others in works:
        shared = overlap(one.glimpse, [other.glimpse for other in others])
        close = near(one.glimpse, shared)
        waiting.append(_Work(one, close.tolist(), [others[place] for place in close], shared.only(close)))
        if sum(len(work.places) for work in waiting) >= SWEEP:
            yield from _scored(waiting)
            waiting = []
    yield from _scored(waiting)


class _Work(NamedTuple):
    """An article and those close to it."""

    one: Comparable
    places: list[int]
    others: list[Comparable]
    shared: Overlap


def _scored(waiting: Sequence[_Work]) -> Iterator[list[Link]]:
    if not waiting:
        return
    ones, places, others, shared = zip(*waiting, strict=True)
    values = compared(ones, others, shared)
    odds = _odds(values)
    start = 0
    for its in places:
        reached = np.flatnonzero(odds[start : start + len(its)] >= LINK_FLOOR).tolist()
        yield [Link(its[at], float(odds[start + at]), tuple(values[start + at].tolist())) for at in reached]
        start += len(its)


def _fitted(values: Sequence[float]) -> Forest:
    """Return the model for one row of ``ALL_FEATURES``."""
    return _with_meaning() if values[_MEANING] != NOTHING_TO_COMPARE else _plain()


def _plain() -> Forest:
    return _checked(pair_forest(), FEATURES)


def _with_meaning() -> Forest:
    return _checked(meaning_forest(), ALL_FEATURES)


def _checked(forest: Forest, expected: tuple[str, ...]) -> Forest:
    if forest.ensemble.features != expected:
        raise ValueError("the model was fitted for other features: run tools/fit_matcher.py")
    return forest


def probability(odds: float) -> float:
    """Return natural log odds as a probability, without overflow."""
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1.0 + math.exp(odds))


def explain(a: Fingerprint, b: Fingerprint, *, keys: tuple[int, int], link: Link | None = None) -> Match:
    """Return the verdict on a pair with its evidence, strongest first.

    ``keys`` are the caller's names for the two; ``link`` is what `linked` found of the pair, if it was asked.
    The weights of the evidence are in log2 odds; with that of "prior" they add up to the probability.
    """
    if keys[0] > keys[1]:
        a, b, keys = b, a, (keys[1], keys[0])
    values = features(a, b) if link is None else link.values
    odds = scored(np.array([values]))[0] if link is None else link.odds
    same = odds >= SAME_EVENT
    evidence = weighted_clauses(a, b, _weights(values), values)
    return Match(
        a=keys[0],
        b=keys[1],
        probability=probability(odds),
        same_event=same,
        reason=reason(evidence, same=same),
        evidence=(*evidence, prior(odds, evidence)),
    )


def _weights(values: tuple[float, ...]) -> dict[Family, float]:
    """Return what each kind of evidence adds, in log2 odds, where it reaches ``SHOWN_WEIGHT``."""
    forest = _fitted(values)
    parts = forest.contributions(values[: len(forest.ensemble.features)])
    sums = {
        family: sum(parts.get(name, 0.0) for name in names) / math.log(2)
        for family, names in FAMILIES.items()
    }
    return {family: round(weight, _DIGITS) for family, weight in sums.items() if abs(weight) >= SHOWN_WEIGHT}


def prior(odds: float, evidence: Sequence[Evidence]) -> Evidence:
    """Return the piece that, with the evidence, adds up to natural log odds."""
    return Evidence(
        feature=PRIOR,
        level="",
        weight=round(odds / math.log(2) - math.fsum(piece.weight for piece in evidence), _DIGITS),
        words="two reports that share a few words are seldom of one event",
    )

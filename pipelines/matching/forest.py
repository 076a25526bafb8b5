"""Sums of small regression trees, stored as readable JSON, with what each feature adds to the sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.matching.bit_trees import DEEPEST, FEWEST, BitTrees, Nodes, bit_trees

PLAIN_MODEL = "model.json"
MEANING_MODEL = "model.meaning.json"
_UNIT = 10**6  # a unit of log odds; no digit further is kept


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One node: its mean score; if inner, its feature and bound, and the nodes for value <= bound and
    above."""

    value: float
    feature: int = -1
    bound: float = 0.0
    low: int = 0
    high: int = 0


class Ensemble(msgspec.Struct, frozen=True):
    """Trees over named features; the score is the sum of the leaves reached, in natural log odds."""

    features: tuple[str, ...]
    trees: tuple[tuple[Node, ...], ...]

    def prior(self) -> float:
        """Return the score before any feature is known."""
        return sum(tree[0].value for tree in self.trees)


# Rows that walk down the trees together. 30,000 at once take 430 MB and twice the time, since nothing stays
# in the processor's cache; 250 to 2,000 take below 30 MB.
ROWS = 1000


@dataclass(frozen=True, kw_only=True)
class Forest:
    """An ensemble prepared to score many rows at once."""

    ensemble: Ensemble
    table: Nodes

    def scores(self, values: NDArray[np.float64]) -> list[float]:
        """Return the score of each row of values; it does not depend on the other rows."""
        parts = [values[start : start + ROWS] for start in range(0, len(values), ROWS)]
        return [total / _UNIT for part in parts for total in self._totals(part)]

    def _totals(self, values: NDArray[np.float64]) -> list[int]:
        if len(values) < FEWEST or not 0 < self.table.depth <= DEEPEST:
            return self.walked(values)
        totals: list[int] = self._bits.totals(values).tolist()
        return totals

    @cached_property
    def _bits(self) -> BitTrees:
        return bit_trees(self.table)

    def walked(self, values: NDArray[np.float64]) -> list[int]:
        """Return the sum of the leaves that each row reaches, all trees walked down at once: for few rows."""
        # "clip" costs nothing here, as no index is out of bounds; "raise" copies what it takes: with the
        # sums in place, a third to a half of the time.
        table = self.table
        count, width = values.shape
        trees, nodes = table.feature.shape
        row, tree = (np.arange(count) * width)[:, None], (np.arange(trees) * nodes)[None, :]
        node = np.repeat(tree, count, axis=0)
        for _ in range(table.depth):
            asked = values.take(table.feature.take(node, mode="clip") + row, mode="clip")
            above = asked > table.bound.take(node, mode="clip")
            node *= 2
            node -= tree - 1  # children of node i: 2i+1 and 2i+2, counted from the root of its tree
            node += above
        sums: list[int] = table.value.take(node, mode="clip").sum(axis=1).tolist()
        return sums

    def contributions(self, values: Sequence[float]) -> Mapping[str, float]:
        """Return what each feature adds: a step from a node to its child counts for the feature of the node.

        With ``Ensemble.prior`` they add up to the score.
        """
        table, row = self.table, np.asarray(values)
        trees, nodes = table.feature.shape
        tree = np.arange(trees) * nodes
        at, parts = np.zeros(trees, dtype=np.int64), np.zeros(len(values))
        for _ in range(table.depth):
            asked = table.feature.take(tree + at)
            below = 2 * at + 1 + (row.take(asked) > table.bound.take(tree + at))
            steps = table.value.take(tree + below) - table.value.take(tree + at)
            parts += np.bincount(asked, steps, minlength=len(values))
            at = below
        return dict(zip(self.ensemble.features, (parts / _UNIT).tolist(), strict=True))

    def score(self, values: Sequence[float]) -> float:
        """Return the score of one row."""
        return self.scores(np.array([values], dtype=np.float64))[0]


class Model(msgspec.Struct, frozen=True):
    """All that was fitted, and on what."""

    origin: str
    pair: Ensemble
    neighbourhood: Ensemble = Ensemble(features=(), trees=())  # in model.json alone: it knows scores only


def compiled(ensemble: Ensemble) -> Forest:
    """Return an ensemble prepared for scoring."""
    depth = max((_depth(tree, 0) for tree in ensemble.trees), default=0)
    shape = (len(ensemble.trees), 2 ** (depth + 1) - 1)
    table = Nodes(
        depth, np.zeros(shape, dtype=np.int64), np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
    )
    for row, tree in enumerate(ensemble.trees):
        _fill(table, row, 0, tree, tree[0])
    return Forest(ensemble=ensemble, table=table)


def _depth(tree: Sequence[Node], at: int) -> int:
    node = tree[at]
    return 0 if node.feature < 0 else 1 + max(_depth(tree, node.low), _depth(tree, node.high))


def _fill(table: Nodes, row: int, place: int, tree: Sequence[Node], node: Node) -> None:
    if place >= table.value.shape[1]:
        return
    table.value[row, place] = round(node.value * _UNIT)
    if node.feature >= 0:
        table.feature[row, place], table.bound[row, place] = node.feature, node.bound
    for below, child in ((2 * place + 1, node.low), (2 * place + 2, node.high)):
        _fill(table, row, below, tree, tree[child] if node.feature >= 0 else node)


@cache
def model(name: str = PLAIN_MODEL) -> Model:
    """Return a shipped model (written by tools/fit_matcher.py)."""
    return msgspec.json.decode((files("pipelines.matching") / name).read_bytes(), type=Model)


@cache
def pair_forest() -> Forest:
    """Return the part of the model that scores a pair without vectors."""
    return compiled(model().pair)


@cache
def meaning_forest() -> Forest:
    """Return the part of the model that scores a pair with vectors."""
    return compiled(model(MEANING_MODEL).pair)


@cache
def neighbourhood_forest() -> Forest:
    """Return the part of the model that weighs a pair's score against its rivals."""
    return compiled(model().neighbourhood)

"""The features of meaning of labelled pairs, by encoders that did not see the pair's file in fitting."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.matching.comparisons import ALL_FEATURES
from pipelines.matching.encoder import LARGEST, SIZE, Passage
from pipelines.matching.meaning import cosines
from pipelines.matching.sweep import NOTHING_TO_COMPARE
from tools.encoder_layers import Weights, lower_states, through
from tools.fit_encoder import FOLDS, layers_without
from tools.lower_states import AT_ONCE, tokens_of
from tools.matcher_data import Ints, Table
from tools.table_cache import FOLDER

COLUMNS = tuple(ALL_FEATURES.index(name) for name in ("meaning_title", "meaning"))

Vectors = Mapping[Passage, NDArray[np.float32]]


def with_meaning(tables: Sequence[Table], folds: Sequence[Sequence[str]] = FOLDS) -> list[Table]:
    """Return the tables with the cosines of layers that were fitted without the files of the first fold that
    has the file of a pair's first article; those of a file in no fold by layers fitted on everything."""
    fold_of: dict[str, int] = {}
    for at, fold in enumerate(folds):
        fold_of |= {name: at for name in fold if name not in fold_of}
    which = [
        np.array([fold_of.get(file, len(folds)) for file in _files(each)], dtype=np.int64) for each in tables
    ]
    values = [each.values.copy() for each in tables]
    for at, fold in enumerate((*folds, ())):
        chosen = [np.flatnonzero(its == at) for its in which]
        texts = {
            passage
            for of, its in zip(tables, chosen, strict=True)
            for article in np.unique(of.pairs[its]).tolist()
            for passage in of.passages[article]
        }
        vectors = vectors_of(*layers_without(fold), texts)
        for of, its, filled in zip(tables, chosen, values, strict=True):
            _fill(of, its, filled, vectors)
    return [replace(of, values=its) for of, its in zip(tables, values, strict=True)]


def _files(of: Table) -> Sequence[str]:
    """Return the file of the first article of each pair."""
    files = of.files or (of.base,) * len(of.ids)
    return [files[a] for a in of.pairs[:, 0].tolist()]


def _fill(of: Table, chosen: Ints, values: NDArray[np.float64], vectors: Vectors) -> None:
    """Write the cosines of some pairs of a table among its values."""
    nothing = np.zeros(SIZE, dtype=np.float32)
    for part, column in enumerate(COLUMNS):
        ones, others = (
            np.array([vectors.get(of.passages[a][part], nothing) for a in of.pairs[chosen, side].tolist()])
            for side in (0, 1)
        )
        if len(chosen):
            met = ones.any(axis=1) & others.any(axis=1)
            values[chosen, column] = np.where(met, cosines(ones, others), NOTHING_TO_COMPARE)


def vectors_of(digest: str, layers: Sequence[Weights], passages: Iterable[Passage]) -> Vectors:
    """Return the vectors of passages as the product makes them, from the disk where they are there."""
    kept = FOLDER / f"vectors-{digest}.pickle"
    known: dict[Passage, NDArray[np.float32]] = pickle.loads(kept.read_bytes()) if kept.is_file() else {}
    missing = sorted({passage for passage in passages if passage.words} - known.keys())
    if missing:
        known |= dict(zip(missing, _encoded(layers, missing), strict=True))
        partial = kept.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(known))
        partial.replace(kept)
    return known


def _encoded(layers: Sequence[Weights], passages: Sequence[Passage]) -> NDArray[np.float32]:
    tokens = tokens_of(passages)
    order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
    means = np.empty((len(tokens), SIZE), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), AT_ONCE):
            batch = order[start : start + AT_ONCE]
            lower, its = lower_states([tokens[at] for at in batch])
            means[batch] = its.means(through(layers, lower, its)).numpy()
    largest = np.maximum(np.abs(means).max(axis=1, keepdims=True), 1e-12)
    whole: NDArray[np.float32] = np.round(means * (LARGEST / largest))
    return whole

"""Fit the map of the encoder's vectors in which reports of one event lie close (needs `pip install
cuttings[fit]`); `python -m tools.fit_matcher` writes pipelines/matching/projection.bin with it.

The logistic loss of the cosine of a candidate pair, headlines and leads alike, is lowered by Adam (Kingma and
Ba 2015), from the first principal directions; every file weighs as in the fit of pairs. The model of pairs is
fitted on cosines of maps that saw no file of the pair's group: on its own files a map is right more often
than it will be.

Better than the map, but not shipped, are fitted layers of the encoder: tools/fit_encoder.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.comparisons import ALL_FEATURES
from pipelines.matching.meaning import cosines
from pipelines.matching.projection import KEPT, projected
from pipelines.matching.sweep import NOTHING_TO_COMPARE
from tools.matcher_data import ENGLISH, GROUPS, MONTHS, WRITTEN, Floats, Table, weight_of
from tools.matcher_models import MOST_NEGATIVES
from tools.table_cache import FOLDER

COLUMNS = tuple(ALL_FEATURES.index(name) for name in ("event_meaning_title", "event_meaning"))
FILES = (*ENGLISH, *WRITTEN, *MONTHS)
STEPS, BATCH = 350, 1024
RATE, PULL = 1e-3, 2e-3  # of Adam; towards the principal directions
MOMENTUM, SPREAD = 0.9, 0.999  # Adam's, as its paper has them
SLOPE, LEVEL = 12.0, -9.0  # of the log odds by the cosine, at first
LARGEST = 127  # of the whole numbers of the map

Map = NDArray[np.float32]


class Sample(NamedTuple):
    """Pairs of vectors of length 1 (n x SIZE), whether they are of one event, and how often each is drawn."""

    ones: Map
    others: Map
    same: Map
    shares: Floats


def with_projection(tables: Sequence[Table], always: Collection[str] = ()) -> list[Table]:
    """Return the tables with cosines of maps that saw no file of the group of a pair's first article, nor
    any of ``always``; without vectors, as they are."""
    if not any(t.vectors.any() for t in tables):
        return list(tables)
    maps = {group: kept_map(tables, {*group, *always}) for group in (*GROUPS, ())}
    group_of = {name: group for group in GROUPS for name in group}
    return [_mapped(t, [maps[group_of.get(file, ())] for file in _files(t)]) for t in tables]


def _files(of: Table) -> Sequence[str]:
    """Return the file of the first article of each pair."""
    files = of.files or (of.base,) * len(of.ids)
    return [files[a] for a in of.pairs[:, 0].tolist()]


def _mapped(of: Table, maps: Sequence[Map]) -> Table:
    values = of.values.copy()
    known = values[:, COLUMNS[0]] != NOTHING_TO_COMPARE
    for by in {id(by): by for by in maps}.values():
        chosen = known & np.array([each is by for each in maps], dtype=bool)
        for part, column in enumerate(COLUMNS):
            ones, others = (of.vectors[of.pairs[chosen, side], part].astype(np.float32) for side in (0, 1))
            values[chosen, column] = cosines(projected(ones, by), projected(others, by))
    return replace(of, values=values)


def kept_map(tables: Sequence[Table], without: Collection[str]) -> Map:
    """Return the map of the files but for some, from the disk where neither they nor the fit changed."""
    seen = [t for t in tables if t.name in FILES and t.name not in without]
    digest = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=12)
    digest.update(repr((KEPT, MOST_NEGATIVES)).encode())
    for t in seen:
        digest.update(repr(weight_of(t.name, meaning=True)).encode())
        for part in (t.vectors, t.pairs, t.same):
            digest.update(part.tobytes())
    kept = FOLDER / f"projection-{digest.hexdigest()}.npy"
    if not kept.is_file():
        FOLDER.mkdir(exist_ok=True)
        partial = kept.with_suffix(".partial.npy")
        np.save(partial, in_whole_numbers(fit(seen)))
        partial.replace(kept)
    found: Map = np.load(kept)
    return found


def in_whole_numbers(by: Map) -> Map:
    """Return a map with its largest number scaled to ``LARGEST``."""
    scaled: Map = np.round(by * (LARGEST / np.abs(by).max())).astype(np.float32)
    return scaled


def fit(tables: Iterable[Table]) -> Map:
    """Return the map of files: SIZE x ``KEPT``."""
    chance = np.random.default_rng(0)
    sample = sample_of(tables, chance)
    by = start = principal(np.concatenate((sample.ones, sample.others)))
    slope = np.array([SLOPE, LEVEL])
    steps = Adam(by), Adam(slope)
    drawn = chance.choice(len(sample.same), (STEPS, BATCH), p=sample.shares)
    for step, chosen in enumerate(drawn):
        batch = sample.ones[chosen], sample.others[chosen], sample.same[chosen]
        towards, slopes = gradient(by, slope, *batch)
        rate = RATE / 2 * (1 + np.cos(np.pi * step / STEPS))
        by = by - steps[0].step(towards + 2 * PULL * (by - start), rate).astype(np.float32)
        slope = slope - steps[1].step(slopes, 10 * rate)
    return by


def sample_of(tables: Iterable[Table], chance: np.random.Generator) -> Sample:
    """Return all positives and at most ``MOST_NEGATIVES`` negatives a file, of headlines and of leads."""
    found: list[tuple[Map, Map, Map, Floats]] = []
    for t in tables:
        positive, negative = np.flatnonzero(t.same), np.flatnonzero(~t.same)
        taken = chance.choice(negative, min(len(negative), MOST_NEGATIVES), replace=False)
        chosen = np.concatenate((positive, taken))
        each = weight_of(t.name, meaning=True) / len(positive)
        weights = np.where(t.same[chosen], 1.0, len(negative) / max(1, len(taken))) * each
        a, b = t.pairs[chosen].T
        vectors = in_length_one(t.vectors)
        same = t.same[chosen].astype(np.float32)
        found += [(vectors[a, part], vectors[b, part], same, weights) for part in (1, 0)]
    ones, others, same, weights = (np.concatenate(part) for part in zip(*found, strict=True))
    return Sample(ones, others, same, weights / weights.sum())


def in_length_one(vectors: NDArray[np.int8]) -> Map:
    """Return vectors with length 1; zeros stay."""
    numbers = vectors.astype(np.float32)
    lengths = np.linalg.norm(numbers, axis=-1, keepdims=True)
    scaled: Map = numbers / np.maximum(lengths, 1e-6)
    return scaled


def principal(vectors: Map) -> Map:
    """Return the first ``KEPT`` principal directions of vectors, uncentred: SIZE x ``KEPT``."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    first: Map = np.ascontiguousarray(directions[:, ::-1][:, :KEPT], dtype=np.float32)
    return first


def gradient(by: Map, slope: Floats, ones: Map, others: Map, same: Map) -> tuple[Map, Floats]:
    """Return the slopes of the mean logistic loss by the map, and by slope and level of the log odds."""
    a, b = ones @ by, others @ by
    of_a, of_b = (a * a).sum(axis=1) + 1e-9, (b * b).sum(axis=1) + 1e-9
    scale = 1 / np.sqrt(of_a * of_b)
    cosine = (a * b).sum(axis=1) * scale
    stated = 1 / (1 + np.exp(-(slope[0] * cosine + slope[1])))
    off = (stated - same) / len(same)
    weight = (off * slope[0]).astype(np.float32)[:, None]
    by_a = weight * (b * scale[:, None] - a * (cosine / of_a)[:, None])
    by_b = weight * (a * scale[:, None] - b * (cosine / of_b)[:, None])
    return ones.T @ by_a + others.T @ by_b, np.array([(off * cosine).sum(), off.sum()])


class Adam:
    """The steps of one array of parameters."""

    def __init__(self, like: NDArray[np.floating]) -> None:
        self._mean, self._square, self._taken = np.zeros_like(like), np.zeros_like(like), 0

    def step(self, slopes: NDArray[np.floating], rate: float) -> NDArray[np.floating]:
        """Return what to take off the parameters."""
        self._taken += 1
        self._mean = MOMENTUM * self._mean + (1 - MOMENTUM) * slopes
        self._square = SPREAD * self._square + (1 - SPREAD) * slopes**2
        mean = self._mean / (1 - MOMENTUM**self._taken)
        spread = np.sqrt(self._square / (1 - SPREAD**self._taken))
        taken: NDArray[np.floating] = rate * mean / (spread + 1e-8)
        return taken

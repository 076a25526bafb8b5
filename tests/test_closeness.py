"""Cosines of many articles at once: exact, and the same for a pair alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.matching import fingerprint
from pipelines.matching.closeness import closeness
from pipelines.matching.encoder import SIZE
from pipelines.matching.meaning import cosines
from tests.factories import make_article


def vectors(count: int) -> np.ndarray:
    """Return vectors as the encoder gives them."""
    numbers = np.random.default_rng(0).normal(size=(count, SIZE))
    return np.round(numbers * 127 / np.abs(numbers).max(axis=1, keepdims=True)).astype(np.int8)


def test_the_closeness_of_many_is_that_of_each_pair() -> None:
    numbers = vectors(9)
    prints = [
        replace(
            fingerprint(make_article()),
            encoder="e",
            title_vector=numbers[place].tobytes() if place % 3 else b"",
            lead_vector=numbers[-1 - place].tobytes(),
        )
        for place in range(9)
    ]
    one, *others = [each.profile for each in prints]
    for row, other in zip(closeness(one, others), others, strict=True):
        pairs = zip(one.directions, other.directions, strict=True)
        assert row.tolist() == [cosines(mine[None], theirs[None])[0] for mine, theirs in pairs]

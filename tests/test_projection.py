"""The map of the encoder's vectors: exact, and what it says does not depend on what is compared beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.matching import fingerprint
from pipelines.matching.closeness import closeness
from pipelines.matching.encoder import SIZE
from pipelines.matching.meaning import cosines
from pipelines.matching.projection import KEPT, projected, projection
from tests.factories import make_article

LONGEST = 127 * np.sqrt(SIZE)  # of a vector of signed bytes


def vectors(count: int) -> np.ndarray:
    """Return vectors as the encoder gives them."""
    numbers = np.random.default_rng(0).normal(size=(count, SIZE))
    return np.round(numbers * 127 / np.abs(numbers).max(axis=1, keepdims=True)).astype(np.float32)


def test_every_product_is_a_whole_number_that_fits() -> None:
    """Whatever part of a sum is added first, 32 bits hold it, and 64 bits the dot products."""
    by = projection()
    assert by.shape == (SIZE, KEPT)
    assert np.array_equal(by, np.round(by))
    assert np.linalg.norm(by, axis=0).max() * LONGEST < 2**24
    assert (np.linalg.norm(by, ord=2) * LONGEST) ** 2 < 2**53


def test_a_vector_is_mapped_alike_alone_and_among_others() -> None:
    many = vectors(300)
    together = projected(many, projection())
    alone = np.concatenate([projected(one[None], projection()) for one in many])
    assert np.array_equal(together, alone)
    exact = many.astype(np.int64) @ projection().astype(np.int64)
    assert np.array_equal(together, exact.astype(np.float64))


def test_the_map_keeps_a_vector_near_itself() -> None:
    """The map is not a rotation, but it must not throw away what tells articles apart either."""
    many = projected(vectors(50), projection())
    assert np.allclose(cosines(many, many), 1.0)
    assert np.abs(cosines(many[:-1], many[1:])).max() < 0.5
    assert cosines(np.zeros((1, KEPT)), many[:1])[0] == 0.0


def test_the_closeness_of_many_is_that_of_each_pair() -> None:
    numbers = vectors(9).astype(np.int8)
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
    found = closeness(one, others)
    by = projection()
    for row, other in zip(found, others, strict=True):
        pairs = [
            (mine[None], theirs[None]) for mine, theirs in zip(one.directions, other.directions, strict=True)
        ]
        plain = [cosines(*pair)[0] for pair in pairs]
        mapped = [cosines(projected(mine, by), projected(theirs, by))[0] for mine, theirs in pairs]
        assert row.tolist() == [*plain, *mapped]

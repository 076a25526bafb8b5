"""The map of the encoder's vectors: exact, and what it says does not depend on what is compared beside it."""

from __future__ import annotations

import numpy as np

from pipelines.matching.encoder import SIZE
from pipelines.matching.meaning import cosines
from pipelines.matching.projection import KEPT, projected, projection

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

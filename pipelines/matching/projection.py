"""A map of the encoder's vectors, after which reports of one event lie closer than those of one subject.

The encoder was trained to tell subjects apart, and a desk of one sector has one subject. The map was fitted
on labelled candidate pairs (tools/fit_projection.py).

The map is of whole numbers below 128, as the vectors are. Lengths bound every sum: products stay below
2 ** 24 and their dot products below 2 ** 53 (a test holds the shipped map against both), so a cosine is exact
but for its last division, whatever the order of the sum and whatever is multiplied with it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.encoder import SIZE

PROJECTION_FILE: Final = "projection.bin"
# Numbers of a mapped vector. With 96 the public files left out lose .004 of average precision.
KEPT: Final = 384


@cache
def projection() -> NDArray[np.float32]:
    """Return the shipped map: ``SIZE`` x ``KEPT`` whole numbers."""
    content = (files("pipelines.matching") / PROJECTION_FILE).read_bytes()
    return np.frombuffer(content, dtype=np.int8).reshape(SIZE, KEPT).astype(np.float32)


def projected(vectors: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return vectors of whole numbers (n x ``SIZE``) after a map: n x ``KEPT`` whole numbers."""
    return (vectors @ by).astype(np.float64)

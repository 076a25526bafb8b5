"""A short code of the meaning of an article, for finding reports of one event that share no telling word.

The vector of the lead, less the mean of news, along the first principal directions: 64 bytes in place of 384.
Of 785 true pairs of a day or two that no word makes candidates, the nearest two an article held 530 by such
codes, 525 by whole vectors, and 515 by codes without the mean taken off (22 written streams and public files,
none of them held out; measured before the encoder's upper layers were fitted).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.encoder import SIZE
from pipelines.matching.meaning import direction

CODES_FILE: Final = "codes.bin"
CODE: Final = 64  # numbers of a code; 48 find 24 pairs fewer of those above, 96 find four more
LARGEST: Final = 127.0
NO_CODE: Final = bytes(CODE)

Codes = NDArray[np.int8]


@cache
def _directions() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the shipped directions (``SIZE`` x ``CODE`` whole numbers) and the mean of vectors of length 1
    along each."""
    content = (files("pipelines.matching") / CODES_FILE).read_bytes()
    along = np.frombuffer(content, dtype=np.int8, count=SIZE * CODE).reshape(SIZE, CODE)
    return along.astype(np.float32), np.frombuffer(content, dtype="<f8", offset=SIZE * CODE)


def code_of(vector: bytes) -> bytes:
    """Return the code of a vector (``encoder.Vectors``), ``CODE`` signed bytes; zeros if there is none.

    Every sum is of whole numbers that 24 bits hold, so a vector has one code wherever it is made.
    """
    if not vector:
        return NO_CODE
    along, mean = _directions()
    numbers = direction(vector)
    length = np.sqrt(np.float64(numbers @ numbers))
    off = (numbers @ along).astype(np.float64) - length * mean
    code: Codes = np.rint(off * (LARGEST / max(1.0, np.abs(off).max()))).astype(np.int8)
    return code.tobytes()


def alike(one: Codes, others: Codes) -> NDArray[np.float64]:
    """Return the cosine of a code with each of others (n x ``CODE``); 0 where either is zeros."""
    own, theirs = one.astype(np.float32), others.astype(np.float32)
    dots = (theirs @ own).astype(np.float64)
    lengths = np.sqrt(np.float64(own @ own) * np.einsum("ij,ij->i", theirs, theirs).astype(np.float64))
    found: NDArray[np.float64] = np.divide(dots, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return found

"""The weights of terms by look-up: a product of what a term is and of how often it stands in its text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Marks = NDArray[np.uint8]  # surprise, count and flags of each term
_FLAGS = 64  # combinations of flags
_ONCE = 1  # count


class ColumnTables:
    """The columns of terms. Two look-ups take a third of the time of making 18 columns of each term.

    ``made`` makes them; each is its value for one occurrence times a factor of the count. The factors and the
    values are binary fractions of few digits, so the products are exact.
    """

    def __init__(self, made: Callable[[_Marks], _Floats]) -> None:
        self._made = made

    def __call__(self, marks: _Marks) -> _Floats:
        """Return the weight of each term (surprise in eighths, count, flags) in each part of the article."""
        single, factors = self._tables
        found: _Floats = single.take(marks[:, 0].astype(np.intp) * _FLAGS + marks[:, 2], axis=0)
        found *= factors.take(marks[:, 1], axis=0)
        return found

    @cached_property
    def _tables(self) -> tuple[_Floats, _Floats]:
        """The columns of a term that stands once, by surprise and flags; and the factors by count."""
        surprises, flags = (each.ravel() for each in np.indices((256, _FLAGS)))
        single = self._made(_marks(surprises, np.full_like(flags, _ONCE), flags))
        counts = np.arange(256)
        # of any term that has a weight in a column: of a surprise of 12 bits, by all flags
        factors = np.ones((256, single.shape[1]))
        for flag in range(_FLAGS):
            often = self._made(_marks(np.full(256, 96), counts, np.full(256, flag)))
            np.divide(often, often[_ONCE], out=factors, where=np.broadcast_to(often[_ONCE] > 0, often.shape))
        return single, factors


def _marks(surprises: NDArray[np.int64], counts: NDArray[np.int64], flags: NDArray[np.int64]) -> _Marks:
    return np.stack((surprises, counts, flags), axis=1).astype(np.uint8)

"""Intervals by bootstrap: units (pages or events) drawn with replacement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
SEED = 7
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A figure with the middle 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float

    def row(self) -> list[float]:
        """Return value, low and high, rounded to four places."""
        return [round(each, 4) for each in (self.value, self.low, self.high)]


def bootstrap(units: int, statistic: Callable[[Ints], float], draws: int = DRAWS) -> Value:
    """Return the statistic of all units (given as positions), and its interval over draws of them.

    Raises ``ValueError`` without units.
    """
    if not units:
        raise ValueError("nothing to draw from")
    chance = np.random.default_rng(SEED)
    drawn = [statistic(chance.integers(units, size=units)) for _ in range(draws)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Value(value=statistic(np.arange(units)), low=float(low), high=float(high))

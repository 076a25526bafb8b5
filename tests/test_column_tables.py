"""The weights of terms by look-up are those that are computed."""

from __future__ import annotations

import numpy as np

from pipelines.matching.column_tables import ColumnTables
from pipelines.matching.fingerprint import Floats, Marks, columns


def test_looked_up_weights_are_the_computed_ones_to_the_last_bit() -> None:
    asked: list[Marks] = []

    def computed(marks: Marks) -> Floats:
        asked.append(marks)
        return columns._made(marks)

    chance = np.random.default_rng(3)
    marks = np.stack([chance.integers(0, most, 20_000) for most in (256, 256, 64)], axis=1).astype(np.uint8)
    tables = ColumnTables(computed)
    assert (tables(marks) == computed(marks)).all()
    asked.clear()
    tables(marks)
    assert not asked, "the tables are made once"

"""A few rounds of the acceptance suite by default; the full form is marked slow."""

from __future__ import annotations

import random
from pathlib import Path

from tests.acceptance.rounds import Case, Tally, check_recovered
from tests.acceptance.test_faults import fail, strace
from tests.acceptance.test_kills import kill


def test_a_signal_and_an_fsync_that_fails(settled: Case, tmp_path: Path, tally: Tally) -> None:
    case = settled
    desk, chance = case.copy(tmp_path / "copy"), random.Random(5)
    kill(case, desk, chance, tally, "signal")
    check_recovered(case, desk, tally, "a signal")
    strace()
    fail(case, tmp_path / "desk", tally, "fsync", 4)

"""A few rounds of the acceptance suite by default; the full form is marked slow."""

from __future__ import annotations

import random
from pathlib import Path

from tests.acceptance.rounds import Case, Tally, check_recovered
from tests.acceptance.test_faults import fail, strace
from tests.acceptance.test_kills import kill


def test_a_signal_and_an_fsync_that_fails(settled: Case, tmp_path: Path, tally: Tally) -> None:
    desk = settled.copy(tmp_path / "desk")
    kill(settled, desk, random.Random(5), tally, "signal")
    strace()
    assert fail(settled, desk, tally, "fsync", 4)
    check_recovered(settled, desk, tally, "a signal and an fsync that fails")

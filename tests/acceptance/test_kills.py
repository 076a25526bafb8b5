"""Signals at random moments, half of them in the last fifth of the work, once, twice and thrice in a row."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.acceptance.rounds import (
    DELAY,
    IS_FULL,
    Case,
    Tally,
    check_disturbed,
    check_recovered,
    prepare,
    requests_made,
)
from tests.desk import Desk
from tests.site import Site
from tests.survival import Ended, disturbed_run

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ROUNDS = 50 if IS_FULL else 15  # of a seed
LAST_FIFTH = 0.8
STARTING_SECONDS = 0.5  # a process needs about this long before its first statement
LARGE_UPDATE = (
    60  # articles; SIGKILL always costs the request under way, 7 of them are a third of a small one
)
SLOWEST_END = 5.0  # seconds from SIGTERM or SIGINT to the end


def kill(case: Case, desk: Desk, chance: random.Random, tally: Tally, when: str) -> Ended:
    """A run that gets a signal at a random moment of the work."""
    is_late = chance.random() < 0.5
    number = chance.choice(SIGNALS)
    if is_late:
        asked = requests_made(case, case.requests)
        seconds = chance.uniform(0, case.seconds + STARTING_SECONDS * (len(case.site.log) >= case.requests))
    else:
        asked = requests_made(case, len(case.site.log) + chance.randrange(round(LAST_FIFTH * case.requests)))
        seconds = chance.uniform(0, DELAY if chance.random() < 0.8 else STARTING_SECONDS)
    ended = disturbed_run(desk, number, seconds, after=asked)
    when = f"{when}, {number.name} {'late' if is_late else 'early'}"
    check_disturbed(case, desk, ended, tally, when)
    if number is not signal.SIGKILL and ended.seconds_after_signal > SLOWEST_END:
        tally.check([f"ended {ended.seconds_after_signal:.1f} s after the signal"], when)
    return ended


def kills(case: Case, folder: Path, tally: Tally, *, rounds: int, seed: int) -> None:
    """So many signals, on copies of the desk that get one to three in a row."""
    chance, copy = random.Random(seed), 0
    while tally.rounds < rounds:
        copy += 1
        desk = case.copy(folder / f"copy{copy}")
        for number in range(min(chance.choice((1, 2, 3)), rounds - tally.rounds)):
            kill(case, desk, chance, tally, f"seed {seed}, desk {copy}, signal {number + 1}")
        check_recovered(case, desk, tally, f"seed {seed}, desk {copy}")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_signals_at_random_moments(settled: Case, tmp_path: Path, tally: Tally, seed: int) -> None:
    kills(settled, tmp_path, tally, rounds=ROUNDS, seed=seed)


@pytest.mark.slow
def test_seven_signals_inside_one_source(site: Site, tmp_path: Path, tally: Tally) -> None:
    case = prepare(site, tmp_path, delay=0.1, added=LARGE_UPDATE)
    for copy, number in enumerate(SIGNALS):
        desk = case.copy(tmp_path / f"copy{copy}")
        for attempt in range(7):
            ended = disturbed_run(desk, number, 0.05, after=requests_made(case, len(site.log) + 1))
            check_disturbed(case, desk, ended, tally, f"{number.name}, attempt {attempt + 1}")
        check_recovered(case, desk, tally, number.name)

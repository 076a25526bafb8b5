"""Counts the rounds and violations of each disturbance; ``tests/conftest.py`` prints them after the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.acceptance.rounds import DELAY, Case, Tally, prepare
from tests.site import Site


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A settled desk and its twin for all tests that only disturb copies of it: making both takes 7 s of CPU."""
    with Site() as site:
        yield prepare(site, tmp_path_factory.mktemp("settled"), delay=DELAY)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What a test counts; it fails if there was a violation."""
    counted = Tally(disturbance=request.node.name.removeprefix("test_").replace("_", " "))
    yield counted
    request.node.user_properties.append((Tally.PROPERTY, asdict(counted)))
    assert counted.rounds, "the disturbance took place"
    assert not counted.violations, "\n".join(counted.violations)
    if counted.of_twin:
        assert counted.requests <= counted.most_requests, (
            f"{counted.requests} requests, the twin {counted.of_twin}"
        )

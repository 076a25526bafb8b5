"""Counts the rounds and violations of each disturbance, and prints them after the tests as one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.acceptance.rounds import Tally

_PROPERTY = "acceptance"


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What a test counts; it fails if there was a violation."""
    counted = Tally(disturbance=request.node.name.removeprefix("test_").replace("_", " "))
    yield counted
    request.node.user_properties.append((_PROPERTY, asdict(counted)))
    assert counted.rounds, "the disturbance took place"
    assert not counted.violations, "\n".join(counted.violations)
    if counted.of_twin:
        assert counted.ratio <= Tally.MOST_REQUESTS, (
            f"{counted.requests} requests, the twin {counted.of_twin}"
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report for group in ("", "passed", "failed", "error") for report in terminalreporter.getreports(group)
    ]
    tallies = {
        each.nodeid: Tally(**value)
        for each in reports
        for name, value in each.user_properties
        if name == _PROPERTY and each.when == "teardown"
    }
    if not tallies:
        return
    terminalreporter.section("acceptance: rounds and violations")
    terminalreporter.write_line(Tally.HEADER)
    for each in tallies.values():
        terminalreporter.write_line(each.line())

"""Clocks that are wrong, jump or change their offset: what is due is fetched, nothing is lost or stored twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.run import run
from tests.acceptance.rounds import Tally, publish
from tests.desk import Desk, make_desk
from tests.site import Site
from tests.survival import fill, outcome, violations

LONDON = ZoneInfo("Europe/London")
YEAR, DAY, HOUR = timedelta(days=365), timedelta(days=1), timedelta(hours=1)
SPRING = datetime(2027, 3, 28, 0, 30, tzinfo=LONDON).astimezone(
    UTC
)  # half an hour before the clocks go forward
AUTUMN = datetime(2027, 10, 31, 0, 30, tzinfo=LONDON).astimezone(UTC)
NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

# Start of the clock, and how far it stands off the true time in each of the runs, which are an hour apart.
CLOCKS = {
    "a year ahead in one run": (NEW_YEAR - DAY, (timedelta(), YEAR, timedelta(), timedelta())),
    "a day back in one run": (NEW_YEAR - DAY, (timedelta(), -DAY, timedelta(), timedelta())),
    "a day back for good": (NEW_YEAR - DAY, (timedelta(), -DAY, -DAY, -DAY)),
    "summer time begins": (SPRING, (timedelta(),) * 4),
    "summer time ends": (AUTUMN, (timedelta(),) * 4),
    "a local clock in place of UTC": (SPRING, (timedelta(), HOUR, HOUR, timedelta())),
    "New Year": (NEW_YEAR, (timedelta(),) * 4),
}


def passes(desk: Desk, site: Site, start: datetime, offsets: tuple[timedelta, ...]) -> dict[str, object]:
    """Four runs an hour apart, the update of the site after the first; what the desk then has."""
    publish(site, updated=False)
    for number, offset in enumerate(offsets):
        desk.now = start + number * HOUR + offset
        desk.run(only=["s1"] if number == len(offsets) - 1 else ())
        publish(site, updated=True)
    return outcome(desk.config.database)


def desk_in(folder: Path, site: Site) -> Desk:
    folder.mkdir()
    return make_desk(folder, site).with_(database=folder / "cuttings.db")


@pytest.mark.slow
def test_clocks(site: Site, tmp_path: Path, tally: Tally) -> None:
    twin = passes(desk_in(tmp_path / "twin", site), site, NEW_YEAR - DAY, (timedelta(),) * 4)
    requests = len(site.log)
    for number, (name, (start, offsets)) in enumerate(CLOCKS.items()):
        site.forget()
        desk = desk_in(tmp_path / str(number), site)
        result = passes(desk, site, start, offsets)
        tally.rounds += 1
        tally.requests += len(site.log)
        tally.of_twin += requests
        tally.check(violations(desk.config.database, settled=True), name)
        different = [key for key in twin if result[key] != twin[key]]
        tally.check([f"{', '.join(different)} differ from the twin's"] if different else [], name)


@pytest.mark.slow
@pytest.mark.parametrize("jump", [YEAR, -DAY, -YEAR], ids=["a year ahead", "a day back", "a year back"])
def test_a_jump_in_the_middle_of_a_run(site: Site, tmp_path: Path, tally: Tally, jump: timedelta) -> None:
    fill(site, 8)
    for number in range(4):
        desk = desk_in(tmp_path / str(number), site)
        asked = 0

        def clock(after: int = 3 * number) -> datetime:
            nonlocal asked
            asked += 1
            return NEW_YEAR + (jump if asked > after else timedelta())

        with desk.store() as store:
            first = run(store, desk.config, pages=desk.pages, now=clock)
        desk.now = NEW_YEAR + DAY
        second = desk.run()
        tally.rounds += 1
        tally.check(violations(desk.config.database, settled=True), f"after {3 * number} looks at the clock")
        if first.failures or second.new or second.revised:
            tally.check([f"{first} {second}"], f"after {3 * number} looks at the clock")

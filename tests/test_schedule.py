"""Which host is asked next."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scraper.schedule import Schedule


def test_the_longest_queue_goes_first() -> None:
    schedule: Schedule[str] = Schedule()
    for host, count in (("a", 2), ("b", 5), ("c", 3)):
        for number in range(count):
            schedule.add(host, f"{host}{number}", pause=1.0)
    assert [schedule.take(0.0) for _ in range(4)] == [("b", "b0"), ("c", "c0"), ("a", "a0"), None]


def test_a_slow_host_counts_by_its_time_not_by_its_pages() -> None:
    schedule: Schedule[str] = Schedule()
    for number in range(4):
        schedule.add("quick", f"q{number}", pause=0.1)
    for number in range(2):
        schedule.add("slow", f"s{number}", pause=10.0)
    assert schedule.take(0.0) == ("slow", "s0")


def test_a_host_is_busy_until_released_and_then_rests() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", "first", pause=1.0)
    schedule.add("a", "second", pause=1.0)
    assert schedule.take(0.0) == ("a", "first")
    assert schedule.take(0.0) is None
    assert schedule.next_at(0.0) is None
    schedule.release("a", ready_at=2.0, pause=1.0)
    assert schedule.take(1.9) is None
    assert schedule.next_at(1.9) == 2.0
    assert schedule.take(2.0) == ("a", "second")


def test_what_was_put_back_comes_first() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", "first", pause=1.0)
    schedule.add("a", "second", pause=1.0)
    assert schedule.take(0.0) == ("a", "first")
    schedule.add("a", "first", pause=1.0, first=True)
    schedule.release("a", ready_at=0.0, pause=1.0)
    assert schedule.take(0.0) == ("a", "first")


def test_drain_takes_all_that_waits() -> None:
    schedule: Schedule[int] = Schedule()
    for number in range(6):
        schedule.add(f"h{number % 2}", number, pause=0.0)
    schedule.take(0.0)
    assert sorted(schedule.drain()) == [1, 2, 3, 4, 5]
    assert len(schedule) == 0
    assert schedule.take(0.0) is None
    assert schedule.next_at(0.0) is None


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_each_item_once_in_order_with_its_pause_and_in_ideal_time(
    counts: list[int], workers: int, random_: random.Random
) -> None:
    """Simulated with exchanges that take no time: with enough workers the crawl lasts as long as its longest
    host."""
    schedule: Schedule[tuple[int, int]] = Schedule()
    items = [(host, number) for host, count in enumerate(counts) for number in range(count)]
    for host in random_.sample(range(len(counts)), len(counts)):
        for number in range(counts[host]):
            schedule.add(str(host), (host, number), pause=1.0)
    now, taken = 0.0, []
    while (due := schedule.next_at(now)) is not None:
        now = max(now, due)
        for _ in range(workers):
            if (found := schedule.take(now)) is None:
                break
            taken.append((now, *found[1]))
            schedule.release(found[0], ready_at=now + 1.0, pause=1.0)
    assert sorted(entry[1:] for entry in taken) == items
    for host in range(len(counts)):
        times = [entry for entry in taken if entry[1] == host]
        assert [entry[2] for entry in times] == list(range(counts[host]))
        assert all(later[0] - earlier[0] >= 1.0 for earlier, later in pairwise(times))
    assert now == max(counts) - 1

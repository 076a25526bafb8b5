"""When to look again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import BlockedError, ConnectError, RateLimitedError
from scraper.net.backoff import parse_retry_after, retry_at
from scraper.revisit import LOOK_AGES, fresh_for, next_look, next_poll

NOW = datetime(2026, 9, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("quiet_hours", "ttl", "headers", "bounds", "hours"),
    [
        (0, None, [], (None, None), 0),
        (8, None, [], (None, None), 1),
        (8, 7_200, [], (None, None), 2),
        (8, None, [("Cache-Control", "public, max-age=10800")], (None, None), 3),
        (24 * 30, None, [], (None, None), 24),
        (24 * 30, None, [], (None, 3_600), 1),
        (0, None, [], (1_800, None), 0.5),
        (0, None, [("Cache-Control", "max-age=31536000")], (None, None), 24),
        (0, 999, [("Cache-Control", "no-cache, max-age=9999")], (None, None), 999 / 3_600),
    ],
)
def test_next_poll(
    quiet_hours: float,
    ttl: float | None,
    headers: list[tuple[str, str]],
    bounds: tuple[float | None, float | None],
    hours: float,
) -> None:
    last_new = NOW - timedelta(hours=quiet_hours)
    due = next_poll(
        NOW, last_new_at=last_new, ttl=ttl, headers=headers, min_poll=bounds[0], max_poll=bounds[1]
    )
    assert due == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([("cache-control", "max-age=60")], 60),
        ([("cache-control", 'max-age="60"'), ("age", "20")], 40),
        ([("cache-control", "s-maxage=60")], None),
        ([("expires", "Mon, 07 Sep 2026 12:10:00 GMT"), ("date", "Mon, 07 Sep 2026 12:00:00 GMT")], 600),
        ([("expires", "0")], None),
        ([("expires", "Mon, 07 Sep 1026 12:10:00 GMT")], 0),
        ([("cache-control", "max-age=nonsense")], None),
    ],
)
def test_fresh_for(headers: list[tuple[str, str]], seconds: float | None) -> None:
    assert fresh_for(headers, NOW) == seconds


def test_looks_fade() -> None:
    due, ages = next_look(NOW, 0, NOW), []
    for looks in range(1, 10):
        if due is None:
            break
        ages.append(due - NOW)
        due = next_look(NOW, looks, due)
    assert tuple(ages) == LOOK_AGES


def test_missed_looks_are_not_made_up_for_one_by_one() -> None:
    assert next_look(NOW, 1, NOW + timedelta(days=2)) == NOW + timedelta(days=3)
    assert next_look(NOW, 1, NOW + timedelta(days=8)) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 90 s", 90.0),
        ("Tue, 01 Dec 2026 10:05:00 GMT", 300.0),
        ("2026-12-01T10:05:00Z", 300.0),
        ("1796119500", 300.0),
        ("Tue, 01 Dec 2020 10:05:00 GMT", 0.0),
        ("2126-12-01", 604_800.0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_as_servers_send_it(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, datetime(2026, 12, 1, 10, tzinfo=UTC)) == seconds


def test_retry_after_decides() -> None:
    error = RateLimitedError("status 429", "u", status=429, retry_after=120.0)
    assert retry_at(error, 1, NOW) == NOW + timedelta(seconds=120)


def test_failures_in_a_row_double_the_wait_up_to_a_day() -> None:
    waits = [retry_at(ConnectError("no route"), failures, NOW) - NOW for failures in range(1, 9)]
    assert waits == [timedelta(0), HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR]
    assert retry_at(BlockedError("no", status=403), 500, NOW) - NOW == timedelta(days=7)


@given(st.text(), st.text(), st.text())
def test_headers_never_raise(control: str, expires: str, age: str) -> None:
    headers = [("cache-control", control), ("expires", expires), ("age", age)]
    assert next_poll(NOW, headers=headers) >= NOW

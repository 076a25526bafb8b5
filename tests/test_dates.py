"""Dates as feeds and pages write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.dates import is_future, is_only_date, parse_date, url_date


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2021-06-01", "2021-06-01T00:00"),
        ("2021-06-01T10:00:00+0100", "2021-06-01T09:00"),
        ("2023-05-03 12:00:00 +02:00", "2023-05-03T10:00"),
        ("2023-05-03T12:00:00.123456789Z", "2023-05-03T12:00"),
        ("Tuesday, June 1, 2021", "2021-06-01T00:00"),
        ("3rd of May, 2021 at 9.30am BST", "2021-05-03T08:30"),
        ("25/01/2022", "2022-01-25T00:00"),
        ("01/25/2022", "2022-01-25T00:00"),
        ("Sat, 11 04 2020 08:51:49 +0100", "2020-04-11T07:51"),
        ("Thu, 29 Oct 2020 07:36:03 GMT-07:00", "2020-10-29T14:36"),
        ("Posted by Ann on 2 March 2020 in News", "2020-03-02T00:00"),
        ("1685000000", "2023-05-25T07:33"),
        ("30.10.23", "2023-10-30T00:00"),
    ],
)
def test_forms(text: str, when: str) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.strftime("%Y-%m-%dT%H:%M"), found.tzinfo) == (when, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "June 2021",
        "5 pages",
        "2021-13-45",
        "yesterday",
        "0001-01-01T00:00:00Z",
        "1066-10-14",
        "31 February 2021",
        "12:30",
        "call 01234 567890",
        "version 1.2.3",
    ],
)
def test_what_is_no_whole_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_the_strings_of_feedparser_and_miniflux(shared: Path) -> None:
    rows = [
        json.loads(line)
        for line in (shared / "eval/conformance/dates/strings.jsonl").read_text("utf-8").splitlines()
    ]
    missed = [row["input"] for row in rows if row.get("must_parse") and parse_date(row["input"]) is None]
    assert rows
    assert missed == []


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = parse_date(text)
    assert found is None or found.tzinfo is UTC
    is_only_date(text)


@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001 - made aware below
def test_every_iso_time_comes_back(when: datetime) -> None:
    aware = when.replace(tzinfo=UTC, microsecond=0)
    assert parse_date(aware.isoformat()) == aware


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://x.example/2021/06/01/a", "2021-06-01"),
        ("https://x.example/2021/jun/1/a", "2021-06-01"),
        ("https://x.example/news/2021-06-01-a", "2021-06-01"),
        ("https://x.example/20210601/a", "2021-06-01"),
        ("https://x.example/2021/06/a", None),
        ("https://x.example/2005/12/18012", None),
        ("https://x.example/2021/31/31/a", None),
        ("https://x.example/?p=20210601", None),
    ],
)
def test_addresses(url: str, day: str | None) -> None:
    found = url_date(url)
    assert (found.date().isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("line", "only"),
    [
        ("Tuesday, June 1, 2021", True),
        ("Published: 25/01/2022 10:30 GMT", True),
        ("Ann Lee 25/01/2022", False),
        ("On 1 June 2021 the chief resigned", False),
        ("", False),
    ],
)
def test_lines_that_are_only_a_date(line: str, only: bool) -> None:
    assert is_only_date(line) is only


def test_a_day_of_grace_for_zones() -> None:
    limit = datetime(2021, 6, 1, 12, tzinfo=UTC)
    assert not is_future(datetime(2021, 6, 2, 11, tzinfo=UTC), limit)
    assert is_future(datetime(2021, 6, 2, 13, tzinfo=UTC), limit)
    assert not is_future(datetime(2099, 1, 1, tzinfo=UTC), None)

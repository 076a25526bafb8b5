"""Dates as feeds and pages write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.dates import (
    DateRole,
    is_future,
    is_only_date,
    parse_date,
    role_of,
    url_date,
    written_dates,
)
from scraper.extraction.zones import read_zone


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
        ("2024.02.03", "2024-02-03T00:00"),
        ("2024-2-13", "2024-02-13T00:00"),
        ("20240213", "2024-02-13T00:00"),
        ("Tue Feb 13 09:15:00 CET 2024", "2024-02-13T08:15"),
        ("13. Februar 2024", "2024-02-13T00:00"),
        ("le 1er mars 2024", "2024-03-01T00:00"),
        ("13 de febrero de 2024", "2024-02-13T00:00"),
        ("martedì 13 febbraio 2024", "2024-02-13T00:00"),
        ("dinsdag 13 februari 2024", "2024-02-13T00:00"),
        ("13 de fevereiro de 2024", "2024-02-13T00:00"),
        ("2024年2月13日", "2024-02-13T00:00"),
        ("Mi, 14 Feb 2024 24:00:00 +0100", "2024-02-14T23:00"),
        ("2/13/2024 9:15:00 PM", "2024-02-13T21:15"),
        ("February 13, 2024 at 9:15 p.m. Eastern Standard Time", "2024-02-14T02:15"),
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


def test_the_words_before_a_date_give_its_role() -> None:
    line = "Last updated 14 February 2024 10:00 | First published 13 February 2024"
    assert [(written.at.day, written.role) for written in written_dates(line)] == [
        (14, DateRole.MODIFIED),
        (13, DateRole.PUBLISHED),
    ]
    assert role_of("Aktualisiert am") is DateRole.MODIFIED
    assert role_of("Mis en ligne le") is DateRole.PUBLISHED
    assert role_of("In Leeds on") is DateRole.UNKNOWN
    assert is_only_date(line)


@pytest.mark.parametrize(
    ("name", "hours"), [("BST", 1), ("+05:30", 5.5), ("GMT-7", -7), ("Central European Summer Time", 2), ("X", None)]
)  # fmt: skip
def test_zones(name: str, hours: float | None) -> None:
    zone = read_zone(name)
    assert (zone.utcoffset(None).total_seconds() / 3600 if zone else None) == hours


def test_a_day_of_grace_for_zones() -> None:
    limit = datetime(2021, 6, 1, 12, tzinfo=UTC)
    assert not is_future(datetime(2021, 6, 2, 11, tzinfo=UTC), limit)
    assert is_future(datetime(2021, 6, 2, 13, tzinfo=UTC), limit)
    assert not is_future(datetime(2099, 1, 1, tzinfo=UTC), None)

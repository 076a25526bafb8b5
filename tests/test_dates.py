"""Dates as feeds and pages write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.days import is_future
from scraper.extraction.date_forms import DateRole
from scraper.extraction.dates import (
    is_day_first,
    is_only_date,
    parse_date,
    read_field,
    role_of,
    url_date,
    written_dates,
)
from scraper.extraction.zones import read_zone
from scraper.models import DatePrecision


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
        # Four digits first: year, month, day, whatever stands between them.
        ("2024_02_03", "2024-02-03T00:00"),
        ("2024–02–03", "2024-02-03T00:00"),
        ("2024:02:03 10:20:30", "2024-02-03T10:20"),
        ("2024_02_03_1020", "2024-02-03T10:20"),
        ("20240203T102030.45+01:00", "2024-02-03T09:20"),
        ("2024-Feb-03", "2024-02-03T00:00"),
        ("2024, February 3", "2024-02-03T00:00"),
        ("2024. február 3.", "2024-02-03T00:00"),
        # A clock after or before its day, with a zone beside either.
        ("2024-02-03T9:20", "2024-02-03T09:20"),
        ("2024-02-03T 10:20:30-05:00", "2024-02-03T15:20"),
        ("2024-02-03 10:20 CET", "2024-02-03T09:20"),
        ("2024-02-03, 10.20", "2024-02-03T10:20"),
        ("2024/02/03 9:20 PM", "2024-02-03T21:20"),
        ("2024-06-30T23:59:60Z", "2024-06-30T23:59"),
        ("2024-02-03T24:00:00Z", "2024-02-04T00:00"),
        ("Updated 17:45, 4 MAR 2024", "2024-03-04T17:45"),
        ("9:15am on Monday 4 March 2024", "2024-03-04T09:15"),
        ("00:01 BST 5 October 2024", "2024-10-04T23:01"),
        ("09:15, 04 Mar 2024 EST", "2024-03-04T14:15"),
        ("4 March 2024 (Monday) 09:15", "2024-03-04T09:15"),
        ("Wed Oct 02 2024 09:15:00 GMT+0100 (British Summer Time)", "2024-10-02T08:15"),
        ("@1707000000", "2024-02-03T22:40"),
        # Months of more languages; the zone stands beside the clock, or the clock is left out.
        ("04. Maerz 2024", "2024-03-04T00:00"),
        ("1° dicembre 2024", "2024-12-01T00:00"),
        ("Sal, 06 Ağu 2024 10:00:00 +0300", "2024-08-06T07:00"),
        ("15 EYLÜL 2024", "2024-09-15T00:00"),
        ("Δευ, 04 Μαρ 2024 09:15:00 +0200", "2024-03-04T07:15"),
        ("12 Ιουνίου 2024", "2024-06-12T00:00"),
        ("śr., 06 mar 2024 09:15:00 +0100", "2024-03-06T08:15"),
        ("4. maaliskuuta 2024", "2024-03-04T00:00"),
        ("4. března 2024", "2024-03-04T00:00"),
        ("4 martie 2024", "2024-03-04T00:00"),
        ("令和6年3月4日", "2024-03-04T00:00"),
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
        "12345",
        "1970-01-01T00:00:00Z",
        "2038-01-19T03:14:07Z",
        "Thu, 31 Dec 2099 23:59:59 +0000",
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


@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2036, 12, 31)))  # noqa: DTZ001 - made aware below
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
    ("host", "language", "dates", "expected"),
    [
        ("paper.example", "en-GB", (), True),
        ("paper.example", "en-US", (), False),
        ("charity.org.uk", "en-US", (), True),  # the language that a program is delivered with
        ("dcf.state.ma.us", "en", (), False),
        ("acf.gov", None, (), False),
        ("start-up.io", "en-us", (), False),
        ("paper.example", "en-US", ("13/11/2026",), True),
        ("paper.example", "en", ("11/13/2026",), False),
    ],
)
def test_only_the_united_states_put_the_month_first(
    host: str, language: str | None, dates: tuple[str, ...], expected: bool
) -> None:
    assert is_day_first(dates, language=language, host=host) is expected


@pytest.mark.parametrize("text", ["2024-03", "2024/3", "2024.03"])
def test_a_month_is_a_date_only_in_a_field_for_dates(text: str) -> None:
    written = read_field(text)
    assert written is not None
    assert (written.at, written.precision) == (datetime(2024, 3, 1, tzinfo=UTC), DatePrecision.MONTH)
    assert parse_date(text) is None


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

"""A channel whose reply brings what was read before is not read again."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scraper.discovery import reading_key
from scraper.discovery.feed_dates import read_date
from scraper.extraction.dates import read_field
from scraper.models import Page
from tests.desk import START, make_desk, page, report
from tests.site import NOON, Entry, Site

HOUR = timedelta(hours=1, minutes=1)
FEED = (
    '<rss version="2.0"><channel><title>News</title><lastBuildDate>{built}</lastBuildDate>'
    "<item><title>{title}</title><pubDate>{dated}</pubDate></item></channel></rss>{end}"
)
USUAL = {"built": "Mon, 07 Sep 2026 12:00:00 GMT", "title": "A hub opens", "dated": "Mon", "end": ""}


def key_of(body: str, url: str = "https://example.org/feed") -> str:
    return reading_key(
        Page(url=url, final_url=url, status=200, headers=(), body=body.encode(), fetched_at=NOON)
    )


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"built": "Mon, 07 Sep 2026 12:30:00 GMT"}, True),
        ({"end": "\n<!-- generated in 0.3 seconds -->"}, True),
        ({"title": "A hub closes"}, False),
        ({"dated": "Tue"}, False),
        ({"built": "<link>https://example.com/</link>"}, False),
        ({"end": "<item><title>Behind the end</title></item>"}, False),
    ],
)
def test_the_time_of_a_build_is_no_change(changed: dict[str, str], *, is_same: bool) -> None:
    assert (key_of(FEED.format(**USUAL)) == key_of(FEED.format(**USUAL | changed))) is is_same


def test_the_address_of_a_feed_is_part_of_what_it_says() -> None:
    assert key_of("<rss/>") != key_of("<rss/>", "https://example.com/feed")


def outcomes(log: pytest.LogCaptureFixture) -> list[str]:
    found = [each.getMessage().rpartition("=")[2] for each in log.records if "channel " in each.getMessage()]
    log.clear()
    return found


def test_a_feed_without_validators_is_read_once(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site.page("/a", page("Alder council opens a family hub", *report("Alder")))
    entries = [Entry(path="/a", title="Alder council opens a family hub")]
    body = site._rss(entries, "Test Site")
    site.page("/feed", body, content_type="application/rss+xml", etag=False)
    desk = make_desk(tmp_path, site)
    assert desk.run().new == 1
    first = desk.everything()
    assert desk.run(later=HOUR).failures == ()
    assert outcomes(caplog) == ["Discovered", "NotModified"]
    assert desk.everything() == first
    assert "if-none-match" not in site.last("/feed").headers
    source = desk.config.sources[0]
    desk.config = replace(desk.config, sources=(replace(source, exclude=("/b",)),))
    desk.run(later=HOUR)
    assert outcomes(caplog) == ["Discovered"], "what a person changed is applied to what was read before"
    site.page("/feed", body.replace("Alder", "Birch"), content_type="application/rss+xml", etag=False)
    desk.run(later=HOUR)
    assert outcomes(caplog) == ["Discovered"]


def test_the_usual_form_of_a_date_is_read_as_any_other() -> None:
    days = (
        "Mon, 07 Sep 2026",
        "7 Sep 2026",
        "Sun, 31 Feb 2026",
        "01 Jan 1970",
        "Thu, 31 Dec 2099",
        "29 Feb 2024",
    )
    clocks = ("12:00:00", "00:00:00", "23:59:59")
    zones = ("GMT", "UTC", "+0100", "-0330", "+0000", "-1145", "+1130")
    for text in (f"{day} {clock} {zone}" for day in days for clock in clocks for zone in zones):
        slowly = read_field(text)
        assert read_date(text) == (slowly.at if slowly else None), text
    assert read_date("Mon, 02 Nov 2026 09:00:00 +0000") == START

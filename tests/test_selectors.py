"""Selectors that a person declares for a source, where no rule reads its pages right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scraper.errors import SourceError
from scraper.extraction.selectors import page_parts, select_parts
from scraper.models import Selectors
from scraper.sources import read_sources
from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site

ODD = """<html lang="en"><head><title>Site</title></head><body><nav>Home</nav>
<div class="x1"><h3 class="hl">The true headline</h3><span class="when" data-x>3 November 2026</span> <i class="who">By Ines Calder</i>
<div class="para">The first odd paragraph.</div><div class="promo">Buy our mugs.</div><div class="para">The last odd one.</div></div>
<div class="x2">Something else entirely.</div></body></html>"""
ALL = Selectors(
    body="div.x1", remove=(".promo", ".hl", ".when", ".who"), title=".hl", date=".when", author=".who"
)


def test_the_parts_of_a_page() -> None:
    selected = select_parts(ODD, ALL)
    assert (selected.title, selected.authors) == ("The true headline", ("Ines Calder",))
    assert selected.published is not None
    assert (selected.published.at, selected.published.has_time) == (datetime(2026, 11, 3, tzinfo=UTC), False)
    assert "mugs" not in selected.markup
    assert "entirely" not in selected.markup
    assert not selected.unmatched


def test_what_matches_nothing_is_named_and_the_page_stays_whole() -> None:
    selected = select_parts(ODD, Selectors(body="main.gone", date=".gone", remove=(".gone",), title=".hl"))
    assert selected.unmatched == ("body", "date")
    assert not selected.has_body
    assert "entirely" in selected.markup


def test_a_part_within_a_part_is_said_once() -> None:
    selected = select_parts(ODD, Selectors(body="div.x1, .para"))
    assert selected.markup.count("first odd") == 1


def test_title_date_and_author_inside_the_body_are_not_its_text() -> None:
    selectors = Selectors(body="div.x1", title=".hl", date=".when", author=".who")
    markup = ODD.replace("3 November 2026", "03/11/2026 14:05")
    selected = select_parts(markup, selectors, host="bay.gov.uk")
    assert selected.published is not None
    assert selected.published.in_zone(ZoneInfo("Europe/Berlin")).at == datetime(
        2026, 11, 3, 13, 5, tzinfo=UTC
    )
    assert not any(words in selected.markup for words in ("The true headline", "14:05", "Ines"))
    american = select_parts(markup, selectors, host="bay.gov").published
    assert american is not None
    assert american.at.month == 3


def test_the_parts_of_a_page_are_named_by_selectors() -> None:
    parts = {part.text: part.selector for part in page_parts(f"<!doctype html><!-- a note -->{ODD}")}
    assert parts["The last odd one."] == "div.x1 div.para"
    assert parts["Something else entirely."] == "div.x2"
    assert parts["Home"] == "nav"
    assert "Site" not in parts


@pytest.mark.slow
def test_deep_nesting_is_no_crash() -> None:
    assert select_parts("<div>" * 50_000 + "x", Selectors(body="div.x")).unmatched == ("body",)


@pytest.mark.parametrize("key", ["body", "title", "date", "author"])
def test_a_selector_that_is_none_is_an_error_of_the_config(key: str) -> None:
    with pytest.raises(SourceError, match=f"{key}: expected a CSS selector, got 'p >>'"):
        read_sources([{"id": "a", "feeds": ["https://a.example/f"], key: "p >>"}])
    with pytest.raises(SourceError, match="remove: expected a CSS selector"):
        read_sources([{"id": "a", "feeds": ["https://a.example/f"], "remove": ["p >>"]}])


SELECTORS = 'body = "div.x1"\nremove = [".promo", ".hl", ".when", ".who"]\ntitle = ".hl"\ndate = ".when"\nauthor = ".who"\n'


def test_a_run_reads_by_the_selectors(tmp_path: Path, site: Site) -> None:
    site.feed("/feed", [Entry(path="/odd", title="From the feed")])
    site.page("/odd", ODD)
    desk = make_desk(tmp_path, site, extra=SELECTORS)
    assert not desk.run().failures
    [stored] = desk.articles().values()
    assert stored.article.title == "The true headline"
    assert stored.article.text == "The first odd paragraph.\nThe last odd one."
    assert stored.article.authors == ("Ines Calder",)


def test_a_selector_that_stops_matching_is_an_alarm_and_no_empty_text(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    places = ("Lowmoor", "Highfell", "Eastmere", "Westing", "Norham")
    site.feed("/feed", [Entry(path=f"/{place}", title=f"A hub in {place}") for place in places])
    for place in places:
        site.page(f"/{place}", page(f"A hub in {place}", *report(place)))
    desk = make_desk(tmp_path, site, extra='body = "div.gone"\n')
    counts = desk.run()
    assert {stored.article.text for stored in desk.articles().values()} == {
        "\n".join(report(place)) for place in places
    }
    assert {failure.error for failure in counts.failures} == {"SelectorUnmatched"}
    said = cli("status", "--json")
    assert said.status != 0
    assert "selectors unmatched" in json.dumps(json.loads(said.out))


def test_trying_shows_both_readings_and_stores_nothing(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    site.page("/odd", ODD)
    make_desk(tmp_path, site, extra=SELECTORS)
    said = cli("sources", "try", "s1", site.url("/odd"))
    assert said.status == 0, said.err
    assert "with the selectors of s1:\n  The true headline\n" in said.out
    assert "  | The last odd one." in said.out
    assert "  div.x1 div.promo: Buy our mugs." in said.out
    assert not (tmp_path / "cuttings.db").exists()
    make_desk(tmp_path, site, extra='body = "div.gone"\n')
    said = cli("sources", "try", "s1", site.url("/odd"))
    assert said.status == 3
    assert "`body` of s1 matches nothing" in said.err
    assert cli("sources", "try", "nobody", site.url("/odd")).status == 2

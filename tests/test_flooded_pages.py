"""Pages that repeat one thing thousands of times are read in a time that grows with their size, not its square."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from scraper import extract
from scraper.errors import ScraperError
from scraper.extraction import agency_credit

STORY = "<p>The council opened a family hub in the old library, seven years after it was promised.</p>" * 3


def cpu_seconds(inner: str) -> float:
    """Return the CPU seconds of reading a page with this in its article."""
    began = time.process_time()
    with suppress(ScraperError):
        extract(
            f"<html><body><article>{STORY}{inner}</article></body></html>", "https://alder.example/2026/a"
        )
    return time.process_time() - began


@pytest.mark.parametrize(
    "inner",
    [
        "<p>" + "<a href=/x>A link</a> " * 8_000 + "</p>",
        "<p>" + "<span>a </span>" * 8_000 + "</p>",
        "<div><p>Read more:</p></div>" * 4_000,
    ],
    ids=["links in one paragraph", "words in spans", "calls"],
)
def test_a_flood_takes_seconds_at_most(inner: str) -> None:
    assert cpu_seconds(inner) < 5  # 30 s and more where each element looks back along all before it


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "<p><time>Published: Wednesday, September {day}, 2020 at 12:{minute} p.m. Eastern Daylight Time</time></p>",
        "<p>By Ann Reporter, {day} March 2026 {number}</p>",
        "<time datetime='2026-03-{day}T09:{minute}:00Z'>{day} March 2026</time>",
    ],
    ids=["times", "date lines", "times in one line"],
)
def test_a_flood_of_dates_takes_seconds_at_most(line: str) -> None:
    dates = (line.format(day=10 + n % 18, minute=10 + n % 50, number=n) for n in range(30_000))

    assert cpu_seconds("".join(dates)) < 10  # 16 s and more where every line is read


def test_a_thousand_bylines_above_a_text_are_read() -> None:
    bylines = "By Ann Reporter\n" * 1_500

    assert agency_credit([], f"{bylines}By PA Media\nAn agreed text follows here at last.") == "PA Media"


def test_lines_around_a_text_with_a_byline_of_its_own_do_not_credit_it() -> None:
    assert agency_credit([], "By Ann Reporter\nThe hub opened.", nearby=["By PA Media"]) is None
    assert agency_credit([], "The hub opened.", nearby=["By PA Media"]) == "PA Media"


def test_a_title_of_thirty_thousand_pictures_is_cut() -> None:
    html = f"<html><head><title>Hub opens {'<img src=x>' * 30_000}</title></head><body>{STORY}</body></html>"

    title = extract(html, "https://alder.example/2026/a").title

    assert title.startswith("Hub opens")
    assert title.endswith("…")
    assert len(title) <= 500

"""The time of day of an article where it stands apart from its text: sidebars, footers, below the story."""

from __future__ import annotations

import pytest

from scraper.extraction.document import read_document
from scraper.extraction.metadata import Metadata, read_metadata

URL = "https://kinnaird.example/2026/11/12/slipway/"
TITLE = "Slipway at Kinnaird has to be rebuilt"
STORY = "<article><h1>{0}</h1>{1}<p>The harbour board has told the station that its slipway must be rebuilt.</p></article>{2}"


def read(above: str = "", below: str = "", url: str = URL) -> Metadata:
    body = STORY.format(TITLE, above, below)
    return read_metadata(read_document(f"<html lang='en'><title>{TITLE}</title><body>{body}</body></html>", url))  # fmt: skip


@pytest.mark.parametrize(
    "below",
    [
        "<div class='side-bar sidebar'><ul class='md-post__meta'><li><time datetime='2026-11-12 13:30:00+00:00'>12 November</time></li></ul></div>",
        "<aside class='entry-meta'><time datetime='2026-11-12T13:30:00Z'>Nov 12</time></aside>",
        "<p class='posted'>Posted at 13:30 on 12 November 2026</p>",
    ],
)
def test_a_day_has_the_time_that_stands_elsewhere(below: str) -> None:
    assert str(read(below=below).published_at) == "2026-11-12 13:30:00+00:00"


@pytest.mark.parametrize(
    "below",
    [
        "<div class='related'><div class='post-meta'><time datetime='2026-11-12T18:05:00Z'>18:05</time></div></div>",
        "<aside class='post-meta'><time datetime='2026-11-11T18:05:00Z'>Nov 11</time></aside>",
        "<aside class='post-meta'><p>Updated <time datetime='2026-11-12T18:05:00Z'>18:05</time></p></aside>",
        "<aside class='post-meta'><time datetime='2026-11-12T18:05:00Z'>1</time><time datetime='2026-11-12T09:05:00Z'>2</time></aside>",
    ],
)
def test_a_day_does_not_have_the_time_of_something_else(below: str) -> None:
    assert str(read(below=below).published_at) == "2026-11-12 00:00:00+00:00"


def test_the_footer_of_a_post_with_its_date_and_author() -> None:
    footer = "<footer class='post-info'><abbr class='published' title='2026-11-12T13:30:00+00:00'>Thu</abbr><address class='vcard author'>By <a class='url fn' href='/a'>Ina Moir</a></address></footer>"
    found = read(footer, url="https://kinnaird.example/slipway")
    assert (str(found.published_at), found.authors) == ("2026-11-12 13:30:00+00:00", ("Ina Moir",))


def test_a_time_of_change_straight_below_the_headline_is_not_the_publication() -> None:
    found = read("<p>Updated <time datetime='2026-11-12T16:00:00Z'>16:00</time></p>")
    assert str(found.published_at) == "2026-11-12 00:00:00+00:00"
    assert str(found.modified_at) == "2026-11-12 16:00:00+00:00"


def test_a_date_in_the_value_class_of_microformats() -> None:
    date = "<p>On <span class='published'><span class='value-title' title='2026-11-12T13:30:00Z'> </span>Thursday</span></p>"
    assert str(read(date, url="https://kinnaird.example/slipway").published_at) == "2026-11-12 13:30:00+00:00"

"""Invisible characters, unseen elements and slips in URLs: one row for each form of the kind."""

from __future__ import annotations

import pytest
from lxml import html

from scraper.discovery.feeds import read_feed
from scraper.extraction.characters import clean_characters
from scraper.extraction.outline import read_outline
from scraper.opml import read_opml
from scraper.urls import canonical_url, declared_url, mended_scheme


@pytest.mark.parametrize(
    "invisible",
    "\u00ad \u061c \u180e \u200b \u200c \u200d \u200e \u202c \u2060 \u2063 \u2069 \ufeff".split(" "),
)
def test_an_invisible_character_within_a_word_is_dropped(invisible: str) -> None:
    assert clean_characters(f"found{invisible}ling hospital") == "foundling hospital"


def test_joiners_stay_where_a_script_needs_them() -> None:
    assert clean_characters("می\u200cخواهم") == "می\u200cخواهم"
    assert clean_characters("👩\u200d🏫") == "👩\u200d🏫"


@pytest.mark.parametrize(
    "attributes",
    [
        'style="position:absolute; left:-10000px"',
        'style="text-indent: -9999px"',
        'style="font-size:0"',
        'style="opacity:0; height:0"',
        'style="max-height:0;overflow:hidden"',
        'style="clip: rect(0 0 0 0)"',
        'class="note visually-hidden"',
        'class="d-none d-print-block"',
    ],
)
def test_an_element_that_css_hides_is_not_text(attributes: str) -> None:
    page = html.document_fromstring(f"<body><p {attributes}>Draft</p><p>Seen</p></body>")
    assert [block.text for block in read_outline(page).blocks] == ["Seen"]


@pytest.mark.parametrize(
    "attributes",
    ['style="left:-10px"', 'style="opacity:0.5"', 'style="font-size:0.9em"', 'class="hidden-gem"'],
)
def test_an_element_that_is_only_styled_is_text(attributes: str) -> None:
    page = html.document_fromstring(f"<body><p {attributes}>Seen</p></body>")
    assert [block.text for block in read_outline(page).blocks] == ["Seen"]


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("http://https://mill.example/a", "https://mill.example/a"),
        ("https:/mill.example/a", "https://mill.example/a"),
        ("https:///mill.example/a", "https://mill.example/a"),
        ("HTTPS://mill.example/a", "HTTPS://mill.example/a"),
        ("mill.example/a", "mill.example/a"),
    ],
)
def test_a_url_has_one_scheme_and_two_slashes(written: str, mended: str) -> None:
    assert mended_scheme(written) == mended


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("www.mill.example/a", "//www.mill.example/a"),
        ("undefined", ""),
        (" null ", ""),
        ("a/www.b", "a/www.b"),
    ],
)
def test_a_declared_url_may_lack_its_scheme_or_its_value(text: str, url: str) -> None:
    assert declared_url(text) == url


@pytest.mark.parametrize(
    ("channel", "link"),
    [
        ("https://mill.example", "mill.example/news/gala"),
        ("https://mill.example/", "http://https://mill.example/news/gala"),
        ("www.mill.example", "https://mill.example/news/gala"),
        ("//mill.example", "news/gala"),
    ],
)
def test_a_feed_link_with_a_slip_leads_to_the_article(channel: str, link: str) -> None:
    feed = (
        f"<rss version='2.0'><channel><title>M</title><link>{channel}</link>"
        f"<item><title>Gala</title><link>{link}</link></item></channel></rss>"
    )
    assert [item.url for item in read_feed(feed.encode(), "https://feeds.example/m")] == [
        "https://mill.example/news/gala"
    ]


@pytest.mark.parametrize("feed", ["http://https://mill.example/rss", "https:/mill.example/rss"])
def test_an_opml_feed_with_a_slip_in_its_scheme_is_read(feed: str) -> None:
    opml = f"<opml version='2.0'><body><outline text='Mill' type='rss' xmlUrl='{feed}'/></body></opml>"
    (source,) = read_opml(opml.encode()).sources
    assert [channel.url for channel in source.channels] == ["https://mill.example/rss"]


@pytest.mark.parametrize("query", ["itm_source=home", "emc=rss"])
def test_more_campaign_parameters_go(query: str) -> None:
    assert canonical_url(f"https://mill.example/a?{query}") == "https://mill.example/a"

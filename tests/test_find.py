"""A site's own feeds and the places worth trying."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.discovery import find_channels, find_feeds, may_be_article
from scraper.models import ChannelKind
from tests.test_listings import URL, WORDPRESS

HOME = "https://www.example.org/"


def test_autodiscovery_finds_the_feed_and_only_the_feed(shared: Path) -> None:
    folder = shared / "eval/conformance/feeds"
    rows = (folder / "autodiscovery.jsonl").read_text(encoding="utf-8").splitlines()
    place = "https://web.archive.org/web/20110926231958/http://diveintomark.org/tests/client/autodiscovery/"
    assert len(rows) == 18
    for row in map(json.loads, rows):
        name = Path(row["file"]).stem
        html = (folder.parent / row["file"]).read_text(encoding="utf-8", errors="replace")
        found = find_feeds(html, f"{place}{name}.html")
        assert len(found) == 1, row["id"]
        assert found[0].endswith(f"/{name}.xml"), row["id"]


@pytest.mark.parametrize(
    ("html", "feeds"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/feed/">', ["feed/"]),
        ('<body><link rel=alternate type="application/atom+xml;charset=utf-8" href=atom>', ["atom"]),
        ('<base href="https://www.example.org/a/"><link rel=alternate type=application/rss+xml href=f>', ["a/f"]),
        (
            '<link rel=alternate type=application/rss+xml title="Desk &raquo; Comments feed" href=/comments/feed/>'
            "<link rel=alternate type=application/rss+xml title=Desk href=/feed/>",
            ["feed/", "comments/feed/"],
        ),
        ('<link rel=alternate type="application/json+oembed" href=/o><link rel=alternate hreflang=cy href=/cy>', []),
        ('<link rel=alternate type="application/feed+json" href=/feed.json>', ["feed.json"]),
        ('<link rel=stylesheet type="application/rss+xml" href=/x>', []),
        ('<link rel=alternate type="application/rss+xml" href="javascript:x">', []),
        (
            "<a href=/news/rss.xml>Follow us</a><a href=/story>RSS</a><a href=/storm>Storm</a>",
            ["news/rss.xml", "story"],
        ),
        ('<!-- <link rel=alternate type=application/rss+xml href=/old> -->', []),
        ("", []),
    ],
)  # fmt: skip
def test_find_feeds(html: str, feeds: list[str]) -> None:
    assert find_feeds(html, HOME) == [HOME + path for path in feeds]


def test_channels_come_declared_feeds_first_then_the_list_itself_then_the_usual_addresses() -> None:
    declared = '<link rel=alternate type=application/rss+xml href="/our/feed">'
    channels = find_channels(WORDPRESS.replace("<title>", f"{declared}<title>"), URL)
    assert [(each.kind, each.url) for each in channels[:4]] == [
        (ChannelKind.FEED, "https://www.example.org/our/feed"),
        (ChannelKind.LISTING, URL),
        (ChannelKind.FEED, "https://www.example.org/news/feed/"),
        (ChannelKind.FEED, "https://www.example.org/feed/"),
    ]
    assert channels[-1].kind is ChannelKind.SITEMAP
    assert len(set(channels)) == len(channels)


def test_a_page_that_is_no_list_is_not_offered_as_one() -> None:
    channels = find_channels("<h1>One story</h1><p>Text</p>", URL)
    assert all(each.kind is not ChannelKind.LISTING for each in channels)


@given(st.text(max_size=200))
def test_any_text_gives_addresses(text: str) -> None:
    html = f"{text}<link rel=alternate type=application/rss+xml href='{text}'><a href='{text}'>rss</a>"
    assert all(feed.startswith("http") for feed in find_feeds(html, HOME))


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/news/hub-opens", True), ("/?p=12", True), ("/category/news/hub-opens-in-alder/comments", True),
        ("/kategorie/politik/", False), ("/etiquetas/acogida", False), ("/auteurs/ann-lee/page/2", False),
        ("/?cat=3", False), ("/index.php?feed=rss2", False), ("/search?s=hub", True), ("/hub.jpg", False),
        ("/events/hub.ics", False), ("/feed/", False), ("/tag/care", False),
    ],
)  # fmt: skip
def test_what_can_be_an_article(path: str, is_one: bool) -> None:
    assert may_be_article(f"https://a.example{path}") is is_one

"""Feeds of every family: what feedparser's and the feed validator's own files say, and what we make of it."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from calendar import timegm
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.discovery import feed_limits as bounds
from scraper.discovery.feed_limits import SMALL_BYTES
from scraper.discovery.feeds import parse_feed, read_feed
from scraper.discovery.titles import MAX_TITLE_CHARS, bylines, plain_title
from scraper.errors import DiscoveryError
from scraper.models import Link
from scraper.urls import canonical_url

URL = "https://example.org/news/feed.xml"


def rss(items: str, about: str = "") -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{about}{items}</channel></rss>'.encode()


def moment(nine: list[int]) -> datetime:
    return datetime.fromtimestamp(timegm(tuple(nine)), UTC)


# feedparser's key -> (what we have, what it expects)
FIELDS: Mapping[str, Callable[[Link, Any], tuple[Any, Any]]] = {
    "title": lambda link, value: (link.title, plain_title(value)),
    "title_detail.value": lambda link, value: (link.title, plain_title(value)),
    "summary": lambda link, value: (link.summary, value),
    "description": lambda link, value: (link.summary, value),
    "content.0.value": lambda link, value: (link.content, value),
    "link": lambda link, value: (link.url, canonical_url(value)),
    "guid": lambda link, value: (link.id, value),
    "author_detail.name": lambda link, value: (value in link.authors, True),
    "authors.0.name": lambda link, value: (value in link.authors, True),
    "authors.1.name": lambda link, value: (value in link.authors, True),
    "published_parsed": lambda link, value: (link.published_at, moment(value)),
    "updated_parsed": lambda link, value: (link.modified_at or link.published_at, moment(value)),
}


@pytest.mark.slow
def test_feedparsers_own_files_give_what_it_expects(shared: Path) -> None:
    folder = shared / "eval/conformance"
    rows = (folder / "feeds/feedparser_expected.jsonl").read_text(encoding="utf-8").splitlines()
    checked, wrong = 0, []
    for row in map(json.loads, rows):
        if "content-location" in {name.lower() for name in row["headers"]}:
            continue  # a base address in a header, which nobody sends
        url = "http://127.0.0.1:8097/" + row["file"].partition("feedparser/")[2]
        kinds = {name.lower(): value for name, value in row["headers"].items()}
        links = read_feed((folder / row["file"]).read_bytes(), url, kinds.get("content-type"))
        for path, value in row.get("equals", []):
            compare = FIELDS.get(".".join(str(part) for part in path[2:]))
            if path[0] == "entries" and isinstance(path[1], int) and compare:
                checked += 1
                found, expected = compare(links[path[1]], value)
                if found != expected:
                    wrong.append((row["id"], path, found, expected))
    assert checked > 250
    assert not wrong


@pytest.mark.slow
def test_a_large_feed_is_read_as_a_small_one_but_for_its_styles(shared: Path) -> None:
    """Large feeds go through `bounds`; white space behind the last tag makes a small one large."""
    folder = shared / "eval/conformance"
    rows = (folder / "feeds/feedparser_expected.jsonl").read_text(encoding="utf-8").splitlines()
    compared = 0
    for row in map(json.loads, rows):
        body = (folder / row["file"]).read_bytes()
        if row["kind"] != "wellformed" or b"style" in body.lower() or "charref" in row["id"]:
            continue
        compared += 1
        assert read_feed(body + b"\n" * SMALL_BYTES, URL) == read_feed(body, URL), row["id"]
    assert compared > 600


@pytest.mark.slow
def test_the_feed_validators_files_are_read_without_a_crash(shared: Path) -> None:
    files = sorted((shared / "eval/conformance/feeds/feedvalidator").rglob("*.xml"))
    assert len(files) > 500
    with_items = 0
    for file in files:
        try:
            with_items += bool(read_feed(file.read_bytes(), URL))
        except DiscoveryError:
            continue
    assert with_items > 0.6 * len(files)


def test_an_rss_item() -> None:
    feed = rss(
        """<item><title>Children&amp;#8217;s &lt;b&gt;homes&lt;/b&gt; &amp;amp; costs</title>
        <link>/2026/story/?utm_source=rss</link><guid isPermaLink="false">tag:1</guid>
        <author>desk@example.org (Ann Lee)</author><pubDate>Mon, 02 Mar 2026 00:30:00 +0100</pubDate>
        <description>&lt;p&gt;Short&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description></item>""",
        "<language>en-GB</language><ttl>30</ttl><link>/</link>",
    )
    found = parse_feed(feed, URL)
    assert found.links == (
        Link(
            url="https://example.org/2026/story/",
            title="Children’s homes & costs",
            summary="<p>Short</p>",
            authors=("Ann Lee",),
            published_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
            id="tag:1",
            language="en-GB",
        ),
    )
    assert (found.ttl, found.homepage, found.language) == (1800.0, "https://example.org/", "en-GB")


def test_an_atom_entry_keeps_its_two_dates_apart() -> None:
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry><id>urn:1</id>
    <title type="html">A &lt;i&gt;b&lt;/i&gt;</title>
    <link rel="self" href="https://example.org/self"/><link href="https://example.org/a"/>
    <published>2026-03-01T09:00:00Z</published>
    <updated>2026-03-02T09:00:00+01:00</updated><content type="html">&lt;p&gt;Full&lt;/p&gt;</content></entry></feed>"""
    [link] = read_feed(feed, URL)
    assert (link.url, link.title, link.content, link.id) == (
        "https://example.org/a",
        "A b",
        "<p>Full</p>",
        "urn:1",
    )
    assert link.published_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert link.modified_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_rss_1_with_dublin_core() -> None:
    feed = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
    <channel><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
    <item rdf:about="https://example.org/a"><title>A</title><link>https://example.org/a</link>
    <dc:creator>B C</dc:creator><dc:date>2026-03-01T09:00:00Z</dc:date></item></rdf:RDF>"""
    [link] = read_feed(feed, URL)
    assert (link.authors, link.published_at, link.modified_at) == (
        ("B C",),
        datetime(2026, 3, 1, 9, tzinfo=UTC),
        None,
    )
    assert parse_feed(feed, URL).ttl == 21_600


def test_a_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "language": "en",
        "authors": [{"name": "Desk"}],
        "items": [
            {
                "id": "1", "url": "/a", "title": "A &amp; B", "content_html": "<p>x</p>",
                "date_published": "2026-03-01T10:00:00+01:00",
            },
            {"id": 2, "external_url": "https://example.net/b", "title": ["wrong"], "authors": [{"name": "Ann"}]},
            "not an item",
        ],
    }  # fmt: skip
    one, two = read_feed(json.dumps(feed).encode(), URL, "application/feed+json")
    assert (one.url, one.title, one.content, one.authors) == (
        "https://example.org/a",
        "A & B",
        "<p>x</p>",
        ("Desk",),
    )
    assert one.published_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (two.url, two.title, two.id, two.authors) == ("https://example.net/b", "", "2", ("Ann",))


def test_json_of_every_kind_is_read_or_refused_in_one_line(shared: Path) -> None:
    rows = (shared / "eval/conformance/json/jsontestsuite.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, rows):
        body = base64.b64decode(row["json_b64"] or "W1td")
        for wrapped in (body, b'{"items":' + body + b"}", b'{"items":[{"url":"/a","title":' + body + b"}]}"):
            try:
                assert isinstance(read_feed(wrapped, URL), list)
            except DiscoveryError:
                continue


def test_an_ill_formed_feed_gives_its_items() -> None:
    feed = rss(
        "<item><title>A & B</title><link>/a</link></item><item><title>C<b></title><link>/c</link></item>"
    )[:-9]
    assert [link.url for link in read_feed(feed + b"<oops", URL)] == [
        "https://example.org/a",
        "https://example.org/c",
    ]


def test_of_an_endless_feed_the_first_items_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_ELEMENTS", 600)
    links = read_feed(rss("".join(f"<item><title>{number}</title></item>" for number in range(1000))), URL)
    assert 100 < len(links) < 200
    assert [link.title for link in links] == [str(number) for number in range(len(links))]


def test_an_item_without_an_address_is_announced_without_one() -> None:
    [one, two] = read_feed(
        rss(
            "<item><title>A</title></item><item><link>javascript:x</link><guid isPermaLink='false'>1</guid></item>"
        ),
        URL,
    )
    assert (one.url, one.title, two.url, two.id) == ("", "A", "", "1")


def test_a_permalink_guid_is_the_address_and_feedburner_does_not_hide_it() -> None:
    feed = rss(
        '<item><guid>https://example.org/a</guid></item><item xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
        "<link>https://feeds.example.net/~r/b</link><feedburner:origLink>https://example.org/b</feedburner:origLink></item>"
    )
    assert [link.url for link in read_feed(feed, URL)] == ["https://example.org/a", "https://example.org/b"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!doctype html><html><head><title>News</title></head><body>x</body></html>", "HTML page"),
        (b"<!-- x --><html><body>404</body></html>", "HTML page"),
        (b'<?xml version="1.0"?><urlset><url><loc>https://example.org/</loc></url></urlset>', "sitemap"),
        (b"%PDF-1.4", "not a feed"),
        (b"/etc/passwd", "not a feed"),
        (b"https://example.org/other-feed", "not a feed"),
        (b'{"a": 1}', "not a JSON Feed"),
        (b"[1", "JSON"),
        (b"\x00\x01\x02", "not a feed"),
    ],
)
def test_what_is_no_feed_is_refused_in_one_clear_line(body: bytes, words: str) -> None:
    with pytest.raises(DiscoveryError, match=words) as failure:
        read_feed(body, URL)
    assert str(failure.value).count("\n") == 0
    assert str(failure.value).endswith(URL)


def test_a_feed_without_items_is_a_feed() -> None:
    assert read_feed(rss(""), URL) == []
    assert parse_feed(rss(""), URL).ttl is None
    assert parse_feed(rss("", "<ttl>soon</ttl>"), URL).ttl is None


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "0000-00-00", "Thu, 01 Jan 1970 00:00:00 GMT", "99999999999999", "Mon, 99 Foo 2026"],
)
def test_a_date_that_is_none_is_none(date: str) -> None:
    [link] = read_feed(rss(f"<item><title>A</title><pubDate>{date}</pubDate></item>"), URL)
    assert link.published_at is None


def test_titles_are_plain_words(shared: Path) -> None:
    rows = (shared / "eval/conformance/strings/blns.jsonl").read_text(encoding="utf-8").split("\n")
    for row in filter(None, rows):
        for value in (value for value in json.loads(row).values() if isinstance(value, str)):
            title = plain_title(value)
            assert len(title) <= MAX_TITLE_CHARS
            assert not any(char in title for char in "\n\r\t\x1b\x00\u202e\u2066")
    assert (
        plain_title("Why under&nbsp;<18s leave care &lt; early\x1b[31m\u202e")
        == "Why under <18s leave care < early[31m"
    )
    assert plain_title("<style>p{}</style>A<br>B<!-- no -->") == "A B"


@given(st.binary(max_size=400))
def test_any_bytes_give_links_or_our_error(body: bytes) -> None:
    for wrapped in (body, rss("<item>") + body, b"<feed><entry><title>" + body + b"</title></entry></feed>"):
        try:
            links = read_feed(wrapped, URL)
        except DiscoveryError:
            continue
        assert all(isinstance(link, Link) for link in links)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 03 Nov 2026 08:30:00 CET", "2026-11-03T07:30"),
        ("Fri, 03 Jul 2026 08:30:00 BST", "2026-07-03T07:30"),
        ("Fri, 03 Jul 2026 08:30:00 CEST", "2026-07-03T06:30"),
        ("2026-07-03 08:30:00 BST", "2026-07-03T07:30"),
        ("ven., 03 juil. 2026 08:30:00 +0200", "2026-07-03T06:30"),
        ("2026-07-03T24:00:00Z", "2026-07-04T00:00"),
        ("Fri, 03 Jul 2026 23:59:60 GMT", "2026-07-03T23:59"),
        ("2026-07", "2026-07-01T00:00"),
        ("17830674", ""),
        ("1783067400000", "2026-07-03T08:30"),
    ],
)
def test_dates_of_feeds_in_zones_and_forms_of_their_own(written: str, moment: str) -> None:
    [link] = read_feed(rss(f"<item><title>A</title><pubDate>{written}</pubDate></item>"), URL)
    assert (f"{link.published_at:%Y-%m-%dT%H:%M}" if link.published_at else "") == moment


@pytest.mark.parametrize(
    ("other", "month"),
    [
        ("13/11/2026 08:30", 11),
        ("11/13/2026 08:30", 3),
        ("11/12/2026 8:30:00 AM", 3),
        ("11/12/2026 08:30", 11),
    ],
)
def test_the_order_of_day_and_month_is_that_of_the_whole_feed(other: str, month: int) -> None:
    dates = ("03/11/2026 08:30", other)
    first, _ = read_feed(
        rss("".join(f"<item><title>A</title><pubDate>{date}</pubDate></item>" for date in dates)), URL
    )
    assert first.published_at is not None
    assert first.published_at.month == month


@pytest.mark.parametrize(
    ("markup", "authors"),
    [
        ("<author>ines@paper.example (Ines Calder)</author>", ("Ines Calder",)),
        ("<author>Ines Calder &lt;ines@paper.news&gt;</author>", ("Ines Calder",)),
        ("<author>desk@paper.example</author>", ()),
        ("<author>noreply@blogger.com (Ines Calder)</author>", ("Ines Calder",)),
        ("<dc:creator>Ines Calder and Tom Reve</dc:creator>", ("Ines Calder", "Tom Reve")),
        (
            "<dc:creator>Ines Calder</dc:creator><dc:creator>Tom Reve</dc:creator>",
            ("Ines Calder", "Tom Reve"),
        ),
        ("<dc:creator>By Ines Calder, Social Affairs Editor</dc:creator>", ("Ines Calder",)),
        ("<dc:creator>admin</dc:creator>", ()),
        ("<dc:creator>Webmaster</dc:creator>", ()),
        ("<dc:creator>wp_admin1</dc:creator>", ()),
    ],
)
def test_authors_of_feeds(markup: str, authors: tuple[str, ...]) -> None:
    feed = rss(f"<item xmlns:dc='http://purl.org/dc/elements/1.1/'><title>A</title>{markup}</item>")
    assert read_feed(feed, URL)[0].authors == authors


@pytest.mark.parametrize(
    ("channel", "link", "url"),
    [
        ("https://paper.example/", "news/a", "https://paper.example/news/a"),
        ("https://paper.example", "/news/a", "https://paper.example/news/a"),
        ("https://paper.example/blog/", "a", "https://paper.example/blog/a"),
        ("", "news/a", "https://example.org/news/news/a"),
        ("https://paper.example/", "www.paper.example/news/a", "https://www.paper.example/news/a"),
        ("https://paper.example/", "//paper.example/news/a", "https://paper.example/news/a"),
        (
            "https://paper.example/",
            "https://web.example/www.paper.example/a",
            "https://web.example/www.paper.example/a",
        ),
    ],
)
def test_links_that_are_relative_or_lack_their_scheme(channel: str, link: str, url: str) -> None:
    about = f"<link>{channel}</link>" if channel else ""
    assert read_feed(rss(f"<item><title>A</title><link>{link}</link></item>", about), URL)[0].url == url


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zlib.compress, lambda body: gzip.compress(gzip.compress(body))],
    ids=["gzip", "zlib", "gzip twice"],
)
def test_a_packed_feed_without_a_content_encoding(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(rss("<item><title>A</title><link>/a</link></item>"))
    assert read_feed(packed, URL)[0].url == "https://example.org/a"
    with pytest.raises(DiscoveryError, match="truncated"):
        read_feed(packed[:-20], URL)


def test_a_body_of_two_subjects_is_one_author() -> None:
    body = "Department for Families and Learning"
    assert bylines([body]) == (body,)
    assert bylines([body], own_names=[body]) == ()
    assert bylines(["Ann Lee and Bo Ek"]) == ("Ann Lee", "Bo Ek")

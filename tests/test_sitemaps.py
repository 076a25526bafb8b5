"""Sitemaps of every form, whole sites of them, and broken ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.discovery.sitemaps import MAX_PAGES, read_channel, read_sitemap
from scraper.errors import DiscoveryError
from scraper.models import Channel, ChannelKind, Link, Page, Sitemap
from scraper.urls import canonical_url
from tests.site import NOON

URL = "https://example.org/sitemap.xml"
CHANNEL = Channel(kind=ChannelKind.SITEMAP, url=URL)


def urlset(*entries: str) -> bytes:
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</urlset>'.encode()


def pages_of(web: Mapping[str, Mapping[str, Any]], url: str, seen: set[str]) -> Iterator[Link]:
    """The pages below one sitemap of a recorded web, each file read once, redirects followed."""
    for _ in range(10):
        reply = web.get(url, {"status_code": 404})
        if "Location" not in reply.get("headers", {}):
            break
        url = reply["headers"]["Location"]
    if url in seen or reply.get("status_code", 200) != 200:
        return
    seen.add(url)
    sitemap = read_sitemap(reply.get("text", "").encode(), url)
    yield from sitemap.pages
    for child in sitemap.sitemaps:
        yield from pages_of(web, child, seen)


def test_recorded_sites_give_the_pages_they_should(shared: Path) -> None:
    rows = (shared / "eval/conformance/sitemaps/scenarios.jsonl").read_text(encoding="utf-8").splitlines()
    for scenario in map(json.loads, rows):
        web = {each["url"]: each["opt"] for each in scenario["responses"]}
        found = {
            page.url: page for page in pages_of(web, scenario["homepage"].rstrip("/") + "/robots.txt", set())
        }
        expected = {canonical_url(page["url"]): page for page in scenario["pages"]}
        if scenario["kwargs"]:  # a caller's filter left files out; we read them all
            assert expected.keys() < found.keys()
        else:
            assert found.keys() == expected.keys(), scenario["id"]
        for url, page in expected.items():
            assert found[url].title == (page["news_title"] or "")
            assert str(found[url].modified_at)[:10] == str(page["last_modified"])[:10]


def test_one_file_of_each_format(shared: Path) -> None:
    for file in sorted((shared / "eval/conformance/sitemaps/examples").iterdir()):
        sitemap = read_sitemap(file.read_bytes(), URL)
        if file.name in ("robots.txt", "simple-index.xml"):
            assert sitemap.sitemaps, file
            assert not sitemap.pages, file
        else:
            assert len(sitemap.pages) == 2, file


def test_a_news_sitemap() -> None:
    entry = """<url><loc>https://example.org/a?utm_source=map</loc><lastmod>2026-03-02</lastmod>
      <image:image xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <image:loc>https://example.org/i.jpg</image:loc><image:title>No</image:title></image:image>
      <n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
      <n:publication><n:name>Desk</n:name><n:language>en</n:language></n:publication>
      <n:publication_date>2026-03-01T10:00:00+01:00</n:publication_date>
      <n:title>Homes &amp; costs</n:title></n:news></url>"""
    assert read_sitemap(urlset(entry), URL).pages == (
        Link(
            url="https://example.org/a",
            title="Homes & costs",
            published_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
            modified_at=datetime(2026, 3, 2, tzinfo=UTC),
            language="en",
        ),
    )


def test_an_index_names_each_sitemap_once() -> None:
    one = b"<sitemap><loc>/a.xml</loc><lastmod>2026-03</lastmod></sitemap>"
    index = b"<sitemapindex>" + one + one + b"</sitemapindex>"
    assert read_sitemap(index, URL) == Sitemap(url=URL, sitemaps=("https://example.org/a.xml",))


def index(*names: str, changed: str = "") -> Page:
    rows = "".join(f"<sitemap><loc>https://example.org/{each}</loc>{changed}</sitemap>" for each in names)
    body = f"<sitemapindex>{rows}</sitemapindex>".encode()
    return Page(url=URL, final_url=URL, status=200, headers=(), body=body, fetched_at=NOON)


@pytest.mark.parametrize("changed", ["", "<lastmod>2026-11-30</lastmod>"])
@pytest.mark.parametrize("form", ["s-{0}-{1:02}.xml", "s.xml?yyyy={0}&mm={1:02}", "{0}/{1:02}/s.xml"])
def test_an_archive_by_month_is_read_from_its_end(form: str, changed: str) -> None:
    months = [form.format(year, month) for year in range(2004, 2027) for month in range(1, 13)]
    further = read_channel(CHANNEL, index(*months, changed=changed.replace("&", "&amp;"))).further
    assert further == tuple(f"https://example.org/{each}" for each in reversed(months))


def test_the_sitemaps_of_an_index_come_by_their_change() -> None:
    rows = [("a", "2020-01-01"), ("b", "2026-11-30T09:00:00Z"), ("news", ""), ("c", "2026-11"), ("d", "?")]
    body = "".join(f"<sitemap><loc>/{name}</loc><lastmod>{at}</lastmod></sitemap>" for name, at in rows)
    page = replace(index(), body=f"<sitemapindex>{body}</sitemapindex>".encode())
    assert [url[-1] for url in read_channel(CHANNEL, page).further] == ["s", "d", "b", "c", "a"]


def test_a_gzip_file_of_several_members_is_read_whole() -> None:
    body = urlset(
        "<url><loc>https://example.org/1</loc></url>", "<url><loc>https://example.org/2</loc></url>"
    )
    packed = gzip.compress(body[:120]) + gzip.compress(body[120:])
    assert len(read_sitemap(packed, URL).pages) == 2
    with pytest.raises(DiscoveryError, match="more than 256 parts"):
        read_sitemap(gzip.compress(b"") * 300, URL)


def test_the_ampersands_of_a_cdata_section_stand_as_they_are() -> None:
    entry = "<url><loc><![CDATA[https://example.org/?a=1&b=2]]></loc></url><url><loc>/?c=3&d=4</loc></url>"
    queries = [page.url.partition("?")[2] for page in read_sitemap(urlset(entry), URL).pages]
    assert queries == ["a=1&b=2", "c=3&d=4"]


def test_a_gzipped_sitemap() -> None:
    packed = gzip.compress(urlset("<url><loc>/a</loc></url>"))
    assert [page.url for page in read_sitemap(packed, URL).pages] == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html><body>Not found</body></html>", "not a sitemap"),
        (b"just words", "not a sitemap"),
        (gzip.compress(b"x" * 100, mtime=0)[:-20], "truncated"),
        (b"\x1f\x8bgarbage", "damaged"),
        (gzip.compress(b"0" * 20_000_000, 1, mtime=0), "bytes unpacked"),
    ],
)
def test_what_is_no_sitemap_is_refused_in_one_clear_line(body: bytes, words: str) -> None:
    with pytest.raises(DiscoveryError, match=words) as failure:
        read_sitemap(body, URL)
    assert str(failure.value).count("\n") == 0


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"<urlset><url><loc>/a?x=1&y=2</loc></url></urlset>", ["/a?x=1&y=2"]),
        (b"<urlset><url><loc>/a</loc><url><loc>/b</loc></url></urlset>", ["/b", "/a"]),
        (b"<urlset><url><loc>/a</loc></url><url><loc>/bro", ["/a"]),
        (b"<urlset><url><loc>/a</loc></url><url><loc>/b</loc></url><!-- made by hand -->", ["/a", "/b"]),
        (
            b"<urlset><url><loc></loc></url><url><lastmod>x</lastmod></url><url><loc>ftp://x</loc></url></urlset>",
            [],
        ),
        (
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>/a&e;b</loc></url></urlset>',
            [],
        ),
        (b"<br />Warning: old date\n" + urlset("<url><loc>/a</loc></url>"), ["/a"]),
        (b"\xef\xbb\xbfhttps://example.org/a\r\n\r\nhttps://example.org/b\r\nnonsense\r\n", ["/a", "/b"]),
        (urlset("<url><loc> <![CDATA[/a]]> </loc></url>"), ["/a"]),
        (urlset("<url><loc>/\u00e9</loc></url>").decode().encode("utf-16"), ["/%C3%A9"]),
    ],
)
def test_broken_sitemaps_give_what_is_whole_in_them(body: bytes, paths: list[str]) -> None:
    assert [page.url.removeprefix("https://example.org") for page in read_sitemap(body, URL).pages] == paths


@pytest.mark.slow
def test_no_more_than_the_protocols_pages_are_read() -> None:
    body = urlset(*(f"<url><loc>/{number}</loc></url>" for number in range(MAX_PAGES + 10)))
    assert len(read_sitemap(body, URL).pages) == MAX_PAGES


@given(st.binary(max_size=300))
def test_any_bytes_give_a_sitemap_or_our_error(body: bytes) -> None:
    for wrapped in (body, urlset().replace(b"</urlset>", body), b"\x1f\x8b" + body):
        try:
            assert isinstance(read_sitemap(wrapped, URL), Sitemap)
        except DiscoveryError as error:
            assert error.subject == URL  # noqa: PT017

"""Which of the URLs that channels announce are requested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.client import Client
from scraper.crawl import Crawl
from scraper.models import Channel, ChannelKind, FetchSettings, Link, Source
from scraper.scrape import ChannelFetched, ChannelRequest, PageRequest, SourcePlan, scrape
from tests.site import Site

URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/own", "<p>Ours.</p>")
        yield site


@pytest.fixture
def other() -> Iterator[Site]:
    with Site() as other:
        other.page("/foreign", "<p>Another site's.</p>")
        yield other


def requested(source: Source, *sites: Site) -> None:
    """Scrape a source, requesting every link of every channel."""

    def select(fetched: ChannelFetched) -> list[PageRequest]:
        links: tuple[Link, ...] = getattr(fetched.outcome, "links", ())
        return [PageRequest(link=link) for link in links]

    settings = FetchSettings(delay=0.0, allow_private=frozenset(site.host for site in sites), version="1")
    plan = SourcePlan(
        source=source, channel_requests=tuple(ChannelRequest(channel=channel) for channel in source.channels)
    )
    with Client(settings) as client:
        for _ in scrape(
            Crawl(client),
            [plan],
            wanted=select,
            request_of=lambda _, channel: ChannelRequest(channel=channel),
        ):
            pass


def source_of(site: Site, **fields: object) -> Source:
    channel = Channel(kind=ChannelKind.SITEMAP, url=site.url("/sitemap.xml"))
    return Source(id="s", name="S", channels=(channel,), **fields)  # type: ignore[arg-type]


def serve_sitemap(site: Site, *urls: str) -> None:
    body = URLSET.format("".join(f"<url><loc>{url}</loc></url>" for url in urls))
    site.page("/sitemap.xml", body, content_type="application/xml")


def test_pages_of_another_site_in_a_sitemap_are_not_requested(site: Site, other: Site) -> None:
    serve_sitemap(site, site.url("/own"), other.url("/foreign"))
    requested(source_of(site), site, other)
    assert site.count("/own") == 1
    assert not other.log


@pytest.mark.parametrize("how", ["homepage", "include", "channel"])
def test_unless_the_source_lists_the_site(how: str, site: Site, other: Site) -> None:
    serve_sitemap(site, site.url("/own"), other.url("/foreign"))
    source = {
        "homepage": source_of(site, homepage=other.url("/")),
        "include": source_of(site, include=(other.url("/"), site.url("/"))),
        "channel": source_of(site),
    }[how]
    if how == "channel":
        feed = Channel(kind=ChannelKind.FEED, url=other.url("/feed"))
        source = Source(id="s", name="S", channels=(*source.channels, feed))
    requested(source, site, other)
    assert other.count("/foreign") == 1


def test_sitemaps_of_another_site_in_an_index_are_not_requested(site: Site, other: Site) -> None:
    body = INDEX.format(f"<sitemap><loc>{other.url('/map.xml')}</loc></sitemap>")
    site.page("/sitemap.xml", body, content_type="application/xml")
    requested(source_of(site), site, other)
    assert not other.log


def test_a_feed_may_announce_pages_of_another_site(site: Site, other: Site) -> None:
    """Digests and alerts do nothing else."""
    item = f"<item><title>T</title><link>{other.url('/foreign')}</link></item>"
    body = f"<rss version='2.0'><channel><title>F</title><link>/</link>{item}</channel></rss>"
    site.page("/feed", body, content_type="application/rss+xml")
    feed = Channel(kind=ChannelKind.FEED, url=site.url("/feed"))
    requested(Source(id="s", name="S", channels=(feed,)), site, other)
    assert other.count("/foreign") == 1

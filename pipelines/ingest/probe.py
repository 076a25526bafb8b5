"""Finding out how a site announces its articles, before it is watched: channels tried, samples read, rights
told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pipelines.ingest.frontier import usable
from pipelines.ingest.one_off import fetch_article
from scraper.client import Client, Kind
from scraper.decoding import decode
from scraper.discovery import discover, find_channels
from scraper.errors import DiscoveryError, FetchError, ScraperError
from scraper.models import Article, Channel, ChannelKind, Link, Page, Rights, Source
from scraper.rights import page_rights
from scraper.urls import canonical_url, site_of

SAMPLES = 3
MOST_TRIED = 12  # addresses asked on a site that nobody watches yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One article as it would be stored, or why it could not be."""

    link: Link
    outcome: Article | ScraperError


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProbe:
    """A site as it could be watched."""

    source: Source
    links: int
    samples: tuple[Sample, ...]
    allowed: bool  # robots.txt lets us in
    crawl_delay: float | None
    rights: Rights
    tried: tuple[str, ...]  # what was asked, and what came of it


def scout(
    url: str, client: Client, *, source_id: str | None = None, name: str = "", now: datetime
) -> SiteProbe:
    """How the site at an address can be watched: its best feed, news sitemap or listing, with three samples.

    Raises ``ScraperError`` when the site cannot be asked, ``DiscoveryError`` when nothing announces articles.
    """
    url = canonical_url(url)
    robots = client.robots(url)
    page = _page(client, url)
    tried: list[str] = []
    channels: list[Channel] = []
    links: tuple[Link, ...] = ()
    for channel in _candidates(page, robots.sitemaps):
        if channel.kind in {found.kind for found in channels} or len(tried) >= MOST_TRIED:
            continue
        announced, words = _try(client, channel, page)
        tried.append(f"{channel.kind} {channel.url}: {words}")
        if announced and (not channels or _is_news(channel, announced)):
            channels.append(channel)
            links = links or announced
    if not channels:
        raise DiscoveryError(
            "neither feed nor sitemap nor listing found; name its news page, or declare one", url
        )
    source = Source(
        id=source_id or _id_of(url),
        name=name or _id_of(url),
        homepage=url,
        channels=tuple(channels),
    )
    chosen = usable(source, links)
    return SiteProbe(
        source=source,
        links=len(chosen),
        samples=tuple(_sample(link, client, now) for link in chosen[:SAMPLES]),
        allowed=robots.allows(url, client.settings.user_agent),
        crawl_delay=robots.crawl_delay(client.settings.user_agent),
        rights=page_rights(url, headers=page.headers, robots=robots),
        tried=tuple(tried),
    )


def _candidates(page: Page, sitemaps: Iterable[str]) -> tuple[Channel, ...]:
    """What the address is itself, what the page names, what robots.txt names, and the usual places."""
    named = [Channel(kind=ChannelKind.SITEMAP, url=url) for url in sitemaps]
    itself = [Channel(kind=kind, url=page.final_url) for kind in (ChannelKind.FEED, ChannelKind.SITEMAP)]
    if _is_markup(page):
        found = find_channels(decode(page.body, page.content_type), page.final_url)
        feeds = [channel for channel in found if channel.kind is ChannelKind.FEED]
        others = [channel for channel in found if channel.kind is not ChannelKind.FEED]
        return tuple(dict.fromkeys((*feeds, *named, *others)))
    return tuple(itself)


def _is_news(channel: Channel, links: Iterable[Link]) -> bool:
    """Whether a channel is worth having beside another: a news sitemap is, the archive of everything is
    not."""
    return channel.kind is ChannelKind.SITEMAP and any(link.title for link in links)


def _is_markup(page: Page) -> bool:
    return "html" in (page.content_type or "html")


def _try(client: Client, channel: Channel, page: Page) -> tuple[tuple[Link, ...], str]:
    """The links of a channel, and what came of asking in words."""
    try:
        reply = page if channel.url == page.final_url else client.get(channel.url, kind=Kind.CHANNEL)
        if not isinstance(reply, Page):
            return (), "304 without a reason"
        found = discover(channel, reply)
    except ScraperError as error:
        return (), error.message
    if not found.links and found.sitemaps:
        return _try(client, Channel(kind=ChannelKind.SITEMAP, url=found.sitemaps[0]), page)
    return found.links, f"{len(found.links)} links"


def _sample(link: Link, client: Client, now: datetime) -> Sample:
    try:
        return Sample(link=link, outcome=fetch_article(link.url, client, now=now))
    except ScraperError as error:
        return Sample(link=link, outcome=error)


def _page(client: Client, url: str) -> Page:
    page = client.get(url, kind=Kind.CHANNEL)
    if not isinstance(page, Page):
        raise FetchError("304 Not Modified to a request without validators", url)
    return page


def _id_of(url: str) -> str:
    """A short name: the first label of the registrable domain; host and port of an IP address."""
    site = site_of(url)
    is_name = any(char.isalpha() for char in urlsplit(url).hostname or "")
    return site.partition(".")[0] if is_name else site.replace(":", "-").replace(".", "-")

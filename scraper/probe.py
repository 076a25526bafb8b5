"""Find out how a site announces its articles before it is watched: try its channels, read samples, see its
rights.

EDGE: the network, through the client it is given. Storeless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scraper.articles import UNMATCHED, SiteKnowledge, read_page, survey
from scraper.client import Client, Kind
from scraper.decoding import decode
from scraper.discovery import CHANNEL_TYPES, Discovered, discover, find_channels, site_name, usable_links
from scraper.errors import BadReplyError, NoChannelError, ScraperError
from scraper.extraction import page_parts
from scraper.models import Article, Channel, ChannelKind, Link, Page, Rights, Selectors, Source
from scraper.rights import page_rights
from scraper.source_files import fresh_id
from scraper.urls import canonical_url, site_of
from scraper.whole_page import get_whole_page

if TYPE_CHECKING:
    from scraper.extraction.selectors import PagePart

SAMPLES = 3
MOST_TRIED = 12  # URLs requested of a site that nobody watches yet
MOST_COMPLEMENTING = 1000  # items; the news sitemap protocol allows no more, and an archive has more
FULL_TEXT_WORDS = 150  # in the median item: then the feed carries whole articles

_HEAD_BYTES = 2_000
_CHANNEL_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_HTML_ROOT = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
# What content systems add to the title of a site to name its feed.
_FEED_WORDS = re.compile(
    r"\s*(?:[-–—|:»›]\s*)?(?:(?:latest|all)\s+)?(?:rss|atom|xml)?\s*(?:news\s*)?feeds?\s*$"
    r"|\s*[-–—|:»›]\s*(?:rss|atom)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One article as it would be stored, or why it could not be read."""

    link: Link
    outcome: Article | ScraperError


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTrial:
    """One page as the rules read it, and with selectors; ``unmatched`` are those that pick nothing.

    ``rest`` are the parts of the page that a run would leave out: neither in the title nor in the text.
    """

    by_rules: Article | ScraperError
    with_selectors: Article | ScraperError | None
    unmatched: tuple[str, ...]
    rest: tuple[PagePart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProbe:
    """A site as it could be watched."""

    source: Source
    links: int
    samples: tuple[Sample, ...]
    allowed: bool  # by robots.txt
    crawl_delay: float | None  # seconds
    rights: Rights
    tried: tuple[str, ...]  # each channel that was requested, and what came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channels:
    """The channels that a site turned out to have."""

    channels: tuple[Channel, ...] = ()
    links: tuple[Link, ...] = ()  # of the first channel
    title: str = ""
    tried: tuple[str, ...] = ()


def probe_site(
    url: str,
    client: Client,
    *,
    source_id: str | None = None,
    name: str = "",
    kind: str = "press",
    now: datetime,
) -> SiteProbe:
    """Return how the site at a URL can be watched: by which feed, sitemap or listing, with three samples.

    Raises `ScraperError` when the site cannot be fetched, `NoChannelError` when nothing announces articles.
    """
    url = canonical_url(url)
    robots = client.robots(url)
    page = _page(client, url, Kind.CHANNEL)
    channels = _channels_of(client, page, robots.sitemaps)
    if not channels.channels:
        message = "found no feed, sitemap or listing; give the URL of its news page"
        raise NoChannelError(message, url, tried=channels.tried)
    name = name or channels.title or site_name(decode(page.body, page.content_type)) or _host_name(url)
    source = Source(
        id=source_id or _id_of(url, name),
        name=name,
        homepage=_homepage(url, channels.channels),
        kind=kind,
        channels=channels.channels,
    )
    links = usable_links(source, channels.links)
    return SiteProbe(
        source=source,
        links=len(links),
        samples=tuple(_sample(link, client, now) for link in links[:SAMPLES]),
        allowed=robots.allows(url, client.settings.user_agent),
        crawl_delay=robots.crawl_delay(client.settings.user_agent),
        rights=page_rights(url, headers=page.headers, robots=robots),
        tried=channels.tried,
    )


def try_page(
    url: str, client: Client, *, selectors: Selectors, now: datetime, zone: tzinfo | None = None
) -> PageTrial:
    """Return the article at a URL as the rules read it and as selectors do. Raises `FetchError`."""
    page = get_whole_page(client, canonical_url(url))

    def reading(chosen: Selectors) -> Article | ScraperError:
        try:
            return read_page(page, Link(url=page.url), SiteKnowledge(selectors=chosen, zone=zone), now=now)
        except ScraperError as error:
            return error

    with_selectors = reading(selectors) if selectors else None
    by_rules = reading(Selectors())
    origins = with_selectors.origins if isinstance(with_selectors, Article) else ()
    kept = with_selectors or by_rules
    known = " ".join(f"{kept.title} {kept.text}".split()) if isinstance(kept, Article) else ""
    parts = page_parts(decode(page.body, page.content_type))
    return PageTrial(
        by_rules=by_rules,
        with_selectors=with_selectors,
        unmatched=tuple(each.place for each in origins if each.field == UNMATCHED),
        rest=tuple(part for part in parts if part.text and part.text not in known),
    )


def _channels_of(client: Client, page: Page, sitemaps: Iterable[str]) -> _Channels:
    """Return the first channel that announces links, and those that add something to it."""
    chosen = _Channels()
    tried: list[str] = []
    for channel in _candidates(page, sitemaps):
        if len(tried) >= MOST_TRIED:
            break
        if any(channel.kind is each.kind or channel.url == each.url for each in chosen.channels) or (
            chosen.links and _is_full(chosen.links)
        ):
            continue
        discovered, outcome = _try(client, channel, page)
        tried.append(f"{channel.kind} {channel.url}: {outcome}")
        if discovered.links and not chosen.channels:
            title = _FEED_WORDS.sub("", discovered.title)
            chosen = _Channels(channels=(channel,), links=discovered.links, title=title)
        elif _complements(channel, discovered.links):
            chosen = replace(chosen, channels=(*chosen.channels, channel))
    return replace(chosen, tried=tuple(tried))


def _candidates(page: Page, sitemaps: Iterable[str]) -> tuple[Channel, ...]:
    """Return what to try: what the page declares, what robots.txt names, then the usual places.

    A page that is not HTML is itself a channel, of whichever kind can read it.
    """
    start = page.body[:_HEAD_BYTES]
    is_channel = _CHANNEL_ROOT.search(start) and not _HTML_ROOT.search(
        start
    )  # as many servers send text/html
    if is_channel or "html" not in (page.content_type or "html"):
        return tuple(Channel(kind=kind, url=page.final_url) for kind in CHANNEL_TYPES)
    named = [Channel(kind=ChannelKind.SITEMAP, url=url) for url in sitemaps]
    candidates = find_channels(decode(page.body, page.content_type), page.final_url)
    feeds = [channel for channel in candidates if channel.kind is ChannelKind.FEED]
    others = [channel for channel in candidates if channel.kind is not ChannelKind.FEED]
    return tuple(dict.fromkeys((*feeds, *named, *others)))


def _complements(channel: Channel, links: tuple[Link, ...]) -> bool:
    """Return whether a channel is worth watching beside another: a news sitemap is, an archive is not."""
    return (
        CHANNEL_TYPES[channel.kind].complements
        and any(link.title for link in links)
        and len(links) <= MOST_COMPLEMENTING
    )


def _is_full(links: tuple[Link, ...]) -> bool:
    """Return whether the median item of a feed carries its whole article: then no second channel adds
    anything."""
    lengths = sorted(len(link.content.split()) for link in links)
    return lengths[len(lengths) // 2] >= FULL_TEXT_WORDS


def _try(client: Client, channel: Channel, page: Page) -> tuple[Discovered, str]:
    """Return what a channel announces, and the outcome in words."""
    try:
        if channel.url != page.final_url:
            page = _page(client, channel.url, Kind.CHANNEL, accept=CHANNEL_TYPES[channel.kind].accept)
        discovered = discover(channel, page)
    except ScraperError as error:
        return Discovered(), error.message
    if not discovered.links and discovered.further:
        return _try(client, replace(channel, url=discovered.further[0]), page)
    number = len(discovered.links)
    return discovered, "1 link" if number == 1 else f"{number} links"


def _sample(link: Link, client: Client, now: datetime) -> Sample:
    """Return an announced article as a run reads it, without knowledge of its site."""
    try:
        page = get_whole_page(client, canonical_url(link.url))
        survey(page)  # refuses a page that only leads to the front page
        return Sample(link=link, outcome=read_page(page, link, SiteKnowledge(), now=now))
    except ScraperError as error:
        return Sample(link=link, outcome=error)


def _page(client: Client, url: str, kind: Kind, *, accept: str | None = None) -> Page:
    page = client.get(url, kind=kind, accept=accept) if accept else client.get(url, kind=kind)
    if not isinstance(page, Page):
        raise BadReplyError("HTTP 304 to a request without validators; there is nothing to read", url)
    return page


def _homepage(url: str, channels: tuple[Channel, ...]) -> str:
    """Return the page that a person would open: the URL given, or the root of its host when that is a
    channel."""
    if url not in {channel.url for channel in channels if channel.kind is not ChannelKind.LISTING}:
        return url
    return canonical_url("/", url)


def _id_of(url: str, name: str) -> str:
    """Return a short id: the first label of the registrable domain, or a slug of the name on an IP
    address."""
    has_name = any(char.isalpha() for char in urlsplit(url).hostname or "")
    return fresh_id(site_of(url).partition(".")[0] if has_name else name, ())


def _host_name(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")

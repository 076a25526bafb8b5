"""Where a site may announce its articles: the feeds that its pages declare, and the usual paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from scraper.discovery.kinds import CHANNEL_TYPES
from scraper.discovery.listings import read_listing
from scraper.discovery.markup import absolute, base_address, parse_page, text_of
from scraper.discovery.titles import plain_title
from scraper.errors import DiscoveryError
from scraper.models import Channel, ChannelKind
from scraper.urls import same_site

# RFC 4287 (Atom), the RSS Advisory Board's autodiscovery page, jsonfeed.org 1.1; the last two are what old
# tools write.
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "text/xml",
        "application/xml",
    }
)
_SECONDARY = re.compile(r"comment|kommentar|commentaire|podcast|oembed", re.IGNORECASE)
_FEED_ADDRESS = re.compile(
    r"/(?:feed|rss|atom)s?/?$|\.(?:rss|atom|rdf)$|(?:rss|feed|atom|index)\.xml$"
    r"|[?&](?:feed|format)=(?:rss|feed|atom)",
    re.IGNORECASE,
)
_FEED_WORDS = re.compile(r"\b(?:rss|atom)\b(?:\s*(?:feed|2\.0))?", re.IGNORECASE)
_MAX_FEEDS = 100


def find_feeds(html: str, url: str) -> list[str]:
    """Return the feeds that a page declares or else links to; feeds of comments and podcasts come last.

    A page declares a feed by ``<link rel="alternate" type="application/rss+xml" href>``, also in its body.
    """
    root = parse_page(html)
    if root is None:
        return []
    base = base_address(root, url)
    feeds = list(dict.fromkeys(_declared(root, base))) or list(dict.fromkeys(_linked(root, base)))
    main_first = sorted(feeds, key=lambda feed: bool(_SECONDARY.search(feed[1])))
    return [url for url, _ in main_first[:_MAX_FEEDS]]


def site_name(html: str) -> str:
    """Return the name of a site as its page states it: ``og:site_name``, else the last part of its title."""
    root = parse_page(html)
    if root is None:
        return ""
    for meta in root.iter("meta"):
        if (meta.get("property") or "").lower() == "og:site_name" and (content := meta.get("content")):
            return plain_title(content)
    title = plain_title(root.findtext(".//title") or "")
    return re.split(r"\s+[-–—|·»:]\s+", title)[-1]


def find_channels(html: str, url: str) -> tuple[Channel, ...]:
    """Return the channels that a site may have, the best first; only a request shows which of them exist.

    The feeds that the page declares, the page itself as a listing, then the paths that content systems use.
    """
    declared = [Channel(kind=ChannelKind.FEED, url=address) for address in find_feeds(html, url)]
    guesses = [
        Channel(kind=each.kind, url=absolute(path, _root_of(url)))
        for each in CHANNEL_TYPES.values()
        for path in each.usual_paths
    ]
    if not _is_home(url):
        folder = url.partition("?")[0].rstrip("/") + "/"
        guesses.insert(0, Channel(kind=ChannelKind.FEED, url=absolute("feed/", folder)))
    listing = [Channel(kind=ChannelKind.LISTING, url=absolute(url, url))] if _is_listing(html, url) else []
    channels = (*declared, *listing, *guesses)
    return tuple(dict.fromkeys(channel for channel in channels if channel.url))


def _declared(root: etree._Element, base: str) -> Iterator[tuple[str, str]]:
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if ("alternate" in relations and kind in _FEED_TYPES) or "feed" in relations:
            address = absolute(link.get("href"), base)
            if address:
                yield address, f"{link.get('title') or ''} {address}"


def _linked(root: etree._Element, base: str) -> Iterator[tuple[str, str]]:
    for anchor in root.iter("a"):
        address = absolute(anchor.get("href"), base)
        words = f"{text_of(anchor)} {anchor.get('title') or ''}"
        named = _FEED_ADDRESS.search(address) or (_FEED_WORDS.search(words) and same_site(address, base))
        if address and named and address != absolute(base, base):
            yield address, f"{words} {address}"


def _is_listing(html: str, url: str) -> bool:
    try:
        return bool(read_listing(html, url))
    except DiscoveryError:
        return False


def _root_of(url: str) -> str:
    return absolute("/", url)


def _is_home(url: str) -> bool:
    return absolute(url, url) == _root_of(url)

"""A channel's page to what it announces, whatever kind of channel it is. Pure: the page is given in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from scraper.decoding import decode
from scraper.discovery.discovered import Discovered
from scraper.discovery.feeds import parse_feed
from scraper.discovery.identity import Identity, choose_identity, identify
from scraper.discovery.listings import read_listing
from scraper.discovery.sitemaps import read_sitemap
from scraper.models import Channel, ChannelKind, Link, Page

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def discover(
    channel: Channel, page: Page, *, earlier: Sequence[Link] = (), identity: Identity = Identity.ID
) -> Discovered:
    """The links of one channel. Raises `DiscoveryError` when the page is not what the channel is declared to
    be.

    ``earlier`` are the links this channel gave before and ``identity`` the rung it stood on, both from the
    store.
    """
    if channel.kind is ChannelKind.FEED:
        feed = parse_feed(page.body, page.final_url, page.content_type)
        links = _with_address(feed.links)
        rung = choose_identity(links, earlier, current=identity)
        return Discovered(links=identify(links, rung), ttl=feed.ttl, identity=rung)
    if channel.kind is ChannelKind.SITEMAP:
        sitemap = read_sitemap(page.body, page.final_url)
        pages = sorted(_with_address(sitemap.pages), key=_moment, reverse=True)
        return Discovered(links=identify(pages, Identity.LINK), sitemaps=sitemap.sitemaps)
    listed = read_listing(decode(page.body, page.content_type), page.final_url, selector=channel.selector)
    return Discovered(links=identify(listed, Identity.LINK))


def _with_address(links: Sequence[Link]) -> tuple[Link, ...]:
    """The links that can be fetched, each address once: a feed may announce one notice three times."""
    return tuple({link.url: link for link in reversed(links) if link.url}.values())[::-1]


def _moment(link: Link) -> datetime:
    return link.published_at or link.modified_at or _UNDATED

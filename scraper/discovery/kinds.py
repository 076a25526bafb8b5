"""The kinds of channel that a source may have: one `ChannelType` a kind, in one registry. Pure.

A new kind needs a member of `ChannelKind`, a row here and a module with ``read_channel``; configuration,
source lists, crawl and `sources add` go by the row. This module loads no reader: most runs find nothing to
read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from scraper.discovery.discovered import Reading
from scraper.discovery.identity import Identity
from scraper.models import Channel, ChannelKind, Page

_HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
_FEED = (
    "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,"
    "text/xml;q=0.9,text/html;q=0.6,*/*;q=0.5"
)
_XML = "application/xml,text/xml,application/gzip;q=0.9,text/plain;q=0.7,*/*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelType:
    """One kind of channel: how it is declared, requested, read, followed, and how its items are known
    again."""

    kind: ChannelKind
    key: str  # in a [[source]] table, and the column of a CSV list
    accept: str  # the Accept header of a request for it
    reader: str  # the module of `scraper.discovery` whose ``read_channel`` reads it
    identities: tuple[Identity, ...]  # the rungs that its items may be identified on, best first
    usual_paths: tuple[str, ...] = ()  # where content systems put it when no page declares it
    takes_selector: bool = False  # a CSS selector may pick its links
    complements: bool = False  # worth watching beside another kind if its items have titles (news sitemaps)

    def read(self, channel: Channel, page: Page) -> Reading:
        """Return what the page of a channel announces. Raises `DiscoveryError` when it is not of this
        kind."""
        reading = import_module(f"scraper.discovery.{self.reader}").read_channel(channel, page)
        assert isinstance(reading, Reading)  # noqa: S101 - for the type checker
        return reading


CHANNEL_TYPES: Mapping[ChannelKind, ChannelType] = MappingProxyType(
    {
        each.kind: each
        for each in (
            ChannelType(
                kind=ChannelKind.FEED,
                key="feeds",
                accept=_FEED,
                reader="feeds",
                identities=tuple(Identity),
                # WordPress, Drupal, Joomla, Hugo, Ghost
                usual_paths=(
                    "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "feed", "index.xml", "news/feed/",
                    "?feed=rss2",
                ),
            ),
            ChannelType(
                kind=ChannelKind.SITEMAP,
                key="sitemaps",
                accept=_XML,
                reader="sitemaps",
                identities=(Identity.LINK,),
                usual_paths=(
                    "news-sitemap.xml", "sitemap-news.xml", "sitemap.xml", "sitemap_index.xml",
                    "sitemap-index.xml",
                ),
                complements=True,
            ),
            ChannelType(
                kind=ChannelKind.LISTING,
                key="listings",
                accept=_HTML,
                reader="listings",
                identities=(Identity.LINK,),
                takes_selector=True,
            ),
        )
    }
)  # fmt: skip
CHANNEL_KEYS: Mapping[str, ChannelType] = MappingProxyType(
    {each.key: each for each in CHANNEL_TYPES.values()}
)

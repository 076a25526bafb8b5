"""From a channel's page to the links it announces. Pure: the page is given in, nothing is fetched.

The readers (feedparser, Beautiful Soup and what reads dates) take a third of a second to load, which is more
than a pass over two hundred unchanged feeds costs in all: each name is loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from scraper.discovery.discovered import Discovered
from scraper.discovery.identity import Identity, choose_identity, identify, item_key
from scraper.discovery.kinds import CHANNEL_KEYS, CHANNEL_TYPES, ChannelType
from scraper.discovery.unchanged import reading_key
from scraper.lazily import names_of

if TYPE_CHECKING:
    from scraper.discovery.channels import discover
    from scraper.discovery.feeds import read_feed
    from scraper.discovery.find import find_channels, find_feeds, site_name
    from scraper.discovery.listings import read_listing
    from scraper.discovery.sitemaps import read_sitemap
    from scraper.discovery.usable import may_be_article, usable_links

__all__ = [
    "CHANNEL_KEYS",
    "CHANNEL_TYPES",
    "ChannelType",
    "Discovered",
    "Identity",
    "choose_identity",
    "discover",
    "find_channels",
    "find_feeds",
    "identify",
    "item_key",
    "may_be_article",
    "read_feed",
    "read_listing",
    "read_sitemap",
    "reading_key",
    "site_name",
    "usable_links",
]

_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "discover": "channels",
        "read_feed": "feeds",
        "find_channels": "find",
        "find_feeds": "find",
        "site_name": "find",
        "read_listing": "listings",
        "read_sitemap": "sitemaps",
        "may_be_article": "usable",
        "usable_links": "usable",
    }
)


__getattr__ = names_of(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__

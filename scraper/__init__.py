"""From the web to a clean article: discovery, polite fetching, extraction. Knows nothing of stories.

The names below are the public ones. Each is loaded at its first use (PEP 562), so that ``import scraper``
costs nothing and a command pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper.lazily import names_of

if TYPE_CHECKING:
    from scraper.client import Client
    from scraper.decoding import decode, sniff_encoding
    from scraper.discovery import find_feeds, read_feed, read_sitemap
    from scraper.errors import (
        AddressError,
        DiscoveryError,
        ExtractionError,
        FetchError,
        ScraperError,
        SourceError,
    )
    from scraper.extraction import extract
    from scraper.models import (
        Access,
        Article,
        Channel,
        ChannelKind,
        FetchSettings,
        Link,
        NotModified,
        Page,
        Rights,
        Sitemap,
        Source,
        Validators,
    )
    from scraper.robots import robots_allow
    from scraper.urls import canonical_url

__all__ = [
    "Access",
    "AddressError",
    "Article",
    "Channel",
    "ChannelKind",
    "Client",
    "DiscoveryError",
    "ExtractionError",
    "FetchError",
    "FetchSettings",
    "Link",
    "NotModified",
    "Page",
    "Rights",
    "ScraperError",
    "Sitemap",
    "Source",
    "SourceError",
    "Validators",
    "canonical_url",
    "decode",
    "extract",
    "find_feeds",
    "read_feed",
    "read_sitemap",
    "robots_allow",
    "sniff_encoding",
]

_MODULES = {
    "Access": "models",
    "AddressError": "errors",
    "Article": "models",
    "Channel": "models",
    "ChannelKind": "models",
    "Client": "client",
    "DiscoveryError": "errors",
    "ExtractionError": "errors",
    "FetchError": "errors",
    "FetchSettings": "models",
    "Link": "models",
    "NotModified": "models",
    "Page": "models",
    "Rights": "models",
    "ScraperError": "errors",
    "Sitemap": "models",
    "Source": "models",
    "SourceError": "errors",
    "Validators": "models",
    "canonical_url": "urls",
    "decode": "decoding",
    "extract": "extraction",
    "find_feeds": "discovery",
    "read_feed": "discovery",
    "read_sitemap": "discovery",
    "robots_allow": "robots",
    "sniff_encoding": "decoding",
}

__getattr__ = names_of(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__

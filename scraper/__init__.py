"""From the web to a clean article: discovery, polite fetching, extraction. Knows nothing of stories.

The names below are the public ones. Each is loaded at its first use, so that ``import scraper`` costs nothing
and a command pays only for what it uses (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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
        Scraped,
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
    "Scraped",
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

_HOMES = {
    "scraper.client": ("Client",),
    "scraper.decoding": ("decode", "sniff_encoding"),
    "scraper.discovery": ("find_feeds", "read_feed", "read_sitemap"),
    "scraper.errors": (
        "AddressError",
        "DiscoveryError",
        "ExtractionError",
        "FetchError",
        "ScraperError",
        "SourceError",
    ),
    "scraper.extraction": ("extract",),
    "scraper.models": (
        "Access",
        "Article",
        "Channel",
        "ChannelKind",
        "FetchSettings",
        "Link",
        "NotModified",
        "Page",
        "Rights",
        "Scraped",
        "Sitemap",
        "Source",
        "Validators",
    ),
    "scraper.robots": ("robots_allow",),
    "scraper.urls": ("canonical_url",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

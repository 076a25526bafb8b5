"""What a channel announces. Apart from the readers, so that a run in which nothing is new loads none of them.
Pure."""

from __future__ import annotations

from dataclasses import dataclass

from scraper.discovery.identity import Identity
from scraper.models import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader finds on the page of a channel. ``ttl`` in seconds; ``further`` are more URLs of its
    kind."""

    links: tuple[Link, ...] = ()
    further: tuple[str, ...] = ()
    ttl: float | None = None
    title: str = ""
    homepage: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What a channel announces: links with a URL and a ``key``, newest first as far as their dates say.

    ``further`` are more files of the channel's kind, as a sitemap index names them; ``ttl`` is the seconds
    that the channel asks its readers to wait."""

    links: tuple[Link, ...] = ()
    further: tuple[str, ...] = ()
    ttl: float | None = None
    identity: Identity = Identity.LINK
    title: str = ""  # the channel's own, where it has one

"""What a channel announces. Apart from the readers, so that a run in which nothing is new loads none of them.
Pure."""

from __future__ import annotations

from dataclasses import dataclass

from scraper.discovery.identity import Identity
from scraper.models import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What a channel announces: links with an address and a ``key``, newest first as far as their dates say.

    ``sitemaps`` are the further files that a sitemap index names; ``ttl`` is how many seconds it asks to
    wait.
    """

    links: tuple[Link, ...] = ()
    sitemaps: tuple[str, ...] = ()
    ttl: float | None = None
    identity: Identity = Identity.LINK

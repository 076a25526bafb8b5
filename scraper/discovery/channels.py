"""A channel's page to what it announces, whatever kind of channel it is. Pure: the page is given in."""

from __future__ import annotations

from collections.abc import Sequence

from scraper.discovery.discovered import Discovered
from scraper.discovery.identity import Identity, choose_identity, identify
from scraper.discovery.kinds import CHANNEL_TYPES
from scraper.models import Channel, Link, Page


def discover(
    channel: Channel, page: Page, *, earlier: Sequence[Link] = (), identity: Identity = Identity.ID
) -> Discovered:
    """Return the links that one channel announces, each URL once.

    ``earlier`` are the links that the channel announced before and ``identity`` the rung its items were
    identified on, both from the store. Raises `DiscoveryError` when the page is not of the channel's kind.
    """
    reading = CHANNEL_TYPES[channel.kind].read(channel, page)
    links = _once(reading.links)
    rung = choose_rung(channel, links, earlier, current=identity)
    return Discovered(
        links=identify(links, rung),
        further=reading.further,
        ttl=reading.ttl,
        identity=rung,
        title=reading.title,
    )


def choose_rung(
    channel: Channel, links: Sequence[Link], earlier: Sequence[Link], *, current: Identity
) -> Identity:
    """Return the rung that the items of a channel are identified on; a kind with one rung stays on it."""
    rungs = CHANNEL_TYPES[channel.kind].identities
    return choose_identity(links, earlier, current=current) if len(rungs) > 1 else rungs[0]


def _once(links: Sequence[Link]) -> tuple[Link, ...]:
    """Return the links that have a URL, each URL once: a feed may announce one notice three times."""
    by_url: dict[str, Link] = {}
    for link in links:
        if link.url:
            by_url.setdefault(link.url, link)
    return tuple(by_url.values())

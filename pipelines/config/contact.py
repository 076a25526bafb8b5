"""Nobody is visited by a desk that cannot be reached: without a contact, only this computer may be asked."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from pipelines.errors import ConfigError
from scraper.errors import AddressError
from scraper.models import FetchSettings, Source
from scraper.urls import host_key


def check_contact(sources: Iterable[Source], settings: FetchSettings) -> None:
    """Raise ``ConfigError`` when a channel is on another computer and the config names no contact."""
    for source in sources:
        for channel in source.channels:
            if not may_ask(channel.url, settings):
                raise ConfigError(
                    "[cuttings] contact is empty: name an e-mail or web address at which publishers reach you, "
                    "it is sent with every request",
                    f"source {source.id}",
                )


def may_ask(url: str, settings: FetchSettings) -> bool:
    """Whether an address may be asked: there is a contact, or it is on this computer or in
    ``allow_private``."""
    if settings.contact:
        return True
    try:
        place = host_key(url)
    except AddressError:
        return True  # the client says what is wrong with it
    host = place.rpartition(":")[0].strip("[]")
    return place in settings.allow_private or host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

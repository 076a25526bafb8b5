"""Require a contact before any other computer is asked, so that publishers can reach whoever runs a desk."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from pipelines.errors import ConfigError
from scraper.errors import AddressError
from scraper.models import FetchSettings, Source
from scraper.urls import host_key


def check_contact(sources: Iterable[Source], settings: FetchSettings) -> None:
    """Raise ``ConfigError`` if the config has no contact and a channel is on another computer."""
    for source in sources:
        for channel in source.channels:
            if not may_ask(channel.url, settings):
                raise ConfigError(
                    "[cuttings] contact is empty; set it to your e-mail or web address, "
                    "so that publishers can reach you",
                    f"source {source.id}",
                )


def may_ask(url: str, settings: FetchSettings) -> bool:
    """Return whether a URL may be fetched: with a contact, on this computer, or by ``allow_private``."""
    if settings.contact:
        return True
    try:
        host_and_port = host_key(url)
    except AddressError:
        return True  # the client reports what is wrong with it
    host = host_and_port.rpartition(":")[0].strip("[]")
    return host_and_port in settings.allow_private or host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

"""URLs as options of commands."""

from __future__ import annotations

from urllib.parse import urlsplit

import click


def monitor_url(_ctx: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    """Return the URL of a monitor, as given. Raises ``BadParameter`` for what is not an http(s) URL."""
    if url and not _is_http(url):
        raise click.BadParameter(f"expected a URL such as https://monitor.example/ID, got {url!r}")
    return url


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # "http://[" and a port above 65535
        return False

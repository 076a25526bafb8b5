"""Who published an article, as SQL over ``articles AS a LEFT JOIN sources AS o``.

The SQL function ``site_of`` returns the site of a URL (``bbc.co.uk``): an imported article may name neither a
source nor a publisher, and its site is all that is known of it. Views cannot use it: other programs read
them.
"""

from __future__ import annotations

import sqlite3

from scraper.errors import AddressError
from scraper.urls import site_of

# What tells publishers apart: sources of one owner are one. NULL where nothing is known.
PUBLISHER = "coalesce(nullif(o.owner, ''), a.source_id, nullif(a.publisher, ''), site_of(a.url))"
# What readers see; empty where nothing is known.
OUTLET_NAME = "coalesce(o.name, nullif(a.publisher, ''), site_of(a.url), '')"


def add_site_of(connection: sqlite3.Connection) -> None:
    """Let the statements of a connection use ``site_of``."""
    connection.create_function("site_of", 1, _site, deterministic=True)


def _site(url: str | None) -> str | None:
    try:
        return site_of(url) if url else None
    except AddressError:
        return None

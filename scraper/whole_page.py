"""One article that a person names: its page, with the further pages of a paged article. EDGE: the network."""

from __future__ import annotations

from scraper.client import Client
from scraper.discovery.follow_on import PagesSoFar
from scraper.errors import BadReplyError, ScraperError
from scraper.models import Page


def get_whole_page(client: Client, url: str) -> Page:
    """Return the page at a URL as a run would fetch it: a meta refresh is followed once, pages are joined.

    A further page that cannot be fetched is noted in the page. Raises `FetchError`.
    """
    so_far = PagesSoFar()
    page = _page(client, url)
    while (further := so_far.further(page)) is not None:
        address, so_far = further
        try:
            page = _page(client, address)
        except ScraperError:
            if (whole := so_far.whole(None, url)) is None:
                raise
            return whole
    return so_far.whole(page, url) or page


def _page(client: Client, url: str) -> Page:
    page = client.get(url)
    if not isinstance(page, Page):
        raise BadReplyError("HTTP 304 to a request without validators; there is nothing to read", url)
    return page

"""fundus: its download layer (`WebSource`), a source for each host, one after the other, robots.txt obeyed.

Its crawler wants a parser written for each publisher; fetching does not, and that is what is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from fundus.parser import BaseParser, ParserProxy
from fundus.publishers.base_objects import Publisher
from fundus.scraping.html import WebSource
from fundus.scraping.session import session_handler
from fundus.scraping.url import RSSFeed
from fundus.utils.events import __EVENTS__

from tools.bench.loop import serve


class Parser(ParserProxy):  # type: ignore[misc]  # fundus is not installed where types are checked
    """A publisher must have one; nothing is parsed."""

    class V1(BaseParser):  # type: ignore[misc]
        """No attributes."""


def fetched(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many of the addresses gave a page of the expected size."""
    pages = 0
    with session_handler.context():
        for host, urls in groupby(request["urls"], key=lambda url: urlsplit(url).netloc):
            site = f"http://{host}/"
            publisher = Publisher(name=host, domain=site, parser=Parser, sources=[RSSFeed(f"{site}feed")])
            with __EVENTS__.context(host):
                source = WebSource(list(urls), publisher)
                pages += sum(len(html.content) == request["size"] for html in source.fetch())
    return {"pages": pages}


if __name__ == "__main__":
    serve(fetched)

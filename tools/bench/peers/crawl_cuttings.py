"""cuttings: `scraper.crawl` with 16 workers, robots.txt obeyed, addresses checked, one connection a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from scraper.client import Client
from scraper.crawl import Crawl, Request
from scraper.models import FetchSettings, Page
from tools.bench.loop import serve

WORKERS = 16


def fetched(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many of the addresses gave a page of the expected size."""
    hosts = frozenset(urlsplit(url).netloc for url in request["urls"])
    settings = FetchSettings(delay=request["delay"], workers=WORKERS, allow_private=hosts)
    with Client(settings) as client:
        crawl = Crawl(client)
        for url in request["urls"]:
            crawl.add(Request(url=url))
        outcomes = [each.outcome for each in crawl]
    return {"pages": sum(isinstance(each, Page) and len(each.body) == request["size"] for each in outcomes)}


if __name__ == "__main__":
    serve(fetched)

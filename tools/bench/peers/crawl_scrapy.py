"""Scrapy: its crawler process with the delay that is asked for, obeying robots.txt.

A reactor runs once in a process, so each request is answered by a child process, whose CPU time is counted.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import CrawlerProcess

from tools.bench.loop import serve

WORKERS = 16


class Pages(scrapy.Spider):  # type: ignore[misc]  # Scrapy has no types here
    """Fetches the addresses it is given and counts pages of the expected size."""

    name = "pages"
    found = 0

    def __init__(self, urls: list[str], size: int) -> None:
        super().__init__()
        self.urls, self.size = urls, size

    async def start(self) -> AsyncIterator[Any]:
        """Ask for each page; a port is a host here, where Scrapy would take all ports for one."""
        for url in self.urls:
            yield scrapy.Request(url, meta={"download_slot": urlsplit(url).netloc}, dont_filter=True)

    def parse(self, response: Any) -> Iterator[Any]:
        """Count a page."""
        Pages.found += len(response.body) == self.size
        yield from ()


def crawl(request: Mapping[str, Any]) -> int:
    """Return how many pages of the expected size were fetched."""
    process = CrawlerProcess({
        "LOG_ENABLED": False, "ROBOTSTXT_OBEY": True, "TELNETCONSOLE_ENABLED": False,
        "CONCURRENT_REQUESTS": WORKERS, "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": request["delay"], "RANDOMIZE_DOWNLOAD_DELAY": False,
    })  # fmt: skip
    process.crawl(Pages, urls=list(request["urls"]), size=request["size"])
    process.start()
    return Pages.found


def in_a_child(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a child process fetched, and its CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "tools.bench.peers.crawl_scrapy", "child"]
    done = subprocess.run(
        command, input=json.dumps(dict(request)), capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"pages": int(done.stdout.split()[-1]), "cpu_saved": seconds}


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        print(crawl(json.load(sys.stdin)))
    else:
        serve(in_a_child)

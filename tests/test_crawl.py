"""Many requests over many hosts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from scraper.client import Client
from scraper.crawl import RESULTS_OF_HOST_WAITING, RESULTS_WAITING, Crawl, Fetched, Request
from scraper.errors import AddressError, GoneError, RobotsDisallowedError, SpentError
from scraper.models import FetchSettings, Page
from tests.site import Site

HTML = "<p>Something happened.</p>"


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Site()) for _ in range(3)]


def _client(sites: list[Site], *, delay: float = 0.0, workers: int = 4) -> Client:
    allowed = frozenset(site.host for site in sites)
    return Client(FetchSettings(delay=delay, workers=workers, timeout=5.0, allow_private=allowed))


def _crawl(client: Client, urls: list[str]) -> list[Fetched]:
    crawl = Crawl(client)
    for url in urls:
        crawl.add(Request(url=url))
    return list(crawl)


def test_each_request_comes_back_once(sites: list[Site]) -> None:
    urls = []
    for site in sites:
        for number in range(5):
            site.page(f"/{number}", HTML)
            urls.append(site.url(f"/{number}"))
    with _client(sites) as client:
        done = _crawl(client, urls)
    assert sorted(each.request.url for each in done) == sorted(urls)
    assert all(isinstance(each.outcome, Page) for each in done)
    assert [site.count("/robots.txt") for site in sites] == [1, 1, 1]


def test_failures_are_values(sites: list[Site]) -> None:
    sites[0].robots("User-agent: *\nDisallow: /private")
    with _client(sites) as client:
        done = _crawl(client, [sites[0].url("/private/a"), sites[0].url("/gone"), "mailto:a@example.org"])
    assert {type(each.outcome) for each in done} == {RobotsDisallowedError, GoneError, AddressError}


def test_requests_may_be_added_while_iterating(sites: list[Site]) -> None:
    for number in range(4):
        sites[0].page(f"/{number}", HTML)
    with _client(sites) as client:
        crawl = Crawl(client)
        crawl.add(Request(url=sites[0].url("/0"), context=0))
        seen = []
        for fetched in crawl:
            seen.append(fetched.request.context)
            if fetched.request.context < 3:
                crawl.add(
                    Request(
                        url=sites[0].url(f"/{fetched.request.context + 1}"),
                        context=fetched.request.context + 1,
                    )
                )
    assert seen == [0, 1, 2, 3]


def test_one_connection_a_host_and_the_delay_between_starts(sites: list[Site]) -> None:
    for site in sites:
        for number in range(4):
            site.page(f"/{number}", HTML)
    begun = time.monotonic()
    with _client(sites, delay=0.1, workers=8) as client:
        _crawl(client, [site.url(f"/{number}") for number in range(4) for site in sites])
    for site in sites:
        starts = [asked.at - begun for asked in site.log]
        assert len(starts) == 5
        # counted from before the first request: a site that is slow to answer makes no interval look shorter
        assert all(start >= 0.1 * place for place, start in enumerate(starts))


def test_what_is_late_is_postponed(sites: list[Site]) -> None:
    for number in range(20):
        sites[0].page(f"/{number}", HTML)
    with _client(sites, delay=0.1) as client:
        crawl = Crawl(client, deadline=0.35)
        for number in range(20):
            crawl.add(Request(url=sites[0].url(f"/{number}")))
        done = list(crawl)
    assert len(done) == 20
    kinds = [type(each.outcome) for each in done]
    assert kinds.count(Page) + kinds.count(SpentError) == 20
    assert 1 <= kinds.count(Page) <= 5


def test_a_crawl_delay_longer_than_a_run_waits_skips_the_site(sites: list[Site]) -> None:
    sites[0].robots("User-agent: *\nCrawl-delay: 5000")
    for number in range(3):
        sites[0].page(f"/{number}", HTML)
    with _client(sites) as client:
        done = _crawl(client, [sites[0].url(f"/{number}") for number in range(3)])
    assert {type(each.outcome).__name__ for each in done} == {"RobotsDisallowedError"}
    assert len(done) == 3


@pytest.mark.slow
def test_workers_do_not_run_ahead_of_the_consumer(sites: list[Site]) -> None:
    total = RESULTS_WAITING + 40
    for number in range(total):
        sites[0].page(f"/{number}", HTML)
    with _client(sites) as client:
        crawl = Crawl(client)
        for number in range(total):
            crawl.add(Request(url=sites[0].url(f"/{number}")))
        results = iter(crawl)
        next(results)
        threading.Event().wait(0.5)
        assert len(sites[0].log) <= RESULTS_WAITING + 1 + client.settings.workers + 1
        assert len(list(results)) == total - 1


def test_an_unexpected_error_stops_the_crawl_loudly(
    sites: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Page:
        raise ZeroDivisionError("a defect")

    with _client(sites) as client:
        monkeypatch.setattr(client, "get", broken)
        with pytest.raises(ZeroDivisionError):
            _crawl(client, [sites[0].url("/a")])


def test_leaving_early_ends_the_workers(sites: list[Site]) -> None:
    for number in range(30):
        sites[0].page(f"/{number}", HTML)
    with _client(sites, delay=0.05) as client:
        crawl = Crawl(client)
        for number in range(30):
            crawl.add(Request(url=sites[0].url(f"/{number}")))
        for _ in crawl:
            break
        crawl.close()
        asked = len(sites[0].log)
        threading.Event().wait(0.3)
    assert len(sites[0].log) <= asked + 1


def test_a_host_is_not_asked_on_while_nobody_takes_its_pages(sites: list[Site]) -> None:
    site = sites[0]
    for number in range(8):
        site.page(f"/{number}", HTML)
    with _client(sites) as client:
        crawl = Crawl(client)
        for number in range(8):
            crawl.add(Request(url=site.url(f"/{number}")))
        results = iter(crawl)
        next(results)
        time.sleep(0.2)
        pages = [asked for asked in site.log if asked.path != "/robots.txt"]
        assert len(pages) <= 2 + RESULTS_OF_HOST_WAITING
        assert len(list(results)) == 7

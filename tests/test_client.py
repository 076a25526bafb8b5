"""One polite GET."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scraper.client import Client, Kind
from scraper.errors import (
    ForbiddenAddressError,
    GoneError,
    PostponedError,
    RateLimitedError,
    RobotsDisallowedError,
    RobotsUnreachableError,
)
from scraper.models import FetchSettings, HostState, NotModified, Page, Validators
from scraper.net import address_guard
from scraper.net.budget import Budget
from tests.site import Site

HTML = "<p>Something happened.</p>"
NOW = datetime(2026, 9, 7, 12, tzinfo=UTC)


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 1_000.0 + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/a", HTML)
        site.page("/b", HTML)
        yield site


@pytest.fixture
def time() -> Time:
    return Time()


def _client(
    site: Site, time: Time, *, delay: float = 5.0, hosts: tuple[HostState, ...] = (), contact: str = ""
) -> Client:
    settings = FetchSettings(
        delay=delay, timeout=5.0, allow_private=frozenset({site.host}), contact=contact, version="1.2"
    )
    return Client(settings, hosts=hosts, now=time.now, sleep=time.sleep, monotonic=time.monotonic)


def test_a_page(site: Site, time: Time) -> None:
    with _client(site, time) as client:
        page = client.get(site.url("/a#part"))
    assert isinstance(page, Page)
    assert page.body == HTML.encode()
    assert page.final_url == site.url("/a")
    assert page.fetched_at.tzinfo is UTC
    assert page.validators.etag


def test_one_honest_name(site: Site, time: Time) -> None:
    with _client(site, time, contact="desk@example.org") as client:
        client.get(site.url("/a"))
    assert {asked.headers["user-agent"] for asked in site.log} == {"cuttings/1.2 (+desk@example.org)"}


def test_not_modified(site: Site, time: Time) -> None:
    with _client(site, time) as client:
        page = client.get(site.url("/a"))
        assert isinstance(page, Page)
        assert isinstance(client.get(site.url("/a"), validators=page.validators), NotModified)
        assert isinstance(client.get(site.url("/a"), validators=Validators(etag='"older"')), Page)


def test_validators_that_no_header_can_hold_are_not_sent(site: Site, time: Time) -> None:
    with _client(site, time) as client:
        page = client.get(
            site.url("/a"), validators=Validators(etag='"a\r\nX: b"', last_modified="caf\u00e9 \u2028")
        )
    assert isinstance(page, Page)
    assert not {"if-none-match", "if-modified-since", "x"} & site.last("/a").headers.keys()


def test_the_delay_is_kept_and_robots_txt_counts_for_a_second(site: Site, time: Time) -> None:
    with _client(site, time) as client:
        client.get(site.url("/a"))
        client.get(site.url("/b"))
        client.get(site.url("/a"), delay=7.0)
        client.get(site.url("/b"))
    assert time.slept == pytest.approx([1.0, 5.0, 5.0, 7.0])


def test_a_longer_crawl_delay_counts(site: Site, time: Time) -> None:
    site.robots("User-agent: *\nCrawl-delay: 9")
    with _client(site, time) as client:
        client.get(site.url("/a"))
        client.get(site.url("/b"))
    assert time.slept == pytest.approx([1.0, 9.0])


def test_redirect_hops_are_paced_too(site: Site, time: Time) -> None:
    site.redirect("/r", "/a")
    with _client(site, time, delay=0.4) as client:
        client.get(site.url("/r"))
        client.get(site.url("/b"))
    assert time.slept == pytest.approx([0.4, 0.4, 0.4])


def test_robots_txt_is_asked_once_and_remembered_for_a_day(site: Site, time: Time) -> None:
    site.robots("User-agent: *\nDisallow: /b")
    with _client(site, time) as client:
        client.get(site.url("/a"))
        states = client.host_states()
    assert site.count("/robots.txt") == 1
    with _client(site, time, hosts=states) as client:
        client.get(site.url("/a"))
        with pytest.raises(RobotsDisallowedError):
            client.get(site.url("/b"))
        assert client.host_states() == ()
    assert site.count("/robots.txt") == 1
    time.sleep(86_400)
    with _client(site, time, hosts=states) as client:
        client.get(site.url("/a"))
    assert site.count("/robots.txt") == 2


def test_a_robots_txt_that_redirects_to_itself_is_asked_once(site: Site, time: Time) -> None:
    site.redirect("/robots.txt", "/robots.txt")
    with _client(site, time) as client:
        client.get(site.url("/a"))
    assert site.count("/robots.txt") == 1


def test_an_unreachable_robots_txt_stops_the_site_for_this_run(site: Site, time: Time) -> None:
    site.page("/robots.txt", "no", status=500)
    with _client(site, time) as client:
        for path in ("/a", "/b"):
            with pytest.raises(RobotsUnreachableError, match="HTTP 500"):
                client.get(site.url(path))
        states = client.host_states()
    assert site.count("/robots.txt") == 1
    assert site.count("/a") == 0
    site.robots("")
    with _client(site, time, hosts=states) as client:
        assert isinstance(client.get(site.url("/a")), Page)


def test_a_retry_after_rests_the_host_at_once_and_across_runs(site: Site, time: Time) -> None:
    site.page("/busy", "later", status=429, headers={"Retry-After": "4000"})
    with _client(site, time, delay=0.0) as client:
        with pytest.raises(RateLimitedError) as caught:
            client.get(site.url("/busy"))
        assert caught.value.retry_after == 4_000
        with pytest.raises(PostponedError, match="left alone until"):
            client.get(site.url("/a"))
        states = client.host_states()
    with _client(site, time, hosts=states) as client:
        with pytest.raises(PostponedError, match="left alone until"):
            client.get(site.url("/a"))
        time.sleep(4_001)
        assert isinstance(client.get(site.url("/a")), Page)
        assert client.host_states()[0].failures == 0
    assert site.count("/busy") == 1


def test_refusals_without_a_time_rest_the_host_after_six_in_a_row(site: Site, time: Time) -> None:
    site.page("/busy", "later", status=503)
    with _client(site, time, delay=0.0) as client:
        for _ in range(6):
            with pytest.raises(RateLimitedError):
                client.get(site.url("/busy"))
        with pytest.raises(PostponedError, match="left alone until"):
            client.get(site.url("/a"))
        (state,) = client.host_states()
    assert state.not_before == time.now() + timedelta(minutes=15)


def test_a_crawl_delay_longer_than_a_run_waits_is_said_and_the_site_skipped(site: Site, time: Time) -> None:
    site.robots("User-agent: *\nCrawl-delay: 86400")
    with _client(site, time) as client:
        for path in ("/a", "/b"):
            with pytest.raises(RobotsDisallowedError, match="Crawl-delay of 86400 s"):
                client.get(site.url(path))
        states = client.host_states()
    with (
        _client(site, time, hosts=states) as client,
        pytest.raises(RobotsDisallowedError, match="Crawl-delay of 86400 s"),
    ):
        client.get(site.url("/a"))
    assert [asked.path for asked in site.log] == ["/robots.txt"]


def test_a_short_retry_after_is_waited_out(site: Site, time: Time) -> None:
    site.page("/busy", "later", status=503, headers={"Retry-After": "20"})
    with _client(site, time, delay=0.0) as client:
        with pytest.raises(RateLimitedError):
            client.get(site.url("/busy"))
        client.get(site.url("/a"))
    assert time.slept == pytest.approx([20.0])


def test_a_name_that_resolves_to_a_private_address_is_refused_when_it_does(
    site: Site, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the second one is not."""
    answers = iter([["192.0.2.7"], ["127.0.0.1"]])
    places = lambda name, port, flags: [(socket.AF_INET, (address, port)) for address in next(answers)]  # noqa: E731
    monkeypatch.setattr(address_guard, "_look_up", places)
    port = int(site.host.rpartition(":")[2])
    with _client(site, time) as client:
        for _ in range(2):
            with pytest.raises(ForbiddenAddressError) as refused:
                client.get(f"http://news.example:{port}/a")
            assert refused.value.subject == f"http://news.example:{port}/a"
    assert not site.log


def test_of_several_addresses_only_the_permitted_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    rows = [(socket.AF_INET, (address, 80)) for address in ("10.0.0.1", "93.184.215.14", "127.0.0.1")]
    monkeypatch.setattr(address_guard, "_look_up", lambda *_: rows)
    monkeypatch.setattr(address_guard, "_connect_first", lambda places, _: tried.extend(places))
    guard = address_guard.AddressGuard(allow_private=frozenset())
    budget = Budget(subject="x", deadline=1e9, most=1, clock=lambda: 0.0, large=threading.Semaphore())
    guard.open("news.example", 80, budget)
    assert tried == [(socket.AF_INET, ("93.184.215.14", 80))]


def test_environment_proxies_and_netrc_are_not_used(
    site: Site, time: Time, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with _client(site, time) as client:
        client.get(site.url("/a"))
    assert "authorization" not in site.last("/a").headers


def test_a_channel_may_be_called_by_a_wrong_type(site: Site, time: Time) -> None:
    site.page("/feed", "<rss/>", headers={"Content-Type": "application/octet-stream"})
    with _client(site, time, delay=0.0) as client:
        assert isinstance(client.get(site.url("/feed"), kind=Kind.CHANNEL), Page)


def test_gone(site: Site, time: Time) -> None:
    with _client(site, time) as client, pytest.raises(GoneError) as caught:
        client.get(site.url("/nothing"))
    assert caught.value.status == 404
    assert str(caught.value).endswith(site.url("/nothing"))

"""Which addresses may be connected to, and how targets are read."""

from __future__ import annotations

import ipaddress
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import AddressError, ConnectError, DeadlineError
from scraper.net import address_guard
from scraper.net.address_guard import read_target, refusal
from scraper.net.budget import Budget


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.0.1",
        "2606:2800:220:1::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_public(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("10.255.0.1", "private"),
        ("172.31.255.255", "private"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("224.0.0.251", "multicast"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a9fe:a9fe", "metadata"),
        ("fe80::1%eth0", "link-local"),
        ("::127.0.0.1", "not global unicast"),
        ("fec0::1", "not global unicast"),
        ("64:ff9b:1::1", "not global unicast"),
        ("2002:7f00:1::", "6to4"),
    ],
)
def test_refused(address: str, kind: str) -> None:
    assert kind in (refusal(address) or "")


@given(st.ip_addresses())
def test_what_python_calls_private_is_refused(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_multicast or address.is_unspecified:
        assert refusal(str(address)) is not None


@given(st.ip_addresses(v=4))
def test_wrapped_in_ipv6_an_address_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    assert refusal(f"::ffff:{address}") == refusal(str(address))
    assert refusal(str(ipaddress.IPv6Address(f"64:ff9b::{address}"))) == refusal(str(address))


@pytest.mark.parametrize(
    ("url", "key", "pace_key", "clean"),
    [
        ("http://Example.ORG/a#b", "example.org:80", "example.org:443", "http://example.org/a"),
        ("https://user:pw@example.org/", "example.org:443", "example.org:443", "https://example.org/"),
        ("http://example.org:8080", "example.org:8080", "example.org:8080", "http://example.org:8080/"),
        ("http://0177.1:8000/", "127.0.0.1:8000", "127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("http://[::1]:8000/", "[::1]:8000", "[::1]:8000", "http://[::1]:8000/"),
        (
            "http://caf\u00e9.example/\u00e9?x=\u00e9",
            "xn--caf-dma.example:80",
            "xn--caf-dma.example:443",
            None,
        ),
    ],
)
def test_target(url: str, key: str, pace_key: str, clean: str | None) -> None:
    target = read_target(url)
    assert (target.key, target.pace_key) == (key, pace_key)
    assert target.url == clean or (clean is None and target.url.isascii())


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://a/", "http://", "http://[::1", "http://a:99999/", "http://exa mple/"]
)
def test_no_target(url: str) -> None:
    with pytest.raises(AddressError):
        read_target(url)


def test_a_name_server_that_does_not_answer_costs_no_more_than_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(name: str, port: int, flags: int) -> list[address_guard.ResolvedAddress]:
        if flags:
            raise address_guard.socket.gaierror
        time.sleep(1.0)
        return []

    monkeypatch.setattr(address_guard, "_look_up", never)
    with pytest.raises(DeadlineError, match="name server"):
        address_guard._resolve("slow.example", 80, _budget(0.1))


def test_a_name_that_no_name_server_can_know() -> None:
    with pytest.raises(ConnectError, match="is not a valid host name"):
        address_guard._resolve("a" * 70 + ".example", 80, _budget(5.0))


def _budget(seconds: float) -> Budget:
    large = address_guard.threading.Semaphore()
    return Budget(subject="x", deadline=time.monotonic() + seconds, most=1, clock=time.monotonic, large=large)

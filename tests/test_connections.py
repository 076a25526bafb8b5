"""Connections: which are used again, and whose word counts for a certificate."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import trustme

from scraper.net import connection
from scraper.net.addresses import read_target
from scraper.net.connection import CA_VARIABLES, AddressGuard, Connections, GuardedConnection


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def _connected(url: str, sock: socket.socket | None) -> GuardedConnection:
    made = GuardedConnection(read_target(url), AddressGuard(allow_private=frozenset()), None)
    made.sock = sock
    return made


def test_a_quiet_idle_connection_is_used_again(pair: tuple[socket.socket, socket.socket]) -> None:
    connections = Connections(AddressGuard(allow_private=frozenset()))
    kept = _connected("http://news.example/a", pair[0])
    connections.keep(kept)
    assert connections._take(read_target("http://news.example/b")) is kept
    assert connections._take(read_target("http://news.example/b")) is not kept


def test_a_reply_that_nobody_asked_for_is_not_taken_for_the_next_one(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Proxies send 408 on an idle connection before they close it."""
    connections = Connections(AddressGuard(allow_private=frozenset()))
    kept = _connected("http://news.example/a", pair[0])
    connections.keep(kept)
    pair[1].sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    assert connections._take(read_target("http://news.example/b")) is not kept
    assert kept.sock is None


def test_the_least_recently_used_connection_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "KEPT_HOSTS", 2)
    connections = Connections(AddressGuard(allow_private=frozenset()))
    sockets = [socket.socket() for _ in range(3)]
    kept = [_connected(f"http://{name}.example/", sock) for name, sock in zip("abc", sockets, strict=True)]
    for each in kept:
        connections.keep(each)
    assert [each.sock is None for each in kept] == [True, False, False]
    connections.close()
    assert all(each.sock is None for each in kept)


def test_a_connection_that_comes_back_after_the_end_is_closed(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    connections = Connections(AddressGuard(allow_private=frozenset()))
    connections.close()
    late = _connected("http://news.example/a", pair[0])
    connections.keep(late)
    assert late.sock is None


def test_authorities_of_the_desk_count_beside_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    usual = connection._tls_context().cert_store_stats()["x509"]
    own = trustme.CA().cert_pem.bytes()
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + own)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "nowhere"))
    context = connection._tls_context()
    assert context.cert_store_stats()["x509"] == usual + 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("http://news.example/a?b=c", "news.example"),
        ("http://news.example.:8080/a", "news.example:8080"),
        ("https://[2001:db8::1]/a", "[2001:db8::1]"),
        ("https://news.example:80/a", "news.example:80"),
    ],
)
def test_the_host_is_named_as_it_should_be(
    url: str, written: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    asking = _connected(url, pair[0])
    asking.request("GET", read_target(url).path)
    request = pair[1].recv(4_096).decode()
    assert request.startswith(f"GET {read_target(url).path} HTTP/1.1\r\n")
    assert f"\r\nHost: {written}\r\n" in request

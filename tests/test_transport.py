"""The transport: which connections are used again, whose certificates are trusted, and what is sent."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import requests
import trustme

from scraper.errors import ConnectError
from scraper.net import transport
from scraper.net.address_guard import AddressGuard, read_target
from scraper.net.budget import Budget
from scraper.net.transport import CA_VARIABLES, Transport, tls_context
from tests.raw_server import TcpServer, read_head, replying

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<p>a\n"


def make_transport(*servers: TcpServer) -> Transport:
    return Transport(AddressGuard(allow_private=frozenset(server.host for server in servers)))


def budget_for(url: str) -> Budget:
    return Budget(
        subject=url,
        deadline=time.monotonic() + 5.0,
        most=100_000,
        clock=time.monotonic,
        large=threading.Semaphore(),
    )


def fetch(sender: Transport, url: str, *, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    target = read_target(url)
    exchange = sender.exchange(target, headers or {}, budget_for(target.url))
    try:
        return exchange.status, exchange.read()
    finally:
        exchange.close()


@pytest.fixture
def heads() -> list[str]:
    return []


@pytest.fixture
def server(heads: list[str]) -> Iterator[TcpServer]:
    with TcpServer(replying(PAGE, heads=heads)) as server:
        yield server


def test_the_product_fetches_with_requests(server: TcpServer) -> None:
    sender = make_transport(server)
    assert isinstance(sender._session, requests.Session)
    assert not sender._session.trust_env
    assert sender._session.get_adapter("https://news.example/") is sender.adapter


def test_an_idle_connection_is_used_again(server: TcpServer) -> None:
    sender = make_transport(server)
    for path in "abc":
        assert fetch(sender, f"http://{server.host}/{path}") == (200, b"<p>a\n")
    assert server.accepted == 1
    sender.close()
    assert server.closed.acquire(timeout=5.0)


def refused(reply: bytes) -> tuple[int, float]:
    """Return the connections of three requests whose bodies nobody asks for, and the seconds of the closing."""
    with TcpServer(replying(reply)) as server:
        sender, seconds = make_transport(server), 0.0
        for _ in range(3):
            target = read_target(f"http://{server.host}/")
            exchange = sender.exchange(target, {}, budget_for(target.url))
            began = time.monotonic()
            exchange.close()
            seconds += time.monotonic() - began
        sender.close()
        return server.accepted, seconds


@pytest.mark.parametrize(
    ("head", "body", "connections"),
    [
        (b"404 Not Found\r\nContent-Length: 5", b"gone\n", 1),
        (b"301 Moved Permanently\r\nLocation: /a\r\nContent-Length: 0", b"", 1),
        (b"404 Not Found\r\nContent-Length: 9000000", b"gone\n", 3),
        (b"404 Not Found\r\nContent-Length: 5\r\nConnection: close", b"gone\n", 3),
    ],
)
def test_the_short_body_of_a_refusal_does_not_cost_the_connection(
    head: bytes, body: bytes, connections: int
) -> None:
    accepted, seconds = refused(b"HTTP/1.1 " + head + b"\r\n\r\n" + body)
    assert accepted == connections
    assert seconds < 1.0


def test_a_refusal_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SHORT_SECONDS", 0.05)
    accepted, seconds = refused(b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\ngone")
    assert accepted == 3
    assert seconds < 1.0


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    def serve_once(connection: object) -> None:
        read_head(connection)  # type: ignore[arg-type]
        connection.sendall(PAGE)  # type: ignore[attr-defined]

    with TcpServer(serve_once) as server:
        sender = make_transport(server)
        for _ in range(3):
            assert fetch(sender, f"http://{server.host}/")[0] == 200
        sender.close()
        assert server.accepted == 3


def test_surplus_bytes_end_the_connection() -> None:
    """Else the next reply would begin with them."""
    with TcpServer(replying(PAGE + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")) as server:
        sender = make_transport(server)
        for _ in range(2):
            assert fetch(sender, f"http://{server.host}/") == (200, b"<p>a\n")
            assert server.closed.acquire(timeout=5.0)
        assert server.accepted == 2
        sender.close()


def test_a_reply_to_no_request_is_not_taken_for_the_next_one() -> None:
    """Proxies send 408 on an idle connection before they close it."""
    sent = threading.Event()

    def serve(connection: object) -> None:
        while read_head(connection):  # type: ignore[arg-type]
            connection.sendall(PAGE)  # type: ignore[attr-defined]
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]
            sent.set()

    with TcpServer(serve) as server:
        sender = make_transport(server)
        assert fetch(sender, f"http://{server.host}/")[0] == 200
        assert sent.wait(5.0)
        assert fetch(sender, f"http://{server.host}/")[0] == 200
        assert server.accepted == 2
        sender.close()


def test_the_least_recently_used_connection_is_closed_first(
    monkeypatch: pytest.MonkeyPatch, server: TcpServer
) -> None:
    monkeypatch.setattr(transport, "IDLE_HOSTS", 2)
    with TcpServer(replying(PAGE)) as second, TcpServer(replying(PAGE)) as third:
        sender = make_transport(server, second, third)
        for each in (server, second, third, second):
            fetch(sender, f"http://{each.host}/")
        assert server.closed.acquire(timeout=5.0)
        assert (server.accepted, second.accepted, third.accepted) == (1, 1, 1)
        sender.close()


def test_cookies_are_neither_kept_nor_sent() -> None:
    heads: list[str] = []
    cookie = PAGE.replace(b"Content-Type", b"Set-Cookie: id=7; Path=/\r\nContent-Type")
    with TcpServer(replying(cookie, heads=heads)) as server:
        sender = make_transport(server)
        for _ in range(2):
            fetch(sender, f"http://{server.host}/")
        sender.close()
    assert len(heads) == 2
    assert "cookie" not in heads[1].lower()
    assert not sender._session.cookies


def test_only_our_headers_are_sent(server: TcpServer, heads: list[str]) -> None:
    sender = make_transport(server)
    fetch(sender, f"http://{server.host}/a?b=c%2fd|e", headers={"User-Agent": "cuttings/1", "Accept": "*/*"})
    sender.close()
    lines = heads[0].strip().split("\r\n")
    assert lines[0].startswith("GET /a?b=c%2")
    assert {line.partition(":")[0] for line in lines[1:]} <= {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
    }


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://news.example/a?b=c", "news.example"),
        ("http://news.example.:8080/a", "news.example:8080"),
        ("http://[2001:db8::1]/a", "[2001:db8::1]"),
        ("http://[2001:db8::1]:8080/a", "[2001:db8::1]:8080"),
    ],
)
def test_the_host_header(
    url: str, header: str, monkeypatch: pytest.MonkeyPatch, server: TcpServer, heads: list[str]
) -> None:
    def open_at_server(_self: object, _host: str, _port: int, _budget: Budget) -> object:
        return transport.socket.create_connection(("127.0.0.1", server.port))

    monkeypatch.setattr(AddressGuard, "open", open_at_server)
    sender = make_transport()
    fetch(sender, url)
    sender.close()
    assert f"\r\nHost: {header}\r\n" in heads[0]


def test_a_url_that_requests_cannot_send_is_an_error_of_ours(server: TcpServer) -> None:
    with pytest.raises(ConnectError):
        fetch(make_transport(server), f"http://{'a' * 70}.example/")


def test_authorities_of_the_environment_are_added_to_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    usual = tls_context().cert_store_stats()["x509"]
    own = trustme.CA().cert_pem.bytes()
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + own)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "nowhere"))
    context = tls_context()
    assert context.cert_store_stats()["x509"] == usual + 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname

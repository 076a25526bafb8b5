"""Connections that look where they go: each resolved address is checked in the moment of connecting.

http.client writes the request, ssl verifies; neither knows of cookies, proxies, netrc or redirects. Ours are
the places where a hostile server or name server could reach further than it may: resolving, connecting, and
reading.
"""

from __future__ import annotations

import http.client
import os
import re
import select
import socket
import ssl
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import certifi

from scraper.errors import BadReplyError, ConnectError, DeadlineError, FetchError, ForbiddenAddressError
from scraper.net.addresses import BAD_PORTS, DEFAULT_PORTS, Target, refusal
from scraper.net.budget import Budget
from scraper.net.http1 import BoundedReply

# Where requests and OpenSSL look for a desk's own certificate authorities.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
KEPT_HOSTS = 512  # with an idle connection

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")

Place = tuple[socket.AddressFamily, Any]


class AddressGuard:
    """Opens sockets to permitted addresses only."""

    def __init__(self, *, allow_private: frozenset[str], local_only: bool = False) -> None:
        self._allow_private = frozenset(entry.lower() for entry in allow_private)
        self._local_only = local_only

    def open(self, host: str, port: int, budget: Budget) -> socket.socket:
        """A connected socket. Raises ``ForbiddenAddressError``, ``ConnectError`` or ``DeadlineError``."""
        budget.reused = False
        name = host.strip("[]").rstrip(".").lower()
        permitted = self.permits(name, port)
        if self._local_only and not permitted:
            raise ForbiddenAddressError(
                "not asked: [cuttings] contact is empty, and [fetch] allow_private does not list it",
                budget.subject,
            )
        if port in BAD_PORTS and not permitted:
            raise ForbiddenAddressError(f"port {port} belongs to another protocol", budget.subject)
        places = _resolve(name, port, budget)
        refused = {} if permitted else {where[0]: why for _, where in places if (why := refusal(where[0]))}
        usable = [place for place in places if place[1][0] not in refused]
        if not usable:
            where, why = next(iter(refused.items()))
            raise ForbiddenAddressError(
                f'{where} is a {why} address; list "{name}:{port}" in fetch.allow_private if it is meant',
                budget.subject,
            )
        return _connect_first(usable, budget)

    def permits(self, name: str, port: int) -> bool:
        """Whether ``allow_private`` lists this host and port."""
        return f"{name}:{port}" in self._allow_private or f"[{name}]:{port}" in self._allow_private


def _resolve(name: str, port: int, budget: Budget) -> list[Place]:
    """All addresses of a host. Name servers know no deadline, so the look-up runs beside us and may be left
    behind."""
    try:
        return _look_up(name, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, not a number
    except UnicodeError as error:  # a label that IDNA refuses
        raise ConnectError(f"{name[:80]} is no name that a server can have", budget.subject) from error
    found: list[list[Place] | Exception] = []

    def look_up() -> None:
        try:
            found.append(_look_up(name, port, 0))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(budget.remaining())
    if not found:
        raise DeadlineError("the name server did not answer in time", budget.subject)
    if isinstance(found[0], Exception):
        raise ConnectError(f"no address is known for {name}", budget.subject) from found[0]
    return found[0]


def _look_up(name: str, port: int, flags: int) -> list[Place]:
    rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=flags)
    return [(family, where) for family, _, _, _, where in rows]


def _connect_first(places: list[Place], budget: Budget) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time that is left."""
    last: OSError | None = None
    for index, (family, where) in enumerate(places):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(budget.remaining() / (len(places) - index))
            sock.connect(where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    budget.remaining()
    raise ConnectError(f"no connection ({(last and last.strerror) or last})", budget.subject) from last


class GuardedConnection(http.client.HTTPConnection):
    """A connection through the gate, plain or with TLS; with it, certificate and host name are always
    verified."""

    def __init__(self, target: Target, gate: AddressGuard, tls: ssl.SSLContext | None) -> None:
        super().__init__(target.host.rstrip("."), target.port)
        self.origin = target.origin
        self.default_port = DEFAULT_PORTS[target.scheme]  # it is left out of the Host header
        self._gate = gate
        self._tls = tls
        self._budget: Budget

    def connect(self) -> None:
        """Open the socket. Raises ``FetchError`` or ``OSError``."""
        sock = self._gate.open(self.host, self.port, self._budget)
        try:
            sock.settimeout(
                self._budget.remaining()
            )  # Python's TLS handshake takes this as its whole deadline
            self.sock = self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock
        except BaseException:
            sock.close()
            raise

    def ask(self, path: str, headers: dict[str, str], budget: Budget) -> BoundedReply:
        """Send one GET and read the head of the reply. Raises ``FetchError`` or what the libraries raise."""
        self._budget = budget
        if self.sock is None:
            self.connect()
        else:
            self.sock.settimeout(budget.remaining())
        with suppress(
            BrokenPipeError, ConnectionResetError
        ):  # who answers before reading all may have hung up
            self.request("GET", path, headers=headers)
        budget.mark_sent()
        reply = self.getresponse()
        assert isinstance(reply, BoundedReply)  # noqa: S101 - for the type checker
        return reply

    def response_class(self, sock: socket.socket, *_: Any, **__: Any) -> BoundedReply:  # type: ignore[override]
        """Our own reader in the place of http.client's."""
        return BoundedReply(sock, self._budget)

    @property
    def is_usable(self) -> bool:
        """Whether another request may follow: it is open, and nothing came, neither its end nor an unasked
        reply."""
        if self.sock is None:
            return False
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        return not waiting.poll(0)


class Connections:
    """The ways to all hosts. After an exchange its connection is kept for the host's next one."""

    def __init__(self, gate: AddressGuard) -> None:
        self._gate = gate
        self._idle: OrderedDict[str, GuardedConnection] = (
            OrderedDict()
        )  # by origin, the least recently used first
        self._most_idle = KEPT_HOSTS
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._tls_lock = threading.Lock()

    @property
    def tls(self) -> ssl.SSLContext:
        """One context for all connections: loading the authorities costs 15 ms, so it is done once."""
        with self._tls_lock:
            self._tls = self._tls or _tls_context()
            return self._tls

    def exchange(self, target: Target, headers: dict[str, str], budget: Budget) -> Exchange:
        """Send one GET and read the head of the reply. Raises ``FetchError``."""
        try:
            return self._attempt(target, headers, budget)
        except ConnectError:
            if not budget.reused or budget.received:
                raise
            return self._attempt(
                target, headers, budget
            )  # the server had closed the idle connection: ordinary

    def _attempt(self, target: Target, headers: dict[str, str], budget: Budget) -> Exchange:
        with _translated(budget.subject):
            connection = self._take(target)
            try:
                return Exchange(self, connection, connection.ask(target.path, headers, budget), budget)
            except BaseException:
                connection.close()
                raise

    def _take(self, target: Target) -> GuardedConnection:
        """The idle connection to a host, or a new one."""
        with self._lock:
            idle = self._idle.pop(target.origin, None)
        if idle is not None:
            if idle.is_usable:
                return idle
            idle.close()
        return GuardedConnection(target, self._gate, self.tls if target.scheme == "https" else None)

    def keep(self, connection: GuardedConnection) -> None:
        """Take a connection back after its exchange; after ``close`` none is kept."""
        with self._lock:
            replaced = self._idle.pop(connection.origin, None)
            if replaced is not None:
                replaced.close()
            self._idle[connection.origin] = connection
            self._close_surplus()

    def close(self) -> None:
        """Close all idle connections. Those of exchanges under way are closed when these end."""
        with self._lock:
            self._most_idle = 0
            self._close_surplus()

    def _close_surplus(self) -> None:
        while len(self._idle) > self._most_idle:
            self._idle.popitem(last=False)[1].close()


class Exchange:
    """A reply whose head is read. Its body is read, or its connection closed, before the next one begins."""

    def __init__(
        self, connections: Connections, connection: GuardedConnection, reply: BoundedReply, budget: Budget
    ) -> None:
        self.status: int = reply.status
        self.headers = tuple((name.lower(), value) for name, value in reply.headers.items())
        self._connections = connections
        self._connection = connection
        self._reply = reply
        self._budget = budget
        self._is_read = False

    def read(self) -> bytes:
        """The body as it came over the wire. Raises ``FetchError``."""
        with _translated(self._budget.subject):
            body = self._reply.read()
        self._is_read = self._budget.enough is None  # else the rest of the body may still be on the wire
        return body

    def close(self) -> None:
        """Give the connection back; closed, where a body was left unread or the server wants it so."""
        self._reply.close()
        if self._is_read and self._connection.sock is not None:
            self._connections.keep(self._connection)
        else:
            self._connection.close()


@contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Make each failure of the libraries one of ours, chained."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise _our_error(error, subject) from error
    except (ValueError, UnicodeError) as error:  # a host that no library can put on the wire
        raise ConnectError(f"cannot be asked for ({error})", subject) from error


def _our_error(error: OSError | http.client.HTTPException, subject: str) -> FetchError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectError(f"the certificate is not trusted ({error.verify_message})", subject)
    if isinstance(error, TimeoutError):
        return DeadlineError("took longer than a page may; try again later or raise fetch.timeout", subject)
    if isinstance(error, ssl.SSLError):
        return ConnectError(f"TLS failed ({error.reason or error})", subject)
    if isinstance(error, OSError):
        return ConnectError(f"the connection broke ({error.strerror or error})", subject)
    return BadReplyError(f"the reply cannot be read ({type(error).__name__})", subject)


def _tls_context() -> ssl.SSLContext:
    """Verifies by certifi's authorities and the desk's own. Most bundles name the same ones; each is loaded
    once."""
    named = [Path(os.environ[name]) for name in CA_VARIABLES if os.environ.get(name)]
    bundles = [
        path.read_text("utf-8", "replace") for path in (Path(certifi.where()), *named) if path.is_file()
    ]
    authorities = dict.fromkeys(block for bundle in bundles for block in _CERTIFICATE.findall(bundle))
    context = ssl.create_default_context(cadata="\n".join(authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for folder in filter(Path.is_dir, named):
        context.load_verify_locations(capath=folder)
    return context

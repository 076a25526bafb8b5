"""Connections that look where they go: each resolved address is checked in the moment of connecting.

urllib3 opens, wraps in TLS and reuses; requests maps an address to a pool. Ours are only the three places where a
hostile server or name server could reach further than it may: resolving, connecting, and reading.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import certifi
import requests
import urllib3
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from scraper.errors import BadReplyError, ConnectError, DeadlineError, FetchError, ForbiddenAddressError
from scraper.net.addresses import BAD_PORTS, read_target, refusal
from scraper.net.budget import Budget
from scraper.net.reply import BoundedReply

# Where requests and OpenSSL look for a desk's own certificate authorities, in their order.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
KEPT_HOSTS = 512  # hosts with an idle connection; the least recently used goes first

Place = tuple[socket.AddressFamily, Any]


class Gate:
    """Opens sockets to permitted addresses only, and knows the budget of the exchange that each thread is in."""

    def __init__(self, *, allow_private: frozenset[str], local_only: bool = False) -> None:
        self._allow_private = frozenset(entry.lower() for entry in allow_private)
        self._local_only = local_only
        self._local = threading.local()

    @property
    def budget(self) -> Budget:
        """The budget of this thread's exchange."""
        budget: Budget = self._local.budget
        return budget

    @budget.setter
    def budget(self, budget: Budget) -> None:
        self._local.budget = budget

    def open(self, host: str, port: int) -> socket.socket:
        """A connected socket. Raises ``ForbiddenAddressError``, ``ConnectError`` or ``DeadlineError``."""
        self.budget.reused = False
        name = host.strip("[]").rstrip(".").lower()
        permitted = self.permits(name, port)
        if self._local_only and not permitted:
            raise ForbiddenAddressError(
                "not asked: [cuttings] contact is empty, and [fetch] allow_private does not list it",
                self.budget.subject,
            )
        if port in BAD_PORTS and not permitted:
            raise ForbiddenAddressError(f"port {port} belongs to another protocol", self.budget.subject)
        places = _resolve(name, port, self.budget)
        refused = {} if permitted else {where[0]: why for _, where in places if (why := refusal(where[0]))}
        usable = [place for place in places if place[1][0] not in refused]
        if not usable:
            where, why = next(iter(refused.items()))
            raise ForbiddenAddressError(
                f'{where} is a {why} address; list "{name}:{port}" in fetch.allow_private if it is meant',
                self.budget.subject,
            )
        return _connect_first(usable, self.budget)

    def permits(self, name: str, port: int) -> bool:
        """Whether ``allow_private`` lists this host and port."""
        return f"{name}:{port}" in self._allow_private or f"[{name}]:{port}" in self._allow_private


def _resolve(name: str, port: int, budget: Budget) -> list[Place]:
    """All addresses of a host. Name servers know no deadline, so the look-up runs beside us and may be left behind."""
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


class GuardedConnection(HTTPConnection):
    """A plain connection through the gate."""

    def __init__(self, *args: Any, gate: Gate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate

    def _new_conn(self) -> socket.socket:
        sock = self._gate.open(self._dns_host, self.port)
        sock.settimeout(self._gate.budget.remaining())  # Python's TLS handshake takes this as its whole deadline
        return sock

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        """Send the head of the request and note when it left."""
        super().endheaders(*args, **kwargs)
        self._gate.budget.mark_sent()

    def response_class(self, sock: socket.socket, *_: Any, **__: Any) -> BoundedReply:  # type: ignore[override]
        """Our own reader in the place of http.client's."""
        return BoundedReply(sock, self._gate.budget)


class GuardedTLSConnection(GuardedConnection, HTTPSConnection):
    """A TLS connection through the gate; certificate and host name are always verified."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = GuardedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = GuardedTLSConnection


class _Pools(PoolManager):
    def __init__(self, gate: Gate, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._gate = gate
        self.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def _new_pool(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **kwargs)
        pool.conn_kw["gate"] = self._gate
        return pool


class GuardedAdapter(HTTPAdapter):
    """requests' way to a host, without its session: no cookies, no proxies or credentials from the environment."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        super().__init__(pool_connections=KEPT_HOSTS, pool_maxsize=1)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """One context for all connections: loading the certificate bundle costs 25 ms, so it is done once."""
        return _tls_context()

    def exchange(self, url: str, headers: dict[str, str], budget: Budget) -> Exchange:
        """Send one GET and read the head of the reply. Raises ``FetchError``."""
        try:
            return self._attempt(url, headers, budget)
        except ConnectError:
            if not budget.reused or budget.received:
                raise
            return self._attempt(url, headers, budget)  # the server had closed the idle connection: ordinary

    def _attempt(self, url: str, headers: dict[str, str], budget: Budget) -> Exchange:
        self.gate.budget = budget
        request = PreparedRequest()
        request.prepare_method("GET")
        request.url = url  # already in the URL standard's form; requests would quote it once more
        request.prepare_headers(headers)
        with _translated(budget.subject):
            return Exchange(self.send(request, stream=True, timeout=budget.remaining()).raw, budget)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Pools that make guarded connections."""
        self.poolmanager = _Pools(self.gate, num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)

    def build_connection_pool_key_attributes(self, request: PreparedRequest, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Which pool: by scheme, host and port, all with the one TLS context."""
        target = read_target(request.url or "")
        host = {"scheme": target.scheme, "host": target.host, "port": target.port}
        return host, {"ssl_context": self.tls} if target.scheme == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set up: the shared context verifies, and nothing can switch that off."""

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """The reply as it is. Cookies are not even read."""
        response = Response()
        response.raw = resp
        response.request = req
        return response


class Exchange:
    """A reply whose head is read. Its body is read, or its connection closed, before the next one begins."""

    def __init__(self, reply: HTTPResponse, budget: Budget) -> None:
        self.status: int = reply.status
        self.headers = tuple((name.lower(), value) for name, value in reply.headers.items())
        self._reply = reply
        self._connection = reply.connection
        self._budget = budget

    def read(self) -> bytes:
        """The body as it came over the wire. Raises ``FetchError``."""
        with _translated(self._budget.subject):
            body: bytes = self._reply.read(decode_content=False)
        if self._budget.enough is not None and self._connection is not None:
            self._connection.close()  # the rest of the body may still be on the wire
        return body

    def close(self) -> None:
        """Give the connection back; closed, where a body was left unread."""
        self._reply.close()
        self._reply.release_conn()


@contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Make each failure of the libraries one of ours, chained."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        raise _our_error(error, subject) from error
    except (ValueError, UnicodeError) as error:  # a host that no library can put on the wire
        raise ConnectError(f"cannot be asked for ({error})", subject) from error


def _our_error(error: BaseException, subject: str) -> FetchError:
    """The innermost cause decides: the libraries wrap one failure up to four times."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectError(f"the certificate is not trusted ({cause.verify_message})", subject)
    for cause in reversed(chain):
        if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
            return DeadlineError("took longer than a page may; try again later or raise fetch.timeout", subject)
        if isinstance(cause, ssl.SSLError):
            return ConnectError(f"TLS failed ({cause.reason or cause})", subject)
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return ConnectError(f"the connection broke ({cause.strerror or cause})", subject)
    return BadReplyError(f"the reply cannot be read ({type(chain[-1]).__name__})", subject)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (Path(os.environ[name]) for name in CA_VARIABLES if os.environ.get(name)):
        if path.is_dir():
            context.load_verify_locations(capath=str(path))
        elif path.is_file():
            context.load_verify_locations(cafile=str(path))
    return context

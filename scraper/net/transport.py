"""Send one GET through a `requests` session whose connections pass the address guard and the budget.

requests and urllib3 do what they do well: pooling, TLS, sending, reading bodies, keep-alive. Redirects,
retries, cookies, credentials and the environment are off; the client decides about them. Ours are the three
places where a hostile server could reach further than it may: connecting (`address_guard`), reading from the
socket (`budget`) and the parts of a reply that http.client and urllib3 read unsafely (`framing`).
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from scraper.errors import (
    BadReplyError,
    ConnectError,
    DeadlineError,
    FetchError,
    TooLargeError,
    TruncatedError,
)
from scraper.net.address_guard import AddressGuard, Target, open_proxy
from scraper.net.budget import TOO_SLOW, Budget
from scraper.net.framing import StrictResponse

# Where requests and OpenSSL look for additional certificate authorities.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
IDLE_HOSTS = 512  # with an idle connection
# Of a body without use, which is read to keep the connection; those of 404 replies have up to some KB.
SHORT_BYTES = 16_384
SHORT_SECONDS = 1.0

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


class Scope(threading.local):
    """What the connections need to know of the exchange that their thread is in."""

    def __init__(self, guard: AddressGuard) -> None:
        self.guard = guard
        self.budget: Budget


class GuardedConnection(HTTPConnection):
    """A urllib3 connection that connects through the guard and reads within the budget."""

    reply_class: Callable[..., http.client.HTTPResponse] = StrictResponse

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scope = scope

    def _new_conn(self) -> socket.socket:
        budget = self._scope.budget
        budget.reused = False
        host, port = self.host, self.port or self.default_port
        sock = open_proxy(host, port, budget) if self.proxy else self._scope.guard.open(host, port, budget)
        sock.settimeout(budget.remaining())  # Python's TLS handshake takes it as the deadline for the whole
        return sock

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *_: Any, **__: Any
    ) -> http.client.HTTPResponse:
        """Return a reply that is read within the budget."""
        return self.reply_class(sock, self._scope.budget, discard=self.close)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        """Read the head of the reply. Raises ``FetchError`` or what the libraries raise."""
        self._scope.budget.mark_sent()
        return super().getresponse()


class GuardedTlsConnection(GuardedConnection, HTTPSConnection):
    """The same with TLS; certificate and host name are always verified."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = GuardedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = GuardedTlsConnection


class GuardedAdapter(HTTPAdapter):
    """The adapter mounted for http:// and https://. One idle connection a host is kept."""

    def __init__(self, scope: Scope) -> None:
        self._pool_classes: dict[str, Any] = {
            "http": partial(_PlainPool, scope=scope),
            "https": partial(_TlsPool, scope=scope),
        }  # instead of urllib3's pool classes; called like them
        self._tls: ssl.SSLContext | None = None
        self._tls_lock = threading.Lock()
        super().__init__(pool_connections=IDLE_HOSTS, pool_maxsize=1, max_retries=0)

    @property
    def tls(self) -> ssl.SSLContext:
        """The one context for all connections: loading the authorities takes 15 ms, so it is done once."""
        with self._tls_lock:
            self._tls = self._tls or tls_context()
            return self._tls

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools with our connection classes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.ProxyManager:
        """Return the pools of a forward proxy, with our connection classes."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> tuple[Any, Any]:
        """Return host and TLS settings of a pool."""
        host, _settings = super().build_connection_pool_key_attributes(request, verify=True)
        if host["scheme"] != "https":
            return host, {}
        return host, {"ssl_context": self.tls, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Do nothing: the context verifies. requests would load all authorities for each connection."""


class _Session(requests.Session):
    """A session that follows no redirect, and does not read the body of one either."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return ``None``: each hop is a request of its own, with its own robots.txt and pace."""


class Transport:
    """Sends GET requests. ``proxy`` is the URL of a forward proxy. Safe to use from several threads."""

    def __init__(self, guard: AddressGuard, *, proxy: str = "") -> None:
        self._guard = guard
        self._scope = Scope(guard)
        self.adapter = GuardedAdapter(self._scope)
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._session = _Session()
        self._session.trust_env = False  # no proxy, netrc or CA bundle from the environment
        self._session.headers.clear()
        self._session.mount("http://", self.adapter)
        self._session.mount("https://", self.adapter)

    def exchange(self, target: Target, headers: dict[str, str], budget: Budget) -> Exchange:
        """Send one GET and read the head of the reply. Raises ``FetchError``."""
        if self._proxies:
            self._guard.check(target.host, target.port, budget.subject)
        try:
            return self._send(target, headers, budget)
        except ConnectError:
            if not budget.reused or budget.received:
                raise
            return self._send(target, headers, budget)  # the server had closed the idle connection

    def _send(self, target: Target, headers: dict[str, str], budget: Budget) -> Exchange:
        self._scope.budget = budget
        with _translated(budget.subject):
            request = _prepared(target.url, headers)
            request.url = target.url  # requests would quote it again
            response = self._session.send(
                request, stream=True, timeout=budget.remaining(), proxies=self._proxies
            )
        return Exchange(response, budget)

    def close(self) -> None:
        """Close all idle connections. Those in use are closed when their exchange ends."""
        self._session.close()


class Exchange:
    """A reply whose head is read. Close it before the next exchange with the host."""

    def __init__(self, response: requests.Response, budget: Budget) -> None:
        self.status: int = response.status_code
        self._raw: urllib3.HTTPResponse = response.raw
        self.headers = tuple((name.lower(), value) for name, value in self._raw.headers.items())
        self._budget = budget
        self._is_read = False

    def read(self) -> bytes:
        """Return the body as sent, still compressed. Raises ``FetchError``."""
        self._is_read, budget = True, self._budget
        length = self._raw.length_remaining
        if length is not None and length > budget.most and budget.enough is None:
            raise TooLargeError(f"{length} bytes, more than [fetch] max_bytes allows", budget.subject)
        with _translated(budget.subject):
            body = self._raw.read(budget.enough, decode_content=False)
        if budget.enough is None and len(body) > budget.most:
            raise TooLargeError("more bytes than [fetch] max_bytes allows", budget.subject)
        if self._raw.length_remaining and len(body) < (budget.enough or 0):
            raise TruncatedError(f"the body ended after {len(body)} of {length} bytes", budget.subject)
        return body

    def close(self) -> None:
        """Close the connection, unless the body was read to its end and it went back to its pool.

        The short body of a refusal or redirect is read for that: a new connection costs the server and us
        more.
        """
        length = self._raw.length_remaining
        is_kept = ("connection", "close") not in self.headers
        if not self._is_read and is_kept and length is not None and length <= SHORT_BYTES:
            self._budget.shorten(SHORT_SECONDS)
            with suppress(FetchError):
                self.read()
        self._raw.close()


def _prepared(url: str, headers: dict[str, str]) -> requests.PreparedRequest:
    """Return a GET for a URL that is in its WHATWG form already, without cookies and body.

    ``Request.prepare`` would parse and quote the URL again and look for cookies: a sixth of a page's CPU.
    """
    request = requests.PreparedRequest()
    request.prepare_method("GET")
    request.url = url
    request.prepare_headers(headers)
    return request


@contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Turn the exceptions of the libraries into ``FetchError``, chained."""
    try:
        yield
    except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise _our_error(_chain(error), subject) from error


def _chain(error: BaseException) -> tuple[BaseException, ...]:
    """Return an exception and those it wraps, as cause, context or argument; the libraries use all three."""
    chain = [error]
    for wrapper in chain:  # grows while it is read
        wrapped = (wrapper.__cause__, wrapper.__context__, *wrapper.args)
        chain += [each for each in wrapped if isinstance(each, BaseException) and each not in chain]
    return tuple(chain)


def _our_error(chain: tuple[BaseException, ...], subject: str) -> FetchError:
    for error in reversed(chain):
        if isinstance(error, ssl.SSLCertVerificationError):
            return ConnectError(f"the certificate is not trusted ({error.verify_message})", subject)
        if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
            return DeadlineError(TOO_SLOW, subject)
        if isinstance(error, ssl.SSLError):
            return ConnectError(f"TLS failed ({error.reason or error})", subject)
        if isinstance(error, http.client.IncompleteRead):
            partial = error.partial  # bytes, or their number in urllib3's subclass
            count = partial if isinstance(partial, int) else len(partial)
            return TruncatedError(f"the body ended after {count} bytes", subject)
        if isinstance(error, http.client.RemoteDisconnected):
            return ConnectError("the server closed the connection without a reply", subject)
        if isinstance(error, http.client.HTTPException | urllib3.exceptions.DecodeError):
            return BadReplyError(f"could not read the reply ({type(error).__name__})", subject)
        if isinstance(error, OSError) and (refused := str(error).partition("Tunnel connection failed: ")[2]):
            return ConnectError(f"the proxy refused the connection ({refused})", subject)
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
            return ConnectError(f"the connection broke ({error.strerror or error})", subject)
    return ConnectError(f"could not be requested ({chain[-1]})", subject)


def tls_context() -> ssl.SSLContext:
    """Return a context that verifies by certifi's authorities and those the environment adds.

    Most bundles repeat the same authorities; each is loaded once.
    """
    added = [Path(os.environ[name]) for name in CA_VARIABLES if os.environ.get(name)]
    bundles = [
        path.read_text("utf-8", "replace") for path in (Path(certifi.where()), *added) if path.is_file()
    ]
    authorities = dict.fromkeys(block for bundle in bundles for block in _CERTIFICATE.findall(bundle))
    context = ssl.create_default_context(cadata="\n".join(authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for folder in filter(Path.is_dir, added):
        context.load_verify_locations(capath=folder)
    return context

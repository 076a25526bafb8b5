"""Serve a small web site on a free port of 127.0.0.1: HTTP/1.1 with conditional GET."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

_SHUT_BOTH_WAYS = 2  # socket.SHUT_RDWR; only scraper/client.py may import socket
_IDLE_SECONDS = 20.0  # a kept-alive connection that says nothing is closed after this
_POLL_SECONDS = 0.02  # how fast serve_forever notices that it should end


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request. Header names are lower case."""

    method: str
    target: str  # path and query, as sent
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply, before the server checks whether the client has it already."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    modified: datetime | None = None  # becomes Last-Modified
    etag: bool = True  # a 200 carries a strong ETag of its body

    def all_headers(self) -> dict[str, str]:
        """Return the headers of the reply, without Content-Length."""
        found: dict[str, str] = {}
        if self.content_type and self.status not in (204, 304):
            found["Content-Type"] = self.content_type
        if self.status == 200 and self.etag:
            found["ETag"] = f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'
        if self.modified is not None:
            found["Last-Modified"] = format_datetime(self.modified.astimezone(UTC), usegmt=True)
        return found | dict(self.headers)


def not_modified_since(asked: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Return whether the client's copy is current (RFC 9110, 13.2.2: If-None-Match wins)."""
    offered = {name.lower(): value for name, value in headers.items()}
    if (wanted := asked.get("if-none-match")) is not None:
        etag = offered.get("etag", "").removeprefix("W/")
        known = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return "*" in known or bool(etag and etag in known)
    since, changed = asked.get("if-modified-since"), offered.get("last-modified")
    if not since or not changed:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except ValueError:
        return False  # RFC 9110, 13.1.3: an invalid date is ignored


class SiteServer:
    """Answer every GET and HEAD on ``127.0.0.1:port`` with what ``respond`` returns; a context manager.

    ``respond`` runs in a thread of the connection; an exception in it ends that connection only.
    """

    def __init__(self, respond: Callable[[Received], Reply]) -> None:
        self._server = _Server(respond)
        self._thread = Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _POLL_SECONDS},
            daemon=True,
            name="demo-site",
        )

    @property
    def port(self) -> int:
        """Return the port that the system chose."""
        return self._server.server_port

    @property
    def host(self) -> str:
        """Return ``127.0.0.1:port``, for ``allow_private``."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        """Return the absolute URL of a path on this site."""
        return f"http://{self.host}{path}"

    def start(self) -> Self:
        """Start to answer. From construction on the port is open and connections wait."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Keep track of open connections, so that stopping does not wait for keep-alive clients."""

    daemon_threads = False  # server_close() joins them
    request_queue_size = 128

    def __init__(self, respond: Callable[[Received], Reply]) -> None:
        self.respond = respond
        self._open: set[Any] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", 0), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Register the connection, then answer it in a thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Unregister the connection that is being closed."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Shut down every open connection, which wakes the threads that read from them."""
        with self._lock:
            for request in self._open:
                try:
                    request.shutdown(_SHUT_BOTH_WAYS)
                except OSError:  # the client was faster
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection early."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    """Answer the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "demo-site"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # header and body go out in two writes; Nagle makes each page wait 40 ms

    def do_GET(self) -> None:
        """Answer with headers and body, or 304."""
        assert isinstance(self.server, _Server)  # noqa: S101 - tells the type checker what __init__ was given
        asked = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.respond(Received(method=self.command, target=self.path, headers=asked))
        headers = reply.all_headers()
        if reply.status == 200 and not_modified_since(asked, headers):
            kept = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
            self._send(304, kept, b"")
        else:
            self._send(reply.status, headers, reply.body)

    do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Write no access log to stderr."""

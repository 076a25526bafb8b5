"""A server on 127.0.0.1 that misbehaves in many ways, each a row of a table.

A ``Fault`` says what is sent, step by step, and what must become of it: which outcome ``Client.get`` has, and
whether ``cuttings run`` stores an article. Rows are in ``fault_pages`` (one path each), ``fault_moves``
(redirects, statuses) and ``fault_sites`` (a host each: robots.txt, TLS, time). ``FaultServer`` serves them,
and logs each request.
"""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Self

PAGE = "Page"
_LONGEST_HEAD = 65_536
_IDLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The same bytes again and again, with a pause in seconds after each."""

    data: bytes
    times: int = 1_000_000
    pause: float = 0.0


class Reset:
    """The connection is torn down with RST."""


class Hang:
    """Nothing more is sent, and the connection stays open."""


Step = bytes | float | Repeat | type[Reset] | type[Hang]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One behaviour. ``{port}`` and ``{other}`` in sent bytes become this host's port and a well-behaved
    one's."""

    name: str
    sends: tuple[Step, ...]
    becomes: str = PAGE  # PAGE, or the error's class or one of its bases; several are joined by "|"
    body: bytes | None = None  # what the page must hold; None: not compared
    stored: bool | None = None  # by a run; None: whenever it becomes a page
    channel: bool = False  # asked for as a feed or sitemap
    robots: tuple[Step, ...] | None = None  # robots.txt of the fault's own host
    tls: str = ""  # name of the certificate
    own_host: bool = False
    extra: Mapping[str, tuple[Step, ...]] = field(
        default_factory=dict
    )  # further paths of the fault's own host

    @property
    def is_alone(self) -> bool:
        """Whether the fault has a host of its own, because it concerns the whole host or takes long."""
        return self.own_host or self.robots is not None or bool(self.tls)

    @property
    def is_stored(self) -> bool:
        """Whether a run should have an article of it afterwards."""
        return self.becomes == PAGE if self.stored is None else self.stored

    @property
    def path(self) -> str:
        """Where it is found on its host."""
        return f"/{self.name}"


def article(name: str) -> bytes:
    """An honest page, with a text of its own for each name."""
    topic = name.replace("-", " ")
    paragraphs = "".join(
        f"<p>{lead} the case of {topic} was heard by the committee, which asked the clerk to write {count} letters to "
        f"the owners of the building and to report back on {topic} before the spring meeting of the full council.</p>"
        for count, lead in enumerate(
            ("On Monday", "After lunch", "Later", "In closing", "Outside"), start=len(name)
        )
    )
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Committee hears about {topic}</title></head>"
        f"<body><article><h1>Committee hears about {topic}</h1>{paragraphs}</article></body></html>"
    ).encode()


def http(
    status: str = "200 OK",
    *headers: str,
    body: bytes = b"",
    version: str = "HTTP/1.1",
    content_type: str | None = "text/html; charset=utf-8",
    length: int | None = -1,
) -> bytes:
    """A reply as bytes. ``length`` -1: the true Content-Length; ``None``: none."""
    lines = [f"{version} {status}", *headers]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join((*lines, "", "")).encode() + body


def chunks(body: bytes, size: int = 400, *, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in chunks."""
    parts = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def zipped(body: bytes, level: int = 9) -> bytes:
    """A body as gzip, the same each time."""
    return gzip.compress(body, level, mtime=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came in."""

    port: int
    path: str
    headers: Mapping[str, str]


class FaultServer:
    """Serves each fault: those that need one on a port of their own, the rest together on one port."""

    def __init__(
        self, faults: Iterable[Fault], *, certificates: Mapping[str, ssl.SSLContext] | None = None
    ) -> None:
        self.faults = {fault.name: fault for fault in faults}
        self.log: list[Asked] = []
        self._certificates = certificates or {}
        self._stopping = threading.Event()
        self._sockets: list[socket.socket] = []
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.other = self._listen({"/robots.txt": (http("404 Not Found"),)}, "")
        shared = {"/robots.txt": (http("404 Not Found"),)}
        for fault in self.faults.values():
            if fault.is_alone:
                paths = {
                    "/feed": (_feed((fault,)),),
                    "/robots.txt": fault.robots or (http("404 Not Found"),),
                    **fault.extra,
                    fault.path: fault.sends,
                }
                self._ports[fault.name] = self._listen(paths, fault.tls)
            else:
                shared.update({fault.path: fault.sends, **fault.extra})
        shared["/feed"] = (_feed(fault for fault in self.faults.values() if not fault.is_alone),)
        self.port = self._listen(shared, "")
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for listening in self._sockets:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for connection in self._connections:
            with suppress(OSError):  # it is closed
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2.0)

    @property
    def hosts(self) -> frozenset[str]:
        """All ``host:port`` that serve, for ``allow_private``."""
        return frozenset(f"127.0.0.1:{port}" for port in (self.port, self.other, *self._ports.values()))

    def site(self, fault: Fault) -> str:
        """The root of the host that serves a fault; ``/feed`` under it announces all pages of that host."""
        scheme = "https" if fault.tls else "http"
        return f"{scheme}://127.0.0.1:{self._ports.get(fault.name, self.port)}"

    def url(self, fault: Fault) -> str:
        """Where a fault is found."""
        return f"{self.site(fault)}{fault.path}"

    def _listen(self, paths: Mapping[str, tuple[Step, ...]], tls: str) -> int:
        listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets.append(listening)
        self._start(self._accept, listening, paths, tls)
        port: int = listening.getsockname()[1]
        return port

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket, paths: Mapping[str, tuple[Step, ...]], tls: str) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection, paths, tls)

    def _serve(self, connection: socket.socket, paths: Mapping[str, tuple[Step, ...]], tls: str) -> None:
        connection.settimeout(_IDLE_SECONDS)
        with suppress(OSError, ValueError), closing(connection):
            if tls in self._certificates:
                with closing(self._certificates[tls].wrap_socket(connection, server_side=True)) as wrapped:
                    self._answer(wrapped, paths)
            elif tls:
                self._play(connection, paths[""])  # no handshake but what the row says
            else:
                self._answer(connection, paths)

    def _answer(self, connection: socket.socket, paths: Mapping[str, tuple[Step, ...]]) -> None:
        port = connection.getsockname()[1]
        while request := _read_head(connection):
            path, headers = request
            self.log.append(Asked(port=port, path=path, headers=headers))
            steps = paths.get(path) or paths.get(path.partition("?")[0])
            if steps is None:
                is_honest = port == self.other
                steps = (http(body=article(path.strip("/"))) if is_honest else http("404 Not Found"),)
            self._play(connection, steps)
            if not _stays_open(steps):
                break

    def _play(self, connection: socket.socket, steps: tuple[Step, ...]) -> None:
        port = connection.getsockname()[1]
        for step in steps:
            if isinstance(step, bytes):
                sent = _rooted(step, b"http://127.0.0.1:%d" % port)
                connection.sendall(
                    sent.replace(b"{port}", b"%d" % port).replace(b"{other}", b"%d" % self.other)
                )
            elif isinstance(step, float):
                self._stopping.wait(step)
            elif isinstance(step, Repeat):
                self._repeat(connection, step)
            elif step is Hang:
                self._hang(connection)
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    def _repeat(self, connection: socket.socket, step: Repeat) -> None:
        for _ in range(step.times):
            connection.sendall(step.data)
            if self._stopping.wait(step.pause) if step.pause else self._stopping.is_set():
                return

    def _hang(self, connection: socket.socket) -> None:
        connection.settimeout(0.1)
        while not self._stopping.is_set():
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue


def _rooted(reply: bytes, root: bytes) -> bytes:
    """A reply with its host's root in the place of ``{root}``, and the length that it has then."""
    if b"{root}" not in reply:
        return reply
    head, blank, body = reply.replace(b"{root}", root).partition(b"\r\n\r\n")
    return re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head) + blank + body


def _feed(faults: Iterable[Fault]) -> bytes:
    items = "".join(
        f"<item><title>Announced {fault.name}</title><link>{fault.path}</link>"
        f"<guid isPermaLink='false'>{fault.name}</guid></item>"
        for fault in faults
        if not fault.channel
    )
    body = f"<rss version='2.0'><channel><title>Faults</title><link>/</link>{items}</channel></rss>".encode()
    return http(body=body, content_type="application/rss+xml")


def _stays_open(steps: tuple[Step, ...]) -> bool:
    """A single reply with a length leaves the connection usable, as most servers do."""
    if len(steps) != 1 or not isinstance(steps[0], bytes):
        return False
    head, _, body = steps[0].partition(b"\r\n\r\n")
    return (
        head.startswith(b"HTTP/1.1")
        and b"Content-Length: %d\r\n" % len(body) in head + b"\r\n"
        and b"close" not in head
    )


def _read_head(connection: socket.socket) -> tuple[str, dict[str, str]] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4_096)
        if not piece or len(data) > _LONGEST_HEAD:
            return None
        data += piece
    lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return lines[0].split(" ")[1], headers

"""Plain TCP servers on 127.0.0.1 for tests: one that plays scripted replies, and a forward proxy."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Self

_SECONDS = 10.0


class TcpServer:
    """Calls ``serve`` with each connection, in a thread of its own. ``accepted`` counts the connections."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.accepted = 0
        self.closed = threading.Semaphore(0)  # released once for each connection that the client closed

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        with closing(connection), suppress(OSError):
            self._serve(connection)
        self.closed.release()


def read_head(connection: socket.socket) -> str:
    """Return the head of a request, empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4_096)
        if not piece:
            return ""
        data += piece
    return data.decode("latin-1")


def replying(*replies: bytes, heads: list[str] | None = None) -> Callable[[socket.socket], None]:
    """Return a ``serve`` that answers each request with the next reply, the last one again and again."""

    def serve(connection: socket.socket) -> None:
        count = 0
        while head := read_head(connection):
            if heads is not None:
                heads.append(head)
            connection.sendall(replies[min(count, len(replies) - 1)])
            count += 1

    return serve


class ForwardProxy(TcpServer):
    """A forward proxy: absolute-form GET and CONNECT. ``names`` says where ``host:port`` really is."""

    def __init__(self, names: Mapping[str, int], *, refuses: bool = False) -> None:
        super().__init__(self._forward)
        self._names = names
        self._refuses = refuses
        self.heads: list[str] = []

    def _forward(self, connection: socket.socket) -> None:
        while head := read_head(connection):
            self.heads.append(head)
            method, target, _ = head.split(" ", 2)
            if self._refuses:
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                continue
            if method == "CONNECT":
                with socket.create_connection(("127.0.0.1", self._names[target])) as server:
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _pump_both(connection, server)
                return
            host, path = re.fullmatch(r"http://([^/]+)(/.*)", target).groups()  # type: ignore[union-attr]
            key = host if ":" in host else f"{host}:80"
            with socket.create_connection(("127.0.0.1", self._names[key])) as server:
                rest = head.partition("\r\n")[2].replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
                server.sendall(f"GET {path} HTTP/1.1\r\n{rest}".encode("latin-1"))
                _pump(server, connection)
            return


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _pump_both(one: socket.socket, other: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join(_SECONDS)

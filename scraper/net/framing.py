"""Read the parts of an HTTP/1 reply that http.client and urllib3 read unsafely (RFC 9112).

``MeteredResponse`` is the library's reader on a socket that keeps to the budget. ``StrictResponse`` adds the
rules that the library lacks: for headers and the framing they declare, for chunked bodies and for surplus
bytes. Each has a row of the fault server that the library's reader fails (tests/test_framing.py). The status
line, and bodies with a length or up to the end of the connection, are read by http.client and urllib3.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from collections.abc import Callable

from scraper.errors import BadReplyError, TooLargeError, TruncatedError
from scraper.net.budget import BUFFER_BYTES, HEADER_BYTES, Budget, MeteredSocket

LINE_BYTES = 65_536  # one header line; http.client's limit
HEADER_COUNT = 200  # browsers take more, servers send fewer than 60; http.client's own limit is 100
MOST_INFORMATIONAL = 100  # 1xx replies; honest servers send one or two
CHUNK_LINE_BYTES = 4_096  # a chunk size with its extensions

_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,18}")
_NO_BODY = frozenset((204, 205, 304))
_COOKIES = frozenset(("set-cookie", "set-cookie2"))  # never kept, so never handed on either


class MeteredResponse(http.client.HTTPResponse):
    """The library's reply, read within a budget. ``discard`` closes the connection."""

    fp: io.BufferedReader

    def __init__(self, sock: socket.socket, budget: Budget, *, discard: Callable[[], None]) -> None:
        super().__init__(sock, method="GET")
        self.fp.close()
        self.fp = self._reader(MeteredSocket(sock, budget), discard)
        self._budget = budget
        self._discard = discard

    def _reader(self, raw: MeteredSocket, _discard: Callable[[], None]) -> io.BufferedReader:
        return io.BufferedReader(raw, BUFFER_BYTES)


class _ExactReader(io.BufferedReader):
    """A buffer that closes the connection if more was read from it than belongs to the reply."""

    def __init__(self, raw: MeteredSocket, discard: Callable[[], None]) -> None:
        super().__init__(raw, BUFFER_BYTES)
        self._metered = raw
        self._discard = discard

    def close(self) -> None:
        """Close the buffer. Surplus bytes in it would be lost, and the next reply misread."""
        if not self.closed:
            self._metered.stop()
            has_surplus = bool(self.peek(1))
            super().close()
            if has_surplus:
                self._discard()


class StrictResponse(MeteredResponse):
    """A reply with our rules for its head, for chunked bodies and for surplus bytes."""

    _head_bytes = 0

    def _reader(self, raw: MeteredSocket, discard: Callable[[], None]) -> io.BufferedReader:
        return _ExactReader(raw, discard)

    def begin(self) -> None:
        """Read status line and headers, skipping 1xx replies. Raises ``FetchError``."""
        for _ in range(MOST_INFORMATIONAL):  # http.client takes 102 and 103 for the reply, and 100 for ever
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            headers = self._read_headers()
            if status == 101:
                raise self._bad("the server switched to another protocol")
            if status >= 200:
                break
        else:
            raise self._bad(f"more than {MOST_INFORMATIONAL} informational replies")
        if not version.startswith("HTTP/1."):
            raise self._bad("the reply is not HTTP/1")
        self.version = 10 if version == "HTTP/1.0" else 11
        self.code = self.status = status
        self.reason = reason
        self.headers = self.msg = headers
        self._read_framing(headers)
        self.will_close = self._closes(headers) or (self.length is None and not self.chunked)

    def read(self, amt: int | None = None) -> bytes:
        """Return the body, or ``amt`` bytes of one that is not chunked. Raises ``FetchError``."""
        if self.fp is None or not self.chunked:
            return super().read(amt)
        body = self._read_chunks()
        self.close()
        return body

    def _read_chunks(self) -> bytes:
        body = io.BytesIO()
        while size := self._read_chunk_size():
            if self._budget.enough is not None and body.tell() > self._budget.enough:
                self._discard()  # the rest is still on the wire
                return body.getvalue()
            if body.tell() + size > self._budget.most:
                raise TooLargeError("more bytes than [fetch] max_bytes allows", self._budget.subject)
            chunk = self.fp.read(size)
            body.write(chunk)
            if len(chunk) < size or not (end := self.fp.readline(3)):
                raise TruncatedError("the body ended inside a chunk", self._budget.subject)
            if end not in (b"\r\n", b"\n"):
                raise self._bad("a chunk is longer than its size")
        self._skip_trailers()
        return body.getvalue()

    def _skip_trailers(self) -> None:
        """Skip up to 200 headers after the body. Some servers omit the empty line at the end."""
        for _ in range(HEADER_COUNT + 1):
            if not self._read_line().rstrip(b"\r\n"):
                return
        raise self._bad(f"more than {HEADER_COUNT} trailers")

    def _read_chunk_size(self) -> int:
        line = self.fp.readline(CHUNK_LINE_BYTES + 1)
        if not line.endswith(b"\n"):
            if len(line) > CHUNK_LINE_BYTES:
                raise self._bad("a chunk size line does not end")
            raise TruncatedError("the body ended before its last chunk", self._budget.subject)
        match = _CHUNK_SIZE.fullmatch(line.strip())
        if match is None:
            raise self._bad("a chunk size is not a number")
        return int(match[1], 16)

    def _read_headers(self) -> http.client.HTTPMessage:
        fields: list[tuple[str, str]] = []
        for _ in range(HEADER_COUNT + 1):
            line = self._read_line()
            if not line.endswith(b"\n"):
                raise TruncatedError("the reply ended inside its headers", self._budget.subject)
            line = line.rstrip(b"\r\n")
            if not line:
                return _message(fields)
            if line[:1] in b" \t" and fields:  # an obsolete folded line
                name, value = fields[-1]
                fields[-1] = (name, f"{value} {_text(line)}".strip())
            elif match := _HEADER.fullmatch(line):
                fields.append((match[1].decode("ascii"), _text(match[2])))
            # Anything else is not a header: it is skipped, where http.client would drop all that follow.
        raise self._bad(f"more than {HEADER_COUNT} headers")

    def _read_line(self) -> bytes:
        line = self.fp.readline(LINE_BYTES + 1)
        self._head_bytes += len(line)
        if len(line) > LINE_BYTES or self._head_bytes > HEADER_BYTES:
            raise self._bad("the headers do not end")
        return line

    def _read_framing(self, headers: http.client.HTTPMessage) -> None:
        """Decide where the body ends (RFC 9112, 6.3).

        Contradictions are refused: a proxy on the way may have decided differently (response splitting).
        """
        self.chunked = False
        self.length = 0 if self.status in _NO_BODY else None
        codings = ",".join(headers.get_all("transfer-encoding", [])).lower().replace("identity", "")
        codings = codings.strip(", \t")
        lengths = {
            part.strip() for value in headers.get_all("content-length", []) for part in value.split(",")
        }
        if self.length == 0:
            return
        if codings:
            if codings != "chunked":
                raise self._bad("the transfer coding is not chunked")
            self.chunked = True
            del headers["content-length"]
        elif lengths:
            self.length = self._one_length(lengths)

    def _one_length(self, lengths: set[str]) -> int:
        if not all(map(_LENGTH.fullmatch, lengths)) or len(set(map(int, lengths))) != 1:
            raise self._bad("Content-Length is not a single number")
        return int(lengths.pop())

    def _closes(self, headers: http.client.HTTPMessage) -> bool:
        tokens = {
            part.strip().lower() for value in headers.get_all("connection", []) for part in value.split(",")
        }
        return "close" in tokens or (self.version == 10 and "keep-alive" not in tokens)

    def _bad(self, what: str) -> BadReplyError:
        return BadReplyError(what, self._budget.subject)


def _text(raw: bytes) -> str:
    """Return a header value without control characters, as UTF-8 (URLs in Location), else as Latin-1."""
    raw = raw.strip(b" \t")
    try:
        value = raw.decode("utf-8")
    except UnicodeDecodeError:
        value = raw.decode("latin-1")
    return (
        "".join(char for char in value if char >= " " or char == "\t") if not value.isprintable() else value
    )


def _message(fields: list[tuple[str, str]]) -> http.client.HTTPMessage:
    message = http.client.HTTPMessage()
    for name, value in fields:
        if name.lower() not in _COOKIES:
            message[name] = value
    message.set_payload("")
    return message

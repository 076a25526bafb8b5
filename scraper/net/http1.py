"""One HTTP/1 reply, read strictly where it matters for safety and leniently where real servers are sloppy.

http.client's own reader takes chunk sizes such as ``-1`` or ``1_0``, drops every header after the first
malformed one, takes ``103 Early Hints`` for the reply and reads an unknown transfer coding as the body
itself. So ``begin`` and ``read`` are ours (RFC 9112); everything else of the class, and the connection around
it, is the library's.
"""

from __future__ import annotations

import http.client
import io
import re
import socket

from scraper.errors import BadReplyError, ConnectError, TooLargeError, TruncatedError
from scraper.net.budget import BUFFER_BYTES, HEADER_BYTES, Budget, MeteredSocket

LINE_BYTES = 65_536  # one header line; http.client's limit
HEADER_COUNT = 200  # browsers take more, servers send fewer than 60; http.client's own limit is 100
MOST_INFORMATIONAL = 100  # 1xx replies; honest servers send one or two
CHUNK_LINE_BYTES = 4_096  # a chunk size with its extensions

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) {1,4}([1-9][0-9]{2})(?: (.*))?", re.DOTALL)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,18}")
_NO_BODY = frozenset((204, 205, 304))


class BoundedReply(http.client.HTTPResponse):
    """A reply that costs no more than its budget. ``begin`` reads the head, ``read`` the whole body."""

    fp: io.BufferedReader

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        super().__init__(sock, method="GET")
        self.fp.close()
        self.fp = io.BufferedReader(MeteredSocket(sock, budget), BUFFER_BYTES)
        self._budget = budget
        self._head_bytes = 0

    def begin(self) -> None:
        """Read status line and headers, passing over 1xx replies. Raises the ``FetchError`` that fits."""
        for _ in range(MOST_INFORMATIONAL):
            minor, status, reason = self._read_status_line()
            headers = self._read_headers()
            if status == 101:
                raise self._bad("the server switched to another protocol")
            if status >= 200:
                break
        else:
            raise self._bad(f"more than {MOST_INFORMATIONAL} informational replies before the real one")
        self.version = 10 + minor
        self.code = self.status = status
        self.reason = reason
        self.headers = self.msg = headers
        self._read_framing(headers)
        self.will_close = self._closes(headers) or (self.length is None and not self.chunked)

    def read(self, _amt: int | None = None) -> bytes:
        """The body, whole or as much as is enough. Raises ``TruncatedError`` when it ends too early."""
        if self.fp is None:
            return b""
        body = self._read_chunks() if self.chunked else self._read_plain()
        self.close()
        return body

    def _read_plain(self) -> bytes:
        enough = self._budget.enough
        if self.length is None:
            return self._read_to_end()
        if enough is not None and self.length > enough:
            return self.fp.read(enough)
        body = self.fp.read(self.length)
        if len(body) < self.length:
            raise TruncatedError(
                f"the body ended after {len(body)} of {self.length} bytes", self._budget.subject
            )
        return body

    def _read_to_end(self) -> bytes:
        enough = self._budget.enough
        most = self._budget.most + 1 if enough is None else enough
        body = io.BytesIO()
        while body.tell() < most and (piece := self.fp.read1(BUFFER_BYTES)):
            body.write(piece)
        if body.tell() > self._budget.most and enough is None:
            raise TooLargeError("more bytes than fetch.max_bytes allows", self._budget.subject)
        return body.getvalue()

    def _read_chunks(self) -> bytes:
        body = io.BytesIO()
        while size := self._read_chunk_size():
            if self._budget.enough is not None and body.tell() > self._budget.enough:
                return body.getvalue()
            if body.tell() + size > self._budget.most:
                raise TooLargeError("more bytes than fetch.max_bytes allows", self._budget.subject)
            chunk = self.fp.read(size)
            body.write(chunk)
            if len(chunk) < size or not (end := self.fp.readline(3)):
                raise TruncatedError("the body ended inside a chunk", self._budget.subject)
            if end not in (b"\r\n", b"\n"):
                raise self._bad("a chunk is longer than it says")
        self._skip_trailers()
        return body.getvalue()

    def _skip_trailers(self) -> None:
        """Headers after the body, bounded like those before it. Some servers forget the empty line that ends
        them."""
        for _ in range(HEADER_COUNT + 1):
            if not self._read_line().rstrip(b"\r\n"):
                return
        raise self._bad(f"more than {HEADER_COUNT} trailers")

    def _read_chunk_size(self) -> int:
        line = self.fp.readline(CHUNK_LINE_BYTES + 1)
        if not line.endswith(b"\n"):
            if len(line) > CHUNK_LINE_BYTES:
                raise self._bad("a chunk size line without end")
            raise TruncatedError("the body ended before its last chunk", self._budget.subject)
        match = _CHUNK_SIZE.fullmatch(line.strip())
        if match is None:
            raise self._bad("a chunk size that is no number")
        return int(match[1], 16)

    def _read_status_line(self) -> tuple[int, int, str]:
        line = self._read_line()
        if not line:
            raise ConnectError("the server closed the connection without a reply", self._budget.subject)
        match = _STATUS_LINE.fullmatch(line.rstrip(b"\r\n"))
        if match is None:
            raise self._bad("the reply is not HTTP/1")
        return int(match[1]), int(match[2]), (match[3] or b"").decode("latin-1").strip()

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
        raise self._bad(f"more than {HEADER_COUNT} headers")

    def _read_line(self) -> bytes:
        line = self.fp.readline(LINE_BYTES + 1)
        self._head_bytes += len(line)
        if len(line) > LINE_BYTES or self._head_bytes > HEADER_BYTES:
            raise self._bad("headers without end")
        return line

    def _read_framing(self, headers: http.client.HTTPMessage) -> None:
        """Where the body ends (RFC 9112, 6.3). Contradictions are refused: a cache may have read them
        otherwise."""
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
                raise self._bad("a transfer coding other than chunked")
            self.chunked = True
            del headers["content-length"]
        elif lengths:
            self.length = self._one_length(lengths)

    def _one_length(self, lengths: set[str]) -> int:
        values = {int(written) for written in lengths if _LENGTH.fullmatch(written)}
        if len(values) != 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise self._bad("Content-Length is no single number")
        length = values.pop()
        if length > self._budget.most and self._budget.enough is None:
            raise TooLargeError(f"{length} bytes, more than fetch.max_bytes allows", self._budget.subject)
        return length

    def _closes(self, headers: http.client.HTTPMessage) -> bool:
        tokens = {
            part.strip().lower() for value in headers.get_all("connection", []) for part in value.split(",")
        }
        return "close" in tokens or (self.version == 10 and "keep-alive" not in tokens)

    def _bad(self, what: str) -> BadReplyError:
        return BadReplyError(what, self._budget.subject)


def _text(raw: bytes) -> str:
    """A header value as text: UTF-8 where it is that (addresses in Location), else Latin-1, control
    characters out."""
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
        message[name] = value
    message.set_payload("")
    return message

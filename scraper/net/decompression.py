"""Decompress bodies: gzip, deflate, Brotli and Zstandard, stacked in any order, never past a limit.

A stream that does not reach its own end, or whose checksum is wrong, is an error; urllib3 would return what
there is. Nothing is decompressed further than one step past the limit, so a bomb costs no more memory than an
honest page.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import brotli
import zstandard

from scraper.errors import BadReplyError, TooLargeError, TruncatedError
from scraper.net.memory import return_large_blocks

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
MOST_LAYERS = 5  # urllib3's limit; Content-Encoding names them in the order they were applied
MOST_MEMBERS = 1_000  # of gzip, or frames of zstd: a body of empty ones would take long
STEP_BYTES = 262_144
# Pages shrink to a fifth, repetitive sitemaps to a sixtieth; a small body of many megabytes is a bomb.
HONEST_RATIO = 200
HONEST_BYTES = 1_000_000  # any body may decompress to so many

ZSTD_SLICE_BYTES = (
    256  # zstandard cannot limit its output: 4 bytes may become 128 KB, so at most 8 MB a slice
)
ZSTD_WINDOW_BYTES = 8_388_608  # RFC 9659: the largest window of a zstd content coding

Unpacker = Callable[[bytes, int, str], bytes]


def unpack(body: bytes, content_encoding: str | None, *, most: int, subject: str) -> bytes:
    """Return the body as it was before compression.

    Raises ``TooLargeError`` past ``most`` bytes in any layer, or past what an honest body of this size holds;
    ``TruncatedError`` if a stream breaks off or its checksum is wrong; ``BadReplyError`` for an unknown
    coding.
    """
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    layers = [name for name in names if name not in ("", "identity", "none", "utf-8")]
    if len(layers) > MOST_LAYERS:
        raise BadReplyError(f"the body has {len(layers)} layers of compression", subject)
    most = min(most, max(HONEST_BYTES, len(body) * HONEST_RATIO))
    for name in reversed(layers):
        unpacker = _unpackers().get(name)
        if unpacker is None:
            raise BadReplyError(f"content coding {name[:40]!r} was not requested", subject)
        if body:
            body = unpacker(body, most, subject)
    return body


def gunzip(body: bytes, most: int, subject: str) -> bytes:
    """Decompress gzip of one or more members (RFC 1952); what follows the last is ignored, as by gzip."""
    out = _Output(most, subject)
    position = 0
    for _ in range(MOST_MEMBERS):
        position = _inflate(zlib.decompressobj(16 + zlib.MAX_WBITS), body, position, out)
        if not body.startswith(b"\x1f\x8b", position):
            return out.value()
    raise BadReplyError(f"gzip of more than {MOST_MEMBERS} members", subject)


def _inflate_either(body: bytes, most: int, subject: str) -> bytes:
    """Decompress ``deflate`` with its zlib header (RFC 9110), or without, as some servers send it."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS) if is_zlib else (-zlib.MAX_WBITS,):
        out = _Output(most, subject)
        try:
            _inflate(zlib.decompressobj(bits), body, 0, out)
        except TruncatedError:
            if bits < 0:
                raise
        else:
            return out.value()
    raise TruncatedError("the deflate stream is damaged", subject)


def _inflate(stream: zlib._Decompress, body: bytes, start: int, out: _Output) -> int:
    """Decompress one stream from ``start``, in steps of input and of output. Return where it ends."""
    position = start
    try:
        while position < len(body):
            pending = body[position : position + STEP_BYTES]
            position += len(pending)
            while pending and not stream.eof:
                out.write(stream.decompress(pending, STEP_BYTES))
                pending = stream.unconsumed_tail
            if stream.eof:
                return position - len(stream.unused_data)
        out.write(stream.decompress(b"", STEP_BYTES))  # what zlib still buffers
    except zlib.error as error:
        raise TruncatedError("the compressed body is damaged", out.subject) from error
    if not stream.eof:
        raise TruncatedError("the compressed body is incomplete", out.subject)
    return position


def _unbrotli(body: bytes, most: int, subject: str) -> bytes:
    out = _Output(most, subject)
    stream = brotli.Decompressor()
    try:
        out.write(stream.process(body, output_buffer_limit=STEP_BYTES))
        while not stream.is_finished():
            if stream.can_accept_more_data():
                raise TruncatedError("the compressed body is incomplete", subject)
            out.write(stream.process(b"", output_buffer_limit=STEP_BYTES))
    except brotli.error as error:
        raise TruncatedError("the compressed body is damaged", subject) from error
    return out.value()


def _unzstd(body: bytes, most: int, subject: str) -> bytes:
    """Decompress Zstandard of one or more frames (RFC 8878)."""
    out = _Output(most, subject)
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    position = 0
    for _ in range(MOST_MEMBERS):
        stream = decompressor.decompressobj()
        try:
            while position < len(body) and not stream.eof:
                piece = body[position : position + ZSTD_SLICE_BYTES]
                out.write(stream.decompress(piece))
                position += len(piece) - len(stream.unused_data)
        except zstandard.ZstdError as error:
            raise TruncatedError("the compressed body is damaged", subject) from error
        if not stream.eof:
            raise TruncatedError("the compressed body is incomplete", subject)
        if position >= len(body):
            return out.value()
    raise BadReplyError(f"zstd of more than {MOST_MEMBERS} frames", subject)


class _Output:
    """The output so far, at most ``most`` bytes."""

    def __init__(self, most: int, subject: str) -> None:
        self.subject = subject
        self._most = most
        self._bytes = io.BytesIO()

    def write(self, piece: bytes) -> None:
        if self._bytes.tell() + len(piece) > self._most:
            raise TooLargeError(
                "decompresses to more bytes than [fetch] max_bytes or an honest page allows", self.subject
            )
        if self._bytes.tell() > HONEST_BYTES:
            return_large_blocks()
        self._bytes.write(piece)

    def value(self) -> bytes:
        return self._bytes.getvalue()


def _unpackers() -> dict[str, Unpacker]:
    return {
        "gzip": gunzip,
        "x-gzip": gunzip,
        "deflate": _inflate_either,
        "br": _unbrotli,
        "zstd": _unzstd,
    }

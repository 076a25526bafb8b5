"""Unpacking of bodies: gzip, deflate, Brotli and Zstandard, stacked in any order, never past a limit.

A stream that does not reach its own end, or whose checksum is wrong, is truncated; urllib3 would return what there is.
Nothing is unpacked further than one step past the limit, so a bomb costs no more memory than an honest page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

from scraper.errors import BadReplyError, TooLargeError, TruncatedError

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
MOST_LAYERS = 5  # urllib3's limit; Content-Encoding names the layers in the order they were put on
STEP_BYTES = 262_144
# Pages pack to a fifth, the most repetitive sitemaps to a sixtieth; a small body that unpacks to megabytes is a bomb.
HONEST_RATIO = 200
HONEST_BYTES = 1_000_000  # may come out of any body

ZSTD_SLICE_BYTES = 256  # this library cannot bound its output; 4 bytes may become a block of 128 KB, so 8 MB a slice
ZSTD_WINDOW_BYTES = 8_388_608  # RFC 9659: no zstd content coding may need a larger window

Unpacker = Callable[[bytes, int, str], bytes]


def unpack(body: bytes, content_encoding: str | None, *, most: int, subject: str) -> bytes:
    """The body as it was before compression.

    Raises ``TooLargeError`` past ``most`` bytes in any layer, or past what an honest body of this size holds;
    ``TruncatedError`` when a stream breaks off or its checksum does not fit; ``BadReplyError`` for an unknown coding.
    """
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    layers = [name for name in names if name not in ("", "identity", "none", "utf-8")]
    if len(layers) > MOST_LAYERS:
        raise BadReplyError(f"{len(layers)} layers of compression", subject)
    most = min(most, max(HONEST_BYTES, len(body) * HONEST_RATIO))
    for name in reversed(layers):
        unpacker = _unpackers().get(name)
        if unpacker is None:
            raise BadReplyError(f"content coding {name[:40]!r} was not asked for", subject)
        if body:
            body = unpacker(body, most, subject)
    return body


def gunzip(body: bytes, most: int, subject: str) -> bytes:
    """Unpack gzip of one or more members (RFC 1952); padding after the last one is left out."""
    out = bytearray()
    while body:
        body = body.lstrip(b"\0") if out else body
        if not body.startswith(b"\x1f\x8b"):
            if out or not body:
                break  # trailing garbage, which gzip itself ignores with a warning
            raise TruncatedError("the body is not the gzip it is said to be", subject)
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        _inflate(stream, body, out, most, subject)
        body = stream.unused_data
    return bytes(out)


def _inflate_either(body: bytes, most: int, subject: str) -> bytes:
    """``deflate`` with its zlib frame, as RFC 9110 wants it, or without, as some servers send it."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS) if is_zlib else (-zlib.MAX_WBITS,):
        out = bytearray()
        try:
            _inflate(zlib.decompressobj(bits), body, out, most, subject)
        except TruncatedError:
            if bits < 0:
                raise
        else:
            return bytes(out)
    raise TruncatedError("the deflate stream is damaged", subject)


def _inflate(stream: zlib._Decompress, body: bytes, out: bytearray, most: int, subject: str) -> None:
    pending = body
    try:
        while not stream.eof:
            piece = stream.decompress(pending, STEP_BYTES)
            pending = stream.unconsumed_tail
            _grow(out, piece, most, subject)
            if not piece and not pending and not stream.eof:
                raise TruncatedError("the compressed body breaks off", subject)
    except zlib.error as error:
        raise TruncatedError("the compressed body is damaged", subject) from error


def _unbrotli(body: bytes, most: int, subject: str) -> bytes:
    out = bytearray()
    stream = brotli.Decompressor()
    try:
        _grow(out, stream.process(body, output_buffer_limit=STEP_BYTES), most, subject)
        while not stream.is_finished():
            if stream.can_accept_more_data():
                raise TruncatedError("the compressed body breaks off", subject)
            _grow(out, stream.process(b"", output_buffer_limit=STEP_BYTES), most, subject)
    except brotli.error as error:
        raise TruncatedError("the compressed body is damaged", subject) from error
    return bytes(out)


def _unzstd(body: bytes, most: int, subject: str) -> bytes:
    """Zstandard of one or more frames (RFC 8878)."""
    out = bytearray()
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    stream = decompressor.decompressobj()
    position = 0
    try:
        while position < len(body):
            piece = body[position : position + ZSTD_SLICE_BYTES]
            _grow(out, stream.decompress(piece), most, subject)
            position += len(piece) - len(stream.unused_data)
            if stream.eof and position < len(body):
                stream = decompressor.decompressobj()
    except zstandard.ZstdError as error:
        raise TruncatedError("the compressed body is damaged", subject) from error
    if not stream.eof:
        raise TruncatedError("the compressed body breaks off", subject)
    return bytes(out)


def _grow(out: bytearray, piece: bytes, most: int, subject: str) -> None:
    if len(out) + len(piece) > most:
        raise TooLargeError("unpacks to more bytes than fetch.max_bytes or an honest page allows", subject)
    out += piece


def _unpackers() -> dict[str, Unpacker]:
    return {
        "gzip": gunzip,
        "x-gzip": gunzip,
        "deflate": _inflate_either,
        "br": _unbrotli,
        "zstd": _unzstd,
    }

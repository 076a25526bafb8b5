"""Channels that are served as gzip or zlib bytes without a Content-Encoding. Pure, and bounded."""

from __future__ import annotations

import zlib

from scraper.errors import DiscoveryError
from scraper.models import DEFAULT_MAX_BYTES

MAX_UNPACKED_BYTES = DEFAULT_MAX_BYTES
MOST_MEMBERS = 256  # of a gzip file (RFC 1952, 2.2): bgzip needs 230 for the largest channel
MOST_LAYERS = 3  # a packed file that the server packs again; more is not a channel
_GZIP = b"\x1f\x8b"  # RFC 1952
_ZLIB = 0x78  # RFC 1950: deflate with a window of 32 KB, as every encoder writes it


def unpacked(body: bytes, url: str) -> bytes:
    """Return the body of a channel, unpacked where it is gzip or zlib, also when it was packed twice.

    Raises `DiscoveryError` when the packed data is damaged, cut off, packed more often than `MOST_LAYERS`
    times, or larger than `MAX_UNPACKED_BYTES` unpacked.
    """
    for _ in range(MOST_LAYERS):
        if not _is_packed(body):
            return body
        body = _unpacked_once(body, url)
    if _is_packed(body):
        raise DiscoveryError(f"this channel is compressed more than {MOST_LAYERS} times", url)
    return body


def _is_packed(body: bytes) -> bool:
    """Return whether a body begins as gzip, or with the checked two bytes of a zlib stream."""
    is_zlib = len(body) > 1 and body[0] == _ZLIB and (body[0] << 8 | body[1]) % 31 == 0
    return body.startswith(_GZIP) or is_zlib


def _unpacked_once(body: bytes, url: str) -> bytes:
    kind, bits = ("gzip", zlib.MAX_WBITS | 16) if body.startswith(_GZIP) else ("zlib", zlib.MAX_WBITS)
    plain = bytearray()
    rest = body
    for _ in range(MOST_MEMBERS):
        unpacker = zlib.decompressobj(bits)
        try:
            plain += unpacker.decompress(rest, MAX_UNPACKED_BYTES + 1 - len(plain))
        except zlib.error:
            raise DiscoveryError(f"the {kind} data of this channel is damaged", url) from None
        if len(plain) > MAX_UNPACKED_BYTES:
            raise DiscoveryError(f"this channel is larger than {MAX_UNPACKED_BYTES} bytes unpacked", url)
        if not unpacker.eof:
            raise DiscoveryError(f"the {kind} data of this channel is truncated", url)
        rest = unpacker.unused_data
        if not rest.startswith(_GZIP):
            return bytes(plain)
    raise DiscoveryError(f"the gzip data of this channel has more than {MOST_MEMBERS} parts", url)

"""Channels that are served as gzip bytes without a Content-Encoding. Pure, and bounded."""

from __future__ import annotations

import zlib

from scraper.errors import DiscoveryError
from scraper.models import DEFAULT_MAX_BYTES

MAX_UNPACKED_BYTES = DEFAULT_MAX_BYTES
_GZIP = b"\x1f\x8b"


def unpacked(body: bytes, url: str) -> bytes:
    """Return the body of a channel, unpacked where it is gzip.

    Raises `DiscoveryError` when the gzip is damaged, cut off or larger than `MAX_UNPACKED_BYTES` unpacked.
    """
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, MAX_UNPACKED_BYTES + 1)
    except zlib.error:
        raise DiscoveryError("the gzip data of this channel is damaged", url) from None
    if len(plain) > MAX_UNPACKED_BYTES:
        raise DiscoveryError(f"this channel is larger than {MAX_UNPACKED_BYTES} bytes unpacked", url)
    if not unpacker.eof:
        raise DiscoveryError("the gzip data of this channel is cut off", url)
    return plain

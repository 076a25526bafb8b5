"""Decompression bombs: refused with little memory, also when the frame names its own size."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from scraper.errors import TooLargeError
from scraper.net.decompression import unpack

ZEROS = bytes(100_000_000)
PEAK_BYTES = 40_000_000  # the limit, one step past it, and one slice of zstd


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", lambda body: gzip.compress(body, 1)),
        ("deflate", lambda body: zlib.compress(body, 1)),
        ("br", lambda body: brotli.compress(body, quality=1)),
        ("zstd", zstandard.ZstdCompressor(write_content_size=True).compress),
        ("zstd", zstandard.ZstdCompressor(write_content_size=False).compress),
    ],
    ids=["gzip", "deflate", "br", "zstd-with-size", "zstd-without-size"],
)
def test_a_bomb_costs_little_memory(coding: str, pack: object) -> None:
    packed = pack(ZEROS)  # type: ignore[operator]
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            unpack(packed, coding, most=15_000_000, subject="x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < PEAK_BYTES

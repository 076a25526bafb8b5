"""Streams of inputs: first bytes seen before they are read, lines bounded, damage told last. EDGE: files."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import zstandard

BLOCK_BYTES = 65_536
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
FED_BYTES = 1_024  # of Zstandard at once: they unpack to 32 MB at most
MAX_WINDOW_BYTES = 2**27  # of Zstandard: what `zstd --long` writes, and no bomb
MAX_LINE_BYTES = (
    64_000_000  # four times the largest page that `fetch` takes; more is a file without line ends
)


def unpacked(stream: Peekable) -> Peekable:
    """Return the stream, unpacked where it is gzip or Zstandard."""
    start = stream.peek(len(ZSTD_MAGIC))
    if start.startswith(GZIP_MAGIC):
        return Peekable(gzip.GzipFile(fileobj=stream))
    if start == ZSTD_MAGIC:
        return Peekable(cast(BinaryIO, _Frames(stream)))
    return stream


class _Frames:
    """The frames of a Zstandard file, unpacked. `stream_reader` of zstandard takes a cut for the end."""

    def __init__(self, stream: Peekable) -> None:
        self._stream = stream
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ahead, self._found = b"", io.BytesIO()

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises ``EOFError`` or ``ZstdError`` on a damaged file."""
        while not (found := self._found.read(size)):
            self._ahead = self._ahead or self._stream.read(FED_BYTES)
            if not self._ahead:
                if self._frame is not None:
                    raise EOFError("the last frame is cut off")
                return b""
            self._frame = self._frame or self._unpacker.decompressobj()
            self._found = io.BytesIO(self._frame.decompress(self._ahead))
            self._ahead = self._frame.unused_data if self._frame.eof else b""
            self._frame = None if self._frame.eof else self._frame
        return found


class Peekable(io.RawIOBase):
    """A stream whose first bytes can be seen before they are read, since stdin cannot be rewound."""

    def __init__(self, stream: io.BufferedIOBase | BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self._damage: Exception | None = None

    @property
    def damage(self) -> Exception | None:
        """The error that ended the stream early."""
        return self._damage

    def readable(self) -> bool:
        """Return true, as `io.RawIOBase` asks."""
        return True

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end; they are read again by ``read``."""
        while len(self._ahead) < size and (more := self._more(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes. Raises what a damaged file raises, once all before it has been read."""
        wanted = sys.maxsize if size is None or size < 0 else size
        pieces, self._ahead = [self._ahead[:wanted]], self._ahead[wanted:]
        length = len(pieces[0])
        while length < wanted and (more := self._more(min(wanted - length, BLOCK_BYTES))):
            pieces.append(more)
            length += len(more)
        if not length and self._damage is not None and wanted:
            raise self._damage
        return b"".join(pieces)

    def _more(self, size: int) -> bytes:
        """Return what comes next; keep the error of a damaged file until all before it has been read."""
        if self._damage is not None:
            return b""
        try:
            return (
                self._stream.read1(size)
                if isinstance(self._stream, io.BufferedIOBase)
                else self._stream.read(size)
            )
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            self._damage = error
            return b""

    def lines(self) -> Iterator[bytes]:
        """Yield each line; one that is longer than `MAX_LINE_BYTES` is cut, and its rest skipped."""
        pieces: list[bytes] = []  # of a line without its end yet; joining each time takes the square
        length = 0
        skipping = False
        while chunk := self.read(BLOCK_BYTES):
            first, *more = chunk.split(b"\n")
            if not skipping:
                pieces.append(first)
                length += len(first)
            if more:
                if not skipping:
                    yield b"".join(pieces)
                yield from more[:-1]
                pieces, length, skipping = [more[-1]], len(more[-1]), False
            if length > MAX_LINE_BYTES and not skipping:
                yield b"".join(pieces)
                pieces, length, skipping = [], 0, True
        if length and not skipping:
            yield b"".join(pieces)

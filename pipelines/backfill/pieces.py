"""Parts of one large input, so that several tasks read it. EDGE: files.

Where a file is cut follows from its name and size alone. A line belongs to the piece in which it begins, and
so does a member of a gzip file and a row group of a Parquet file: each is read once, whatever the cut. A file
whose first bytes are of another kind than its name says is read whole by the task of its first piece.

WARC archives are gzip files of one member a record (WARC 1.1, annex D); a piece begins at the first member
that unpacks to the start of a record, and ends before such a member: others (bgzip) go on inside a record,
and a damaged one is reported by the piece before it. Zstandard, plain WARC and packed JSON Lines show no
place to begin at.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pipelines.backfill.plan import Input
from pipelines.ingest.inputs.detection import SNIFFED_BYTES, SUFFIXES, UnusableInput, detect_format
from pipelines.ingest.inputs.reader import suffix_of
from pipelines.ingest.inputs.records import InputFormat
from pipelines.ingest.inputs.streams import BLOCK_BYTES, GZIP_MAGIC, Peekable, unpacked

# A task reads some 1,000 packed pages, or 25,000 texts, in a few seconds.
PIECE_BYTES = 64_000_000
GZIP, PARQUET = ".gz", ".parquet"
_MEMBER = re.compile(rb"\x1f\x8b\x08")  # its first bytes; in packed text they also occur once in 16 MB
_SEARCHED = 1_000_000  # bytes of a file searched at once
_PROBED = 4_096  # bytes that are unpacked to see whether a record begins
_RECORD = b"WARC/"
_GZIP_WINDOW = 31  # `zlib`: a gzip header, and the largest window


class Piece(NamedTuple):
    """A part of an input, from one byte to another; the first of a whole one, too."""

    address: str
    start: int = 0
    end: int = 0  # 0: the end of the input

    @property
    def name(self) -> str:
        """What messages call it: lines and records are counted from its start."""
        return f"{self.address} from byte {self.start}" if self.start else self.address


def pieces_of(inputs: Iterable[Input]) -> tuple[Piece, ...]:
    """Return what the tasks that read inputs each read."""
    return tuple(piece for each in inputs for piece in _pieces(each))


def _pieces(each: Input) -> Iterator[Piece]:
    count = max(1, -(-each.size // PIECE_BYTES)) if _can_be_cut(Path(each.address)) else 1
    for number in range(count):
        end = (number + 1) * PIECE_BYTES if number < count - 1 else 0
        yield Piece(each.address, number * PIECE_BYTES, end)


def _can_be_cut(path: Path) -> bool:
    kind, is_packed = suffix_of(path), path.suffix.lower() == GZIP
    if SUFFIXES.get(kind) is InputFormat.WARC:
        return is_packed
    return path.suffix.lower() == kind and (kind == PARQUET or SUFFIXES.get(kind) is InputFormat.JSONL)


def opened_piece(stream: BinaryIO, piece: Piece) -> tuple[Peekable, InputFormat] | None:
    """Return the bytes of a piece of JSON Lines or WARC, unpacked, and which of both it is.

    ``None`` if no line or member begins in it. Of an input of another kind the first piece is all of it.
    """
    kind = _kind(stream, piece)
    stream.seek(0)
    if kind is None:
        return None if piece.start else (unpacked(Peekable(stream)), InputFormat.AUTO)
    find = _first_line if kind is InputFormat.JSONL else _first_member
    start = find(stream, piece) if piece.start else 0
    if start is None or (piece.end and start >= piece.end):
        return None
    stream.seek(start)
    part = (_Lines if kind is InputFormat.JSONL else _Members)(stream, start, piece.end)
    return Peekable(cast(BinaryIO, part)), kind


def _kind(stream: BinaryIO, piece: Piece) -> InputFormat | None:
    """Return what an input holds, if it is of a kind that can be read from the middle, and cut at all."""
    if not (piece.start or piece.end):
        return None
    stream.seek(0)
    start = stream.read(SNIFFED_BYTES)
    if start.startswith(GZIP_MAGIC):
        return InputFormat.WARC if _begins_record(start) else None
    try:
        kind = detect_format(start, suffix_of(Path(piece.address)))
    except UnusableInput:
        return None
    is_document = start.partition(b"\n")[0].strip() in (b"{", b"[")
    return kind if kind is InputFormat.JSONL and not is_document else None


def _first_line(stream: BinaryIO, piece: Piece) -> int | None:
    """Return where the first line begins that does not begin before a piece."""
    at = piece.start - 1
    stream.seek(at)
    while block := stream.read(BLOCK_BYTES):
        if (found := block.find(b"\n")) >= 0:
            return at + found + 1
        at += len(block)
    return None


def _first_member(stream: BinaryIO, piece: Piece) -> int | None:
    """Return where the first member begins that starts a record, not before a piece nor far beyond it."""
    at = piece.start
    while not piece.end or at < piece.end:
        stream.seek(at)
        block = stream.read(_SEARCHED + _PROBED)
        for found in _MEMBER.finditer(block):
            if found.start() < _SEARCHED and _begins_record(block[found.start() : found.start() + _PROBED]):
                return at + found.start()
        if len(block) <= _SEARCHED:
            break
        at += _SEARCHED
    return None


def _begins_record(packed: bytes) -> bool:
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(packed, len(_RECORD)) == _RECORD
    except zlib.error:
        return False


class _Lines:
    """The lines of a file that begin before ``end``."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._at, self._end = stream, start, end

    def read(self, size: int) -> bytes:
        """Return the next bytes; none when the last line has ended."""
        block = self._stream.read(size) if self._at >= 0 else b""
        if self._end and self._at + len(block) >= self._end:
            ends = block.find(b"\n", max(0, self._end - 1 - self._at))
            if ends >= 0:
                self._at = -1
                return block[: ends + 1]
        self._at += len(block)
        return block


class _Members:
    """The members of a gzip file, unpacked, to the first that starts a record at ``end`` or after it."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._at, self._end = stream, start, end  # where the bytes ahead stand
        self._ahead = b""
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many. Raises ``EOFError`` or ``zlib.error`` on a damaged file."""
        while True:
            if self._member.eof and not self._next():
                return b""
            self._ahead = self._ahead or self._stream.read(BLOCK_BYTES)
            if not self._ahead:
                raise EOFError("the last member is cut off")
            found = self._member.decompress(self._ahead, size)
            left = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._at += len(self._ahead) - len(left)
            self._ahead = left
            if found:
                return found

    def _next(self) -> bool:
        """Begin the next member; return whether there is one, zeros between members apart."""
        while not (bare := self._ahead.lstrip(b"\0")):
            self._at += len(self._ahead)
            self._ahead = self._stream.read(BLOCK_BYTES)
            if not self._ahead:
                return False
        self._at += len(self._ahead) - len(bare)
        self._ahead = bare
        if self._end and self._at >= self._end and self._starts_record():
            return False
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        return True

    def _starts_record(self) -> bool:
        while len(self._ahead) < _PROBED and (more := self._stream.read(BLOCK_BYTES)):
            self._ahead += more
        return _begins_record(self._ahead[:_PROBED])

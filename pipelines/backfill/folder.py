"""The output folder: work files, marks of finished tasks, atomic writes. EDGE: files.

A work file holds *segments*: byte strings, one for each partition that will read it, or one for each article.
A reader takes one segment by its number and reads nothing else. They are not Parquet: to open a file of three
columns with a row group for each of 1,000 partitions takes pyarrow 4 ms of CPU, in a thousand files, for each
of 1,000 readers.

Every file appears under its name when it is whole, so a task that is done twice, even at the same time by two
processes, leaves the same bytes as one that is done once.
"""

from __future__ import annotations

import errno
import os
import re
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from pipelines.errors import BackfillError
from pipelines.files import write_atomically

OPEN_FILES = 64  # kept open by one process; the usual limit is 1,024
LEVEL = 1  # of Zstandard for work files: level 3 takes twice the time for 8 % less of pages
LEAST_PACKED = 256  # bytes; less is stored as it is
_PACKED, _PLAIN = b"z", b"p"
_MARK = re.compile(r"(\d{6,})\.json")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Folder:
    """The output folder of one backfill."""

    path: Path

    def file(self, stage: str, number: int, suffix: str = "seg") -> Path:
        """Return the path of a work file of one task."""
        return self.path / "work" / stage / f"{number:06d}.{suffix}"

    def result(self, table: str, number: int) -> Path:
        """Return the path of a Parquet file of the result."""
        return self.path / table / f"{number:06d}.parquet"

    def is_done(self, stage: str, number: int) -> bool:
        """Return whether a task is done."""
        return self._mark(stage, number).exists()

    def done(self, stage: str) -> set[int]:
        """Return the numbers of the finished tasks of a stage."""
        try:
            names = [path.name for path in (self.path / "done" / stage).iterdir()]
        except FileNotFoundError:
            return set()
        return {int(found[1]) for name in names if (found := _MARK.fullmatch(name))}

    def finish(self, stage: str, number: int, counts: Mapping[str, Any]) -> None:
        """Mark a task as done, with what it counted."""
        write(self._mark(stage, number), msgspec.json.encode(dict(counts), order="sorted"))

    def counts(self, stage: str, number: int) -> dict[str, Any]:
        """Return what a finished task counted."""
        mark = self._mark(stage, number)
        try:
            return dict(msgspec.json.decode(mark.read_bytes()))
        except msgspec.DecodeError as error:
            message = "the mark of a finished task is damaged; delete it and start the same command again"
            raise BackfillError(message, str(mark)) from error

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Raise ``BackfillError`` within if a work file of a finished task is gone."""
        try:
            yield
        except FileNotFoundError as error:
            if self.path / "work" not in Path(str(error.filename)).parents:
                raise
            message = "a work file is missing, so the backfill cannot continue; start again in another folder"
            raise BackfillError(message, str(error.filename)) from error

    def _mark(self, stage: str, number: int) -> Path:
        return self.path / "done" / stage / f"{number:06d}.json"


def write(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all. Raises ``BackfillError`` on a full disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        message = "no space left on the disk; free some space and start the same command again to continue"
        raise BackfillError(message, str(path)) from error


def packed(content: bytes) -> bytes:
    """Return the bytes of a segment, compressed where that pays."""
    if len(content) < LEAST_PACKED:
        return _PLAIN + content
    return _PACKED + _CODEC.packer.compress(content)


def unpacked(segment: bytes) -> bytes:
    """Return the content of a segment; none of an empty one."""
    if segment[:1] != _PACKED:
        return segment[1:]
    return _CODEC.unpacker.decompress(segment[1:])


class _Codec(threading.local):
    """One a thread: to make both takes as long as to compress 3 kB."""

    def __init__(self) -> None:
        self.packer = zstandard.ZstdCompressor(level=LEVEL)
        self.unpacker = zstandard.ZstdDecompressor()


_CODEC = _Codec()


def write_segments(path: Path, segments: Iterable[bytes]) -> None:
    """Write segments, then the place of each, then their number."""
    body = BytesIO()
    ends = [0]
    for segment in segments:
        body.write(segment)
        ends.append(body.tell())
    body.write(np.array(ends, dtype="<i8").tobytes())
    body.write(struct.pack("<q", len(ends)))
    write(path, body.getvalue())


@dataclass
class SegmentFiles:
    """Segments of many files, of which a bounded number stays open."""

    _open: OrderedDict[Path, tuple[int, Array]] = field(default_factory=OrderedDict)

    def read(self, path: Path, number: int) -> bytes:
        """Return the content of one segment."""
        descriptor, ends = self._opened(path)
        start, end = int(ends[number]), int(ends[number + 1])
        return unpacked(os.pread(descriptor, end - start, start)) if end > start else b""

    def close(self) -> None:
        """Close all files."""
        for descriptor, _ in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _opened(self, path: Path) -> tuple[int, Array]:
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        descriptor = os.open(path, os.O_RDONLY)
        size = os.fstat(descriptor).st_size
        (count,) = struct.unpack("<q", os.pread(descriptor, 8, size - 8))
        ends = np.frombuffer(os.pread(descriptor, 8 * count, size - 8 - 8 * count), dtype="<i8")
        self._open[path] = (descriptor, ends)
        if len(self._open) > OPEN_FILES:
            _, (oldest, _) = self._open.popitem(last=False)
            os.close(oldest)
        return descriptor, ends


def gathered(folder: Folder, stage: str, tasks: Iterable[int], partition: int) -> Iterator[bytes]:
    """Yield what each task of a stage wrote for one partition, in the order of tasks."""
    files = SegmentFiles()
    try:
        for task in tasks:
            yield files.read(folder.file(stage, task), partition)
            files.close()
    finally:
        files.close()


def write_array(path: Path, array: Array) -> None:
    """Write an array as ``.npy``, the format of NumPy (NEP 1)."""
    body = BytesIO()
    np.save(body, array, allow_pickle=False)
    write(path, body.getvalue())


def read_array(path: Path) -> Array:
    """Return an array of ``write_array`` without reading more of it than is used."""
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def array_segment(array: Array) -> bytes:
    """Return an array of whole numbers as a segment."""
    return packed(array.tobytes())


def split_by(places: Array, values: Array, count: int) -> Sequence[Array]:
    """Return the values of each place from 0 to ``count``, in their order. ``places`` need not be sorted."""
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(1, count))
    return np.split(values[order], bounds)


def distinct(values: Array) -> Array:
    """Return the values in order, each once. ``numpy.unique`` (2.3) hashes whole numbers first: ten times as
    long for what is in order in long stretches, as the segments of several tasks are.
    """
    ordered = np.sort(values, kind="stable")
    found: Array = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return found

"""Paths and stdin to records: opens, unpacks, detects, reads. EDGE: files.

Nothing is read twice, and nothing wholly but single pages.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.ingest.inputs.detection import SNIFFED_BYTES, SUFFIXES, UnusableInput, detect_format
from pipelines.ingest.inputs.jsonl import MAX_LINE_BYTES, read_jsonl
from pipelines.ingest.inputs.records import (
    Declared,
    HtmlPage,
    Imported,
    InputFormat,
    PlainPage,
    ReadyArticle,
    ToFetch,
    failure,
)
from pipelines.ingest.inputs.saved_pages import decode_text, saved_address
from scraper.errors import ScraperError
from scraper.lazily import lazily
from scraper.models import DEFAULT_MAX_BYTES

if TYPE_CHECKING:
    from scraper.extraction import newsletters
else:
    newsletters = lazily("scraper.extraction.newsletters")

STDIN = "-"
BLOCK_BYTES = 65_536
GZIP_MAGIC = b"\x1f\x8b"
MAX_PAGE_BYTES = DEFAULT_MAX_BYTES  # of one page or text, unpacked, as for pages from the network


def read_inputs(
    paths: Iterable[str],
    *,
    format: InputFormat = InputFormat.AUTO,  # noqa: A002 - the name of the option
    source_id: str | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Imported]:
    """A record for each article-to-be in ``paths`` (files, directories, ``-``), a `Failure` for each
    unreadable one.

    Streams: JSON Lines are read line by line, whatever their size. Directories are taken in order of names,
    without hidden files and without files of other kinds.
    """
    for name in paths:
        if name == STDIN:
            yield from _read(stdin or io.BytesIO(), "<stdin>", "", format, source_id)
            continue
        path = Path(name)
        if path.is_dir():
            files = sorted(_importable(path))
            if not files:
                yield failure(
                    "no file to import in this directory",
                    place=name,
                    error="EmptyDirectory",
                    source_id=source_id,
                )
            for file in files:
                yield from _read_file(file, format, source_id)
        else:
            yield from _read_file(path, format, source_id)


def _importable(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        parts = path.relative_to(directory).parts
        if not any(part.startswith(".") for part in parts) and _suffix(path) in SUFFIXES and path.is_file():
            yield path


def _suffix(path: Path) -> str:
    """The suffix under a ``.gz``."""
    return (Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix).lower()


def _read_file(path: Path, kind: InputFormat, source_id: str | None) -> Iterator[Imported]:
    try:
        with path.open("rb") as stream:
            yield from _read(stream, str(path), _suffix(path), kind, source_id)
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        yield failure(
            f"cannot be read: {reason}", place=str(path), error=type(error).__name__, source_id=source_id
        )


def _read(
    raw: BinaryIO, name: str, suffix: str, kind: InputFormat, source_id: str | None
) -> Iterator[Imported]:
    stream = io.BufferedReader(raw, SNIFFED_BYTES) if isinstance(raw, io.RawIOBase) else raw
    try:
        buffered = _unpacked(_Peekable(stream))
        start = buffered.peek(SNIFFED_BYTES)
        if not start.strip():
            yield failure("the file is empty", place=name, error="EmptyFile", source_id=source_id)
            return
        kind = detect_format(start, suffix) if kind is InputFormat.AUTO else kind
        yield from _records(buffered, name, kind, source_id)
    except UnusableInput as refusal:
        yield failure(str(refusal), place=name, error="UnusableInput", source_id=source_id)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield failure(
            "the gzip file is damaged or cut short; what came before was taken",
            place=name,
            error="BadGzip",
            source_id=source_id,
        )


def _records(stream: _Peekable, name: str, kind: InputFormat, source_id: str | None) -> Iterator[Imported]:
    if kind is InputFormat.JSONL:
        yield from read_jsonl(stream.lines(), name=name, source_id=source_id)
    elif kind is InputFormat.URLS:
        yield from _wanted(stream.lines(), name, source_id)
    elif kind is InputFormat.WARC:
        raise UnusableInput("a WARC archive; this version does not read them")
    else:
        body = stream.read(MAX_PAGE_BYTES + 1)
        if len(body) > MAX_PAGE_BYTES:
            raise UnusableInput(f"larger than {MAX_PAGE_BYTES} bytes, the limit for one page")
        yield from _whole(body, name, kind, source_id)


def _whole(body: bytes, name: str, kind: InputFormat, source_id: str | None) -> Iterator[Imported]:
    """The records of a file that is one page, one text or one mail."""
    declared = Declared(source_id=source_id)
    if kind is InputFormat.HTML:
        yield HtmlPage(page=body, url=saved_address(body), declared=declared, place=name)
    elif kind is InputFormat.TEXT:
        yield PlainPage(page_text=decode_text(body), url=None, declared=declared, place=name)
    else:
        try:
            articles = newsletters.read_newsletter(body)
        except ScraperError as error:
            yield failure(str(error), place=name, error=type(error).__name__, source_id=source_id)
            return
        for article in articles:
            yield ReadyArticle(article=declared.over(article), place=name)


def _wanted(lines: Iterable[bytes], name: str, source_id: str | None) -> Iterator[Imported]:
    for number, line in enumerate(lines, 1):
        text = line.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            continue
        if text.lower().startswith(("http://", "https://")) and not any(mark.isspace() for mark in text):
            yield ToFetch(url=text, source_id=source_id, place=f"{name}:{number}")
        else:
            yield failure(
                f"not a web address: {text[:80]!r}",
                place=f"{name}:{number}",
                error="AddressError",
                source_id=source_id,
            )


def _unpacked(stream: _Peekable) -> _Peekable:
    if not stream.peek(2).startswith(GZIP_MAGIC):
        return stream
    return _Peekable(gzip.GzipFile(fileobj=stream))


class _Peekable(io.RawIOBase):
    """A stream whose first bytes can be looked at before they are read; stdin cannot be wound back."""

    def __init__(self, stream: io.BufferedIOBase | BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self._damage: Exception | None = None

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and (more := self._more(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int | None = -1) -> bytes:
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
        """What comes next; a damaged file is told of only after all that it held has been read."""
        if self._damage is not None:
            return b""
        try:
            return (
                self._stream.read1(size)
                if isinstance(self._stream, io.BufferedIOBase)
                else self._stream.read(size)
            )
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._damage = error
            return b""

    def lines(self) -> Iterator[bytes]:
        """Each line with its end; one that is longer than `MAX_LINE_BYTES` is cut, and its rest passed
        over."""
        rest = b""
        skipping = False
        while chunk := self.read(BLOCK_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                if not skipping:
                    yield line
                skipping = False
            if len(rest) > MAX_LINE_BYTES and not skipping:
                yield rest
                skipping = True
            rest = b"" if skipping else rest
        if rest and not skipping:
            yield rest

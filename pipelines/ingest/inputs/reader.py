"""Paths and stdin to records: open, unpack, detect and read them. EDGE: files.

Nothing is read twice; only single pages, mails and exports are read into memory whole.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from pipelines.ingest.inputs.detection import SNIFFED_BYTES, SUFFIXES, UnusableInput, detect_format
from pipelines.ingest.inputs.jsonl import read_jsonl
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
from pipelines.ingest.inputs.saved_pages import believed_type, decode_text, read_mhtml, saved_address
from pipelines.ingest.inputs.streams import Peekable, unpacked
from pipelines.models import Failure
from scraper.errors import ScraperError
from scraper.lazily import lazily
from scraper.models import DEFAULT_MAX_BYTES
from scraper.sandbox import bounded, is_ordinary_mail
from scraper.source_files import fresh_id

if TYPE_CHECKING:
    from pipelines.ingest.inputs import exports, warc
    from scraper.extraction import newsletters
else:
    exports = lazily("pipelines.ingest.inputs.exports")
    warc = lazily("pipelines.ingest.inputs.warc")
    newsletters = lazily("scraper.extraction.newsletters")

STDIN = "-"
PACKED = frozenset((".gz", ".zst"))
MAX_PAGE_BYTES = DEFAULT_MAX_BYTES  # of one page or text, unpacked, as for pages from the network


def read_inputs(
    paths: Iterable[str],
    *,
    format: InputFormat = InputFormat.AUTO,  # noqa: A002 - the name of the option
    source_id: str | None = None,
    stdin: BinaryIO | None = None,
    url: str | None = None,
) -> Iterator[Imported]:
    """Yield a record for each article in ``paths`` (files, directories, ``-``), a `Failure` for each
    unreadable one.

    JSON Lines and WARC files are read as streams, whatever their size. Directories are read in the order of
    names, without hidden files and without files of other kinds. ``url`` is that of the page in a single
    file."""
    records = _inputs(paths, format, source_id, stdin)
    yield from _with_url(records, url) if url else records


def _inputs(
    paths: Iterable[str], kind: InputFormat, source_id: str | None, stdin: BinaryIO | None
) -> Iterator[Imported]:
    for name in paths:
        if name == STDIN:
            yield from _read(stdin or io.BytesIO(), "<stdin>", "", kind, source_id)
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
                yield from _read_file(file, kind, source_id)
        else:
            yield from _read_file(path, kind, source_id)


def _importable(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        parts = path.relative_to(directory).parts
        if not any(part.startswith(".") for part in parts) and suffix_of(path) in SUFFIXES and path.is_file():
            yield path


def suffix_of(path: Path) -> str:
    """Return the suffix, or the one before ``.gz`` or ``.zst``."""
    return (Path(path.stem).suffix if path.suffix.lower() in PACKED else path.suffix).lower()


def _read_file(path: Path, kind: InputFormat, source_id: str | None) -> Iterator[Imported]:
    try:
        with path.open("rb") as stream:
            yield from _read(stream, str(path), suffix_of(path), kind, source_id)
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        yield failure(
            f"could not read the file: {reason}",
            place=str(path),
            error=type(error).__name__,
            source_id=source_id,
        )


def _read(
    raw: BinaryIO, name: str, suffix: str, kind: InputFormat, source_id: str | None
) -> Iterator[Imported]:
    stream = io.BufferedReader(raw, SNIFFED_BYTES) if isinstance(raw, io.RawIOBase) else raw
    is_empty = True
    for record in read_unpacked(unpacked(Peekable(stream)), name, suffix, kind, source_id):
        is_empty = False
        yield record
    if is_empty:  # an archive of images, a list of comments
        message = "no article, page or URL in this file"
        yield failure(message, place=name, error="NothingToImport", source_id=source_id)


def read_unpacked(
    buffered: Peekable,
    name: str,
    suffix: str,
    kind: InputFormat,
    source_id: str | None,
    *,
    is_start: bool = True,
) -> Iterator[Imported]:
    """Yield the records of an unpacked stream, and a `Failure` for what cannot be read.

    ``is_start``: the stream is not a later part of a file.
    """
    try:
        start = buffered.peek(SNIFFED_BYTES)
        if is_start and not start.strip():
            if buffered.damage is not None:  # cut off before the end of its first block
                raise buffered.damage
            yield failure("the file is empty", place=name, error="EmptyFile", source_id=source_id)
            return
        kind = detect_format(start, suffix) if kind is InputFormat.AUTO else kind
        yield from _records(buffered, name, kind, source_id, is_start=is_start)
    except UnusableInput as refusal:
        yield failure(str(refusal), place=name, error="UnusableInput", source_id=source_id)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError):
        yield failure(
            "the compressed data is damaged or cut off; what came before was imported",
            place=name,
            error="BadGzip",
            source_id=source_id,
        )


def _records(
    stream: Peekable, name: str, kind: InputFormat, source_id: str | None, *, is_start: bool
) -> Iterator[Imported]:
    if kind is InputFormat.JSONL:
        yield from read_jsonl(stream.lines(), name=name, source_id=source_id, is_start=is_start)
    elif kind is InputFormat.URLS:
        yield from _wanted(stream.lines(), name, source_id)
    elif kind is InputFormat.WARC:
        yield from warc.read_warc(stream, name=name, source_id=source_id)
    else:
        body = stream.read(MAX_PAGE_BYTES + 1)
        if len(body) > MAX_PAGE_BYTES:
            raise UnusableInput(f"larger than {MAX_PAGE_BYTES} bytes, the limit for one page")
        yield from _whole(body, name, kind, source_id)


def _whole(body: bytes, name: str, kind: InputFormat, source_id: str | None) -> Iterator[Imported]:
    """Yield the records of a file that is one page, one text, one mail or one export."""
    declared = Declared(source_id=source_id)
    if kind is InputFormat.HTML:
        yield HtmlPage(
            page=body,
            url=saved_address(body),
            declared=declared,
            place=name,
            content_type=believed_type(body),
        )
    elif kind is InputFormat.TEXT:
        yield PlainPage(page_text=decode_text(body), url=None, declared=declared, place=name)
    elif kind is InputFormat.NEXIS:
        yield from exports.read_export(body, name=name, source_id=source_id)
    elif page := read_mhtml(body):
        yield HtmlPage(
            page=page.body, url=page.url, declared=declared, place=name, content_type=page.content_type
        )
    else:
        yield from _mail(body, name, source_id)


def _mail(body: bytes, name: str, source_id: str | None) -> Iterator[Imported]:
    """Yield the articles of a newsletter; its sender is their source where no other is given."""
    try:
        read = newsletters.read_newsletter
        articles = read(body) if is_ordinary_mail(body) else bounded(read, body)
    except ScraperError as error:
        yield failure(str(error), place=name, error=type(error).__name__, source_id=source_id)
        return
    for article in articles:
        sender_id = fresh_id(article.publisher, ()) if article.publisher else None
        declared = Declared(source_id=source_id or sender_id)
        yield ReadyArticle(article=declared.over(article), place=name)


def _with_url(records: Iterable[Imported], url: str) -> Iterator[Imported]:
    """Yield the records of one file as those of the page at a URL, or a `Failure` if it has several pages or
    articles without a URL of their own, which one URL would make versions of one article.
    """
    only: HtmlPage | PlainPage | ReadyArticle | None = None
    for record in records:
        if isinstance(record, Failure | ToFetch) or (isinstance(record, ReadyArticle) and record.article.url):
            yield record
        elif only is not None:
            what = "article" if isinstance(record, ReadyArticle) else "page"
            message = f"a second {what}, but --url names one; import the file without --url"
            yield failure(message, place=record.place, error="SeveralPages")
            return
        elif isinstance(record, ReadyArticle):
            only = replace(record, article=replace(record.article, url=url))
        else:
            only = replace(record, url=url, declared=replace(record.declared, url=url))
    if only is not None:
        yield only


def read_stream(
    raw: BinaryIO,
    name: str,
    *,
    format: InputFormat = InputFormat.AUTO,  # noqa: A002 - the name of the option
    source_id: str | None = None,
) -> Iterator[Imported]:
    """Yield the records of an open stream; ``name`` is its path or address, by which failures are told."""
    yield from _read(raw, name, suffix_of(Path(name)), format, source_id)


def _wanted(lines: Iterable[bytes], name: str, source_id: str | None) -> Iterator[Imported]:
    for number, line in enumerate(lines, 1):
        text = line.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            continue
        if text.lower().startswith(("http://", "https://")) and not any(mark.isspace() for mark in text):
            yield ToFetch(url=text, source_id=source_id, place=f"{name}:{number}")
        else:
            yield failure(
                f"not an http(s) URL: {text[:80]!r}",
                place=f"{name}:{number}",
                error="AddressError",
                source_id=source_id,
            )

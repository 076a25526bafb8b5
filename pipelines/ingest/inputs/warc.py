"""WARC archives to records: the HTML pages and feeds in their responses, read as a stream.

ISO 28500; warcio comes with the extra ``[archive]``. Memory does not grow with the file: one record at a time
is read, and none larger than a page may be. (fastwarc 2 aborts with a panic on streams that cannot seek.)
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import zstandard

from pipelines.ingest.inputs.detection import UnusableInput
from pipelines.ingest.inputs.records import Declared, HtmlPage, Imported, ReadyArticle, failure
from pipelines.ingest.inputs.streams import Peekable
from scraper.articles import announced_article
from scraper.discovery import read_feed
from scraper.errors import AddressError, ScraperError
from scraper.models import DEFAULT_MAX_BYTES, Access
from scraper.urls import canonical_url

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
    }
)


def read_warc(stream: Peekable, *, name: str, source_id: str | None = None) -> Iterator[Imported]:
    """Yield a page or the items of a feed for each response of a WARC file, and a `Failure` for each odd one.

    Responses other than HTTP 200, and those of other types, are skipped. Raises `UnusableInput` when warcio
    is not installed, or the file is ARC, the format before WARC, or something else."""
    if stream.peek(11).startswith(b"filedesc://"):
        raise UnusableInput("an ARC file; convert it to WARC with `warcio recompress`")
    if not stream.peek(5).startswith(b"WARC/"):
        raise UnusableInput("not a WARC archive; leave out --format, so that the format is detected")
    warcio = _warcio()
    number = 0
    try:
        for record in _iterator(warcio, stream):
            number += 1
            if record.rec_type in ("response", "resource"):
                yield from _records(record, f"{name}, record {number}", source_id)
        if stream.damage is not None:
            raise stream.damage  # warcio takes a cut gzip file for its end
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        raise  # of the file itself
    except (warcio.exceptions.ArchiveLoadFailed, ValueError, KeyError, AttributeError, TypeError) as error:
        yield failure(
            f"damaged after record {number} ({_on_one_line(error)}); what came before was imported",
            place=name,
            error="BadWarc",
            source_id=source_id,
        )


def _iterator(warcio: Any, stream: Peekable) -> Any:
    """Return warcio's iterator, without what ends it early and what it prints."""
    iterator = warcio.ArchiveIterator(stream)
    iterator.INC_RECORD = ""  # it writes lines to stderr about a wrong Content-Length
    address = iterator.loader._ensure_target_uri_format
    # a record without an address would end the archive with an AttributeError
    iterator.loader._ensure_target_uri_format = lambda headers: address(headers) or ""
    return iterator


def _records(record: Any, place: str, source_id: str | None) -> Iterator[Imported]:
    """Yield what one response of the archive holds."""
    header = record.rec_headers.get_header("WARC-Target-URI")
    if header is None:
        yield failure("the record has no address", place=place, error="BadRecord", source_id=source_id)
        return
    target = header.strip("<> ")
    content_type = _content_type(record)
    media_type = content_type.partition(";")[0].strip().lower()
    if not target.lower().startswith(("http://", "https://")) or media_type not in HTML_TYPES | FEED_TYPES:
        return
    try:
        url = canonical_url(target)
        body = _body(record)
    except (AddressError, OSError, EOFError, ValueError, zlib.error) as error:
        message = f"{target}: the record is damaged ({_on_one_line(error)})"
        yield failure(message, place=place, error="BadRecord", source_id=source_id)
        return
    if len(body) > DEFAULT_MAX_BYTES:
        message = f"{url}: larger than {DEFAULT_MAX_BYTES} bytes, the limit for one page"
        yield failure(message, place=place, error="TooLargeError", source_id=source_id)
        return
    page = HtmlPage(
        page=body,
        url=url,
        declared=Declared(source_id=source_id, url=url if media_type in HTML_TYPES else None),
        place=place,
        content_type=content_type,
        fetched_at=_date(record.rec_headers.get_header("WARC-Date") or ""),
    )
    if media_type in HTML_TYPES:
        yield page
    else:
        yield from _items(page, body, url)


def _body(record: Any) -> bytes:
    """Return the body of a record, at most one byte more than a page may have. Raises ``EOFError``."""
    body: bytes = record.content_stream().read(DEFAULT_MAX_BYTES + 1)
    rest = record.raw_stream
    if len(body) <= DEFAULT_MAX_BYTES and not rest.read(1) and rest.limit > 0:
        raise EOFError("it is cut off")
    return body


def _content_type(record: Any) -> str:
    """Return the Content-Type of a successful response; empty for all others."""
    if record.http_headers is None:
        return record.rec_headers.get_header("Content-Type") or ""
    is_ok = (record.http_headers.get_statuscode() or "") == "200"
    return (record.http_headers.get_header("Content-Type") or "") if is_ok else ""


def _date(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _items(feed: HtmlPage, body: bytes, url: str) -> Iterator[Imported]:
    """Yield what a feed announces: whole articles, teasers or headlines."""
    source_id = feed.declared.source_id
    try:
        links = read_feed(body, url, feed.content_type)
    except ScraperError as error:
        message = f"{url}: {error.message}"
        yield failure(message, place=feed.place, error=type(error).__name__, source_id=source_id)
        return
    for link in links:
        article = announced_article(link, now=feed.fetched_at or datetime.now(UTC)) if link.url else None
        if article is not None:
            if article.access is Access.FULL:
                article = replace(article, access=Access.IMPORTED)
            yield ReadyArticle(article=feed.declared.over(article), place=feed.place)


def _warcio() -> Any:
    try:
        import_module("warcio.exceptions")
        return import_module("warcio")
    except ImportError:
        raise UnusableInput('a WARC archive; install its reader: pip install "cuttings[archive]"') from None

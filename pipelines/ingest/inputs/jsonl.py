"""JSON Lines to records (contract, section 4): one object a line with ``text``, ``html`` or ``page_text``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from pipelines.ingest.inputs.records import (
    Declared,
    HtmlPage,
    Imported,
    PlainPage,
    ReadyArticle,
    failure,
    headline_or_imported,
)
from pipelines.ingest.inputs.streams import MAX_LINE_BYTES
from pipelines.models import Failure
from scraper.days import OLDEST_YEAR
from scraper.extraction.dates import parse_date
from scraper.models import Article

LOCAL_SCHEMES = frozenset(("javascript", "vbscript", "data", "file", "blob", "about"))
SHOWN_CHARS = 60
JQ = {b"{": "jq -c .", b"[": "jq -c '.[]'"}  # what makes JSON Lines of a document that begins so
LATEST_YEAR = 2100  # a date that lies years ahead is refused, and noted, when the article is stored

_EXPECTED = re.compile(r"Expected ([\w |]+), got ([\w-]+)")
_KINDS = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "bytes": "bytes that are not UTF-8",
}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Row(msgspec.Struct, frozen=True):
    """One line. Spreadsheets export numbers as ids and a single string as authors."""

    id: str | int | None = None
    url: str | None = None
    title: str | None = None
    text: str | None = None
    html: str | None = None
    page_text: str | None = None
    published: str | int | float | None = None
    source: str | None = None
    authors: list[str | None] | str | None = None
    language: str | None = None


def read_jsonl(
    lines: Iterable[bytes], *, name: str, source_id: str | None = None, is_start: bool = True
) -> Iterator[Imported]:
    """Yield a record for each line, or a `Failure` with the number of the line. Streams.

    ``is_start``: the first line is the first of its file, which may begin with a byte order mark.
    """
    for number, line in enumerate(lines, 1):
        is_first = is_start and number == 1
        bare = line.strip(b" \t\r\n\x00\xef\xbb\xbf") if is_first else line.strip()
        if not bare:
            continue
        place = f"{name}:{number}"
        if is_first and bare in (b"{", b"[", b"[{"):
            yield failure(
                f"one JSON document over several lines; write one object a line ({JQ[bare[:1]]})",
                place=place,
                error="NotJsonLines",
            )
            return
        if len(line) > MAX_LINE_BYTES:
            yield failure(
                f"the line is longer than {MAX_LINE_BYTES} bytes",
                place=place,
                error="LineTooLong",
                source_id=source_id,
            )
            continue
        yield from _records(bare, place, source_id)


def _records(line: bytes, place: str, source_id: str | None) -> Iterator[Imported]:
    try:
        value = json.loads(line.decode("utf-8"))
        row = msgspec.convert(value, Row)
    except UnicodeDecodeError as error:
        yield failure(
            f"not UTF-8 at byte {error.start + 1}; convert the file to UTF-8",
            place=place,
            error="BadEncoding",
            source_id=source_id,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        reason = (
            f"{error.msg} at column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else "nested too deeply"
        )
        yield failure(f"not JSON: {reason}", place=place, error="BadJson", source_id=source_id)
    except (msgspec.ValidationError, ValueError) as error:
        advice = f"; write one object a line ({JQ[b'[']})" if isinstance(value, list) else ""
        yield failure(f"{_in_words(error)}{advice}", place=place, error="BadRow", source_id=source_id)
    else:
        yield from _from_row(row, place, source_id)


def read_row(values: object, place: str, source_id: str | None = None) -> Iterator[Imported]:
    """Yield the record of one row with the keys of a line, of a table for example, or its `Failure`."""
    try:
        row = msgspec.convert(values, Row)
    except msgspec.ValidationError as error:
        yield failure(_in_words(error), place=place, error="BadRow", source_id=source_id)
    else:
        yield from _from_row(row, place, source_id)


def _in_words(error: Exception) -> str:
    """Return the error with its key first: "`text`: expected a string, got a number"."""
    message = str(error).replace("`", "")
    what, _, where = message.partition(" - at $.")
    if found := _EXPECTED.match(what):
        given = [kind for kind in found[1].replace("int | float", "float").split(" | ") if kind != "null"]
        kinds = ["a whole number" if kind == "int" else _KINDS.get(kind, kind) for kind in given]
        what = f"expected {' or '.join(kinds)}, got {_KINDS.get(found[2], found[2])}"
    what = what[:1].lower() + what[1:]
    return (
        f"`{where}`: {what}"
        if where
        else what.replace("expected an object", "expected an object with keys such as text and title")
    )


def _is_unusable(url: str) -> bool:
    """Return whether a URL cannot be parsed, or a browser would run it or read a file of its own computer
    (WHATWG URL, 4.4: it drops controls).
    """
    try:
        urlsplit(url)
    except ValueError:  # http://[::1
        return True
    scheme = "".join(char for char in url.partition(":")[0] if char > " ").lower()
    return ":" in url and scheme in LOCAL_SCHEMES


def _doubts(row: Row, place: str, source_id: str | None) -> Iterator[Failure]:
    """Yield what is wrong with a date or an address, without which the rest of a line is imported."""
    if row.published not in (None, "") and _published(row.published) is None:
        shown = str(row.published)[:SHOWN_CHARS]
        message = f"`published` is not a date: {shown!r}; imported without it"
        yield failure(message, place=place, error="BadDate", source_id=source_id)
    if _is_unusable(row.url or ""):
        shown = (row.url or "")[:SHOWN_CHARS]
        message = f"`url` is not the address of an article: {shown!r}; imported without it"
        yield failure(message, place=place, error="BadAddress", source_id=source_id)


def _from_row(row: Row, place: str, source_id: str | None) -> Iterator[Imported]:
    published, url = _published(row.published), _stripped(row.url)
    yield from _doubts(row, place, source_id)
    url = None if url is not None and _is_unusable(url) else url
    declared = Declared(
        external_id=None if row.id is None or row.id == "" else str(row.id),
        url=url,
        title=" ".join((row.title or "").split()),
        authors=_authors(row.authors),
        published_at=published,
        language=_stripped(row.language),
        source_id=_stripped(row.source) or source_id,
    )
    if row.text and row.text.strip():
        yield ReadyArticle(
            article=declared.over(Article(text=clean_lines(row.text), access=headline_or_imported(row.text))),
            place=place,
        )
    elif row.html and row.html.strip():
        yield HtmlPage(page=row.html, url=declared.url, declared=declared, place=place)
    elif row.page_text and row.page_text.strip():
        yield PlainPage(page_text=row.page_text, url=declared.url, declared=declared, place=place)
    elif declared.title:
        yield ReadyArticle(article=declared.over(Article(access=headline_or_imported(""))), place=place)
    else:
        yield failure(
            "neither a body (text, html or page_text) nor a title",
            place=place,
            error="NothingToImport",
            source_id=source_id,
        )


def clean_lines(text: str) -> str:
    """Return the lines that hold text with white space folded, as all articles are stored."""
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


def _published(value: str | float | None) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return parse_date(value) or _older(value)
    try:
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None


def _older(value: str) -> datetime | None:
    """Return an ISO date that no page can have: archives begin before the web, while pages err."""
    if not _ISO_DAY.match(value.strip()):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return when.replace(microsecond=0) if OLDEST_YEAR <= when.year <= LATEST_YEAR else None


def _authors(value: list[str | None] | str | None) -> tuple[str, ...]:
    """Return the names as given."""
    given = [value] if isinstance(value, str) else value or []
    return tuple(dict.fromkeys(name for name in (" ".join((each or "").split()) for each in given) if name))


def _stripped(value: str | None) -> str | None:
    return (value or "").strip() or None

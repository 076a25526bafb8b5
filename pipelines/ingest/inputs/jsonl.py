"""JSON Lines to records (contract, section 4): one object a line with ``text``, ``html`` or ``page_text``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import msgspec

from pipelines.ingest.inputs.given_dates import given_date
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
from scraper.extraction.characters import without_controls
from scraper.languages import UNDETERMINED, language_tag
from scraper.models import Article

LOCAL_SCHEMES = frozenset(("javascript", "vbscript", "data", "file", "blob", "about"))
SHOWN_CHARS = 60
JQ = {b"{": "jq -c .", b"[": "jq -c '.[]'"}  # what makes JSON Lines of a document that begins so

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
_YEAR = re.compile(r"\d{4}(?:\.0)?", re.ASCII)


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
    """Yield what is wrong with a date, an address or a language, without which a line is imported."""
    if row.published not in (None, "") and given_date(row.published) is None:
        given = str(row.published).strip()
        what = "is a year alone" if _YEAR.fullmatch(given) else "is not a date"
        yield _doubt("published", what, given, place=place, error="BadDate", source_id=source_id)
    if _is_unusable(row.url or ""):
        what = "is not the address of an article"
        yield _doubt("url", what, row.url or "", place=place, error="BadAddress", source_id=source_id)
    language = (row.language or "").strip()
    if language and language_tag(language) is None and language.lower() != UNDETERMINED:
        what = 'is not a language code such as "en" (BCP 47)'
        yield _doubt("language", what, language, place=place, error="BadLanguage", source_id=source_id)


def _doubt(key: str, what: str, given: str, *, place: str, error: str, source_id: str | None) -> Failure:
    message = f"`{key}` {what}: {given[:SHOWN_CHARS]!r}; imported without it"
    return failure(message, place=place, error=error, source_id=source_id)


def _from_row(row: Row, place: str, source_id: str | None) -> Iterator[Imported]:
    published, url = given_date(row.published), _stripped(row.url)
    yield from _doubts(row, place, source_id)
    url = None if url is not None and _is_unusable(url) else url
    declared = Declared(
        external_id=without_controls("" if row.id is None else str(row.id)) or None,
        url=url,
        title=_line(row.title),
        authors=_authors(row.authors),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        language=language_tag(row.language),
        source_id=_stripped(row.source) or source_id,
    )
    if text := clean_lines(row.text or ""):
        article = Article(text=text, access=headline_or_imported(text))
        yield ReadyArticle(article=declared.over(article), place=place)
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
    """Return the lines that hold text with white space folded and without control characters, as all
    articles are stored.
    """
    return "\n".join(line for line in map(_line, text.splitlines()) if line)


def _authors(value: list[str | None] | str | None) -> tuple[str, ...]:
    """Return the names as given."""
    given = [value] if isinstance(value, str) else value or []
    return tuple(dict.fromkeys(name for name in map(_line, given) if name))


def _line(text: str | None) -> str:
    return " ".join(without_controls(text or "").split())


def _stripped(value: str | None) -> str | None:
    return without_controls(value or "").strip() or None

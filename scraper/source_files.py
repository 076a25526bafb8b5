"""Source lists as other programs write and read them: OPML (feed readers) and CSV (spreadsheets). Pure.

Files are given and returned as bytes or text. `scraper.opml` reads OPML.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import Any

from lxml import etree

from scraper.decoding import decode
from scraper.discovery import CHANNEL_KEYS
from scraper.errors import SourceError
from scraper.models import Channel, ChannelKind, Source
from scraper.sources import all_source_values, read_sources, source_keys
from scraper.urls import parts_of

MAX_LIST_BYTES = 5_000_000
MAX_ROWS = 10_000
MAX_CELL_CHARS = 20_000  # csv's own limit is one for the whole process, and libraries lift it

_LISTS = frozenset({*CHANNEL_KEYS, "include", "exclude", "remove"})
_NUMBERS = frozenset({"delay", "min_poll", "max_poll", "max_articles"})
_FLAGS = frozenset({"enabled", "proven"})
_TRUE, _FALSE = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # OWASP, "CSV Injection": what makes a spreadsheet calculate a cell


def write_opml(sources: Sequence[Source], *, title: str = "cuttings") -> bytes:
    """Return the feeds of the sources as OPML 2.0, grouped by kind. OPML cannot name a source without a
    feed."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _xml_text(title)
    body = etree.SubElement(root, "body")
    for kind in dict.fromkeys(source.kind for source in sources):
        group = etree.SubElement(body, "outline", text=_xml_text(kind))
        for source in (each for each in sources if each.kind == kind):
            for channel in source.channels:
                if channel.kind is ChannelKind.FEED:
                    group.append(_outline(source, channel))
        if not len(group):
            body.remove(group)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def read_csv(body: bytes, file: str = "") -> tuple[Source, ...]:
    """Return the sources of a table with the columns that `write_csv` writes, in any order.

    A row needs a name or an id; it is proven only if its cell says so. Commas, semicolons and tabs separate;
    several URLs in one cell stand on lines of their own. Raises `SourceError` on an unknown column or a wrong
    value.
    """
    refuse_large(body, file)
    text = decode(body)
    header = text.lstrip().partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    tables: list[dict[str, Any]] = []
    taken: set[str] = set()
    try:
        columns = [_column(name, file) for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        for row in islice(reader, MAX_ROWS):
            if any(row.get(column) for column in columns):
                tables.append(_row_table(row, f"{file}, line {reader.line_num}", taken))
    except csv.Error as error:
        raise SourceError(f"this CSV cannot be read ({error})", f"{file}, line {reader.line_num}") from None
    if not tables:
        raise SourceError("this CSV has no source", file)
    return read_sources(tables, file)


def write_csv(sources: Sequence[Source]) -> str:
    """Return the sources as a table, one a row; an apostrophe defuses a cell that a spreadsheet would
    calculate."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(source_keys())
    for source in sources:
        writer.writerow([_defused(_cell(value)) for value in all_source_values(source).values()])
    return out.getvalue()


def refuse_large(body: bytes, file: str) -> None:
    """Raise `SourceError` when a list is larger than `MAX_LIST_BYTES`."""
    if len(body) > MAX_LIST_BYTES:
        raise SourceError(f"this source list is larger than {MAX_LIST_BYTES} bytes", file)


def fresh_id(name: str, taken: Collection[str]) -> str:
    """Return a source id made of a name, with a number where ``taken`` has it already."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56].strip("-") or "source"
    return next(
        each for number in count(1) if (each := slug if number == 1 else f"{slug}-{number}") not in taken
    )


def new_sources(listed: Iterable[Source], known: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources of a list that have a channel which no known source has, under ids of their own."""
    urls = {channel.url for source in known for channel in source.channels}
    ids = {source.id for source in known}
    chosen = []
    for source in listed:
        channels = tuple(channel for channel in source.channels if channel.url not in urls)
        if not channels and (source.channels or source.id in ids):
            continue
        identifier = fresh_id(source.id, ids) if source.id in ids else source.id
        ids.add(identifier)
        chosen.append(replace(source, id=identifier, channels=channels))
    return tuple(chosen)


def _outline(source: Source, feed: Channel) -> etree._Element:
    name = _xml_text(source.name)
    outline = etree.Element("outline", type="rss", text=name, title=name, xmlUrl=feed.url)
    if source.homepage:
        outline.set("htmlUrl", source.homepage)
    return outline


def _xml_text(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _column(name: str, file: str) -> str:
    column = name.strip().strip("\ufeff").lower().replace(" ", "_")
    if column not in source_keys():
        raise SourceError(
            f"column {name[:40]!r}: expected one of {', '.join(source_keys())}", f"{file}, line 1"
        )
    return column


def _row_table(row: Mapping[str, Any], where: str, taken: set[str]) -> dict[str, Any]:
    if any(len(cell) > MAX_CELL_CHARS for cell in row.values() if isinstance(cell, str)):
        raise SourceError(
            f"a cell is longer than {MAX_CELL_CHARS} characters; is a quotation mark missing?", where
        )
    if row.get(None):  # type: ignore[call-overload]  # csv.DictReader keeps surplus cells under None
        raise SourceError("this row has more cells than the header", where)
    cells = {
        column: _undefused(cell.strip())
        for column, cell in row.items()
        if isinstance(cell, str) and cell.strip()
    }
    table: dict[str, Any] = {column: _value(column, cell, where) for column, cell in cells.items()}
    if "id" not in table:
        table["id"] = fresh_id(table.get("name") or parts_of(table.get("homepage")).netloc, taken)
    taken.add(table["id"])
    table.setdefault("proven", False)  # a list says nothing of who has seen its channels working
    return table


def _value(column: str, cell: str, where: str) -> Any:
    lines = [line.strip() for line in cell.splitlines() if line.strip()]
    if column in CHANNEL_KEYS and CHANNEL_KEYS[column].takes_selector:
        return [_channel_table(line) for line in lines]
    if column in _LISTS:
        return lines
    if column in _FLAGS:
        if cell.lower() not in _TRUE | _FALSE:
            raise SourceError(f"{column}: expected true or false, got {cell[:40]!r}", where)
        return cell.lower() in _TRUE
    if column in _NUMBERS:
        try:
            return int(cell) if column == "max_articles" else float(cell)
        except ValueError:
            raise SourceError(f"{column}: expected a number, got {cell[:40]!r}", where) from None
    return cell


def _channel_table(line: str) -> dict[str, str]:
    url, _, selector = line.partition(" ")
    return {"url": url, "selector": selector.strip()} if selector.strip() else {"url": url}


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return f"{value['url']} {value['selector']}"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _undefused(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell

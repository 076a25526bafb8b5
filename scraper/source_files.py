"""Source lists as other programs write and read them: OPML (feed readers) and CSV (spreadsheets), given as
bytes. Pure.

OPML is read here with lxml, not with `listparser`: that drops ``htmlUrl``, so a list would come back without
homepages.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import count, islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from scraper.decoding import decode
from scraper.errors import SourceError
from scraper.models import Channel, ChannelKind, Source
from scraper.sources import read_sources, source_keys

MAX_LIST_BYTES = 5_000_000
MAX_OUTLINES = 10_000
MAX_CELL_CHARS = 20_000  # csv's own limit is one for the whole process, and libraries lift it

_LISTS = frozenset({"feeds", "sitemaps", "listings", "include", "exclude"})
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


def read_opml(body: bytes, file: str = "") -> tuple[Source, ...]:
    """The feeds of an OPML list as sources, not proven yet; outlines with one name and homepage are one
    source.

    Raises `SourceError` when it is no OPML or names no feed.
    """
    _refuse_large(body, file)
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(decode(body, "text/xml").encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or _local_name(root) != "opml":
        raise SourceError("this is no OPML file", file)
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    taken: set[str] = set()
    outlines = (each for each in root.iter() if _local_name(each) == "outline" and _attribute(each, "xmlurl"))
    for outline in islice(outlines, MAX_OUTLINES):
        name, homepage = _name_of(outline), _attribute(outline, "htmlurl")
        table = tables.setdefault(
            (name, homepage), {"name": name, "homepage": homepage, "proven": False, "feeds": []}
        )
        table["feeds"].append(_feed_address(outline))
        if "id" not in table:
            table["id"] = _new_id(name or urlsplit(homepage or table["feeds"][0]).netloc, taken)
            table["kind"] = _kind_of(outline)
    if not tables:
        raise SourceError("this OPML names no feed (no outline has an xmlUrl)", file)
    return read_sources(list(tables.values()), file)


def write_opml(sources: Sequence[Source], *, title: str = "cuttings") -> bytes:
    """The feeds of the sources as OPML 2.0, grouped by kind; a source without a feed has no place there."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _xml_text(title)
    body = etree.SubElement(root, "body")
    for kind in dict.fromkeys(source.kind for source in sources):
        group = etree.SubElement(body, "outline", text=_xml_text(kind))
        for source in (each for each in sources if each.kind == kind):
            for channel in source.channels:
                if channel.kind is ChannelKind.FEED:
                    name = _xml_text(source.name)
                    outline = etree.SubElement(
                        group, "outline", type="rss", text=name, title=name, xmlUrl=channel.url
                    )
                    if source.homepage:
                        outline.set("htmlUrl", source.homepage)
        if not len(group):
            body.remove(group)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def read_csv(body: bytes, file: str = "") -> tuple[Source, ...]:
    """The sources of a table with the columns that `write_csv` writes, in any order; only name or id is
    needed.

    Commas, semicolons and tabs separate; several addresses in one cell stand on lines of their own.
    Raises `SourceError` on an unknown column or a value that cannot be.
    """
    _refuse_large(body, file)
    text = decode(body)
    header = text.lstrip().partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    tables: list[dict[str, Any]] = []
    taken: set[str] = set()
    try:
        columns = [_column(name, file) for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        for row in islice(reader, MAX_OUTLINES):
            if any(row.get(column) for column in columns):
                tables.append(_row_table(row, f"{file}, line {reader.line_num}", taken))
    except csv.Error as error:
        raise SourceError(f"this CSV cannot be read ({error})", f"{file}, line {reader.line_num}") from None
    if not tables:
        raise SourceError("this CSV holds no source", file)
    return read_sources(tables, file)


def write_csv(sources: Sequence[Source]) -> str:
    """The sources as a table, one a row. An apostrophe stands before a cell that a spreadsheet would
    calculate."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(source_keys())
    for source in sources:
        writer.writerow([_defused(_cell(source, column)) for column in source_keys()])
    return out.getvalue()


def _refuse_large(body: bytes, file: str) -> None:
    if len(body) > MAX_LIST_BYTES:
        raise SourceError(f"this source list is larger than {MAX_LIST_BYTES} bytes", file)


def _local_name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _attribute(outline: etree._Element, name: str) -> str:
    return next((value.strip() for key, value in outline.attrib.items() if key.lower() == name), "")


def _feed_address(outline: etree._Element) -> str:
    # feed://example.org/rss and feed:https://example.org/rss are what older readers wrote
    address = _attribute(outline, "xmlurl")
    scheme, _, rest = address.partition(":")
    return address if scheme.lower() != "feed" else f"http:{rest}" if rest.startswith("//") else rest


def _name_of(outline: etree._Element) -> str:
    return " ".join((_attribute(outline, "title") or _attribute(outline, "text")).split())[:200]


def _kind_of(outline: etree._Element) -> str:
    parent = outline.getparent()
    grouped = parent is not None and _local_name(parent) == "outline"
    return (_name_of(parent).lower() if grouped else "") or "press"


def _xml_text(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _new_id(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56] or "source"
    fresh = next(
        each for number in count(1) if (each := slug if number == 1 else f"{slug}-{number}") not in taken
    )
    taken.add(fresh)
    return fresh


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
    if "id" in table:
        taken.add(table["id"])
    else:
        table["id"] = _new_id(table.get("name") or urlsplit(table.get("homepage", "")).netloc, taken)
    return table


def _value(column: str, cell: str, where: str) -> Any:
    if column == "listings":
        return [_listing(line) for line in cell.splitlines() if line.strip()]
    if column in _LISTS:
        return [line.strip() for line in cell.splitlines() if line.strip()]
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


def _listing(line: str) -> dict[str, str]:
    url, _, selector = line.strip().partition(" ")
    return {"url": url, "selector": selector.strip()} if selector.strip() else {"url": url}


def _cell(source: Source, column: str) -> str:
    if column in ("feeds", "sitemaps", "listings"):
        return "\n".join(_address(each) for each in source.channels if each.kind == column.removesuffix("s"))
    value = getattr(source, column)
    if isinstance(value, tuple):
        return "\n".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _address(channel: Channel) -> str:
    return f"{channel.url} {channel.selector}" if channel.selector else channel.url


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _undefused(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell

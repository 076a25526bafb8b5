"""Pages and texts as people save them: the address that a browser left in the page, and the encoding of a
text."""

from __future__ import annotations

import codecs
import re

from lxml import etree, html

from scraper.errors import AddressError
from scraper.urls import canonical_url

HEAD_BYTES = 400_000  # some templates print 300 kB of styles before the canonical link
SAVED_FROM = re.compile(
    rb"<!--\s*saved from url=\(\d+\)\s*(\S+)\s*-->|<!--\s*\n?\s*(?:Page saved with SingleFile)\s+url:\s*(\S+)"
)


def saved_address(page: bytes) -> str | None:
    """The address a saved page came from: the browser's own note, its canonical link or og:url; ``None``
    without."""
    start = page[:HEAD_BYTES]
    if note := SAVED_FROM.search(start):
        return _believed((note[1] or note[2]).decode("latin-1"))
    head = start[: end if (end := start.lower().find(b"</head")) > 0 else len(start)]
    try:
        tree = html.document_fromstring(
            head.decode("latin-1").encode(), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    said = [link.get("href") for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    said += [
        meta.get("content") for meta in tree.iter("meta") if (meta.get("property") or "").lower() == "og:url"
    ]
    return next((address for address in map(_believed, said) if address), None)


def decode_text(body: bytes) -> str:
    """A text file as text: by its byte order mark, else UTF-8, else windows-1252 (which browsers read Latin-1
    as)."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("windows-1252", "replace")


def _believed(address: str | None) -> str | None:
    try:
        return canonical_url(address.strip()) if address and "://" in address else None
    except AddressError:
        return None

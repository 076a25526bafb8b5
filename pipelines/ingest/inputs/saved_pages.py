"""Pages and texts as people save them: the URL that a browser left in the page, MHTML, and encodings."""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from dataclasses import dataclass
from email.message import Message

from lxml import etree, html

from scraper.decoding import sniff_encoding
from scraper.errors import AddressError
from scraper.urls import canonical_url, is_home_page

HEAD_BYTES = 400_000  # some templates print 300 kB of styles before the canonical link
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
SAVED_FROM = re.compile(
    rb"<!--\s*saved from url=\(\d+\)\s*(\S+)\s*-->|<!--\s*\n?\s*(?:Page saved with SingleFile)\s+url:\s*(\S+)"
)
# The Wayback Machine puts its own address before those in a page.
ARCHIVED = re.compile(r"https?://web\.archive\.org/web/\d+(?:[a-z]{2}_)?/(https?:/.+)", re.IGNORECASE)


def saved_address(page: bytes) -> str | None:
    """Return the URL that a saved page came from: by the browser's note, the canonical link or og:url."""
    start = page[:HEAD_BYTES]
    note = SAVED_FROM.search(start)  # "about:internet" and the path of a file say nothing
    if note and (address := _believed((note[1] or note[2]).decode("latin-1"))):
        return address
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
    # A template that names the front page for every article would make all of them one.
    return next((url for url in map(_believed, said) if url and not is_home_page(url)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MhtmlPage:
    """The page of a web archive file (RFC 2557), as browsers save it in one file."""

    body: bytes
    url: str | None
    content_type: str | None


def read_mhtml(raw: bytes) -> MhtmlPage | None:
    """Return the page of an MHTML file; ``None`` when the message is a mail."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        parts = [part for part in message.walk() if part.get_content_type() in PAGE_TYPES]
    except RecursionError:  # nested too deeply for a page; the reader of mails says so
        return None
    root_url = _header(message, "Snapshot-Content-Location")
    is_related = message.get_content_type() == "multipart/related"
    part = next((each for each in parts if root_url and _header(each, "Content-Location") == root_url), None)
    part = part or next(iter(parts), None)
    if part is None:
        return None
    url = root_url or _header(part, "Content-Location")
    # A newsletter may be multipart/related too, but its parts have no http(s) Content-Location.
    if not root_url and not (is_related and url.startswith(("http://", "https://"))):
        return None
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return None
    return MhtmlPage(
        body=body, url=_believed(url), content_type=believed_type(body) or part.get("Content-Type")
    )


def believed_type(body: bytes) -> str | None:
    """Return the Content-Type of a saved page whose bytes are valid UTF-8, whatever charset it declares.

    Scripts save pages as UTF-8 and leave the declaration of the original. The reverse is read too: bytes of
    windows-1252 that are said to be UTF-8. ``None`` when the bytes do not decide."""
    if body.isascii():
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        is_other = text.count("\ufffd") > sum(not sign.isascii() for sign in text) / 2
        is_told = sniff_encoding(body).lower() == "utf-8"
        return "text/html; charset=windows-1252" if is_other and is_told else None
    return "text/html; charset=utf-8"


def _header(message: Message, name: str) -> str:
    return "".join(str(message.get(name, "")).split())


def decode_text(body: bytes) -> str:
    """Return a text file as text: by its byte order mark, else as UTF-8, else as windows-1252."""
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
    archived = ARCHIVED.match(address.strip()) if address else None
    address = archived[1] if archived else address
    try:
        return canonical_url(address.strip()) if address and "://" in address else None
    except AddressError:
        return None

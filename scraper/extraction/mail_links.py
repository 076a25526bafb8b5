"""Where the links of a mail lead: click counters and mail filters often carry the URL within their own. Pure.

No request is made: the link of a counter that keeps the URL to itself (Mailchimp, SendGrid) stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from scraper.errors import AddressError
from scraper.extraction.newsletter_words import newsletter_words
from scraper.urls import unwrapped

MOST_WRAPPINGS = 4  # a filter of the reader's firm around that of the forwarder around a click counter
MAX_LINK_CHARS = 8000
MIN_CODED_CHARS = 16  # "https://a.example" in base64 has 24

_CODED = re.compile(rf"[A-Za-z0-9+_-]{{{MIN_CODED_CHARS},}}={{0,2}}")
_URL = re.compile(r"https?://[^\s/\"<>]+\.[^\s/\"<>]+(?:/[^\s\"<>]*)?")
_PROOFPOINT_3 = re.compile(r"/v3/__(https?:/.+?)__;")
_PROOFPOINT_2 = re.compile(r"https?-3A_")


def link_target(link: str) -> str:
    """Return the URL that a link carries within its own, as often as one is wrapped; else the link itself."""
    for _ in range(MOST_WRAPPINGS):
        carried = next(_carried(link), None) if len(link) <= MAX_LINK_CHARS else None
        if carried is None:
            break
        link = carried
    try:
        return unwrapped(link)
    except AddressError:
        return link


def is_service_link(link: str) -> bool:
    """Return whether a link leads to a page of the sender or the mailing service: a form, poll or profile."""
    service = newsletter_words().service_links
    return bool(service.search(link) or service.search(link_target(link)))


def _carried(link: str) -> Iterator[str]:
    try:
        parts = urlsplit(link)
    except ValueError:
        return
    if proofpoint := _PROOFPOINT_3.search(link):
        yield re.sub(r"^(https?:)/+", r"\1//", proofpoint[1])
    for _, value in parse_qsl(parts.query):
        if _PROOFPOINT_2.match(value):
            yield unquote(value.replace("_", "/").replace("-", "%"))
        yield from _urls_in(value)
    for segment in parts.path.split("/"):
        yield from _urls_in(unquote(segment))


def _urls_in(text: str) -> Iterator[str]:
    """Yield the URLs that a parameter or a part of a path is, as it stands or in base64."""
    if _URL.fullmatch(text):
        yield text
        return
    for piece in text.split("."):  # a JSON Web Token has three pieces
        if _CODED.fullmatch(piece):
            yield from _decoded_urls(piece)


def _decoded_urls(piece: str) -> Iterator[str]:
    letters = piece.rstrip("=").replace("+", "-")
    try:
        decoded = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return
    if _URL.fullmatch(decoded):
        yield decoded
    elif decoded.startswith("{"):
        try:
            values = json.loads(decoded).values()
        except (ValueError, AttributeError, RecursionError):
            return
        yield from (value for value in values if isinstance(value, str) and _URL.fullmatch(value))

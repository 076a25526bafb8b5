"""Decide what a reply means: a page, a redirect, a refusal or a bot challenge. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from scraper.errors import (
    AddressError,
    BlockedError,
    ContentTypeError,
    GoneError,
    RateLimitedError,
    RedirectError,
    StatusError,
)
from scraper.net.address_guard import Target, read_target
from scraper.net.backoff import LIMITED, parse_retry_after

PERMANENT = frozenset((301, 308))  # RFC 9110, 15.4: the resource has a new address; the others are temporary
REDIRECTS = frozenset((301, 302, 303, 307, 308))  # RFC 9110, 15.4; 300 and 304 are not followed
GONE = frozenset((404, 410))
BLOCKED = frozenset((401, 402, 403, 407, 451, 999))  # 999 is what LinkedIn answers to programs
PAGE_STATUSES = frozenset((200, 203))

Headers = Mapping[str, str]


class Kind(StrEnum):
    """What is requested, which decides the content types that are accepted."""

    PAGE = "page"
    CHANNEL = "channel"  # feeds, sitemaps, listings: also gzip files and the wrong types of many feeds
    ANY = "any"  # robots.txt and other well-known files


# application/* types of articles or channels, beside those that end in +xml or +json.
_DOCUMENT_TYPES = frozenset(("application/xml", "application/json", "application/xhtml+xml"))
# fmt: off
_CHANNEL_TYPES = frozenset((
    "application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream",
    "application/rdf",
    "application/rss", "application/atom", "application/feed", "application/x-rss", "application/x-xml",
))
# text/* types that are not for reading; event-stream never ends.
_REFUSED_TEXT = frozenset((
    "css", "javascript", "ecmascript", "jscript", "livescript", "vbscript", "component", "calendar",
    "vcard", "csv",
    "tab-separated-values", "uri-list", "event-stream", "vtt", "rtf", "cache-manifest",
))
# fmt: on
_MEDIA_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)\s*(?:;.*)?", re.DOTALL)

# Headers of a bot challenge, with a pattern of their value: Cloudflare, DataDome, AWS WAF, DDoS-Guard.
_CHALLENGE_HEADERS: tuple[tuple[str, str], ...] = (
    ("cf-mitigated", r"challenge"),
    ("x-datadome", r"protected"),
    ("x-amzn-waf-action", r"challenge|captcha"),
    ("server", r"ddos-guard"),
)
# Strings that occur in challenge pages only, not in pages that merely load the vendor's script.
_CHALLENGE_BODIES: tuple[bytes, ...] = (
    b"window._cf_chl_opt",
    b"cf-browser-verification",
    b'id="challenge-form"',
    b"geo.captcha-delivery.com/captcha",
    b"_Incapsula_Resource?SWUDNSAI",
    b'id="px-captcha"',
    b"awsWafCookieDomainList",
    b"gokuProps",
    b"/.well-known/sgcaptcha/",
    b"ddos-guard/js-challenge",
    b"/_sec/verify?provider=interstitial",
)
_CHALLENGE_BYTES = 50_000  # challenge pages have 5 to 40 KB; a longer page merely names a vendor


def media_type(content_type: str | None) -> str | None:
    """Return the last valid media type of a Content-Type header, lower case (MIME Sniffing, 5.1)."""
    last = None
    for part in (content_type or "").split(","):
        match = _MEDIA_TYPE.fullmatch(part)
        if match and match[1] != "*/*":
            last = match[1].lower()
    return last


def is_taken(content_type: str | None, kind: Kind) -> bool:
    """Return whether to read a body of this type; without a valid type, its bytes decide later."""
    media = media_type(content_type)
    if media is None or kind is Kind.ANY:
        return True
    major, _, minor = media.partition("/")
    if major == "text":
        return minor.removeprefix("x-") not in _REFUSED_TEXT
    if media in _DOCUMENT_TYPES or minor.endswith(("+xml", "+json")):
        return major != "image"  # image/svg+xml
    return kind is Kind.CHANNEL and media in _CHANNEL_TYPES


def is_challenge(headers: Headers, body: bytes = b"") -> bool:
    """Return whether a bot challenge was sent instead of the page."""
    if any(
        re.search(pattern, headers.get(name, ""), re.IGNORECASE) for name, pattern in _CHALLENGE_HEADERS[:3]
    ):
        return True
    return 0 < len(body) <= _CHALLENGE_BYTES and any(mark in body for mark in _CHALLENGE_BODIES)


def status_error(status: int, headers: Headers, *, url: str, now: datetime) -> StatusError:
    """Return the error for a final status other than 200 and 304."""
    if is_challenge(headers) or (status in LIMITED and _is_guarded(headers)):
        return BlockedError(
            "the site sent a bot challenge instead of the page; not bypassed", url, status=status
        )
    if status in GONE:
        return GoneError(f"HTTP {status}: the page is gone", url, status=status)
    if status in BLOCKED:
        return BlockedError(f"HTTP {status}: the publisher refuses access", url, status=status)
    if status in LIMITED:
        wait = parse_retry_after(headers.get("retry-after"), now)
        when = "later" if wait is None else f"in {wait:.0f} s"
        return RateLimitedError(
            f"HTTP {status}: the server asks to come back {when}", url, status=status, retry_after=wait
        )
    return StatusError(f"HTTP {status}", url, status=status)


def check_head(status: int, headers: Headers, kind: Kind, *, url: str, now: datetime) -> None:
    """Raise the ``FetchError`` for a reply that is not a page, before its body is read."""
    if status not in PAGE_STATUSES:
        raise status_error(status, headers, url=url, now=now)
    if is_challenge(headers):
        raise BlockedError(
            "the site sent a bot challenge instead of the page; not bypassed", url, status=status
        )
    if not is_taken(headers.get("content-type"), kind):
        raise ContentTypeError(
            f"content type {(media_type(headers.get('content-type')) or '')[:60]} is not text", url
        )


def next_hop(target: Target, status: int, headers: Iterable[tuple[str, str]]) -> Target:
    """Return where a redirect leads. Raises ``RedirectError`` unless it names exactly one http(s) URL."""
    locations = {value for name, value in headers if name == "location" and value}
    if len(locations) != 1:
        raise RedirectError(f"HTTP {status} with {len(locations) or 'no'} Location headers", target.url)
    try:
        return read_target(locations.pop(), target.url)
    except AddressError as error:
        raise RedirectError(f"redirect to an unusable URL ({error.message})", target.url) from error


def _is_guarded(headers: Headers) -> bool:
    return bool(re.search(_CHALLENGE_HEADERS[3][1], headers.get("server", ""), re.IGNORECASE))

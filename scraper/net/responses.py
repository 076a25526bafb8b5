"""What a reply means: a page, a redirect, a refusal, a wall. Pure functions of status, headers and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from scraper.errors import BlockedError, ContentTypeError, GoneError, RateLimitedError, StatusError

REDIRECTS = frozenset((301, 302, 303, 307, 308))  # RFC 9110, 15.4; 300 and 304 are none
GONE = frozenset((404, 410))
BLOCKED = frozenset((401, 402, 403, 407, 451, 999))  # 999 is what LinkedIn answers to programs
LIMITED = frozenset((429, 503))
PAGE_STATUSES = frozenset((200, 203))
LONGEST_RETRY_SECONDS = 7 * 86_400.0  # a longer Retry-After is a mistake more often than a wish

Headers = Mapping[str, str]


class Kind(StrEnum):
    """What is asked for, which decides the content types that are taken."""

    PAGE = "page"
    CHANNEL = (
        "channel"  # feeds, sitemaps, listings: also gzip files and the types that feeds are mislabelled with
    )
    ANY = "any"  # robots.txt and other well-known files


# application/* types that carry articles or channels beside those that end in +xml or +json.
_DOCUMENT_TYPES = frozenset(("application/xml", "application/json", "application/xhtml+xml"))
# fmt: off
_CHANNEL_TYPES = frozenset((
    "application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream", "application/rdf",
    "application/rss", "application/atom", "application/feed", "application/x-rss", "application/x-xml",
))
# text/* that is no text for reading; event-stream never ends.
_REFUSED_TEXT = frozenset((
    "css", "javascript", "ecmascript", "jscript", "livescript", "vbscript", "component", "calendar", "vcard", "csv",
    "tab-separated-values", "uri-list", "event-stream", "vtt", "rtf", "cache-manifest",
))
# fmt: on
_MEDIA_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)\s*(?:;.*)?", re.DOTALL)

# A challenge instead of the page. Headers: Cloudflare, DataDome, AWS WAF, DDoS-Guard. (name, pattern of the
# value)
_CHALLENGE_HEADERS: tuple[tuple[str, str], ...] = (
    ("cf-mitigated", r"challenge"),
    ("x-datadome", r"protected"),
    ("x-amzn-waf-action", r"challenge|captcha"),
    ("server", r"ddos-guard"),
)
# Bodies: strings that only stand in the challenge page itself, not in pages that merely load the vendor's
# script.
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
_CHALLENGE_BYTES = 50_000  # challenge pages have 5 to 40 KB; a longer one that merely names a vendor is none


def media_type(content_type: str | None) -> str | None:
    """The last valid media type of a Content-Type header, lower case (MIME Sniffing Standard, 5.1 extracts
    so)."""
    found = None
    for part in (content_type or "").split(","):
        match = _MEDIA_TYPE.fullmatch(part)
        if match and match[1] != "*/*":
            found = match[1].lower()
    return found


def is_taken(content_type: str | None, kind: Kind) -> bool:
    """Whether a body of this type is read at all. A reply without a usable type is: its bytes decide
    later."""
    found = media_type(content_type)
    if found is None or kind is Kind.ANY:
        return True
    major, _, minor = found.partition("/")
    if major == "text":
        return minor.removeprefix("x-") not in _REFUSED_TEXT
    if found in _DOCUMENT_TYPES or minor.endswith(("+xml", "+json")):
        return major != "image"  # image/svg+xml is a picture
    return kind is Kind.CHANNEL and found in _CHANNEL_TYPES


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, as a number or a date (RFC 9110, 10.2.3); ``None`` when
    unreadable."""
    written = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", written):
        return min(float(written), LONGEST_RETRY_SECONDS)
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_SECONDS)


def is_challenge(headers: Headers, body: bytes = b"") -> bool:
    """Whether a bot challenge stands in the place of the page."""
    if any(
        re.search(pattern, headers.get(name, ""), re.IGNORECASE) for name, pattern in _CHALLENGE_HEADERS[:3]
    ):
        return True
    return 0 < len(body) <= _CHALLENGE_BYTES and any(mark in body for mark in _CHALLENGE_BODIES)


def status_error(status: int, headers: Headers, *, url: str, now: datetime) -> StatusError:
    """The error that a final status other than a page's stands for."""
    if is_challenge(headers) or (status in LIMITED and _is_guarded(headers)):
        return BlockedError("a bot challenge stands before the page; not fought", url, status=status)
    if status in GONE:
        return GoneError(f"status {status}: the page is gone", url, status=status)
    if status in BLOCKED:
        return BlockedError(f"status {status}: the publisher does not let us in", url, status=status)
    if status in LIMITED:
        wait = retry_after(headers.get("retry-after"), now)
        when = "later" if wait is None else f"in {wait:.0f} s"
        return RateLimitedError(
            f"status {status}: asked to come back {when}", url, status=status, retry_after=wait
        )
    return StatusError(f"status {status}", url, status=status)


def check_head(status: int, headers: Headers, kind: Kind, *, url: str, now: datetime) -> None:
    """Raise the ``FetchError`` of a reply that is no page, before its body is read."""
    if status not in PAGE_STATUSES:
        raise status_error(status, headers, url=url, now=now)
    if is_challenge(headers):
        raise BlockedError("a bot challenge stands before the page; not fought", url, status=status)
    if not is_taken(headers.get("content-type"), kind):
        raise ContentTypeError(
            f"content type {(media_type(headers.get('content-type')) or '')[:60]} is no text", url
        )


def _is_guarded(headers: Headers) -> bool:
    return bool(re.search(_CHALLENGE_HEADERS[3][1], headers.get("server", ""), re.IGNORECASE))

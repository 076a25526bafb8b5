"""RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed: a feed's bytes to links. Pure.

feedparser does the reading, because nothing else forgives as many broken feeds; `bounds` keeps it within its
time.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser

from scraper.decoding import decode
from scraper.discovery.discovered import Reading
from scraper.discovery.feed_limits import BoundedFeed, bounded_feed
from scraper.discovery.jsonfeed import MAX_ITEMS, read_json_feed
from scraper.discovery.titles import plain_title
from scraper.errors import AddressError, DiscoveryError
from scraper.models import Channel, Link, Page
from scraper.urls import canonical_url, unwrapped

_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*", re.S | re.I
)
_HTML = re.compile(rb"<(?:html|head|body|title|div|main|p|script|meta)[\s>]", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:[a-z0-9_.-]+:)?(?:rss|feed|rdf|channel|entry|item)[\s>/]", re.IGNORECASE)
_SITEMAP = re.compile(rb"<(?:[a-z0-9_.-]+:)?(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
_PERIOD_SECONDS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
_EARLIEST = datetime(1970, 1, 3, tzinfo=UTC)  # a date before is a zero that someone formatted
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # a date after is a number that was read as a date


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as read: its items as links, and what it says about itself. ``ttl`` in seconds."""

    links: tuple[Link, ...] = ()
    title: str = ""
    homepage: str = ""
    language: str | None = None
    ttl: float | None = None


def read_feed(body: bytes, url: str, content_type: str | None = None) -> list[Link]:
    """The items of a feed, in its order; ``url`` is the feed's own address and resolves relative links.

    An item without an http(s) address comes with ``url=""``. Raises `DiscoveryError` when the body is no
    feed.
    """
    return list(parse_feed(body, url, content_type).links)


def read_channel(channel: Channel, page: Page) -> Reading:  # noqa: ARG001 - the same call for every kind
    """Return what a feed announces. Raises `DiscoveryError` when the page is not a feed."""
    feed = parse_feed(page.body, page.final_url, page.content_type)
    return Reading(links=feed.links, ttl=feed.ttl, title=feed.title, homepage=feed.homepage)


def feed_ttl(body: bytes) -> float | None:
    """The seconds that a feed asks its readers to wait (RSS ``ttl``, ``sy:updatePeriod``); ``None`` if
    unsaid."""
    try:
        return parse_feed(body, "http://feed.invalid/").ttl
    except DiscoveryError:
        return None


def parse_feed(body: bytes, url: str, content_type: str | None = None) -> Feed:
    """A feed with all it says of itself. Raises `DiscoveryError` when the body is no feed."""
    start = _START.sub(b"", body[:20_000], count=1).lstrip()
    if start[:1] in (b"{", b"["):
        return Feed(links=read_json_feed(decode(body, content_type), url))
    _refuse_other_kinds(body, start, url)
    parsed = _parsed(bounded_feed(body, url, content_type), url)
    if not parsed.entries and not parsed.get("version") and not _FEED_ROOT.match(start):
        raise DiscoveryError("this is no feed (neither RSS, Atom nor JSON Feed); is the address right?", url)
    about = parsed.feed
    language = _text(about, "language") or None
    is_rss = not str(parsed.get("version") or "").startswith("atom")
    return Feed(
        links=tuple(_link(entry, url, language, is_rss=is_rss) for entry in parsed.entries[:MAX_ITEMS]),
        title=plain_title(_text(about, "title")),
        homepage=_address(_text(about, "link"), url),
        language=language,
        ttl=_ttl(about),
    )


def _refuse_other_kinds(body: bytes, start: bytes, url: str) -> None:
    if not body.strip():
        raise DiscoveryError("the feed is empty; is the address right?", url)
    if _SITEMAP.match(start):
        raise DiscoveryError("this is a sitemap, not a feed; declare it under `sitemaps`", url)
    if _HTML.match(start) and not _FEED_ROOT.search(body):
        raise DiscoveryError(
            "this is an HTML page, not a feed; `cuttings sources add` finds a site's feed", url
        )


def _parsed(bounded: BoundedFeed, url: str) -> Any:
    headers = {"content-location": url, "content-type": bounded.content_type}
    try:
        # A stream, since feedparser would fetch or open what looks like an address or a file name.
        return feedparser.parse(io.BytesIO(bounded.body), response_headers=headers)
    except Exception as error:
        # Its parsers let all kinds of errors through on hostile input: recursion, overflow, codecs.
        raise DiscoveryError(f"this feed cannot be read ({type(error).__name__})", url) from error


def _link(entry: Any, base: str, language: str | None, *, is_rss: bool) -> Link:
    published, updated, created = (_moment(entry, name) for name in ("published", "updated", "created"))
    # In RSS the only date is the item's own (dc:date, which feedparser calls "updated"); Atom's "updated"
    # moves.
    published = published or created or (updated if is_rss else None)
    contents = [part.get("value", "") for part in entry.get("content", ()) if part.get("type") != "text/xml"]
    return Link(
        url=_link_address(entry, base),
        title=plain_title(_text(entry, "title")),
        summary=_text(entry, "summary"),
        content=max(contents, key=len, default=""),
        authors=tuple(dict.fromkeys(_authors(entry))),
        published_at=published,
        modified_at=updated if updated != published else None,
        id=_text(entry, "id").strip(),
        language=_language(entry) or language,
    )


def _link_address(entry: Any, base: str) -> str:
    alternates = [
        link.get("href", "") for link in entry.get("links", ()) if link.get("rel") in (None, "", "alternate")
    ]
    for candidate in (_text(entry, "feedburner_origlink"), _text(entry, "link"), *alternates):
        if candidate and (address := _address(candidate, base)):
            return address
    guid = _text(entry, "id").strip()
    return _address(guid, base) if guid.startswith(("http://", "https://")) else ""


def _address(text: str, base: str) -> str:
    if not text.strip():
        return ""
    try:
        return unwrapped(canonical_url(text, base))
    except AddressError:
        return ""


def _authors(entry: Any) -> Iterator[str]:
    named = [author.get("name", "") for author in entry.get("authors", ()) if isinstance(author, dict)]
    for name in named or [_text(entry, "author")]:
        if cleaned := plain_title(name or ""):
            yield cleaned


def _language(entry: Any) -> str | None:
    details = [*entry.get("content", ()), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    return next((found for detail in details if (found := detail.get("language"))), None)


def _moment(entry: Any, name: str) -> datetime | None:
    parsed = entry.get(f"{name}_parsed") if f"{name}_parsed" in entry else None
    found = _from_struct(parsed) if isinstance(parsed, tuple) else None
    raw = _text(entry, name) if name in entry else ""
    found = found or (_from_text(raw) if raw else None)
    return found if found and _EARLIEST <= found < _LATEST else None


def _from_struct(parsed: tuple[int, ...]) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text.strip()[:64])
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _text(entry: Any, key: str) -> str:
    value = entry.get(key) if key in entry else None
    return value if isinstance(value, str) else ""


def _ttl(about: Any) -> float | None:
    minutes = _number(_text(about, "ttl"))
    if minutes:
        return minutes * 60
    period = _PERIOD_SECONDS.get(_text(about, "sy_updateperiod").strip().lower())
    return period / (_number(_text(about, "sy_updatefrequency")) or 1.0) if period else None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,3})?\s*", text) else None

"""RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed: a feed's bytes to links. Pure.

feedparser reads the XML, because nothing else copes with as many broken feeds; `feed_limits` bounds its time.
Dates, authors and links that lack a scheme are read here: feedparser gets those wrong.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scraper.decoding import decode
from scraper.discovery.discovered import Reading
from scraper.discovery.feed_dates import read_date
from scraper.discovery.feed_limits import BoundedFeed, bounded_feed
from scraper.discovery.jsonfeed import MAX_ITEMS, read_json_feed
from scraper.discovery.packed import unpacked
from scraper.discovery.quick_feedparser import parse
from scraper.discovery.titles import bylines, plain_title, site_names
from scraper.errors import AddressError, DiscoveryError
from scraper.extraction.authors import MAIL
from scraper.extraction.dates import is_day_first
from scraper.models import Channel, Link, Page
from scraper.urls import canonical_url, mended_scheme, parts_of, unwrapped

_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*", re.S | re.I
)
_HTML = re.compile(rb"<(?:html|head|body|title|div|main|p|script|meta)[\s>]", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:[a-z0-9_.-]+:)?(?:rss|feed|rdf|channel|entry|item)[\s>/]", re.IGNORECASE)
_RSS = re.compile(rb"<(?:[a-z0-9_.-]+:)?(?:rss|rdf)[\s>]", re.IGNORECASE)
_SITEMAP = re.compile(rb"<(?:[a-z0-9_.-]+:)?(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
_FIRST_ITEM = re.compile(rb"<(?:[a-z0-9_.-]+:)?item[\s>/]", re.IGNORECASE)
_CHANNEL_LINK = re.compile(
    rb"<link>\s*(?:<!\[CDATA\[)?\s*((?:https?:)?//[^\s<\]]+|www\.[^\s<\]]+)", re.IGNORECASE
)
# A host at the beginning of a link that lacks its scheme, which feedparser takes for the name of a folder.
_HOST_FIRST = re.compile(r"(www\.[\w-]+(?:\.[\w-]+)+)(/.*)?", re.IGNORECASE | re.DOTALL)
_PERIOD_SECONDS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
_DATES = ("published", "updated", "created")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What the items of a feed have in common."""

    url: str
    base: str  # what relative links are relative to
    language: str | None
    is_rss: bool
    day_first: bool
    names: tuple[str, ...]  # of the feed and its publisher: not an author's
    authors: tuple[str, ...]  # of every entry that names none (RFC 4287, 4.2.1)


def read_feed(body: bytes, url: str, content_type: str | None = None) -> list[Link]:
    """Return the items of a feed in its order; ``url`` is the feed's own and resolves relative links.

    An item without an http(s) URL has ``url=""``. Raises `DiscoveryError` when the body is not a feed.
    """
    return list(parse_feed(body, url, content_type).links)


def read_channel(channel: Channel, page: Page) -> Reading:  # noqa: ARG001 - the same call for every kind
    """Return what a feed announces. Raises `DiscoveryError` when the page is not a feed."""
    return parse_feed(page.body, page.final_url, page.content_type)


def parse_feed(body: bytes, url: str, content_type: str | None = None) -> Reading:
    """Return the items of a feed and what it says of itself. Raises `DiscoveryError` when it is not a
    feed."""
    body = unpacked(body, url)
    start = _START.sub(b"", body[:20_000], count=1).lstrip()
    if start[:1] in (b"{", b"["):
        return read_json_feed(decode(body, content_type), url)
    _refuse_other_kinds(body, start, url)
    base = _base(body, start, url)
    parsed = _parsed(bounded_feed(body, url, content_type), base)
    if not parsed.entries and not parsed.get("version") and not _FEED_ROOT.match(start):
        raise DiscoveryError("this is not a feed (RSS, Atom or JSON Feed); check the URL", url)
    entries = parsed.entries[:MAX_ITEMS]
    channel = parsed.feed
    language = _text(channel, "language") or None
    is_atom = str(parsed.get("version") or "").startswith("atom")
    feed = _Feed(
        url=url,
        base=base,
        language=language,
        names=site_names(plain_title(_text(channel, "title")), _text(channel, "publisher")),
        is_rss=not is_atom,
        authors=tuple(_authors(channel)) if is_atom else (),
        day_first=is_day_first(
            (_text(entry, name) for entry in entries for name in _DATES),
            language=language,
            host=parts_of(base).hostname,
        ),
    )
    return Reading(
        links=tuple(_link(entry, feed) for entry in entries),
        title=plain_title(_text(channel, "title")),
        homepage=_url(_text(channel, "link"), feed),
        language=language,
        ttl=_ttl(channel),
    )


def _refuse_other_kinds(body: bytes, start: bytes, url: str) -> None:
    if not body.strip():
        raise DiscoveryError("the feed is empty; check the URL", url)
    if _SITEMAP.match(start):
        raise DiscoveryError("this is a sitemap, not a feed; list it under `sitemaps`", url)
    if _HTML.match(start) and not _FEED_ROOT.search(body):
        raise DiscoveryError(
            "this is an HTML page, not a feed; `cuttings sources add` finds a site's feed", url
        )


def _base(body: bytes, start: bytes, url: str) -> str:
    """Return what the relative links of a feed are relative to: in RSS the site that the channel names.

    RSS does not say it; a feed that is served by another host than its site (FeedBurner) has no other
    meaning."""
    if not _RSS.match(start):
        return url
    first_item = _FIRST_ITEM.search(body)
    link = _CHANNEL_LINK.search(body, 0, first_item.start() if first_item else len(body))
    try:
        site = link[1].decode("latin-1") if link else url
        return canonical_url(f"//{site}" if site.lower().startswith("www.") else site, url)
    except AddressError:
        return url


def _parsed(bounded: BoundedFeed, base: str) -> Any:
    headers = {"content-location": base, "content-type": bounded.content_type}
    try:
        # A stream, since feedparser would fetch or open what looks like a URL or a file name.
        return parse(io.BytesIO(bounded.body), response_headers=headers)
    except Exception as error:
        # Its parsers raise errors of all kinds on hostile input: recursion, overflow, codecs.
        raise DiscoveryError(f"this feed cannot be read ({type(error).__name__})", base) from error


def _link(entry: Any, feed: _Feed) -> Link:
    published, updated, created = (_moment(entry, name, feed) for name in _DATES)
    # In RSS the only date is the item's own (dc:date, which feedparser calls "updated"); Atom's "updated"
    # changes with every edit.
    published = published or created or (updated if feed.is_rss else None)
    contents = [part.get("value", "") for part in entry.get("content", ()) if part.get("type") != "text/xml"]
    return Link(
        url=_item_url(entry, feed),
        title=plain_title(_text(entry, "title")),
        summary=_text(entry, "summary"),
        content=max(contents, key=len, default=""),
        authors=bylines(tuple(_authors(entry)) or feed.authors, own_names=feed.names),
        published_at=published,
        modified_at=updated if updated != published else None,
        id=_text(entry, "id").strip(),
        language=_language(entry) or feed.language,
        publisher=_origin(entry, feed),
    )


def _origin(entry: Any, feed: _Feed) -> str:
    """Return the name of the feed that an aggregator took an item from (`source` of RSS and Atom)."""
    origin = entry.get("source")
    name = plain_title(_text(origin, "title")) if isinstance(origin, dict) else ""
    return "" if name in feed.names else name


def _item_url(entry: Any, feed: _Feed) -> str:
    alternates = [
        link.get("href", "") for link in entry.get("links", ()) if link.get("rel") in (None, "", "alternate")
    ]
    for candidate in (_text(entry, "feedburner_origlink"), _text(entry, "link"), *alternates):
        if candidate and (url := _url(candidate, feed)):
            return url
    guid = _text(entry, "id").strip()
    return _url(guid, feed) if guid.startswith(("http://", "https://")) else ""


def _url(text: str, feed: _Feed) -> str:
    """Return the URL of a link as it stands in the feed; empty when it is not one."""
    folder = feed.base.rpartition("/")[0] + "/"
    text = text.strip()
    bare = mended_scheme(text.removeprefix(folder))
    if bare.startswith(("http://", "https://")):
        text = bare
    elif _HOST_FIRST.fullmatch(bare) or bare.lower().startswith(f"{parts_of(feed.base).hostname}/"):
        text = f"{parts_of(feed.url).scheme}://{bare}"
    try:
        return unwrapped(canonical_url(text, feed.base)) if text else ""
    except AddressError:
        return ""


def _authors(entry: Any) -> Iterator[str]:
    """Yield the bylines of an item, without the e-mail addresses of RSS (``mail@host (Name)``).

    feedparser knows the top-level domains of 1998 and takes the rest of a newer one for a part of the name.
    """
    authors = [author for author in entry.get("authors", ()) if isinstance(author, dict)]
    if len(authors) == 1 and authors[0].get("email") and "@" in _text(entry, "author"):
        authors = [{"name": MAIL.sub(" ", _text(entry, "author")).strip("() ")}]
    for author in authors or [{"name": _text(entry, "author")}]:
        name = author.get("name") or ""
        if author.get("email"):
            bracketed = re.search(r"\(([^()]*)\)?$", name)
            name = bracketed[1] if bracketed else re.sub(r"<[^<>]*>?$|^[a-z]*$", "", name)
        if name := plain_title(re.sub(r"\S+@\S+\s*", "", name).strip("() ") if "@" in name else name):
            yield name


def _language(entry: Any) -> str | None:
    details = [*entry.get("content", ()), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    return next((language for detail in details if (language := detail.get("language"))), None)


def _moment(entry: Any, name: str, feed: _Feed) -> datetime | None:
    return read_date(_text(entry, name), day_first=feed.day_first)


def _text(entry: Any, key: str) -> str:
    value = dict.get(entry, key)  # none of the keys here is one that feedparser's own `get` renames
    return value if isinstance(value, str) else ""


def _ttl(channel: Any) -> float | None:
    """Return the seconds that a feed asks its readers to wait (RSS ``ttl``, ``sy:updatePeriod``)."""
    minutes = _number(_text(channel, "ttl"))
    if minutes:
        return minutes * 60
    period = _PERIOD_SECONDS.get(_text(channel, "sy_updateperiod").strip().lower())
    return period / (_number(_text(channel, "sy_updatefrequency")) or 1.0) if period else None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,3})?\s*", text) else None

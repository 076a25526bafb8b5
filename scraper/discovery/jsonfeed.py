"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), leniently: a wrong type is an absent value.
Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scraper.discovery.titles import plain_title
from scraper.errors import AddressError, DiscoveryError
from scraper.models import Link
from scraper.urls import canonical_url

MAX_ITEMS = 5_000  # as for XML feeds


def read_json_feed(text: str, url: str) -> tuple[Link, ...]:
    """The items of a JSON Feed, in its order. Raises `DiscoveryError` when the JSON is broken or is no
    feed."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise DiscoveryError("this JSON cannot be read as a feed; is the address right?", url) from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise DiscoveryError("this is JSON, but no JSON Feed (no `items`); give the feed's own address", url)
    language = _words(feed, "language") or None
    feed_authors = tuple(_authors(feed))
    return tuple(
        _link(entry, url, language, feed_authors)
        for entry in feed["items"][:MAX_ITEMS]
        if isinstance(entry, dict)
    )


def _link(entry: Mapping[str, Any], base: str, language: str | None, feed_authors: tuple[str, ...]) -> Link:
    raw_id = entry.get("id")
    return Link(
        url=_address(entry, base),
        title=plain_title(_words(entry, "title")),
        summary=_words(entry, "summary"),
        content=_words(entry, "content_html") or _words(entry, "content_text"),
        authors=tuple(_authors(entry)) or feed_authors,
        published_at=_moment(_words(entry, "date_published")),
        modified_at=_moment(_words(entry, "date_modified")),
        id=str(raw_id) if isinstance(raw_id, str | int | float) else "",
        language=_words(entry, "language") or language,
    )


def _address(entry: Mapping[str, Any], base: str) -> str:
    for key in ("url", "external_url", "id"):
        value = _words(entry, key)
        if value and (key != "id" or value.startswith(("http://", "https://"))):
            try:
                return canonical_url(value, base)
            except AddressError:
                continue
    return ""


def _authors(entry: Mapping[str, Any]) -> Iterator[str]:
    listed = entry.get("authors")
    for author in listed if isinstance(listed, list) else [entry.get("author")]:
        if isinstance(author, dict) and (name := plain_title(_words(author, "name"))):
            yield name


def _words(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/): a value of a wrong type counts as absent.
Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scraper.discovery.discovered import Reading
from scraper.discovery.feed_dates import read_date
from scraper.discovery.titles import bylines, plain_title, site_names
from scraper.errors import AddressError, DiscoveryError
from scraper.models import Link
from scraper.urls import canonical_url

MAX_ITEMS = 5_000  # as for XML feeds


def read_json_feed(text: str, url: str) -> Reading:
    """Return what a JSON Feed announces, in its order. Raises `DiscoveryError` when the text is not one."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise DiscoveryError("this JSON cannot be read as a feed; check the URL", url) from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise DiscoveryError("this JSON is not a JSON Feed (it has no `items`); check the URL", url)
    language = _text(feed, "language") or None
    feed_authors = tuple(_authors(feed))
    names = site_names(plain_title(_text(feed, "title")))
    links = tuple(
        _link(entry, url, language, feed_authors, names)
        for entry in feed["items"][:MAX_ITEMS]
        if isinstance(entry, dict)
    )
    homepage = _text(feed, "home_page_url")
    return Reading(links=links, title=plain_title(_text(feed, "title")), homepage=homepage, language=language)


def _link(
    entry: Mapping[str, Any],
    base: str,
    language: str | None,
    feed_authors: tuple[str, ...],
    names: tuple[str, ...],
) -> Link:
    raw_id = entry.get("id")
    return Link(
        url=_url(entry, base),
        title=plain_title(_text(entry, "title")),
        summary=_text(entry, "summary"),
        content=_text(entry, "content_html") or _text(entry, "content_text"),
        authors=bylines(_authors(entry), own_names=names) or bylines(feed_authors, own_names=names),
        published_at=read_date(_text(entry, "date_published")),
        modified_at=read_date(_text(entry, "date_modified")),
        id=str(raw_id) if isinstance(raw_id, str | int | float) else "",
        language=_text(entry, "language") or language,
    )


def _url(entry: Mapping[str, Any], base: str) -> str:
    for key in ("url", "external_url", "id"):
        value = _text(entry, key)
        if value and (key != "id" or value.startswith(("http://", "https://"))):
            try:
                return canonical_url(value, base)
            except AddressError:
                continue
    return ""


def _authors(entry: Mapping[str, Any]) -> Iterator[str]:
    authors = entry.get("authors")
    for author in authors if isinstance(authors, list) else [entry.get("author")]:
        if isinstance(author, dict) and (name := plain_title(_text(author, "name"))):
            yield name


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""

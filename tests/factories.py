"""Values for tests with readable defaults: name what the test is about, leave the rest.

make_article(title="Council opens hub", published_at="2026-09-01")
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from scraper.models import (
    Article,
    Channel,
    ChannelKind,
    FetchSettings,
    Link,
    Page,
    Source,
    Validators,
)

NOON = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)

BODY = """\
Wrenbury County Council has opened a family hub in the former library at Tollgate Lane.
The hub brings health visitors, youth workers and debt advisers under one roof, and stays open until 8pm on weekdays.
“Parents told us they were tired of telling their story four times,” said Odile Marchbank, who leads on children.
The council expects 1,400 families to use the building in its first year."""


def at(moment: str | datetime | None) -> datetime | None:
    """An aware UTC time from ``"2026-09-01"`` or ``"2026-09-01T10:30"``; times and ``None`` pass through."""
    if moment is None or isinstance(moment, datetime):
        return moment
    parsed = datetime.fromisoformat(moment)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def make_article(**changes: Any) -> Article:
    """A full report with title, text, address and day; times may be given as ISO text."""
    values: dict[str, Any] = {
        "title": "Wrenbury opens family hub in former library",
        "text": BODY,
        "url": "https://first.example/news/wrenbury-hub",
        "authors": ("Isla Fenwick",),
        "published_at": NOON,
        "language": "en",
        "source_id": "first",
    } | changes
    for name in ("published_at", "modified_at"):
        values[name] = at(values.get(name))
    return Article(**values)


def make_articles(titles: Iterable[str], **changes: Any) -> list[Article]:
    """One article a title, each at its own address with its own text."""
    return [
        make_article(
            title=title, text=f"{title}.\n{BODY}", url=f"https://first.example/news/{number}", **changes
        )
        for number, title in enumerate(titles, start=1)
    ]


def make_channel(
    url: str = "https://first.example/feed", kind: str = "feed", selector: str | None = None
) -> Channel:
    """A feed unless told otherwise."""
    return Channel(kind=ChannelKind(kind), url=url, selector=selector)


def make_source(id: str = "first", **changes: Any) -> Source:  # noqa: A002 - the field's name
    """A press site with one feed; ``channels`` may be given as addresses, each a feed."""
    values: dict[str, Any] = {
        "id": id,
        "name": f"The {id.title()} Times",
        "homepage": f"https://{id}.example/",
        "channels": (f"https://{id}.example/feed",),
    } | changes
    values["channels"] = tuple(
        make_channel(channel) if isinstance(channel, str) else channel for channel in values["channels"]
    )
    return Source(**values)


def make_link(url: str = "https://first.example/news/wrenbury-hub", **changes: Any) -> Link:
    """A link with nothing but an address."""
    if "published_at" in changes:
        changes["published_at"] = at(changes["published_at"])
    return Link(url=url, **changes)


def make_page(body: str | bytes = "<p>Hello</p>", **changes: Any) -> Page:
    """A 200 HTML reply; ``headers`` may be given as a mapping."""
    url = changes.pop("url", "https://first.example/news/wrenbury-hub")
    headers = changes.pop("headers", {"content-type": "text/html; charset=utf-8"})
    pairs = headers.items() if isinstance(headers, dict) else headers
    values: dict[str, Any] = {
        "url": url,
        "final_url": url,
        "status": 200,
        "headers": tuple((name.lower(), value) for name, value in pairs),
        "body": body.encode() if isinstance(body, str) else body,
        "fetched_at": NOON,
    } | changes
    return Page(**values)


def make_validators(etag: str | None = '"v1"', last_modified: str | None = None) -> Validators:
    """What a server gave us to ask again with."""
    return Validators(etag=etag, last_modified=last_modified)


def make_settings(*hosts: str, **changes: Any) -> FetchSettings:
    """Settings that may visit ``hosts`` ("127.0.0.1:port") with almost no pause."""
    values: dict[str, Any] = {
        "delay": 0.001,
        "timeout": 5.0,
        "workers": 4,
        "allow_private": frozenset(hosts),
        "contact": "tests@example.org",
    } | changes
    return FetchSettings(**values)


def make_html(
    title: str = "Wrenbury opens family hub in former library", text: str = BODY, **meta: str
) -> str:
    """An honest semantic page around a text; ``meta`` becomes meta tags: ``author="Isla Fenwick"``."""
    metas = "".join(
        f'<meta name="{name.replace("_", ":")}" content="{value}">' for name, value in meta.items()
    )
    paragraphs = "".join(f"<p>{line}</p>" for line in text.splitlines())
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>{metas}</head>'
        '<body><nav><a href="/">Home</a> <a href="/news">News</a></nav>'
        f"<main><article><h1>{title}</h1>{paragraphs}</article></main>"
        "<footer>Copyright First Times</footer></body></html>"
    )

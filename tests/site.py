"""A real news site on 127.0.0.1 for tests: set pages while it runs, read afterwards what was asked.

    with Site() as site:
        site.feed("/feed", [Entry(path="/a", title="Council opens hub")])
        site.page("/a", "<html>...</html>")
        ...                                  # fetch site.url("/a") over real HTTP
        assert site.count("/a") == 1
        assert site.last("/a").headers["user-agent"].startswith("cuttings/")

ETag and 304 come by themselves. Unknown paths are 404 (so is /robots.txt until ``site.robots`` sets it, which
means "all allowed"). A page is looked up by path and query first, then by path alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from threading import Event, Lock
from types import TracebackType
from typing import Self

from pipelines.demo.server import Received, Reply, SiteServer

NOON = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)  # a Monday; the day on which nothing in particular happens
HTML = "text/html; charset=utf-8"
_LONGEST_DELAY_SECONDS = 30.0

Responder = Callable[[Received], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of the log; ``at`` in seconds of time.monotonic, ``status`` before any 304."""

    method: str
    target: str
    headers: Mapping[str, str]
    at: float

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article as a feed, sitemap or listing of the site announces it."""

    path: str
    title: str = "A headline"
    summary: str = ""
    content: str = ""
    id: str = ""
    published: datetime = NOON


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What waits at one path: the replies in order (the last one stays), each after a delay in seconds."""

    replies: tuple[Responder, ...]
    delay: float = 0.0
    gate: Event | None = field(default=None, compare=False)


class Site:
    """A site on its own free port. Everything may be changed while it runs."""

    def __init__(self) -> None:
        self._prepared: dict[str, _Prepared] = {}
        self._log: list[Asked] = []
        self._lock = Lock()
        self._stopping = Event()
        self._server = SiteServer(self._respond)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()  # delayed and held replies let go
        self._server.stop()

    # addresses

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def host(self) -> str:
        """``127.0.0.1:port``, as ``allow_private`` wants it."""
        return self._server.host

    def url(self, path: str = "/") -> str:
        return self._server.url(path)

    # what the site serves

    def page(
        self,
        path: str,
        body: str | bytes = "",
        *,
        status: int = 200,
        content_type: str | None = HTML,
        headers: Mapping[str, str] | None = None,
        modified: datetime | None = None,
        etag: bool = True,
        delay: float = 0.0,
        encoding: str = "utf-8",
    ) -> str:
        """Serve ``body`` at ``path`` from now on; gives back the absolute address. ``delay`` in seconds."""
        reply = Reply(
            body=body.encode(encoding) if isinstance(body, str) else body,
            status=status,
            content_type=content_type,
            headers=dict(headers or {}),
            modified=modified,
            etag=etag,
        )
        return self.respond(path, lambda _: reply, delay=delay)

    def respond(self, path: str, *replies: Responder, delay: float = 0.0) -> str:
        """Answer with functions of the request: the first one first, the last one for ever."""
        with self._lock:
            self._prepared[path] = _Prepared(replies=replies, delay=delay)
        return self.url(path)

    def sequence(self, path: str, *replies: Reply) -> str:
        """Answer with these replies in order; the last one stays."""
        return self.respond(path, *[_always(reply) for reply in replies])

    def redirect(self, path: str, to: str, *, status: int = 301) -> str:
        return self.page(path, status=status, headers={"Location": to})

    def remove(self, path: str, *, status: int = 404) -> str:
        """The page is gone (404, or 410)."""
        return self.page(path, "<h1>Page not found</h1>", status=status)

    def robots(self, text: str, *, status: int = 200) -> str:
        return self.page("/robots.txt", text, status=status, content_type="text/plain; charset=utf-8")

    def hold(self, path: str) -> Event:
        """Let requests for ``path`` wait until the event that is given back is set (or the site stops)."""
        gate = Event()
        with self._lock:
            self._prepared[path] = replace(self._prepared[path], gate=gate)
        return gate

    def feed(
        self, path: str, entries: Iterable[Entry], *, title: str = "Test Site", atom: bool = False
    ) -> str:
        """An RSS 2.0 feed (or Atom) that announces ``entries``."""
        if atom:
            return self.page(path, self._atom(path, entries, title), content_type="application/atom+xml")
        return self.page(path, self._rss(entries, title), content_type="application/rss+xml; charset=utf-8")

    def sitemap(self, path: str, entries: Iterable[Entry]) -> str:
        """A sitemap of ``entries``, with Google News dates and titles."""
        return self.page(path, self._sitemap(entries), content_type="application/xml")

    def listing(self, path: str, entries: Iterable[Entry], *, title: str = "News") -> str:
        """An HTML page that lists ``entries``, newest first."""
        rows = "".join(
            f'<li><a href="{escape(entry.path)}">{escape(entry.title)}</a> <span>{entry.published:%d %B %Y}</span></li>'
            for entry in entries
        )
        return self.page(
            path, f"<html><head><title>{title}</title></head><body><ul>{rows}</ul></body></html>"
        )

    # what was asked

    @property
    def log(self) -> tuple[Asked, ...]:
        """Every request so far, in order of arrival."""
        with self._lock:
            return tuple(self._log)

    def asked(self, path: str) -> tuple[Asked, ...]:
        """The requests for ``path``: with a query, exactly that target; without one, any query."""
        return tuple(asked for asked in self.log if path in (asked.target, asked.path))

    def count(self, path: str) -> int:
        return len(self.asked(path))

    def last(self, path: str) -> Asked:
        return self.asked(path)[-1]

    def forget(self) -> None:
        """Begin the log anew."""
        with self._lock:
            self._log.clear()

    # inside

    def _respond(self, request: Received) -> Reply:
        with self._lock:
            entry = Asked(
                method=request.method, target=request.target, headers=request.headers, at=time.monotonic()
            )
            self._log.append(entry)
            key = request.target if request.target in self._prepared else request.path
            prepared = self._prepared.get(key)
            if prepared is not None and len(prepared.replies) > 1:
                self._prepared[key] = replace(prepared, replies=prepared.replies[1:])
        if prepared is None:
            return Reply(body=b"<h1>Page not found</h1>", status=404)
        if prepared.delay:
            self._stopping.wait(min(prepared.delay, _LONGEST_DELAY_SECONDS))
        self._wait_for(prepared.gate)
        return prepared.replies[0](request)

    def _wait_for(self, gate: Event | None) -> None:
        end = time.monotonic() + _LONGEST_DELAY_SECONDS
        while gate is not None and not gate.wait(0.02):
            if self._stopping.is_set() or time.monotonic() > end:
                return

    def _rss(self, entries: Iterable[Entry], title: str) -> str:
        items = "".join(
            f"<item><title>{escape(entry.title)}</title><link>{escape(self.url(entry.path))}</link>"
            f'<guid isPermaLink="false">{escape(entry.id or self.url(entry.path))}</guid>'
            f"<description>{escape(entry.summary)}</description>{_encoded(entry.content)}"
            f"<pubDate>{format_datetime(entry.published)}</pubDate></item>"
            for entry in entries
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>{escape(title)}</title><link>{self.url()}</link><description>News</description>"
            f"{items}</channel></rss>"
        )

    def _atom(self, path: str, entries: Iterable[Entry], title: str) -> str:
        items = "".join(
            f"<entry><title>{escape(entry.title)}</title><id>{escape(entry.id or self.url(entry.path))}</id>"
            f'<link rel="alternate" type="text/html" href="{escape(self.url(entry.path))}"/>'
            f"<summary>{escape(entry.summary)}</summary>"
            f"<updated>{entry.published.isoformat()}</updated><published>{entry.published.isoformat()}</published>"
            "</entry>"
            for entry in entries
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f'<title>{escape(title)}</title><id>{self.url()}</id><link rel="self" href="{self.url(path)}"/>'
            f"<updated>{NOON.isoformat()}</updated>{items}</feed>"
        )

    def _sitemap(self, entries: Iterable[Entry]) -> str:
        rows = "".join(
            f"<url><loc>{escape(self.url(entry.path))}</loc><lastmod>{entry.published.isoformat()}</lastmod>"
            "<news:news><news:publication><news:name>Test Site</news:name><news:language>en</news:language>"
            f"</news:publication><news:publication_date>{entry.published.isoformat()}</news:publication_date>"
            f"<news:title>{escape(entry.title)}</news:title></news:news></url>"
            for entry in entries
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{rows}</urlset>'
        )


def days(count: float) -> timedelta:
    """A shorthand for dates in tests: ``NOON + days(1)``."""
    return timedelta(days=count)


def _always(reply: Reply) -> Responder:
    return lambda _: reply


def _encoded(content: str) -> str:
    return f"<content:encoded>{escape(content)}</content:encoded>" if content else ""

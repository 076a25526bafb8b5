"""Fetch the channels of sources, see which articles they announce, and fetch the selected pages.

    plans | Crawl (polite, parallel over hosts) | channel -> links | select | pages

The caller selects, because only the caller knows earlier passes.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scraper import discovery  # its readers load at their first use
from scraper.client import Kind
from scraper.crawl import Crawl, Fetched, Request
from scraper.discovery import follow_on
from scraper.errors import BadReplyError, ScraperError
from scraper.models import Channel, ChannelKind, Link, NotModified, Page, Source, Validators
from scraper.urls import same_site

if TYPE_CHECKING:
    from scraper.discovery import Discovered

logger = logging.getLogger(__name__)

MOST_SITEMAPS = 20  # of an index, in one pass: an archive by month goes back for decades
DEEPEST_SITEMAP = 3  # sitemaps.org forbids an index of indexes, but sites have them


class Purpose(StrEnum):
    """What a page is fetched for."""

    ARTICLE = "article"
    HOMEPAGE = "homepage"  # which feed it names now
    TDMREP = "tdmrep"  # /.well-known/tdmrep.json: what the publisher reserves (W3C TDMRep, 2024)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRequest:
    """A channel to request, with the validators of its last reply.

    A body whose ``discovery.reading_key`` is that of the last reading is not read again.
    """

    channel: Channel
    validators: Validators = field(default_factory=Validators)
    last_read: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page to request, and the link that announced it."""

    link: Link
    validators: Validators = field(default_factory=Validators)
    purpose: Purpose = Purpose.ARTICLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """The requests of one source in this pass."""

    source: Source
    channel_requests: tuple[ChannelRequest, ...] = ()
    page_requests: tuple[PageRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFetched:
    """The outcome of a channel request: ``NotModified`` also where a reply brought what was read before."""

    source: Source
    channel: Channel
    outcome: Discovered | NotModified | ScraperError
    page: Page | None = None
    key: str | None = None  # of the page's reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFetched:
    """The outcome of a page request."""

    source: Source
    page_request: PageRequest
    outcome: Page | NotModified | ScraperError


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDone:
    """All requests of a source are done; no further event of it will come."""

    source: Source


@dataclass(frozen=True, slots=True)
class NoReplyYet:
    """No reply is there now: the next event may be long in coming, and what waits can be stored."""


Event = ChannelFetched | PageFetched | SourceDone | NoReplyYet
Wanted = Callable[[ChannelFetched], Iterable[PageRequest]]
RequestOf = Callable[[Source, Channel], ChannelRequest]
Beside = Callable[[PageFetched], Iterable[PageRequest]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChannelTask:
    source: Source
    channel_request: ChannelRequest
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageTask:
    source: Source
    page_request: PageRequest
    so_far: follow_on.PagesSoFar = field(default_factory=follow_on.PagesSoFar)


@dataclass(slots=True)
class _Pass:
    """The open requests of each source, and which were made."""

    crawl: Crawl
    out: Counter[str] = field(default_factory=Counter)
    asked: set[tuple[str, str, str]] = field(default_factory=set)
    sitemaps: Counter[str] = field(default_factory=Counter)

    def request_channel(self, source: Source, channel_request: ChannelRequest, *, depth: int) -> None:
        """Request a channel, once a pass."""
        if self._first(source, str(channel_request.channel.kind), channel_request.channel.url):
            request = Request(
                url=channel_request.channel.url,
                source_id=source.id,
                purpose=str(channel_request.channel.kind),
                validators=channel_request.validators,
                delay=source.delay,
                kind=Kind.CHANNEL,
                accept=discovery.CHANNEL_TYPES[channel_request.channel.kind].accept,
                context=_ChannelTask(source=source, channel_request=channel_request, depth=depth),
            )
            self.crawl.add(request)

    def request_page(self, source: Source, page_request: PageRequest) -> None:
        """Request a page, once a pass."""
        if self._first(source, str(page_request.purpose), page_request.link.url):
            request = Request(
                url=page_request.link.url,
                source_id=source.id,
                purpose=str(page_request.purpose),
                validators=page_request.validators,
                delay=source.delay,
                kind=Kind.PAGE if page_request.purpose is Purpose.ARTICLE else Kind.ANY,
                context=_PageTask(source=source, page_request=page_request),
            )
            self.crawl.add(request)

    def follow(self, task: _PageTask, outcome: Page | NotModified | ScraperError) -> bool:
        """Request what leads to the rest of an article, and return whether there is any."""
        if task.page_request.purpose is not Purpose.ARTICLE or not isinstance(outcome, Page):
            return False
        if (further := task.so_far.further(outcome)) is None:
            return False
        url, so_far = further
        self.crawl.add(
            Request(
                url=url,
                source_id=task.source.id,
                purpose=str(task.page_request.purpose),
                delay=task.source.delay,
                context=replace(task, so_far=so_far),
            )
        )
        return True

    def done(self, source: Source) -> bool:
        """Note that a request of a source came back; return whether it was the last one."""
        self.out[source.id] -= 1
        return not self.out[source.id]

    def _first(self, source: Source, purpose: str, url: str) -> bool:
        if (source.id, purpose, url) in self.asked:
            return False
        self.asked.add((source.id, purpose, url))
        self.out[source.id] += 1
        return True


def _nothing(_: PageFetched) -> tuple[PageRequest, ...]:
    return ()


def scrape(
    crawl: Crawl,
    plans: Iterable[SourcePlan],
    *,
    wanted: Wanted,
    request_of: RequestOf,
    beside: Beside = _nothing,
) -> Iterator[Event]:
    """Yield each channel and page as it is fetched, and ``SourceDone`` after the last one of each source.

    Yield ``NoReplyYet`` before each wait for a reply, and after the last one. ``wanted`` gets each fetched
    channel and returns the pages to request; ``request_of`` is called for the sitemaps that an index names,
    ``beside`` for what is to be requested because of a page, before the event of that page.
    """
    current = _Pass(crawl)
    for plan in plans:
        for channel_request in plan.channel_requests:
            current.request_channel(plan.source, channel_request, depth=1)
        for page_request in plan.page_requests:
            current.request_page(plan.source, page_request)
        if not current.out[plan.source.id]:
            yield SourceDone(source=plan.source)
    for fetched in crawl:
        yield from _events(current, fetched, wanted, request_of, beside)
        if not crawl.has_results:
            yield NoReplyYet()


def _events(
    current: _Pass, fetched: Fetched, wanted: Wanted, request_of: RequestOf, beside: Beside
) -> Iterator[Event]:
    task = fetched.request.context
    if isinstance(task, _ChannelTask):
        fetched_channel = _polled(task, fetched.outcome)
        for page_request in wanted(fetched_channel):
            current.request_page(task.source, page_request)
        _add_sitemaps(current, fetched_channel, request_of, depth=task.depth + 1)
        yield fetched_channel
    else:
        if current.follow(task, fetched.outcome):
            return
        outcome = _whole(task, _certain(fetched.outcome, task))
        event = PageFetched(source=task.source, page_request=task.page_request, outcome=outcome)
        for page_request in beside(event):
            current.request_page(task.source, page_request)
        yield event
    if current.done(task.source):
        yield SourceDone(source=task.source)


def _polled(task: _ChannelTask, outcome: Page | NotModified | ScraperError) -> ChannelFetched:
    channel = task.channel_request.channel
    outcome = _certain(outcome, task.channel_request)
    if not isinstance(outcome, Page):
        return ChannelFetched(source=task.source, channel=channel, outcome=outcome)
    key = discovery.reading_key(outcome)
    fetched = partial(ChannelFetched, source=task.source, channel=channel, page=outcome, key=key)
    if key == task.channel_request.last_read:
        return fetched(outcome=_unchanged(outcome))
    try:
        discovered = discovery.discover(channel, outcome)
    except ScraperError as error:
        return fetched(outcome=error)
    if channel.kind is ChannelKind.SITEMAP:
        discovered = _on_site(task.source, channel, discovered)
    return fetched(outcome=discovered)


def _unchanged(page: Page) -> NotModified:
    return NotModified(url=page.url, fetched_at=page.fetched_at, headers=page.headers, moved_to=page.moved_to)


def _on_site(source: Source, channel: Channel, discovered: Discovered) -> Discovered:
    """Return what a sitemap lists of the source's own sites.

    A sitemap may list URLs of its own host only (sitemaps.org, "location"); else a site could make the desk
    fetch another one. A host that the source names in homepage, channels or ``include`` is its own too.
    """
    urls = (source.homepage, channel.url, *(each.url for each in source.channels))

    def is_own(url: str) -> bool:
        host = urlsplit(url).netloc
        return any(same_site(url, each) for each in urls if each) or any(
            host and host in part for part in source.include
        )

    links = tuple(link for link in discovered.links if is_own(link.url))
    further = tuple(url for url in discovered.further if is_own(url))
    if left_out := len(discovered.links) - len(links) + len(discovered.further) - len(further):
        logger.info("offsite_urls_skipped source=%s channel=%s count=%d", source.id, channel.url, left_out)
    return replace(discovered, links=links, further=further)


def _whole(task: _PageTask, outcome: Page | NotModified | ScraperError) -> Page | NotModified | ScraperError:
    """Return the page with those of the same article before it, under the URL that was asked for."""
    last = outcome if isinstance(outcome, Page) else None
    return task.so_far.whole(last, task.page_request.link.url) or outcome


def _certain(
    outcome: Page | NotModified | ScraperError, request: PageRequest | ChannelRequest | _PageTask
) -> Page | NotModified | ScraperError:
    """Turn a 304 to an unconditional request into an error (sent by a business news site in 2026)."""
    validators = request.page_request.validators if isinstance(request, _PageTask) else request.validators
    if isinstance(outcome, NotModified) and not validators:
        return BadReplyError("HTTP 304 to an unconditional request; there is nothing to read", outcome.url)
    return outcome


def _add_sitemaps(
    current: _Pass, fetched_channel: ChannelFetched, request_of: RequestOf, *, depth: int
) -> None:
    if not isinstance(fetched_channel.outcome, discovery.Discovered) or depth > DEEPEST_SITEMAP:
        return
    for url in fetched_channel.outcome.further:
        if current.sitemaps[fetched_channel.source.id] >= MOST_SITEMAPS:
            return
        current.sitemaps[fetched_channel.source.id] += 1
        channel = Channel(kind=fetched_channel.channel.kind, url=url)
        channel_request = request_of(fetched_channel.source, channel)
        current.request_channel(fetched_channel.source, channel_request, depth=depth)

"""What to request of each source in this run: the frontier as requests, announced links as page requests."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.config.contact import may_ask
from pipelines.ingest.batch import tdmrep_url
from pipelines.ingest.channel_states import needs_other
from pipelines.ingest.frontier import Announcement, Candidate, address_key, announce, select
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.links import LONGEST_WAIT, FrontierEntry
from pipelines.storage.tables.sources import ChannelState
from scraper.crawl import Crawl
from scraper.errors import AddressError, MissingPageError
from scraper.lazily import lazily
from scraper.models import Channel, FetchSettings, Link, Page, Source, Validators
from scraper.scrape import (
    ChannelFetched,
    ChannelRequest,
    Event,
    PageFetched,
    PageRequest,
    Purpose,
    SourcePlan,
    scrape,
)
from scraper.urls import canonical_url, host_key

if TYPE_CHECKING:
    from scraper import discovery
    from scraper.discovery import Identity
else:
    discovery = lazily("scraper.discovery")

logger = logging.getLogger(__name__)

TDMREP_LIFETIME = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class CrawlPlanner:
    """Decides what a run requests, by what earlier runs stored. Reads the store, writes nothing.

    The fields below ``resumed_from`` are the state of one run.
    """

    store: Store
    pages: PageStore
    settings: FetchSettings
    now: datetime
    local_only: bool = False  # without a contact, a run does not leave this computer
    resumed_from: datetime | None = (
        None  # channels read since then, by runs that were interrupted, are not due
    )
    candidates: dict[tuple[str, str], Candidate] = field(default_factory=dict)  # requested; by source and URL
    announcements: dict[tuple[str, str], Announcement] = field(default_factory=dict)  # by source and channel
    requested: Counter[str] = field(default_factory=Counter)  # pages, by source
    forbidden: dict[str, list[Candidate]] = field(default_factory=dict)  # may not be requested; by source
    url_keys: set[str] = field(default_factory=set)  # requested by any source
    hosts: set[str] = field(default_factory=set)  # whose tdmrep.json is known or requested
    awaited: set[str] = field(default_factory=set)  # hosts whose tdmrep.json is requested and not there yet

    def plan(self, sources: Iterable[Source], *, insist: bool) -> Iterator[SourcePlan]:
        """Yield a plan for each source with anything due; ``insist``: request all channels, due or not.

        Sources that were polled longest ago come first, so that a run that ends early starves none.
        """
        sources = tuple(sources)
        states = {source.id: self.store.channels.of_source(source.id) for source in sources}
        for source in sorted(sources, key=lambda source: _last_polled(states[source.id])):
            known = {state.url: state for state in states[source.id]}
            due = [each for each in source.channels if insist or self._is_due(known.get(each.url), source)]
            due += self._found_sitemaps(known.values(), source) if due else []
            channel_requests = tuple(_request(each, known.get(each.url)) for each in due)
            entries = self.store.links.due(source.id, self.now, limit=source.max_articles)
            candidates = [_remembered(entry) for entry in entries]
            page_requests = tuple(
                page_request for each in candidates for page_request in self._requests(source, each)
            )
            page_requests += self._homepage(source, [known.get(each.url) for each in due])
            if channel_requests or page_requests:
                yield SourcePlan(
                    source=source, channel_requests=channel_requests, page_requests=page_requests
                )

    def events(self, crawl: Crawl, plans: Iterable[SourcePlan]) -> Iterator[Event]:
        """Yield the events of a crawl that requests the plans, and what comes of them."""
        return scrape(crawl, plans, wanted=self.wanted, request_of=self.request_of, beside=self.beside)

    def wanted(self, fetched_channel: ChannelFetched) -> tuple[PageRequest, ...]:
        """Return the pages to request because of what a channel announces."""
        if not isinstance(fetched_channel.outcome, discovery.Discovered):
            return ()
        source = fetched_channel.source
        links, identity, titled = self._identified(source, fetched_channel)
        room = source.max_articles - self.requested[source.id]
        candidates = self._candidates(source, links, titled)
        done = tuple(each for each in candidates if each.seen and each.url_key in self.url_keys)
        selection = select([each for each in candidates if each not in done], now=self.now, room=room)
        selection = replace(selection, skip=(*selection.skip, *done))
        self.announcements[source.id, fetched_channel.channel.url] = Announcement(
            selection=selection, identity=identity
        )
        return tuple(
            page_request for each in selection.fetch for page_request in self._requests(source, each)
        )

    def beside(self, fetched: PageFetched) -> tuple[PageRequest, ...]:
        """Return the request for the tdmrep.json of the host that an article was redirected to."""
        is_article = fetched.page_request.purpose is Purpose.ARTICLE
        if not is_article or not isinstance(fetched.outcome, Page):
            return ()
        return tuple(self._tdmrep(fetched.outcome.final_url))

    def foresee(self, fetched_channel: ChannelFetched) -> tuple[PageRequest, ...]:
        """Note what would be requested, and request nothing."""
        self.wanted(fetched_channel)
        return ()

    def ask_for(
        self, source: Source, links: Iterable[Link]
    ) -> tuple[tuple[Candidate, ...], tuple[PageRequest, ...]]:
        """Return the candidates and the requests for pages that a person names, due or not."""
        keyed = discovery.identify(
            tuple(replace(link, url=canonical_url(link.url)) for link in links), discovery.Identity.LINK
        )
        candidates = self._candidates(source, keyed)
        return candidates, tuple(
            page_request for each in candidates for page_request in self._requests(source, each)
        )

    def request_of(self, source: Source, channel: Channel) -> ChannelRequest:
        """Return the request for a channel that was found on the way."""
        return _request(channel, self.store.channels.get(source.id, channel.url))

    def _is_due(self, state: ChannelState | None, source: Source) -> bool:
        """Return whether a channel is due.

        A time further off than any wait was stored while the clock was ahead; it counts as passed.
        """
        if state is None or state.next_poll_at is None:
            return True
        if self.resumed_from and state.last_ok_at and self.resumed_from <= state.last_ok_at <= self.now:
            return False
        longest = max(LONGEST_WAIT, timedelta(seconds=source.max_poll or 0))
        if state.next_poll_at > self.now + longest:
            logger.warning("clock_was_ahead source=%s next_poll_at=%s", source.id, state.next_poll_at)
            return True
        return state.next_poll_at <= self.now

    def _homepage(self, source: Source, states: Iterable[ChannelState | None]) -> tuple[PageRequest, ...]:
        """Return the request for a home page that may name another feed than one that is of no use any more.

        Without a contact, nothing off this computer is requested.
        """
        if not source.homepage or not any(needs_other(state, self.now) for state in states):
            return ()
        if self.local_only and not may_ask(source.homepage, self.settings):
            return ()
        return (PageRequest(link=Link(url=source.homepage), purpose=Purpose.HOMEPAGE),)

    def _found_sitemaps(self, states: Iterable[ChannelState], source: Source) -> list[Channel]:
        """Return the sitemaps that an index named before: they change while the index does not."""
        return [
            Channel(kind=state.kind, url=state.url)
            for state in states
            if not state.declared and self._is_due(state, source)
        ]

    def _identified(
        self, source: Source, fetched_channel: ChannelFetched
    ) -> tuple[tuple[Link, ...], Identity | None, tuple[FrontierEntry, ...]]:
        """Return the usable links of a channel, each with its key, and the entries with one of their titles.

        The channel's identity only ever gets weaker.
        """
        assert isinstance(fetched_channel.outcome, discovery.Discovered)  # noqa: S101 - for the type checker
        links = discovery.usable_links(source, fetched_channel.outcome.links)
        rungs = discovery.CHANNEL_TYPES[fetched_channel.channel.kind].identities
        if len(rungs) == 1:
            return discovery.identify(links, rungs[0]), None, ()
        state = self.store.channels.get(source.id, fetched_channel.channel.url)
        current = discovery.Identity(state.identity) if state and state.identity else discovery.Identity.ID
        # Only entries with the same title can show that ids change: all others cost CPU as the archive grows.
        titled = self.store.links.titled(source.id, (link.title for link in links))
        earlier = [_as_announced(seen) for seen in titled]
        identity = discovery.choose_identity(links, earlier, current=current)
        return discovery.identify(links, identity), identity, titled

    def _candidates(
        self, source: Source, links: tuple[Link, ...], already_read: Iterable[FrontierEntry] = ()
    ) -> tuple[Candidate, ...]:
        """Return the links with their entries; those that are ``already_read`` are not read again."""
        deleted = self.store.tombstones.of_urls(link.url for link in links)
        links = tuple(link for link in links if link.url not in deleted)
        keys = {key for link in links for key in (link.key, address_key(link.url))}
        known = {entry.key: entry for entry in already_read if entry.key in keys}
        known |= self.store.links.known(source.id, keys - known.keys())
        moved = [address_key(seen.url) for seen in known.values()]
        known |= self.store.links.known(source.id, [key for key in moved if key not in known])
        return announce(links, known)

    def _requests(self, source: Source, candidate: Candidate) -> Iterator[PageRequest]:
        """Yield the request for an article's page; before the first of a host the one for its tdmrep.json."""
        url = candidate.link.url
        if candidate.url_key in self.url_keys:
            return
        self.url_keys.add(candidate.url_key)
        if self.local_only and not may_ask(url, self.settings):
            self.forbidden.setdefault(source.id, []).append(candidate)
            return
        self.candidates[source.id, url] = candidate
        self.requested[source.id] += 1
        yield from self._tdmrep(url)
        yield PageRequest(
            link=candidate.link, validators=self._validators(url) if _was_read(candidate) else Validators()
        )

    def _validators(self, url: str) -> Validators:
        """Return those of the stored page if it is still kept: a 304 for a page we do not have is useless."""
        stored = self.store.pages.latest(url)
        return stored.validators if stored and self.pages.has(stored.content_hash) else Validators()

    def _tdmrep(self, url: str) -> Iterator[PageRequest]:
        try:
            host = host_key(url)
        except AddressError:
            return
        if host in self.hosts:
            return
        self.hosts.add(host)
        address = tdmrep_url(url)
        stored = self.store.pages.latest(address)
        if stored is None or not timedelta(0) <= self.now - stored.checked_at < TDMREP_LIFETIME:
            self.awaited.add(host)
            yield PageRequest(link=Link(url=address), purpose=Purpose.TDMREP)


def _was_read(candidate: Candidate) -> bool:
    """Return whether the last look gave an article: the page of a soft 404 is needed again to be sure."""
    seen = candidate.seen
    return seen is not None and seen.article_id is not None and seen.last_outcome != MissingPageError.__name__


def _last_polled(states: Iterable[ChannelState]) -> str:
    """Return when a source was last polled, as a sortable text; empty if one of its channels never was."""
    return min((str(state.last_polled_at or "") for state in states if state.declared), default="")


def _request(channel: Channel, state: ChannelState | None) -> ChannelRequest:
    """Return the request for a channel, with what it last brought; without after a failure, when its body is
    needed again."""
    if state is None or state.failures:
        return ChannelRequest(channel=channel)
    return ChannelRequest(channel=channel, validators=state.validators, last_read=state.content_hash)


def _remembered(entry: FrontierEntry) -> Candidate:
    """Return a link that is due as if it had been announced again."""
    link = entry.announced or Link(
        url=entry.url, title=entry.title, summary=entry.summary, published_at=entry.published_at
    )
    link = replace(link, url=entry.url, key=entry.key)
    return Candidate(link=link, key=entry.key, url_key=entry.key, seen=entry)


def _as_announced(entry: FrontierEntry) -> Link:
    rung, _, key = entry.key.partition(":")
    return Link(
        url=entry.url,
        title=entry.title,
        published_at=entry.published_at,
        id=key if rung == discovery.Identity.ID else "",
    )

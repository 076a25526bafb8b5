"""What to ask of each source in this pass: the store's memory turned into errands, and announced links into
looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.config.contact import may_ask
from pipelines.ingest.batch import SourceBatch
from pipelines.ingest.frontier import Candidate, address_key, announce, choose
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.links import FrontierEntry
from pipelines.storage.tables.sources import ChannelState
from scraper.errors import AddressError, ForbiddenAddressError
from scraper.lazily import lazily
from scraper.models import Channel, FetchSettings, Link, Source, Validators
from scraper.scrape import ChannelFetched, ChannelRequest, PageRequest, Purpose, SourcePlan
from scraper.urls import canonical_url, host_key

if TYPE_CHECKING:
    from scraper import discovery
else:
    discovery = lazily("scraper.discovery")

TDMREP_PATH = "/.well-known/tdmrep.json"
TDMREP_LIFETIME = timedelta(days=1)
MOST_REMEMBERED = 1000  # of a source's links, newest first, to judge whether a feed's ids are stable


@dataclass(slots=True, kw_only=True)
class CrawlPlanner:
    """Decides, with the memory of earlier passes, what this pass asks for. Reads the store, writes
    nothing."""

    store: Store
    pages: PageStore
    settings: FetchSettings
    now: datetime
    local_only: bool = False  # without a contact, a run does not leave this computer
    harvests: dict[str, SourceBatch] = field(default_factory=dict)
    taken_up: set[str] = field(default_factory=set)  # addresses some source asks for in this pass
    hosts: set[str] = field(default_factory=set)  # whose tdmrep.json is known or asked for

    def plan(self, sources: Iterable[Source], *, insist: bool) -> Iterator[SourcePlan]:
        """An errand for each source of which anything is due; ``insist``: poll all channels, due or not."""
        for source in sources:
            self.harvests[source.id] = SourceBatch(source=source)
            states = {state.url: state for state in self.store.channels.of_source(source.id)}
            due = [each for each in source.channels if insist or _is_due(states.get(each.url), self.now)]
            due += _found_sitemaps(states.values(), self.now) if due else []
            polls = [
                ChannelRequest(channel=each, validators=_validators_of(states.get(each.url))) for each in due
            ]
            links = self.store.links.due(source.id, self.now, limit=source.max_articles)
            looks = tuple(look for seen in links for look in self._looks(source, _remembered(seen)))
            if polls or looks:
                yield SourcePlan(source=source, polls=tuple(polls), looks=looks)

    def wanted(self, polled: ChannelFetched) -> tuple[PageRequest, ...]:
        """The pages to take because of what a channel announces."""
        if not isinstance(polled.outcome, discovery.Discovered):
            return ()
        source, harvest = polled.source, self.harvests[polled.source.id]
        links = self._identified(source, polled)
        announced = self._remember(source, links)
        choice = choose(announced, now=self.now, room=source.max_articles - harvest.new)
        harvest.later += choice.later
        harvest.known += choice.known
        return tuple(look for each in choice.now for look in self._looks(source, each))

    def foresee(self, polled: ChannelFetched) -> tuple[PageRequest, ...]:
        """Note what would be wanted, and want nothing."""
        self.wanted(polled)
        return ()

    def ask_for(self, source: Source, links: Iterable[Link]) -> tuple[PageRequest, ...]:
        """The looks at pages that a person names, due or not."""
        self.harvests[source.id] = SourceBatch(source=source)
        keyed = discovery.identify(
            tuple(replace(link, url=canonical_url(link.url)) for link in links), discovery.Identity.LINK
        )
        return tuple(look for each in self._remember(source, keyed) for look in self._looks(source, each))

    def validators_of(self, source: Source, channel: Channel) -> Validators:
        """What a channel gave us to ask "has it changed?" with; nothing, when its body would be needed
        anew."""
        return _validators_of(self.store.channels.get(source.id, channel.url))

    def _identified(self, source: Source, polled: ChannelFetched) -> tuple[Link, ...]:
        """The usable links of a poll, each with its key; the channel's identity only ever goes down the
        ladder."""
        assert isinstance(polled.outcome, discovery.Discovered)  # noqa: S101 - for the type checker
        links = discovery.usable_links(source, polled.outcome.links)
        rungs = discovery.CHANNEL_TYPES[polled.channel.kind].identities
        if len(rungs) == 1:
            return discovery.identify(links, rungs[0])
        state = self.store.channels.get(source.id, polled.channel.url)
        current = discovery.Identity(state.identity) if state and state.identity else discovery.Identity.ID
        earlier = [_as_announced(seen) for seen in self.store.links.recent(source.id, limit=MOST_REMEMBERED)]
        identity = discovery.choose_identity(links, earlier, current=current)
        self.harvests[source.id].identities[polled.channel.url] = identity
        return discovery.identify(links, identity)

    def _remember(self, source: Source, links: tuple[Link, ...]) -> tuple[Candidate, ...]:
        keys = [key for link in links for key in (link.key, address_key(link.url))]
        remembered = self.store.links.known(source.id, keys)
        moved = [address_key(seen.url) for seen in remembered.values()]
        remembered |= self.store.links.known(source.id, [key for key in moved if key not in remembered])
        return announce(links, remembered)

    def _looks(self, source: Source, each: Candidate) -> Iterator[PageRequest]:
        """The look at an article's page, and before the first one of a host the one at what its publisher
        reserves."""
        harvest = self.harvests[source.id]
        if each.address in self.taken_up:
            harvest.announce_again(each)
            return
        self.taken_up.add(each.address)
        harvest.announced[each.link.url] = each
        if self.local_only and not may_ask(each.link.url, self.settings):
            error = ForbiddenAddressError("not asked, because [cuttings] contact is empty", each.link.url)
            harvest.failed.append((each.link, error))
            return
        yield from self._tdmrep(each.link.url)
        has_article = each.seen is not None and each.seen.article_id is not None
        yield PageRequest(
            link=each.link, validators=self._validators(each.link.url) if has_article else Validators()
        )

    def _validators(self, url: str) -> Validators:
        """Those of the stored page, if it is still kept: a 304 for a page that we do not have is of no
        use."""
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
        address = tdmrep_address(url)
        stored = self.store.pages.latest(address)
        if stored is None or stored.checked_at + TDMREP_LIFETIME <= self.now:
            yield PageRequest(link=Link(url=address), purpose=Purpose.TDMREP)


def _found_sitemaps(states: Iterable[ChannelState], now: datetime) -> list[Channel]:
    """Sitemaps that an index of the source named before: they change while the index does not."""
    return [
        Channel(kind=state.kind, url=state.url)
        for state in states
        if not state.declared and _is_due(state, now)
    ]


def _validators_of(state: ChannelState | None) -> Validators:
    """Those of the last reading; none after a failure, when the body is needed anew."""
    return state.validators if state and not state.failures else Validators()


def tdmrep_address(url: str) -> str:
    """Where the publisher of a page would say what is reserved on the whole host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}{TDMREP_PATH}"


def _remembered(seen: FrontierEntry) -> Candidate:
    """A link that is due for a look, as if it had been announced again."""
    link = Link(
        url=seen.url, title=seen.title, summary=seen.summary, published_at=seen.published_at, key=seen.key
    )
    return Candidate(link=link, key=seen.key, address=seen.key, seen=seen)


def _as_announced(seen: FrontierEntry) -> Link:
    rung, _, key = seen.key.partition(":")
    return Link(
        url=seen.url,
        title=seen.title,
        published_at=seen.published_at,
        id=key if rung == discovery.Identity.ID else "",
    )


def _is_due(state: ChannelState | None, now: datetime) -> bool:
    return state is None or state.next_poll_at is None or state.next_poll_at <= now

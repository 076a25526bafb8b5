"""Storing what one source brought home: everything in one transaction.

The raw pages are on the disk before (``pagestore``), so that a kill loses at most the source in hand, and no
row names a page that is not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.ingest.batch import SourceBatch
from pipelines.ingest.frontier import ALIAS, Candidate, address_key, first_seen, looked, seen_again
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change
from pipelines.storage.tables.links import FrontierEntry
from pipelines.storage.tables.sources import ChannelState
from scraper.articles import announced_article
from scraper.errors import (
    BlockedError,
    ConnectError,
    DeadlineError,
    PostponedError,
    RateLimitedError,
    RobotsUnreachableError,
    ScraperError,
    WallError,
)
from scraper.lazily import lazily
from scraper.models import Link, NotModified, Source
from scraper.net.backoff import retry_at
from scraper.revisit import next_poll
from scraper.scrape import ChannelFetched, Purpose

if TYPE_CHECKING:
    from scraper import discovery
    from scraper.discovery import Discovered
else:
    discovery = lazily("scraper.discovery")

BLOCKED = (BlockedError, WallError)
OF_THE_HOST = (
    RobotsUnreachableError,
    ConnectError,
    RateLimitedError,
    DeadlineError,
)  # one row a source, not one a page


@dataclass(slots=True, kw_only=True)
class IngestCounts:
    """What storing came to. ``articles`` are the new and revised ones."""

    fetched: int = 0
    unchanged: int = 0
    new: int = 0
    revised: int = 0
    articles: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def count(self, outcome: Change, article_id: int) -> None:
        """Count one saved article."""
        self.new += outcome is Change.NEW
        self.revised += outcome is Change.REVISED
        self.unchanged += outcome is Change.UNCHANGED
        if outcome is not Change.UNCHANGED:
            self.articles.append(article_id)

    def add(self, other: IngestCounts) -> None:
        """Count what another source came to."""
        self.fetched += other.fetched
        self.unchanged += other.unchanged
        self.new += other.new
        self.revised += other.revised
        self.articles += other.articles
        self.failures += other.failures


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCommit:
    """Writes harvests to the store."""

    store: Store
    shelf: ArticleWriter
    run_id: int | None
    now: datetime

    def save(self, harvest: SourceBatch) -> IngestCounts:
        """Store everything of one source, or nothing. Raises ``DatabaseError``."""
        tally = IngestCounts(
            fetched=len(harvest.taken) + sum(polled.page is not None for polled in harvest.polled)
        )
        with self.store.transaction():
            for page in harvest.reserved:
                self.store.pages.save(page, purpose=str(Purpose.TDMREP), source_id=harvest.source.id)
            memory = self._announced(harvest)
            self._pages(harvest, memory, tally)
            self._unmodified(harvest, memory, tally)
            self._failed(harvest, memory, tally)
            self.store.links.save_all(memory.values())
            for polled in harvest.polled:
                self._channel(harvest, polled, tally)
            tally.failures = _together(tally.failures)
            self.store.failures.add_all(self.run_id, tally.failures, at=self.now)
        return tally

    def _announced(self, harvest: SourceBatch) -> dict[str, FrontierEntry]:
        """The memory of all links of this pass by the key of their address; aliases are stored on the way."""
        memory: dict[str, FrontierEntry] = {}
        for each in (*harvest.announced.values(), *harvest.later, *harvest.known):
            seen = first_seen(harvest.source, each, now=self.now) if each.seen is None else each.seen
            memory.setdefault(seen.key, seen_again(seen, each.link, now=self.now))
        aliases = [
            alias
            for each in (*harvest.announced.values(), *harvest.later)
            for alias in self._aliases(harvest, each)
        ]
        self.store.links.save_all(alias for alias in aliases if alias.key not in memory)
        return memory

    def _aliases(self, harvest: SourceBatch, each: Candidate) -> Iterable[FrontierEntry]:
        """A channel's own key of an article, and the address it moved to, point to its first address."""
        main = each.seen.key if each.seen else each.address
        url = each.seen.url if each.seen else each.link.url
        for key in {each.key, each.address} - {main}:
            alias = first_seen(harvest.source, each, now=self.now)
            yield replace(alias, key=key, url=url, next_look_at=None, last_outcome=ALIAS)

    def _pages(self, harvest: SourceBatch, memory: dict[str, FrontierEntry], tally: IngestCounts) -> None:
        """Count what the new pages repeat, then read each with that knowledge, then mend what was read
        without it."""
        fresh = [taken for taken in harvest.taken if harvest.known_id(taken.link) is None]
        newly = self.shelf.learn(fresh, at=self.now)
        for taken in harvest.taken:
            try:
                saved = self.shelf.put(
                    taken,
                    harvest.source,
                    known_id=harvest.known_id(taken.link),
                    now=self.now,
                )
            except ScraperError as error:
                harvest.failed.append((taken.link, error))
                continue
            tally.count(saved.outcome, saved.id)
            self._remember(harvest, memory, taken.link, str(saved.outcome), article_id=saved.id)
        for saved in self.shelf.mend(newly, but=frozenset(tally.articles), now=self.now):
            tally.articles += [saved.id] if saved.outcome is Change.REVISED else []

    def _unmodified(
        self, harvest: SourceBatch, memory: dict[str, FrontierEntry], tally: IngestCounts
    ) -> None:
        for link in harvest.unmodified:
            self.store.pages.unmodified(link.url, at=self.now)
            tally.unchanged += 1
            self._remember(harvest, memory, link, str(Change.UNCHANGED))

    def _failed(self, harvest: SourceBatch, memory: dict[str, FrontierEntry], tally: IngestCounts) -> None:
        for link, error in harvest.failed:
            if isinstance(error, PostponedError):
                continue  # neither asked nor failed; it stays due
            article_id = None
            if isinstance(error, BLOCKED) and (article := announced_article(link, now=self.now)):
                saved = self.shelf.put_announced(
                    article, harvest.source, known_id=harvest.known_id(link), now=self.now
                )
                tally.count(saved.outcome, saved.id)
                article_id = saved.id
            tally.failures.append(failure_of(error, source_id=harvest.source.id, url=link.url))
            self._remember(harvest, memory, link, type(error).__name__, article_id=article_id, error=error)

    def _remember(
        self,
        harvest: SourceBatch,
        memory: dict[str, FrontierEntry],
        link: Link,
        outcome: str,
        *,
        article_id: int | None = None,
        error: ScraperError | None = None,
    ) -> None:
        each = harvest.announced[link.url]
        key = each.seen.key if each.seen else each.address
        memory[key] = looked(memory[key], outcome, now=self.now, article_id=article_id, error=error)

    def _channel(self, harvest: SourceBatch, polled: ChannelFetched, tally: IngestCounts) -> None:
        """The state of a channel after this poll."""
        state = self.store.channels.get(harvest.source.id, polled.channel.url) or _new_channel(
            harvest.source, polled
        )
        if isinstance(polled.outcome, PostponedError):
            return
        if isinstance(polled.outcome, ScraperError):
            failure = failure_of(polled.outcome, source_id=harvest.source.id, url=polled.channel.url)
            tally.failures.append(failure)
            self.store.channels.save(_after_failure(state, polled.outcome, self.now))
        else:
            self.store.channels.save(_after_reading(state, harvest, polled, self.now))


def failure_of(error: ScraperError, *, source_id: str | None, url: str) -> Failure:
    """The row for an expected failure."""
    return Failure(
        stage=error.stage,
        error=type(error).__name__,
        message=error.message,
        url=error.subject or url,
        source_id=source_id,
    )


def _new_channel(source: Source, polled: ChannelFetched) -> ChannelState:
    """A sitemap that an index named."""
    return ChannelState(source_id=source.id, url=polled.channel.url, kind=polled.channel.kind, declared=False)


def _after_failure(state: ChannelState, error: ScraperError, now: datetime) -> ChannelState:
    failures = state.failures + 1
    return replace(
        state,
        last_polled_at=now,
        failures=failures,
        last_error=f"{type(error).__name__}: {error.message}",
        next_poll_at=retry_at(error, failures, now),
    )


def _after_reading(
    state: ChannelState, harvest: SourceBatch, polled: ChannelFetched, now: datetime
) -> ChannelState:
    source = harvest.source
    discovered = polled.outcome if isinstance(polled.outcome, discovery.Discovered) else None
    page = polled.page
    has_new = discovered is not None and _announces_new(harvest, discovered)
    ttl = discovered.ttl if discovered else state.ttl
    last_new = now if has_new or state.last_new_at is None else state.last_new_at
    headers = (
        page.headers if page else polled.outcome.headers if isinstance(polled.outcome, NotModified) else ()
    )
    return replace(
        state,
        validators=page.validators if page else state.validators,
        content_hash=page.content_hash if page else state.content_hash,
        identity=str(harvest.identities.get(polled.channel.url, state.identity)),
        ttl=ttl,
        last_polled_at=now,
        last_ok_at=now,
        last_new_at=last_new,
        failures=0,
        last_error="",
        next_poll_at=next_poll(
            now,
            last_new_at=last_new,
            ttl=ttl,
            headers=headers,
            min_poll=source.min_poll,
            max_poll=source.max_poll,
        ),
    )


def _announces_new(harvest: SourceBatch, discovered: Discovered) -> bool:
    new = {each.address for each in (*harvest.announced.values(), *harvest.later) if each.seen is None}
    return any(link.url and address_key(link.url) in new for link in discovered.links)


def _together(failures: Iterable[Failure]) -> list[Failure]:
    """The failures with those that are the host's own, not a page's, as one row each kind."""
    kinds = {kind.__name__ for kind in OF_THE_HOST}
    alike: defaultdict[str, list[Failure]] = defaultdict(list)
    rows: list[Failure] = []
    for failure in failures:
        if failure.error in kinds:
            alike[failure.error].append(failure)
        else:
            rows.append(failure)
    for same in alike.values():
        more = f" (and {len(same) - 1} more of its pages)" if len(same) > 1 else ""
        rows.append(replace(same[0], message=same[0].message + more))
    return rows

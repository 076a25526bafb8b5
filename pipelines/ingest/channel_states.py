"""What is remembered of a channel after each visit, and when its home page is to name another one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.ingest.frontier import Announcement
from pipelines.storage.tables.sources import ChannelState
from scraper.errors import ScraperError
from scraper.lazily import lazily
from scraper.models import NotModified, Page, Source
from scraper.net.backoff import retry_at
from scraper.revisit import next_poll
from scraper.scrape import ChannelFetched

if TYPE_CHECKING:
    from scraper import discovery
    from scraper.discovery import Discovered
else:
    discovery = lazily("scraper.discovery")

USELESS_VISITS = 5  # in a row, failed or empty: then the home page may name another feed
LOOKED_UP_FOR = timedelta(days=30)  # a home page is not looked at again for the same channel before


def needs_other(state: ChannelState | None, now: datetime) -> bool:
    """Return whether the home page is to be looked at, because the channel has long been of no use."""
    if state is None or max(state.failures, state.empty_polls) < USELESS_VISITS:
        return False
    return state.named_at is None or not timedelta(0) <= now - state.named_at < LOOKED_UP_FOR


def after_looking_up(state: ChannelState, feeds: Sequence[str] | None, now: datetime) -> ChannelState:
    """Return the state with the first of the ``feeds`` of the home page; ``None``: it could not be read."""
    if feeds is None:
        return replace(state, named_at=now)
    return replace(state, named_at=now, named_url=next(iter(feeds), None))


def new_channel(source: Source, fetched_channel: ChannelFetched) -> ChannelState:
    """Return the state of a sitemap that an index named."""
    return ChannelState(
        source_id=source.id,
        url=fetched_channel.channel.url,
        kind=fetched_channel.channel.kind,
        declared=False,
    )


def after_failure(state: ChannelState, error: ScraperError, now: datetime) -> ChannelState:
    """Return the state of a channel that could not be read."""
    failures = state.failures + 1
    return replace(
        state,
        last_polled_at=now,
        failures=failures,
        last_error=f"{type(error).__name__}: {error.message}",
        next_poll_at=retry_at(error, failures, now),
    )


def _empty_polls(state: ChannelState, discovered: Discovered | None) -> int:
    """Return on how many visits in a row a channel announced nothing; an unchanged one is as it was."""
    if discovered is None:
        return state.empty_polls + 1 if state.empty_polls else 0
    return 0 if discovered.links or discovered.further else state.empty_polls + 1


def after_reading(
    state: ChannelState, fetched_channel: ChannelFetched, announcement: Announcement, now: datetime
) -> ChannelState:
    """Return the state of a channel that was read, or found unchanged."""
    source, page, outcome = fetched_channel.source, fetched_channel.page, fetched_channel.outcome
    discovered = outcome if isinstance(outcome, discovery.Discovered) else None
    ttl = discovered.ttl if discovered else state.ttl
    selection = announcement.selection
    has_new = any(each.seen is None for each in (*selection.fetch, *selection.queue))
    last_new = now if has_new or state.last_new_at is None else state.last_new_at
    headers = page.headers if page else outcome.headers if isinstance(outcome, NotModified) else ()
    empty_polls = _empty_polls(state, discovered)
    state = _after_redirects(state, page or outcome)
    if not empty_polls:
        state = replace(state, named_url=None, named_at=None)
    return replace(
        state,
        validators=page.validators if page else state.validators,
        content_hash=fetched_channel.key or state.content_hash,
        final_url=page.final_url if page else state.final_url,
        empty_polls=empty_polls,
        identity=str(announcement.identity or state.identity),
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


def _after_redirects(state: ChannelState, reply: object) -> ChannelState:
    """Return the state with where permanent redirects led, and on how many visits in a row."""
    moved_to = reply.moved_to if isinstance(reply, Page | NotModified) else None
    same = state.moved_polls if moved_to == state.moved_to else 0
    return replace(state, moved_to=moved_to, moved_polls=same + 1 if moved_to else 0)

"""Check each source: request its channels once, and look at what the database knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pipelines.ingest.frontier import ALIAS
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.errors import ScraperError
from scraper.models import Channel, FetchSettings, NotModified, Source, Validators
from scraper.scrape import ChannelFetched, ChannelRequest, SourcePlan, scrape

REMEMBERED_LINKS = 200  # of a source, last announced first: what its texts are judged by
EMPTY = frozenset({"EmptyPageError", "NotAnArticleError", "NotHtmlError"})
BLOCKED = frozenset({"BlockedError", "WallError"})
USUAL_DAYS = 30 - 7  # the days before the last seven, in which the usual number of articles is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source. ``answers`` says what each channel answered just now."""

    source_id: str
    verdict: str
    last_success: str | None
    articles: int
    per_week: int
    usual_per_week: float
    empty_share: float | None
    blocks_in_row: int
    answers: tuple[str, ...]
    is_failing: bool


def check_sources(
    sources: Iterable[Source], *, store: Store, settings: FetchSettings
) -> tuple[SourceHealth, ...]:
    """Return the health of every source; nothing is stored but what is learned of servers."""
    sources = tuple(sources)
    plans = [
        SourcePlan(source=source, polls=tuple(ChannelRequest(channel=channel) for channel in source.channels))
        for source in sources
    ]
    answers: dict[str, list[ChannelFetched]] = {source.id: [] for source in sources}
    with Client(settings, hosts=store.hosts.all(), shared=open_shared_hosts(store.path)) as client:
        for event in scrape(Crawl(client), plans, wanted=lambda _: (), validators_of=_nothing):
            if isinstance(event, ChannelFetched) and event.channel in event.source.channels:
                answers[event.source.id].append(event)
        store.hosts.save_all(client.host_states())
    health = store.view("source_health")
    remembered = {row[0]: dict(zip(health.columns, row, strict=True)) for row in health.rows}
    return tuple(
        _check(source, answers[source.id], remembered.get(source.id, {}), store) for source in sources
    )


def _nothing(_source: Source, _channel: Channel) -> Validators:
    return Validators()


def _check(
    source: Source, polled: Sequence[ChannelFetched], health: dict[str, Any], store: Store
) -> SourceHealth:
    outcomes = [
        entry.last_outcome
        for entry in store.links.recent(source.id, limit=REMEMBERED_LINKS)
        if entry.last_outcome not in ("", ALIAS)
    ]
    bad = [each for each in polled if isinstance(each.outcome, ScraperError)]
    week, month = health.get("articles_7_days", 0), health.get("articles_30_days", 0)
    return SourceHealth(
        source_id=source.id,
        verdict=_verdict(polled, bad, health),
        last_success=health.get("last_ok_at"),
        articles=health.get("articles", 0),
        per_week=week,
        usual_per_week=round((month - week) * 7 / USUAL_DAYS, 1),
        empty_share=round(sum(each in EMPTY for each in outcomes) / len(outcomes), 2) if outcomes else None,
        blocks_in_row=len(list(takewhile(BLOCKED.__contains__, outcomes))),
        answers=tuple(f"{each.channel.kind} {each.channel.url}: {_words(each)}" for each in polled),
        is_failing=bool(bad),
    )


def _verdict(polled: Sequence[ChannelFetched], bad: Sequence[ChannelFetched], health: dict[str, Any]) -> str:
    if not polled:
        return "no channel"
    if bad:
        return "failing" if len(bad) == len(polled) else "partly failing"
    silent = health.get("verdict") == "silent"
    return "silent" if silent else "well"


def _words(polled: ChannelFetched) -> str:
    if isinstance(polled.outcome, ScraperError):
        return polled.outcome.message
    if isinstance(polled.outcome, NotModified):
        return "not modified"
    return f"{len(polled.outcome.links)} links"

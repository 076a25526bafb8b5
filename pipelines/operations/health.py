"""Check each source: request its channels once, and look at what the database knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from pipelines.ingest.frontier import ALIAS
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from pipelines.text import counted
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.errors import ScraperError
from scraper.models import Channel, FetchSettings, NotModified, Source
from scraper.scrape import ChannelFetched, ChannelRequest, SourcePlan, scrape

REMEMBERED_LINKS = 200  # of a source, last announced first: what its texts are judged by
EMPTY = frozenset({"EmptyPageError", "NotAnArticleError", "NotHtmlError"})
BLOCKED = frozenset({"BlockedError", "WallError"})
USUAL_DAYS = 30 - 7  # the days before the last seven, in which the usual number of articles is counted


class CheckVerdict(StrEnum):
    """What a check says of one source."""

    NO_CHANNEL = "no channel"
    FAILING = "failing"
    PARTLY_FAILING = "partly failing"
    SILENT = "silent"
    WELL = "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source. ``answers`` says what each channel answered just now."""

    source_id: str
    verdict: CheckVerdict
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
        SourcePlan(
            source=source,
            channel_requests=tuple(ChannelRequest(channel=channel) for channel in source.channels),
        )
        for source in sources
    ]
    answers: dict[str, list[ChannelFetched]] = {source.id: [] for source in sources}
    with Client(settings, hosts=store.hosts.all(), shared=open_shared_hosts(store.path)) as client:
        for event in scrape(Crawl(client), plans, wanted=lambda _: (), request_of=_anew):
            if isinstance(event, ChannelFetched) and event.channel in event.source.channels:
                answers[event.source.id].append(event)
        store.hosts.save_all(client.host_states())
    health = store.view("source_health")
    remembered = {row[0]: dict(zip(health.columns, row, strict=True)) for row in health.rows}
    outcomes = store.links.recent_outcomes([source.id for source in sources], limit=REMEMBERED_LINKS)
    return tuple(
        _check(source, answers[source.id], remembered.get(source.id, {}), outcomes.get(source.id, ()))
        for source in sources
    )


def _anew(_source: Source, channel: Channel) -> ChannelRequest:
    return ChannelRequest(channel=channel)


def _check(
    source: Source, fetched_channels: Sequence[ChannelFetched], health: dict[str, Any], recent: Sequence[str]
) -> SourceHealth:
    outcomes = [outcome for outcome in recent if outcome not in ("", ALIAS)]
    bad = [each for each in fetched_channels if isinstance(each.outcome, ScraperError)]
    week, month = health.get("articles_7_days", 0), health.get("articles_30_days", 0)
    return SourceHealth(
        source_id=source.id,
        verdict=_verdict(fetched_channels, bad, health),
        last_success=health.get("last_ok_at"),
        articles=health.get("articles", 0),
        per_week=week,
        usual_per_week=round((month - week) * 7 / USUAL_DAYS, 1),
        empty_share=round(sum(each in EMPTY for each in outcomes) / len(outcomes), 2) if outcomes else None,
        blocks_in_row=len(list(takewhile(BLOCKED.__contains__, outcomes))),
        answers=tuple(f"{each.channel.kind} {each.channel.url}: {_words(each)}" for each in fetched_channels),
        is_failing=bool(bad),
    )


def _verdict(
    fetched_channels: Sequence[ChannelFetched], bad: Sequence[ChannelFetched], health: dict[str, Any]
) -> CheckVerdict:
    if not fetched_channels:
        return CheckVerdict.NO_CHANNEL
    if bad:
        return CheckVerdict.FAILING if len(bad) == len(fetched_channels) else CheckVerdict.PARTLY_FAILING
    return CheckVerdict.SILENT if health.get("verdict") == CheckVerdict.SILENT else CheckVerdict.WELL


def _words(reply: ChannelFetched) -> str:
    if isinstance(reply.outcome, ScraperError):
        return reply.outcome.message
    if isinstance(reply.outcome, NotModified):
        return "not modified"
    return counted(len(reply.outcome.links), "link")

"""Single articles that a person asks for: fetched as politely as a run would, read with what is known."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from pipelines.config.settings import Config
from pipelines.ingest.batch import BatchBuilder
from pipelines.ingest.commit import BatchCommit
from pipelines.ingest.events import EventWriter
from pipelines.ingest.frontier import FORGOTTEN, Announcement, Selection, address_key
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.planner import CrawlPlanner
from pipelines.ingest.run_log import RunRecord
from pipelines.ingest.signals import STOP_SECONDS
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure, RunCounts
from pipelines.storage.page_store import PageStore
from pipelines.storage.page_writes import page_writes
from pipelines.storage.store import Store
from scraper.articles import SiteKnowledge, read_page, survey
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.models import Article, Link, Page, Source
from scraper.rights import page_rights
from scraper.scrape import Event, PageFetched, SourcePlan
from scraper.urls import canonical_url
from scraper.whole_page import get_whole_page


def fetch_article(url: str, client: Client, *, store: Store | None = None, now: datetime) -> Article:
    """Return the clean article at a URL; nothing is saved. Raises ``ScraperError``."""
    page = get_whole_page(client, canonical_url(url))
    profile = survey(page)
    knowledge = SiteFurniture(store=store).knowledge(profile) if store else SiteKnowledge()
    article = read_page(page, Link(url=page.url), replace(knowledge, any_text=True), now=now)
    return replace(article, rights=page_rights(page.final_url, headers=page.headers, metas=profile.metas))


def fetch_links(
    links: Iterable[tuple[Source, Link]],
    *,
    store: Store,
    pages: PageStore,
    config: Config,
    client: Client,
    record: RunRecord,
) -> RunCounts:
    """Fetch and save the articles at some URLs; the caller files them. What fails is in the counts.

    The record counts them, as they are stored. Raises ``DatabaseError``, ``OSError``, and ``Interrupted``
    after a signal.
    """
    planner = CrawlPlanner(store=store, pages=pages, settings=config.fetch, now=record.started)
    commit = _commit(store, pages, config, record)
    links = tuple(links)
    deleted = store.tombstones.of_urls(link.url for _, link in links)
    stored, came = list[RunCounts](), set[str]()

    def count(its: RunCounts, source_id: str | None = None) -> None:
        record.add(its, source_id)
        stored.append(its)

    count(RunCounts(failures=tuple(_deleted(*link) for link in links if link[1].url in deleted)))
    unwatched = _not_announced(store, (link for link in links if link[1].url not in deleted))
    plans = _plans(links, planner, commit)
    crawl = Crawl(client)
    with record.signals.deferred(lambda: crawl.stop(grace=STOP_SECONDS)), page_writes(pages) as put:
        builder = BatchBuilder(store=store, pages=pages, put=put, client=client, purpose=config.purpose)
        writer = EventWriter(planner=planner, builder=builder, commit=commit, count=count)
        for event in planner.events(crawl, plans):
            writer.write(event)
            came |= _page_of(event)
        writer.store_all()
    store.hosts.save_all(client.host_states())
    count(RunCounts(failures=tuple(_led_to_deleted(store, links, came))))
    _remove_unread(store, unwatched)
    return sum(stored, start=RunCounts())


def _commit(store: Store, pages: PageStore, config: Config, record: RunRecord) -> BatchCommit:
    sites = SiteFurniture(store=store)
    writer = ArticleWriter(
        store=store, pages=pages, sites=sites, purpose=config.purpose, any_text=True, watched=config.sources
    )
    return BatchCommit(store=store, writer=writer, run_id=record.id, now=record.started)


def _not_announced(store: Store, links: Iterable[tuple[Source, Link]]) -> dict[str, set[str]]:
    """Return the keys that no channel announced, by source.

    A person may have mistyped their URLs: if they fail, no later run requests them again.
    """
    keys: dict[str, set[str]] = {}
    for source, link in links:
        keys.setdefault(source.id, set()).add(address_key(link.url))
    return {source_id: own - store.links.known(source_id, own).keys() for source_id, own in keys.items()}


def _remove_unread(store: Store, unwatched: Mapping[str, set[str]]) -> None:
    """Remove the links of these keys that gave no article, and sources that have nothing else."""
    for source_id, keys in unwatched.items():
        store.links.remove_unread(source_id, keys)
        store.sources.remove_unused(source_id)


def _page_of(event: Event) -> frozenset[str]:
    """Return the URL of the page that came with an event; nothing for all other events."""
    if isinstance(event, PageFetched) and isinstance(event.outcome, Page):
        return frozenset([event.page_request.link.url])
    return frozenset()


def _led_to_deleted(
    store: Store, links: Iterable[tuple[Source, Link]], came: Container[str]
) -> Iterator[Failure]:
    """Yield a failure for each link whose page came now and is an article that was deleted for good.

    What an earlier run found does not count: the host may rest now, or the link lead elsewhere.
    """
    for source, link in links:
        entry = store.links.get(source.id, address_key(link.url)) if link.url in came else None
        if entry is not None and entry.last_outcome == FORGOTTEN:
            yield _deleted(source, link, "stored")


def _deleted(source: Source, link: Link, what_not: str = "fetched") -> Failure:
    message = f"deleted for good by `cuttings forget`; not {what_not}"
    return Failure(
        stage="fetch", error="ForgottenArticleError", message=message, url=link.url, source_id=source.id
    )


def _plans(
    links: Iterable[tuple[Source, Link]], planner: CrawlPlanner, commit: BatchCommit
) -> list[SourcePlan]:
    """Return a plan for each source of the links, which are stored as if a channel had announced them."""
    by_source: dict[str, tuple[Source, list[Link]]] = {}
    for source, link in links:
        by_source.setdefault(source.id, (source, []))[1].append(link)
    plans = []
    for source, of_source in by_source.values():
        commit.store.sources.ensure(source.id, name=source.name, homepage=source.homepage, at=commit.now)
        candidates, page_requests = planner.ask_for(source, of_source)
        commit.announce(source, Announcement(selection=Selection(fetch=candidates)))
        plans.append(SourcePlan(source=source, page_requests=page_requests))
    return plans

"""Single articles, asked for by a person: fetched as politely as a run would, read with what is known of
their site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pipelines.config.settings import Config
from pipelines.ingest.collector import BatchBuilder
from pipelines.ingest.commit import BatchCommit, IngestCounts
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.planner import CrawlPlanner
from pipelines.ingest.upsert import ArticleWriter
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from scraper.articles import SiteKnowledge, read_page, survey
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.errors import BadReplyError
from scraper.models import Article, Link, Page, Source
from scraper.rights import page_rights
from scraper.scrape import SourceDone, SourcePlan, scrape
from scraper.urls import canonical_url, same_site, site_of


def fetch_article(url: str, client: Client, *, store: Store | None = None, now: datetime) -> Article:
    """The clean article at an address; nothing is saved. Raises ``ScraperError``."""
    page = client.get(canonical_url(url))
    if not isinstance(page, Page):
        raise BadReplyError("304 Not Modified to a request without validators; there is nothing to read", url)
    surveyed = survey(page)
    knowledge = SiteFurniture(store=store).knowledge(surveyed) if store else SiteKnowledge()
    article = read_page(page, Link(url=page.url), knowledge, now=now)
    return replace(article, rights=page_rights(page.final_url, headers=page.headers, metas=surveyed.metas))


def fetch_links(
    wanted: Iterable[tuple[Source, Link]],
    *,
    store: Store,
    pages: PageStore,
    config: Config,
    client: Client,
    now: datetime,
    run_id: int | None = None,
) -> IngestCounts:
    """Fetch and save the articles at some addresses, one transaction a source; filing them is left to the
    caller.

    What could not be had is in the tally's failures. Raises ``DatabaseError`` and ``OSError``.
    """
    shelf = ArticleWriter(store=store, pages=pages, sites=SiteFurniture(store=store), purpose=config.purpose)
    recorder = BatchCommit(store=store, shelf=shelf, run_id=run_id, now=now)
    errands = CrawlPlanner(store=store, pages=pages, settings=config.fetch, now=now)
    collector = BatchBuilder(client=client, shelf=shelf, errands=errands)
    by_source: dict[str, tuple[Source, list[Link]]] = {}
    for source, link in wanted:
        by_source.setdefault(source.id, (source, []))[1].append(link)
    for source, _ in by_source.values():
        store.sources.ensure(source.id, name=source.name, homepage=source.homepage, at=now)
    plan = [
        SourcePlan(source=source, looks=errands.ask_for(source, links))
        for source, links in by_source.values()
    ]
    total = IngestCounts()
    for event in scrape(Crawl(client), plan, wanted=errands.wanted, validators_of=errands.validators_of):
        collector.take(event)
        if isinstance(event, SourceDone):
            total.add(recorder.save(errands.harvests.pop(event.source.id)))
    store.hosts.save_all(client.host_states())
    return total


def source_of(url: str, sources: Iterable[Source]) -> Source:
    """The source that an address belongs to; where none of the config does, one named after the site.

    Raises ``AddressError``.
    """
    for source in sources:
        if any(
            same_site(url, place)
            for place in (source.homepage, *(channel.url for channel in source.channels))
            if place
        ):
            return source
    site = site_of(url)
    return Source(id=site, name=site)

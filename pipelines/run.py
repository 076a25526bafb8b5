"""The scheduled run, on one screen.

    sources | due channels | conditional GET -> Page or NotModified | discover -> links | not seen or due for a look
            | GET -> Page | survey, keep the raw page | (source done) learn furniture, extract, save in one transaction
    changed articles | file into stories | -> RunCounts -> `runs`, exit status

Only fetching is parallel: parsing is CPU, and threads would not make it faster. Killing the run anywhere
loses at most the sources in hand; running it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from pipelines.config.contact import check_contact
from pipelines.config.settings import Config
from pipelines.errors import ConfigError
from pipelines.ingest.collector import BatchBuilder
from pipelines.ingest.commit import BatchCommit, IngestCounts
from pipelines.ingest.frontier import Candidate
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.planner import CrawlPlanner
from pipelines.ingest.run_log import recorded
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import RunCounts
from pipelines.operations.retention import forget
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.models import FetchSettings, Source
from scraper.scrape import SourceDone, scrape

Clock = Callable[[], datetime]
Progress = Callable[[Source, IngestCounts], None]


def unseen(_source: Source, _tally: IngestCounts) -> None:
    """Progress where nobody watches."""


def run(
    store: Store,
    config: Config,
    *,
    pages: PageStore,
    only: Iterable[str] = (),
    force: bool = False,
    max_seconds: float | None = None,
    now: Clock = lambda: datetime.now(UTC),
    progress: Progress = unseen,
) -> RunCounts:
    """One pass over every due source; over all with ``force``, over the sources in ``only`` due or not.

    Raises ``ConfigError`` when nothing may be asked, ``DatabaseError`` and ``OSError`` when nothing can be
    stored.
    """
    if config.path is not None:
        with store.transaction():
            store.sources.sync(config.sources, at=now())
    sources = choose_sources(config, _declared(store, config), only)
    check_contact(sources, config.fetch)
    store.runs.interrupt(at=now())  # whoever left a run open is dead: the lock is ours
    with recorded(store, config, "run", now=now) as record, _client(store, config, now) as client:
        record.sources = len(sources)
        shelf = ArticleWriter(
            store=store, pages=pages, sites=SiteFurniture(store=store), purpose=config.purpose
        )
        recorder = BatchCommit(store=store, shelf=shelf, run_id=record.id, now=record.started)
        errands = CrawlPlanner(
            store=store, pages=pages, settings=config.fetch, now=record.started, local_only=True
        )
        collector = BatchBuilder(client=client, shelf=shelf, errands=errands)
        crawl, plan = Crawl(client, deadline=max_seconds), errands.plan(sources, insist=force or bool(only))
        for event in scrape(crawl, plan, wanted=errands.wanted, validators_of=errands.validators_of):
            collector.take(event)
            if isinstance(event, SourceDone):
                tally = recorder.save(errands.harvests.pop(event.source.id))
                record.tally.add(tally)
                progress(event.source, tally)
    forget(store, pages, config.retention, now=now())
    return record.report


@contextmanager
def _client(store: Store, config: Config, now: Clock) -> Iterator[Client]:
    """The door to the network; what it learns of servers is remembered, however the run ends."""
    with Client(_settings(config), hosts=store.hosts.all(), now=now) as client:
        try:
            yield client
        finally:
            store.hosts.save_all(client.host_states())


def _settings(config: Config) -> FetchSettings:
    """Those of the config; without a contact nobody is visited but this computer, not even through a
    redirect."""
    return replace(config.fetch, local_only=not config.fetch.contact)


def preview(
    store: Store,
    config: Config,
    *,
    pages: PageStore,
    only: Iterable[str] = (),
    now: Clock = lambda: datetime.now(UTC),
) -> tuple[tuple[Source, Candidate], ...]:
    """What a run would take now: its channels are asked, nothing else is, and nothing is stored."""
    sources = choose_sources(config, _declared(store, config), only)
    check_contact(sources, config.fetch)
    errands = CrawlPlanner(store=store, pages=pages, settings=config.fetch, now=now(), local_only=True)
    with Client(_settings(config), hosts=store.hosts.all(), now=now) as client:
        plan = [replace(errand, looks=()) for errand in errands.plan(sources, insist=bool(only))]
        for _ in scrape(Crawl(client), plan, wanted=errands.foresee, validators_of=errands.validators_of):
            pass
    harvests = errands.harvests.values()
    return tuple((harvest.source, each) for harvest in harvests for each in harvest.announced.values())


def _declared(store: Store, config: Config) -> tuple[Source, ...]:
    """Return the sources of the config; those of the database if there is no config."""
    return config.sources if config.path is not None else store.sources.declared()


def choose_sources(
    config: Config, declared: tuple[Source, ...], only: Iterable[str] = ()
) -> tuple[Source, ...]:
    """Return the sources named in ``only``, enabled or not; without names all enabled sources.

    Raises ``ConfigError`` for an unknown name, and if no source is left.
    """
    only = frozenset(only)
    unknown = sorted(only - {source.id for source in declared})
    if unknown:
        raise ConfigError("no source has this id; `cuttings sources list` shows all ids", ", ".join(unknown))
    chosen = tuple(source for source in declared if (source.id in only if only else source.enabled))
    if not chosen and config.path is None:
        raise ConfigError("no config found; write one with `cuttings init`, or name it with --config")
    if not chosen:
        message = "no source is enabled; add one with `cuttings sources add URL`, or enable one"
        raise ConfigError(message, str(config.path))
    return chosen

"""The scheduled run, on one screen.

    sources | due channels | conditional GET -> Page or NotModified | discover | frontier: fetch, queue, skip
            | GET -> Page | profile, keep the raw page | source done: learn furniture, read, save
    changed articles | file into stories | -> RunCounts -> `runs`, exit status

Only fetching is parallel: parsing is CPU, and threads would not make it faster. The events are stored as
they come, so that a kill loses at most the few pages in hand; running it twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from pipelines.config.contact import check_contact
from pipelines.config.settings import Config
from pipelines.errors import BusyDatabaseError, ConfigError, DatabaseError
from pipelines.ingest.batch import BatchBuilder
from pipelines.ingest.commit import BatchCommit, failure_of
from pipelines.ingest.events import EventWriter, after_their_pages
from pipelines.ingest.frontier import Candidate
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.planner import CrawlPlanner
from pipelines.ingest.run_log import RunRecord, recorded
from pipelines.ingest.signals import STOP_SECONDS, Interrupted
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure, RunCounts, RunStatus
from pipelines.operations.forget import remove_noted
from pipelines.operations.retention import collect_orphans, prune
from pipelines.storage.page_store import PageStore
from pipelines.storage.page_writes import PutPage, page_writes
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from scraper.client import Client
from scraper.crawl import Crawl
from scraper.errors import PostponedError, ScraperError
from scraper.models import Channel, FetchSettings, HostState, Source
from scraper.scrape import ChannelFetched, Event, SourceDone, SourcePlan, scrape

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Progress = Callable[[Source, RunCounts], None]
Tell = Callable[[str, RunCounts], None]

RESUMED_AFTER = timedelta(
    hours=1
)  # a run that ended early longer ago is not continued: all that is due is requested
MOST_RESUMED = 50  # runs looked at
ENDED_EARLY = frozenset({RunStatus.INTERRUPTED, RunStatus.FAILED})


def unseen(_source: Source, _counts: RunCounts) -> None:
    """Show no progress."""


def untold(_source_id: str, _counts: RunCounts) -> None:
    """Ignore the counts of a source."""


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
    tell: Tell = untold,
) -> RunCounts:
    """Fetch and file what is new in every due source; with ``force`` in all, with ``only`` in those.

    Start no new requests after ``max_seconds``, or after ``[fetch] max_requests``. At the end ``tell`` gets
    the id and the counts of each due source. Raises ``ConfigError`` if nothing may be requested,
    ``DatabaseError`` and ``OSError`` if nothing can be stored, ``Interrupted`` on SIGTERM and SIGINT.
    """
    _prepare(store, config, pages, at=now())
    sources = _allowed_sources(store, config, only)
    was_killed = store.runs.interrupt(at=now()) > 0  # whoever left a run open is dead: the lock is ours
    resumed_from = _resumed_from(store, now())
    with (
        recorded(store, config, "run", now=now) as record,
        _client(store, config, now) as client,
        page_writes(pages) as put,
    ):
        record.counts += RunCounts(sources=len(sources))
        writer = _event_writer(store, config, pages, put, client, record=record, resumed_from=resumed_from)
        writer.read_left_over()
        crawl = Crawl(client, deadline=max_seconds, max_requests=config.fetch.max_requests or None)
        plans = _noted(writer.planner.plan(sources, insist=force or bool(only)), record)
        with record.signals.deferred(lambda: crawl.stop(grace=STOP_SECONDS)):
            _crawl(crawl, plans, writer, record=record, progress=progress)
        writer.refuse()
    _remove_unneeded(store, pages, config, was_killed=was_killed, at=now())
    for source_id, counts in record.by_source.items():
        tell(source_id, counts)
    return record.counts


def _remove_unneeded(
    store: Store, pages: PageStore, config: Config, *, was_killed: bool, at: datetime
) -> None:
    """Remove what the retention no longer keeps, and the pages that a killed run left without a row."""
    if was_killed:
        collect_orphans(store, pages)
    prune(store, pages, config.retention, now=at)


def _noted(plans: Iterable[SourcePlan], record: RunRecord) -> Iterator[SourcePlan]:
    """Yield the plans, after an entry of zero counts in the record for the source of each."""
    for plan in plans:
        record.add(RunCounts(), plan.source.id)
        yield plan


def _prepare(store: Store, config: Config, pages: PageStore, *, at: datetime) -> None:
    """Delete the raw pages that a killed `forget` left, and store the sources of a config file."""
    for file, reason in remove_noted(store, pages):
        logger.warning("page_not_removed file=%s reason=%s", file, reason)
    if config.path is not None:
        with store.transaction():
            store.sources.sync(config.sources, at=at)


def _resumed_from(store: Store, now: datetime) -> datetime | None:
    """Return when the runs began that ended early and that this one continues; None if there is none."""
    ended_early = takewhile(lambda run: run.status in ENDED_EARLY, store.runs.latest(MOST_RESUMED))
    starts = [run.started_at for run in ended_early if timedelta(0) <= now - run.started_at <= RESUMED_AFTER]
    return min(starts, default=None)


def _crawl(
    crawl: Crawl,
    plans: Iterable[SourcePlan],
    writer: EventWriter,
    *,
    record: RunRecord,
    progress: Progress,
) -> None:
    """Store every event of a crawl.

    After a signal the pages are stored and left for the next run to read. So they are after an error of the
    disk, which is raised at the end: what was fetched is stored if that is possible.
    """
    planner = writer.planner
    hosts = HostLog(store=planner.store, client=writer.builder.client)
    failure: DatabaseError | OSError | None = None
    events = planner.events(crawl, plans)
    for event in after_their_pages(events, writer):
        try:
            if isinstance(event, ChannelFetched):
                record.add(_channel(event, writer, hosts), event.source.id)
            elif isinstance(event, SourceDone):
                writer.store_waiting()
                if record.signals.number is None and failure is None:
                    with record.signals.immediate():
                        counts = writer.finish(event.source)
                    progress(event.source, counts)
            else:
                writer.write(event)
        except Interrupted:
            crawl.stop(grace=STOP_SECONDS)
        except BusyDatabaseError:
            raise  # it has waited long enough
        except (DatabaseError, OSError) as error:
            failure = failure or error
            crawl.stop(grace=STOP_SECONDS)
    if failure is not None:
        raise failure
    writer.store_all()


def _channel(event: ChannelFetched, writer: EventWriter, hosts: HostLog) -> RunCounts:
    """Store what a channel announced, and what was learnt of its server: one commit for both."""
    with hosts.store.transaction():
        counts = writer.channel(event)
        hosts.save()
    return counts


def _event_writer(
    store: Store,
    config: Config,
    pages: PageStore,
    put: PutPage,
    client: Client,
    *,
    record: RunRecord,
    resumed_from: datetime | None,
) -> EventWriter:
    sites = SiteFurniture(store=store)
    articles = ArticleWriter(store=store, pages=pages, sites=sites, purpose=config.purpose)
    return EventWriter(
        planner=CrawlPlanner(
            store=store,
            pages=pages,
            settings=config.fetch,
            now=record.started,
            local_only=True,
            resumed_from=resumed_from,
        ),
        builder=BatchBuilder(store=store, pages=pages, put=put, client=client, purpose=config.purpose),
        commit=BatchCommit(store=store, writer=articles, run_id=record.id, now=record.started),
        count=record.add,
    )


@dataclass(slots=True, kw_only=True)
class HostLog:
    """Stores what the client learns of servers, such as their robots.txt, as soon as it is known."""

    store: Store
    client: Client
    saved: dict[str, HostState] = field(default_factory=dict)

    def save(self) -> None:
        """Store what changed since the last time."""
        states = {state.host: state for state in self.client.host_states()}
        changed = [state for host, state in states.items() if self.saved.get(host) != state]
        if changed:
            self.store.hosts.save_all(changed)
        self.saved = states


@contextmanager
def _client(store: Store, config: Config, now: Clock) -> Iterator[Client]:
    """Open the client; what it learns of servers is stored, however the run ends."""
    with _new_client(store, config, now) as client:
        try:
            yield client
        finally:
            store.hosts.save_all(client.host_states())


def _new_client(store: Store, config: Config, now: Clock) -> Client:
    """Return a client that knows what the database says of servers, and keeps to the paces in it."""
    shared = open_shared_hosts(store.path)
    return Client(_settings(config), hosts=store.hosts.all(), shared=shared, now=now)


def _settings(config: Config) -> FetchSettings:
    """Return those of the config; without a contact nothing but this computer is requested."""
    return replace(config.fetch, local_only=not config.fetch.contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a run would fetch, which channels could not be read, and how many were left for a later run."""

    fetches: tuple[tuple[Source, Candidate], ...]
    failures: tuple[Failure, ...]
    postponed: int = 0


def preview(
    store: Store,
    config: Config,
    *,
    pages: PageStore,
    only: Iterable[str] = (),
    force: bool = False,
    max_seconds: float | None = None,
    now: Clock = lambda: datetime.now(UTC),
) -> Preview:
    """Return what a run would fetch now: only its channels are requested, and nothing is stored.

    No channel is requested after ``max_seconds``.
    """
    sources = _allowed_sources(store, config, only)
    planner = CrawlPlanner(store=store, pages=pages, settings=config.fetch, now=now(), local_only=True)
    with _new_client(store, config, now) as client:
        plans = [
            replace(plan, page_requests=()) for plan in planner.plan(sources, insist=force or bool(only))
        ]
        crawl = Crawl(client, deadline=max_seconds)
        events = scrape(crawl, plans, wanted=planner.foresee, request_of=planner.request_of)
        unread = tuple(_unread_channels(events))
    by_id = {source.id: source for source in sources}
    fetches = tuple((by_id[source_id], each) for (source_id, _), each in planner.candidates.items())
    failures = tuple(
        failure_of(error, source_id=source.id, url=channel.url)
        for source, channel, error in unread
        if not isinstance(error, PostponedError)
    )
    return Preview(fetches=fetches, failures=failures, postponed=len(unread) - len(failures))


def _unread_channels(events: Iterable[Event]) -> Iterator[tuple[Source, Channel, ScraperError]]:
    for event in events:
        if isinstance(event, ChannelFetched) and isinstance(event.outcome, ScraperError):
            yield event.source, event.channel, event.outcome


def _allowed_sources(store: Store, config: Config, only: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources to visit. Raises ``ConfigError`` without any, or if they may not be requested."""
    sources = choose_sources(config, _declared(store, config), only)
    check_contact(sources, config.fetch)
    return sources


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

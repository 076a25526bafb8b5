"""Storing the events of a crawl as they come, a few together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from pipelines.ingest.batch import BatchBuilder, FetchedPage
from pipelines.ingest.commit import BatchCommit
from pipelines.ingest.frontier import Candidate
from pipelines.ingest.planner import CrawlPlanner
from pipelines.models import RunCounts
from scraper.errors import ExtractionError, ForbiddenAddressError, PostponedError, ScraperError, StatusError
from scraper.models import NotModified, Page, Source
from scraper.scrape import ChannelFetched, Event, NoReplyYet, PageFetched, Purpose, SourceDone
from scraper.urls import host_key

# Replies that are stored in one transaction, and that wait at most. They wait only while others come in, for
# their pages to be written: a process that is killed then loses them, and asks the publisher again.
TOGETHER = 3
MOST_WAITING = 6


class _Stored(NamedTuple):
    """What came of a reply, and its page where that is to be read."""

    counts: RunCounts
    page: FetchedPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waiting:
    """A reply that is to be stored. ``written``: its page on the way to the disk."""

    source: Source
    store: Callable[[], _Stored]
    written: Future[str] | None = None

    @property
    def is_ready(self) -> bool:
        return self.written is None or self.written.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWriter:
    """Stores each event of a crawl.

    ``count`` gets the counts and the id of the source of each event, also of replies that waited, once they
    are committed: an error on the next event leaves them counted. After the last reply of a crawl comes
    ``NoReplyYet``: then none waits.
    """

    planner: CrawlPlanner
    builder: BatchBuilder
    commit: BatchCommit
    count: Callable[[RunCounts, str], None]
    waiting: list[_Waiting] = field(default_factory=list)
    held: list[PageFetched] = field(default_factory=list)  # until the tdmrep.json of their hosts is there

    def write(self, event: Event) -> None:
        """Store one event. Raises ``DatabaseError``, and ``OSError`` if a page cannot be kept."""
        if isinstance(event, NoReplyYet):
            self.store_waiting()
        elif isinstance(event, ChannelFetched):
            self.count(self.channel(event), event.source.id)
        elif isinstance(event, SourceDone):
            self.finish(event.source)
        elif event.page_request.purpose is Purpose.HOMEPAGE:
            self.count(self.commit.named(event.source, event.outcome), event.source.id)
        else:
            self._write_page(event)

    def _write_page(self, event: PageFetched) -> None:
        if event.page_request.purpose is Purpose.TDMREP:
            self._reserve(event)
            self.planner.awaited.discard(host_key(event.page_request.link.url))
            # A page whose tdmrep.json is left for a later run stays due, and is fetched with it.
            error = event.outcome if isinstance(event.outcome, PostponedError) else None
            self._release((each for each in self.held if not self._is_early(each)), error)
        elif self._is_early(event):
            self.held.append(event)
        else:
            self._page(event)
        ready = [each for each in self.waiting if each.is_ready]
        if len(self.waiting) >= MOST_WAITING:
            self._store(self.waiting)
        elif len(ready) >= TOGETHER:
            self._store(ready)

    def channel(self, event: ChannelFetched) -> RunCounts:
        """Store what a channel announced; return what came of it, to be counted once that is committed.

        Raises ``DatabaseError``.
        """
        announcement = self.planner.announcements.pop((event.source.id, event.channel.url), None)
        return self.commit.channel(event, announcement)

    def finish(self, source: Source) -> RunCounts:
        """Read and store the pages of a source; return what came of it, which is counted already.

        Raises ``DatabaseError``, and ``OSError`` if a page cannot be kept.
        """
        self._release(event for event in self.held if event.source.id == source.id)
        # All of them: reading a source removes pages that no row names, and one may be of a reply here.
        self.store_waiting()
        counts = self._refuse(source)
        batch = self.builder.complete(source)
        return counts + self._counted(self.commit.read(batch), source) if batch.pages else counts

    def store_waiting(self) -> None:
        """Store the replies that wait, in one transaction, after their pages are safely on the disk.

        One whose page could not be written is not stored, the others are. Raises ``OSError`` for such a page,
        and ``DatabaseError``, after which all stay in ``waiting``.
        """
        self._store(self.waiting)

    def store_all(self) -> None:
        """Store what waits, also for a tdmrep.json that will not come: after the last event of a crawl.

        Raises as ``store_waiting`` does.
        """
        self._release(self.held)
        self.store_waiting()

    def _is_early(self, event: PageFetched) -> bool:
        """Return whether a page lies on a host whose tdmrep.json is still to come."""
        page = event.outcome
        return isinstance(page, Page) and host_key(page.final_url) in self.planner.awaited

    def _release(self, events: Iterable[PageFetched], error: PostponedError | None = None) -> None:
        for event in tuple(events):
            self.held.remove(event)
            self._page(replace(event, outcome=error) if error else event)

    def is_writing(self, source: Source) -> bool:
        """Return whether pages of a source are still on their way to the disk."""
        return any(each.source.id == source.id and not each.is_ready for each in self.waiting)

    def _store(self, replies: Iterable[_Waiting]) -> None:
        replies = tuple(replies)
        # Before the transaction: its lock also holds up the pace that processes share (shared_hosts.py).
        errors = [each.written.exception() if each.written else None for each in replies]
        written = [each for each, error in zip(replies, errors, strict=True) if error is None]
        if written:
            with self.commit.store.transaction():
                stored = [(each.source, each.store()) for each in written]
            for source, (counts, page) in stored:
                self.count(counts, source.id)
                if page is not None:
                    self.builder.add(source, page)
        self.waiting[:] = (each for each in self.waiting if each not in replies)
        failure = next((error for error in errors if error is not None), None)
        if failure is not None:
            raise failure

    def read_left_over(self) -> None:
        """Read the pages that an interrupted run fetched and did not read; without any request."""
        for batch in self.builder.left_over():
            self.count(self.commit.read(batch), batch.source.id)

    def refuse(self) -> None:
        """Store a failure for each link that may not be requested and whose source had nothing else to do."""
        for source_id in tuple(self.planner.forbidden):
            self._refuse(self.commit.store.sources.get(source_id) or Source(id=source_id, name=source_id))

    def _refuse(self, source: Source) -> RunCounts:
        counts = RunCounts()
        for candidate in self.planner.forbidden.pop(source.id, ()):
            url = candidate.link.url
            error = ForbiddenAddressError("not requested, because [cuttings] contact is empty", url)
            counts += self._counted(self.commit.failed(source, candidate, error), source)
        return counts

    def _counted(self, counts: RunCounts, source: Source) -> RunCounts:
        self.count(counts, source.id)
        return counts

    def _page(self, event: PageFetched) -> None:
        source, link, outcome = event.source, event.page_request.link, event.outcome
        candidate = self.planner.candidates[source.id, link.url]
        if isinstance(outcome, NotModified):
            self._wait(source, lambda: _Stored(self.commit.unmodified(source, candidate)))
            return
        if isinstance(outcome, ScraperError):
            self._counted(self.commit.failed(source, candidate, outcome), source)
            return
        try:
            page = self.builder.profile(source, link, outcome, key=candidate.main_key)
        except ExtractionError as error:
            self._counted(RunCounts(fetched=1) + self.commit.failed(source, candidate, error), source)
            return
        if page.is_kept:
            self._wait(source, partial(self._fetched, source, candidate, page), self.builder.keep(page.page))
            return
        page, counts = self.commit.fetched(source, candidate, page)
        self.count(counts, source.id)
        self.builder.add(source, page)
        batch = self.builder.take_unkept(source)
        if batch.pages:
            self.store_waiting()
            self.count(self.commit.read(batch), source.id)

    def _fetched(self, source: Source, candidate: Candidate, page: FetchedPage) -> _Stored:
        page, counts = self.commit.fetched(source, candidate, page)
        return _Stored(counts, page)

    def _reserve(self, event: PageFetched) -> None:
        """Store what a publisher reserves on a whole host; that it reserves nothing is remembered too.

        Where the host rests this request is made with the page that it belongs to, which is counted.
        """
        outcome, url = event.outcome, event.page_request.link.url
        if isinstance(outcome, StatusError):
            at = self.planner.now
            outcome = Page(url=url, final_url=url, status=outcome.status, headers=(), body=b"", fetched_at=at)
        if isinstance(outcome, Page):
            page = outcome
            self.builder.reserve(page)
            self._wait(
                event.source,
                lambda: _Stored(self.commit.reserve(page, event.source)),
                self.builder.keep(page),
            )

    def _wait(self, source: Source, store: Callable[[], _Stored], written: Future[str] | None = None) -> None:
        self.waiting.append(_Waiting(source=source, store=store, written=written))


def after_their_pages(events: Iterable[Event], writer: EventWriter) -> Iterator[Event]:
    """Yield the events, the end of a source once its pages are on the disk: others come in meanwhile."""
    ended: deque[SourceDone] = deque()
    for event in events:
        if isinstance(event, SourceDone):
            ended.append(event)
        else:
            yield event
        while ended and (isinstance(event, NoReplyYet) or not writer.is_writing(ended[0].source)):
            yield ended.popleft()
    yield from ended

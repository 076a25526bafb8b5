"""Storing the events of a crawl as they come, a few together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from pipelines.ingest.batch import BatchBuilder, FetchedPage
from pipelines.ingest.commit import POSTPONED, BatchCommit
from pipelines.ingest.frontier import Candidate
from pipelines.ingest.planner import CrawlPlanner
from pipelines.models import RunCounts
from scraper.errors import ExtractionError, ForbiddenAddressError, PostponedError, ScraperError, StatusError
from scraper.models import NotModified, Page, Source
from scraper.scrape import ChannelFetched, Event, NoReplyYet, PageFetched, Purpose, SourceDone

# Replies that are stored in one transaction, and that wait at most. They wait only while others come in, for
# their pages to be written: a process that is killed then loses them, and asks the publisher again.
TOGETHER = 3
MOST_WAITING = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waiting:
    """A reply that is to be stored. ``written``: its page on the way to the disk."""

    source_id: str
    store: Callable[[], RunCounts]
    written: Future[str] | None = None

    @property
    def is_ready(self) -> bool:
        return self.written is None or self.written.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWriter:
    """Stores each event of a crawl and returns what came of it and of those that waited.

    After the last reply of a crawl comes ``NoReplyYet``: then none waits.
    """

    planner: CrawlPlanner
    builder: BatchBuilder
    commit: BatchCommit
    waiting: list[_Waiting] = field(default_factory=list)

    def write(self, event: Event) -> RunCounts:
        """Store one event. Raises ``DatabaseError``, and ``OSError`` if a page cannot be kept."""
        if isinstance(event, NoReplyYet):
            return self.store_waiting()
        if isinstance(event, ChannelFetched):
            announcement = self.planner.announcements.pop((event.source.id, event.channel.url), None)
            return self.commit.channel(event, announcement)
        if isinstance(event, SourceDone):
            # All of them: reading a source removes pages that no row names, and one may be of a reply here.
            return self.store_waiting() + self._finish(event.source)
        if event.page_request.purpose is Purpose.HOMEPAGE:
            return self.commit.named(event.source, event.outcome)
        is_tdmrep = event.page_request.purpose is Purpose.TDMREP
        counts = self._reserve(event) if is_tdmrep else self._page(event)
        ready = [each for each in self.waiting if each.is_ready]
        if len(self.waiting) >= MOST_WAITING:
            return counts + self._store(self.waiting)
        return counts + self._store(ready) if len(ready) >= TOGETHER else counts

    def store_waiting(self) -> RunCounts:
        """Store the replies that wait, in one transaction, after their pages are safely on the disk.

        One whose page could not be written is not stored, the others are. Raises ``OSError`` for such a page,
        and ``DatabaseError``, after which all stay in ``waiting``.
        """
        return self._store(self.waiting)

    def is_writing(self, source: Source) -> bool:
        """Return whether pages of a source are still on their way to the disk."""
        return any(each.source_id == source.id and not each.is_ready for each in self.waiting)

    def _store(self, replies: Iterable[_Waiting]) -> RunCounts:
        counts, replies = RunCounts(), tuple(replies)
        # Before the transaction: its lock also holds up the pace that processes share (shared_hosts.py).
        errors = [each.written.exception() if each.written else None for each in replies]
        written = [each for each, error in zip(replies, errors, strict=True) if error is None]
        if written:
            with self.commit.store.transaction():
                for each in written:
                    counts += each.store()
        self.waiting[:] = (each for each in self.waiting if each not in replies)
        failure = next((error for error in errors if error is not None), None)
        if failure is not None:
            raise failure
        return counts

    def read_left_over(self) -> RunCounts:
        """Read the pages that an interrupted run fetched and did not read; without any request."""
        counts = RunCounts()
        for batch in self.builder.left_over():
            counts += self.commit.read(batch)
        return counts

    def refuse(self) -> RunCounts:
        """Store a failure for each link that may not be requested and whose source had nothing else to do."""
        counts = RunCounts()
        for source_id in tuple(self.planner.forbidden):
            source = self.commit.store.sources.get(source_id) or Source(id=source_id, name=source_id)
            counts += self._refuse(source)
        return counts

    def _finish(self, source: Source) -> RunCounts:
        counts = self._refuse(source)
        batch = self.builder.complete(source)
        return counts + self.commit.read(batch) if batch.pages else counts

    def _refuse(self, source: Source) -> RunCounts:
        counts = RunCounts()
        for candidate in self.planner.forbidden.pop(source.id, ()):
            url = candidate.link.url
            error = ForbiddenAddressError("not requested, because [cuttings] contact is empty", url)
            counts += self.commit.failed(source, candidate, error)
        return counts

    def _page(self, event: PageFetched) -> RunCounts:
        source, link, outcome = event.source, event.page_request.link, event.outcome
        candidate = self.planner.candidates[source.id, link.url]
        if isinstance(outcome, NotModified):
            self._wait(source, partial(self.commit.unmodified, source, candidate))
            return RunCounts()
        if isinstance(outcome, ScraperError):
            return self.commit.failed(source, candidate, outcome)
        try:
            page = self.builder.profile(source, link, outcome, key=candidate.main_key)
        except ExtractionError as error:
            return RunCounts(fetched=1) + self.commit.failed(source, candidate, error)
        if page.is_kept:
            self._wait(source, partial(self._fetched, source, candidate, page), self.builder.keep(page.page))
            return RunCounts()
        counts = self._fetched(source, candidate, page)
        batch = self.builder.take_unkept(source)
        return counts + self.store_waiting() + self.commit.read(batch) if batch.pages else counts

    def _fetched(self, source: Source, candidate: Candidate, page: FetchedPage) -> RunCounts:
        page, counts = self.commit.fetched(source, candidate, page)
        self.builder.add(source, page)
        return counts

    def _reserve(self, event: PageFetched) -> RunCounts:
        """Store what a publisher reserves on a whole host; that it reserves nothing is remembered too."""
        outcome, url = event.outcome, event.page_request.link.url
        if isinstance(outcome, PostponedError):
            return POSTPONED
        if isinstance(outcome, StatusError):
            at = self.planner.now
            outcome = Page(url=url, final_url=url, status=outcome.status, headers=(), body=b"", fetched_at=at)
        if isinstance(outcome, Page):
            self.builder.reserve(outcome)
            store = partial(self.commit.reserve, outcome, event.source)
            self._wait(event.source, store, self.builder.keep(outcome))
        return RunCounts()

    def _wait(
        self, source: Source, store: Callable[[], RunCounts], written: Future[str] | None = None
    ) -> None:
        self.waiting.append(_Waiting(source_id=source.id, store=store, written=written))


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

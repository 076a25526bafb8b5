"""Storing the events of a crawl as they come."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.ingest.batch import BatchBuilder
from pipelines.ingest.commit import POSTPONED, BatchCommit
from pipelines.ingest.planner import CrawlPlanner
from pipelines.models import RunCounts
from scraper.errors import ExtractionError, ForbiddenAddressError, PostponedError, ScraperError, StatusError
from scraper.models import NotModified, Page, Source
from scraper.scrape import ChannelFetched, Event, PageFetched, Purpose, SourceDone


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWriter:
    """Stores each event of a crawl and returns what came of it."""

    planner: CrawlPlanner
    builder: BatchBuilder
    commit: BatchCommit

    def write(self, event: Event) -> RunCounts:
        """Store one event. Raises ``DatabaseError``, and ``OSError`` if a page cannot be kept."""
        if isinstance(event, ChannelFetched):
            announcement = self.planner.announcements.pop((event.source.id, event.channel.url), None)
            return self.commit.channel(event, announcement)
        if isinstance(event, SourceDone):
            return self._finish(event.source)
        if event.page_request.purpose is Purpose.TDMREP:
            return self._reserve(event)
        if event.page_request.purpose is Purpose.HOMEPAGE:
            return self.commit.named(event.source, event.outcome)
        return self._page(event)

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
            return self.commit.unmodified(source, candidate)
        if isinstance(outcome, ScraperError):
            return self.commit.failed(source, candidate, outcome)
        try:
            page = self.builder.profile(source, link, outcome, key=candidate.main_key)
        except ExtractionError as error:
            return RunCounts(fetched=1) + self.commit.failed(source, candidate, error)
        page, counts = self.commit.fetched(source, candidate, page)
        self.builder.add(source, page)
        batch = self.builder.take_unkept(source)
        return counts + self.commit.read(batch) if batch.pages else counts

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
            self.commit.reserve(outcome, event.source)
        return RunCounts()

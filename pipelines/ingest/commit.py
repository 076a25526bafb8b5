"""Storing what a run fetches, in small transactions: a kill loses at most the few pages in hand.

A page is stored in three steps. Its bytes go to the page store; its row, its frontier entry and the note that
it is to be read are one transaction; the articles of a source are read and saved together at its end, in
another. What a killed run fetched and did not read, the next run reads without a request.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.errors import ForgottenArticleError
from pipelines.ingest import frontier
from pipelines.ingest.batch import FetchedPage, SourceBatch
from pipelines.ingest.channel_states import (
    after_failure,
    after_looking_up,
    after_reading,
    needs_other,
    new_channel,
)
from pipelines.ingest.frontier import Announcement, Candidate
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure, RunCounts
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, Upserted
from pipelines.storage.tables.links import FrontierEntry
from pipelines.storage.tables.pages import UnreadPage
from scraper.articles import announced_article
from scraper.decoding import decode
from scraper.errors import (
    BlockedError,
    ContentTypeError,
    EmptyPageError,
    NotHtmlError,
    PostponedError,
    RedirectError,
    ScraperError,
    SpentError,
    WallError,
)
from scraper.lazily import lazily
from scraper.models import Link, NotModified, Page, Source
from scraper.rights import TextUse
from scraper.sandbox import is_ordinary
from scraper.scrape import ChannelFetched, Purpose
from scraper.urls import article_key

if TYPE_CHECKING:
    from scraper import discovery
else:
    discovery = lazily("scraper.discovery")

logger = logging.getLogger(__name__)

# After these the page does not show the article, so what its channel says of it is stored: refusals, walls,
# pages that need JavaScript, PDF files, redirect loops.
ANNOUNCED_INSTEAD = (BlockedError, WallError, ContentTypeError, RedirectError, EmptyPageError, NotHtmlError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCommit:
    """Writes what was fetched to the store. Every method is one transaction, or a part of that around it, and
    raises ``DatabaseError``.
    """

    store: Store
    writer: ArticleWriter
    run_id: int | None
    now: datetime

    def announce(self, source: Source, announcement: Announcement) -> None:
        """Store the frontier entries of announced links."""
        selection = announcement.selection
        wanted = (*selection.fetch, *selection.queue)
        with self.store.joined():
            entries: dict[str, FrontierEntry] = {}
            as_before: set[str] = set()
            for each in (*wanted, *selection.skip):
                entry = each.seen or frontier.first_seen(source, each, now=self.now)
                if each.seen is not None:
                    is_due = each in wanted
                    entry = frontier.seen_again(entry, each.link, now=self.now, is_due=is_due)
                    if entry == replace(each.seen, last_seen_at=self.now):
                        as_before.add(entry.key)
                        continue
                entries.setdefault(entry.key, entry)
            self.store.links.seen(source.id, as_before - entries.keys(), at=self.now)
            aliases = [alias for each in wanted for alias in frontier.aliases(source, each, now=self.now)]
            known = entries.keys() | as_before
            self.store.links.save_all(alias for alias in aliases if alias.key not in known)
            self.store.links.save_all(entries.values())

    def channel(self, fetched_channel: ChannelFetched, announcement: Announcement | None) -> RunCounts:
        """Store what a channel announced, and its state."""
        source, outcome = fetched_channel.source, fetched_channel.outcome
        if isinstance(outcome, PostponedError):
            return postponed(outcome, source)
        logger.info(
            "channel source=%s url=%s outcome=%s", source.id, fetched_channel.channel.url, _name(outcome)
        )
        counts = RunCounts(fetched=int(fetched_channel.page is not None))
        state = self.store.channels.get(source.id, fetched_channel.channel.url) or new_channel(
            source, fetched_channel
        )
        with self.store.joined():
            if isinstance(outcome, ScraperError):
                self.store.channels.save(after_failure(state, outcome, self.now))
                return counts + self._record(
                    failure_of(outcome, source_id=source.id, url=fetched_channel.channel.url)
                )
            announcement = announcement or Announcement()
            self.announce(source, announcement)
            self.store.channels.save(after_reading(state, fetched_channel, announcement, self.now))
        return counts

    def named(self, source: Source, outcome: Page | NotModified | ScraperError) -> RunCounts:
        """Store which feed a home page names in place of the channels that are of no use any more."""
        if isinstance(outcome, PostponedError):
            return postponed(outcome, source)
        feeds: tuple[str, ...] | None = None
        if isinstance(outcome, Page) and is_ordinary(outcome.body):
            text = decode(outcome.body, outcome.content_type)
            known = {article_key(channel.url) for channel in source.channels}
            named = discovery.find_feeds(text, outcome.final_url)
            feeds = tuple(url for url in named if article_key(url) not in known)
        with self.store.transaction():
            for state in self.store.channels.of_source(source.id):
                if needs_other(state, self.now):
                    self.store.channels.save(after_looking_up(state, feeds, self.now))
        logger.info("homepage_read source=%s url=%s feeds=%s", source.id, source.homepage, feeds)
        return RunCounts(fetched=int(isinstance(outcome, Page)))

    def reserve(self, page: Page, source: Source) -> RunCounts:
        """Store a tdmrep.json."""
        with self.store.joined():
            self.store.pages.save(page, purpose=str(Purpose.TDMREP), source_id=source.id)
        return RunCounts()

    def fetched(
        self, source: Source, candidate: Candidate, page: FetchedPage
    ) -> tuple[FetchedPage, RunCounts]:
        """Store the row of a page that is to be read at its source's end, and return it with its ids.

        A page that may not be kept gets its row when it is read, with the next few of its kind: these are
        requested again if the run is killed before.
        """
        if page.use is TextUse.FEATURES_ONLY:
            return page, RunCounts(fetched=1)
        with self.store.joined():
            latest = self.store.pages.latest(page.page.url)
            page_id = self.writer.save_page(page.page, page, source.id)
            page = replace(page, page_id=page_id, previous_page_id=latest.id if latest else None)
            self.store.pages.add_unread(
                UnreadPage(
                    page_id=page_id,
                    source_id=source.id,
                    key=page.key,
                    previous_page_id=page.previous_page_id,
                    text_use=str(page.use),
                    rights=page.rights,
                )
            )
            # The entry is missing if the disk failed when its channel was stored.
            entry = self._entry(source, candidate)
            self.store.links.save_all([frontier.requested(entry, frontier.FETCHED, now=self.now)])
        return page, RunCounts(fetched=1)

    def unmodified(self, source: Source, candidate: Candidate) -> RunCounts:
        """Store that a page has not changed."""
        with self.store.joined():
            self.store.pages.unmodified(candidate.link.url, at=self.now)
            entry = self._entry(source, candidate)
            self.store.links.save_all([frontier.requested(entry, str(Change.UNCHANGED), now=self.now)])
            self._is_there(entry)
        return RunCounts(unchanged=1)

    def failed(self, source: Source, candidate: Candidate, error: ScraperError) -> RunCounts:
        """Store that a page could not be fetched; what its channel said of a blocked one is its article."""
        if isinstance(error, PostponedError):
            return postponed(error, source, candidate.link.url)  # it stays due
        counts = RunCounts()
        with self.store.transaction():
            entry, article_id = self._entry(source, candidate), None
            saved = self._announced(source, candidate.link, error, known_id=entry.article_id)
            if saved is not None:
                counts, article_id = counts_of(saved), saved.id
            self.store.links.save_all([frontier.failed(entry, error, now=self.now, article_id=article_id)])
            if entry.article_id is not None and frontier.is_gone(entry, error):
                self.store.articles.mark_gone(entry.article_id, at=self.now)
            failure = failure_of(error, source_id=source.id, url=candidate.link.url)
            return counts + self._record(failure)

    def _announced(
        self, source: Source, link: Link, error: ScraperError, *, known_id: int | None
    ) -> Upserted | None:
        """Store what a channel says of an article whose page cannot be read."""
        article = announced_article(link, now=self.now) if isinstance(error, ANNOUNCED_INSTEAD) else None
        if article is None:
            return None
        with suppress(ForgottenArticleError):
            return self.writer.put_announced(article, source, known_id=known_id, now=self.now)
        return None

    def read(self, batch: SourceBatch) -> RunCounts:
        """Count what the new pages repeat, read each with that, and read again what was read without it."""
        counts, read_now, superseded = RunCounts(), set[int](), list[int]()
        with self.store.transaction():
            entries = {page.key: self.store.links.get(batch.source.id, page.key) for page in batch.pages}
            known = {key: entry.article_id if entry else None for key, entry in entries.items()}
            newly = self.writer.learn((page for page in batch.pages if known[page.key] is None), at=self.now)
            for page in batch.pages:
                entry = entries[page.key]
                try:
                    saved = self.writer.put(page, batch.source, known_id=known[page.key], now=self.now)
                except ScraperError as error:
                    counts += self._unreadable(batch.source, entry, page, error)
                    continue
                except ForgottenArticleError:
                    self.writer.discard(page.page)
                    self.store.links.save_all([frontier.forgotten(entry)] if entry else [])
                    continue
                counts += counts_of(saved) + self._unmatched(batch.source, page, saved)
                if saved.outcome is not Change.UNCHANGED:
                    read_now.add(saved.id)
                elif page.previous_page_id is not None and page.previous_page_id != page.page_id:
                    # The same words in other bytes: a nonce, an advert.
                    superseded.append(page.previous_page_id)
                self._was_read(entry, page, saved)
            for _ in self.writer.mend(newly, but=frozenset(read_now), now=self.now):
                pass
            for unread, reason in batch.unreadable:
                entry = self.store.links.get(batch.source.id, unread.key)
                counts += self._unreadable(batch.source, entry, None, reason)
            page_ids = (page.page_id for page in batch.pages if page.page_id is not None)
            self.store.pages.mark_read([*page_ids, *(unread.page_id for unread, _ in batch.unreadable)])
            orphans = self.store.pages.supersede(superseded)
        for content_hash in orphans:
            self.writer.pages.remove(content_hash)
        return counts

    def _was_read(self, entry: FrontierEntry | None, page: FetchedPage, saved: Upserted) -> None:
        if entry is None:
            return
        if page.page_id is None:
            entry = frontier.requested(entry, frontier.FETCHED, now=self.now)
        outcome = frontier.UNMATCHED if saved.unmatched_selectors else str(saved.outcome)
        self.store.links.save_all([frontier.read(entry, outcome, article_id=saved.id)])
        self._is_there(entry)

    def _unmatched(self, source: Source, page: FetchedPage, saved: Upserted) -> RunCounts:
        """Record a selector of the source that matches nothing on a page, which the rules then read."""
        if not saved.unmatched_selectors:
            return RunCounts()
        keys = ", ".join(saved.unmatched_selectors)
        message = f"the selector for {keys} matches nothing on this page; correct it in the config"
        return self._record(
            Failure(
                stage="extract",
                error=frontier.UNMATCHED,
                message=message,
                url=page.link.url,
                source_id=source.id,
            )
        )

    def _is_there(self, entry: FrontierEntry) -> None:
        if entry.article_id is not None:
            self.store.articles.mark_gone(entry.article_id, at=None)

    def _unreadable(
        self, source: Source, entry: FrontierEntry | None, page: FetchedPage | None, error: ScraperError
    ) -> RunCounts:
        counts = RunCounts()
        if entry is not None:
            if page is not None and page.page_id is None:
                entry = frontier.requested(entry, frontier.FETCHED, now=self.now)
            saved = self._announced(source, page.link, error, known_id=entry.article_id) if page else None
            if (
                page
                and entry.article_id is not None
                and self.writer.is_missing_again(page, error, now=self.now)
            ):
                self.store.articles.mark_gone(entry.article_id, at=self.now)
            counts += counts_of(saved) if saved else RunCounts()
            entry = frontier.failed(entry, error, now=self.now, article_id=saved.id if saved else None)
            if page is None:
                entry = replace(entry, next_look_at=self.now)  # its stored page is damaged: fetch it again
            self.store.links.save_all([entry])
        url = page.link.url if page else entry.url if entry else ""
        return counts + self._record(failure_of(error, source_id=source.id, url=url))

    def _record(self, failure: Failure) -> RunCounts:
        logger.info(
            "failed source=%s stage=%s error=%s url=%s",
            failure.source_id,
            failure.stage,
            failure.error,
            failure.url,
        )
        self.store.failures.add_all(self.run_id, [failure], at=self.now)
        return RunCounts(failures=(failure,))

    def _entry(self, source: Source, candidate: Candidate) -> FrontierEntry:
        entry = self.store.links.get(source.id, candidate.main_key)
        return entry or candidate.seen or frontier.first_seen(source, candidate, now=self.now)


def counts_of(saved: Upserted) -> RunCounts:
    """Return the counts of one saved article."""
    return RunCounts(
        new=int(saved.outcome is Change.NEW),
        revised=int(saved.outcome is Change.REVISED),
        unchanged=int(saved.outcome is Change.UNCHANGED),
    )


def failure_of(error: ScraperError, *, source_id: str | None, url: str) -> Failure:
    """Return the row for an expected failure."""
    return Failure(
        stage=error.stage,
        error=type(error).__name__,
        message=error.message,
        url=error.subject or url,
        source_id=source_id,
    )


def _name(outcome: object) -> str:
    return type(outcome).__name__


def postponed(error: PostponedError, source: Source, url: str | None = None) -> RunCounts:
    """Return the count of a request that is left for a later run."""
    if isinstance(error, SpentError):
        return RunCounts(postponed=1)
    return RunCounts(postponed=1, resting=(failure_of(error, source_id=source.id, url=url or ""),))

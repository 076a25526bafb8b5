"""Making every text again from its stored page by the current rules. No network.

First what the sites repeat is counted again from all stored pages, because the rules for blocks may have
changed too; then each page is read with that. Each portion is one transaction, so that a kill loses one
portion. A text that the current version of the rules made is not made again, but its page is checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import unified_diff

from pipelines.config.settings import Config
from pipelines.ingest.commit import counts_of
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.run_log import recorded
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure, RunCounts
from pipelines.storage.page_store import PageState, PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, StoredArticle
from pipelines.storage.tables.pages import StoredPage
from pipelines.storage.values import portions
from pipelines.text import counted
from scraper.articles import PageProfile
from scraper.errors import ScraperError
from scraper.models import Access

logger = logging.getLogger(__name__)

PORTION = 200  # articles in one transaction
SHOWN_LINES = 6  # of the difference between two texts


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """One article whose text changed, and in which lines."""

    article_id: int
    title: str
    words_before: int
    words_now: int
    lines: tuple[str, ...]  # "- was" and "+ is", the first few


def reprocess(
    store: Store,
    config: Config,
    *,
    pages: PageStore,
    since: datetime | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    changed: Callable[[TextChange], None],
) -> RunCounts:
    """Rebuild the texts of articles first seen since, and file what changed; one row in `runs`.

    ``changed`` gets each changed text. A page that the current rules refuse is a failure and its article
    stays; so is a raw page that is missing or damaged, and the next run fetches it again.
    """
    with recorded(store, config, "reprocess", now=now) as record:
        sites = SiteFurniture(store=store)
        writer = ArticleWriter(store=store, pages=pages, sites=sites, purpose=config.purpose)
        rebuild = _Rebuild(writer=writer, now=record.started, changed=changed)
        with store.transaction():
            _take_selectors(store, config, record.started)
        articles = [stored.id for stored in store.articles.iterate(since=since)]
        if since is None and rebuild.any_outdated(articles):
            _count_again(store, writer, record.started)
        for ids in portions(articles, PORTION):
            with store.transaction():
                counts = sum(map(rebuild.article, store.articles.many(ids).values()), RunCounts())
                store.failures.add_all(record.id, counts.failures, at=record.started)
            record.counts += counts
    return record.counts


def _take_selectors(store: Store, config: Config, now: datetime) -> None:
    """Store the sources of the config that are watched already: their selectors may be new."""
    watched = {source.id for source in store.sources.declared()}
    for source in config.sources:
        if source.id in watched:
            store.sources.save(source, at=now)


def _count_again(store: Store, writer: ArticleWriter, now: datetime) -> None:
    with store.transaction():
        store.furniture.clear()
        for rows in portions(store.pages.iterate(), PORTION):
            by_site: dict[str, list[PageProfile]] = {}
            for row in rows:
                with suppress(ScraperError):  # what is not a page now was none then
                    if (profile := writer.profile_again(row)) is not None:
                        by_site.setdefault(profile.site, []).append(profile)
            for site, profiles in by_site.items():
                writer.sites.learn(site, profiles, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuild:
    """Rebuilds single articles."""

    writer: ArticleWriter
    now: datetime
    changed: Callable[[TextChange], None]
    rules: dict[str | None, str] = field(default_factory=dict)  # by source

    def is_outdated(self, stored: StoredArticle) -> bool:
        """Return whether other rules than the current ones made a text, or it was edited in the database."""
        source_id = stored.article.source_id
        if source_id not in self.rules:
            self.rules[source_id] = self.writer.rules_of(source_id)
        is_edited = stored.article.text != "" and stored.content_hash != stored.article.content_hash
        return is_edited or stored.extractor != self.rules[source_id]

    def any_outdated(self, article_ids: list[int]) -> bool:
        """Return whether any article that has a page is outdated."""
        return any(
            self.is_outdated(stored) and stored.page_id is not None
            for ids in portions(article_ids, PORTION)
            for stored in self.writer.store.articles.many(ids).values()
        )

    def article(self, stored: StoredArticle) -> RunCounts:
        """Rebuild one article; nothing happens to one without a page."""
        store = self.writer.store
        row = store.pages.get(stored.page_id) if stored.page_id is not None else None
        if row is None or row.removed_at is not None:
            return RunCounts()
        state = self.writer.pages.state(row.content_hash)
        if state is not PageState.OK:
            return self._fetch_again(stored, row, state)
        if not self.is_outdated(stored):
            return RunCounts(unchanged=1)
        try:
            saved = self.writer.rebuild(stored, now=self.now)
        except ScraperError as error:
            return _failure(stored, type(error).__name__, error.message)
        if saved is None:
            return RunCounts()
        if saved.outcome is not Change.UNCHANGED:
            self.changed(_compared(stored, store.articles.get(stored.id)))
        return counts_of(saved)

    def _fetch_again(self, stored: StoredArticle, row: StoredPage, state: PageState) -> RunCounts:
        """Make a page due whose file cannot be used, without validators: the server must send it whole."""
        store = self.writer.store
        store.pages.invalidate(row.content_hash)
        store.links.make_due(stored.id, at=self.now)
        logger.warning("raw_page state=%s url=%s", state, row.url)
        path = self.writer.pages.path(row.content_hash)
        is_import = stored.article.access is Access.IMPORTED  # no run fetched it
        mend = "import its file again" if is_import else "the next run fetches it"
        return _failure(stored, "RawPageError", f"the raw page is {state} ({path}); {mend}")


def _failure(stored: StoredArticle, error: str, message: str) -> RunCounts:
    article = stored.article
    failure = Failure(
        stage="reprocess", error=error, message=message, url=article.url, source_id=article.source_id
    )
    return RunCounts(failures=(failure,))


def _compared(before: StoredArticle, after: StoredArticle) -> TextChange:
    old, new = before.article, after.article
    return TextChange(
        article_id=before.id,
        title=new.title,
        words_before=old.word_count,
        words_now=new.word_count,
        lines=tuple(_difference([old.title, *old.text.splitlines()], [new.title, *new.text.splitlines()])),
    )


def _difference(old: list[str], new: list[str]) -> Iterator[str]:
    lines = [line for line in unified_diff(old, new, n=0, lineterm="") if line[:2] not in ("--", "++", "@@")]
    yield from lines[:SHOWN_LINES]
    if len(lines) > SHOWN_LINES:
        yield f"... and {counted(len(lines) - SHOWN_LINES, 'more line')}"

"""Making every text anew from its stored page with today's rules. No network.

First what the sites repeat is counted anew from all stored pages, because the rules for blocks may have
changed too; then each page is read with that. Each portion is one transaction, so that a kill loses one
portion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff

from pipelines.config.settings import Config
from pipelines.ingest.commit import IngestCounts
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.run_log import recorded
from pipelines.ingest.upsert import ArticleWriter
from pipelines.models import Failure, RunCounts
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, StoredArticle
from pipelines.storage.values import portions
from scraper.articles import PageProfile
from scraper.errors import ScraperError

PORTION = 200
SHOWN_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """One article whose text is another now, and in which lines."""

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

    ``changed`` is told of each. A page that today's rules refuse is a failure, and its article stays as it
    was.
    """
    with recorded(store, config, "reprocess", now=now) as record:
        shelf = ArticleWriter(
            store=store, pages=pages, sites=SiteFurniture(store=store), purpose=config.purpose
        )
        if since is None:
            _count_anew(store, shelf, record.started)
        for ids in portions((stored.id for stored in store.articles.iterate(since=since)), PORTION):
            tally = IngestCounts()
            with store.transaction():
                for article_id in ids:
                    _rebuild(store.articles.get(article_id), shelf, tally, record.started, changed)
                store.failures.add_all(record.id, tally.failures, at=record.started)
            record.tally.add(tally)
    return record.report


def _count_anew(store: Store, shelf: ArticleWriter, now: datetime) -> None:
    with store.transaction():
        store.furniture.clear()
        for rows in portions(store.pages.iterate(), PORTION):
            by_site: dict[str, list[PageProfile]] = {}
            for row in rows:
                with suppress(ScraperError):  # what is no page now was none then
                    if (surveyed := shelf.survey_again(row)) is not None:
                        by_site.setdefault(surveyed.site, []).append(surveyed)
            for site, surveys in by_site.items():
                shelf.sites.learn(site, surveys, at=now)


def _rebuild(
    stored: StoredArticle,
    shelf: ArticleWriter,
    tally: IngestCounts,
    now: datetime,
    changed: Callable[[TextChange], None],
) -> None:
    try:
        saved = shelf.rebuild(stored, now=now)
    except ScraperError as error:
        article = stored.article
        tally.failures.append(
            Failure(
                stage="reprocess",
                error=type(error).__name__,
                message=error.message,
                url=article.url,
                source_id=article.source_id,
            )
        )
        return
    if saved is None:
        return
    tally.count(saved.outcome, saved.id)
    if saved.outcome is not Change.UNCHANGED:
        changed(_compared(stored, shelf.store.articles.get(stored.id)))


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
        yield f"... and {len(lines) - SHOWN_LINES} more lines"

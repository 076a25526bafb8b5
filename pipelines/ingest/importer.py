"""Store what ``import`` read, in portions of one transaction each, pages with what their site repeats.

The pages of a portion are processed twice: first their blocks are counted and the raw pages kept, then each
is read with those counts. A kill loses at most one portion; importing again stores it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from pipelines.config.settings import Config
from pipelines.errors import ForgottenArticleError
from pipelines.ingest.batch import FetchedPage
from pipelines.ingest.commit import ANNOUNCED_INSTEAD, counts_of
from pipelines.ingest.furniture import SiteFurniture
from pipelines.ingest.inputs import Declared, HtmlPage, Imported, PlainPage, ReadyArticle, ToFetch
from pipelines.ingest.one_off import fetch_links
from pipelines.ingest.ownership import source_of
from pipelines.ingest.resolve import is_version
from pipelines.ingest.run_log import RunRecord, recorded
from pipelines.ingest.upsert import ArticleWriter, imported_use
from pipelines.models import Failure, RunCounts
from pipelines.storage.page_store import PageStore
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, StoredArticle, Upserted
from scraper import extraction
from scraper.articles import DUMP_TYPE, survey
from scraper.client import Client
from scraper.errors import AddressError, ScraperError
from scraper.models import Access, Article, Link, Page, Source
from scraper.rights import page_rights
from scraper.urls import canonical_url

PORTION = 500  # records; the counted blocks of 500 pages take some 40 MB
UTF8 = "text/html; charset=utf-8"
HEADLINE_KEPT = "only the headline is stored"
TEXT_KEPT = "the article keeps the text that it has"
ANNOUNCED_INSTEAD_NAMES = frozenset(kind.__name__ for kind in ANNOUNCED_INSTEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A page of an input, on its way."""

    fetched: FetchedPage
    declared: Declared
    place: str
    known_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Stores records of inputs. ``failures`` of a portion go into its counts and its run."""

    writer: ArticleWriter
    run_id: int
    now: datetime

    def save(self, records: Iterable[Imported]) -> Iterator[RunCounts]:
        """Store everything but URLs, portion by portion. Raises ``DatabaseError`` and ``OSError``."""
        walk = iter(records)
        while portion := list(islice(walk, PORTION)):
            yield self._save_portion(portion)

    def _save_portion(self, portion: list[Imported]) -> RunCounts:
        store = self.writer.store
        failures = [record for record in portion if isinstance(record, Failure)]
        saved: list[Upserted] = []
        with store.transaction():
            refused: dict[str, ScraperError] = {}  # by place
            pages = [page for record in portion if (page := self._fetched(record, refused)) is not None]
            newly = self.writer.learn((page.fetched for page in pages if page.known_id is None), at=self.now)
            by_place = {page.place: page for page in pages}
            for record in portion:
                if isinstance(record, ReadyArticle):
                    with suppress(ForgottenArticleError):
                        saved.append(self._save_ready(record))
                elif isinstance(record, HtmlPage | PlainPage) and record.place in by_place:
                    saved += self._save_page(by_place[record.place], record, failures)
                elif isinstance(record, HtmlPage | PlainPage) and record.place in refused:
                    saved += self._save_headline(record, refused[record.place], failures)
            changed = frozenset(each.id for each in saved if each.outcome is not Change.UNCHANGED)
            for _ in self.writer.mend(newly, but=changed, now=self.now):
                pass
            store.failures.add_all(self.run_id, failures, at=self.now)
        fetched = sum(isinstance(record, HtmlPage | PlainPage) for record in portion)
        return sum(map(counts_of, saved), RunCounts(fetched=fetched, failures=tuple(failures)))

    def _save_ready(self, record: ReadyArticle) -> Upserted:
        article, store = record.article, self.writer.store
        if article.agency is None:
            article = replace(article, agency=extraction.agency_credit(article.authors, article.text))
        if article.source_id and article.publisher:
            store.sources.ensure(article.source_id, name=article.publisher, at=self.now)
        use = str(imported_use(self.writer.purpose))
        if article.external_id is not None or not article.url:
            return store.articles.save(article, at=self.now, text_use=use, newer=False)
        known = self._same_at_url(article)
        if known is not None:
            article = self.writer.ownership.imported(article, known, now=self.now)
        into = known.id if known else None
        return store.articles.save(
            article, at=self.now, text_use=use, newer=False, into=into, as_new=known is None
        )

    def _same_at_url(self, article: Article) -> StoredArticle | None:
        """Return the article at the URL that this one is a version of: rows may share the URL of a section.

        The one with the same title is preferred to one with much the same text.
        """
        at_url = self.writer.store.articles.many(self.writer.store.articles.at_url(article.url or ""))
        versions = [stored for stored in at_url.values() if is_version(article, stored.article)]
        by_title = [stored for stored in versions if stored.article.title == article.title]
        return next(iter((*by_title, *versions)), None)

    def _save_page(
        self, page: _Record, record: HtmlPage | PlainPage, failures: list[Failure]
    ) -> list[Upserted]:
        try:
            saved = self.writer.put_imported(
                page.fetched, page.declared.over, known_id=page.known_id, now=self.now
            )
        except ScraperError as error:
            return self._save_headline(record, error, failures)
        except ForgottenArticleError:
            self.writer.discard(page.fetched.page)
            return []
        return [saved]

    def _save_headline(
        self, record: HtmlPage | PlainPage, error: ScraperError, failures: list[Failure]
    ) -> list[Upserted]:
        """Save the declared title of a page without a text, as a run saves what a feed says; tell both."""
        saved: list[Upserted] = []
        headline = headline_instead(record.declared, type(error).__name__)
        if headline is not None:
            with suppress(ForgottenArticleError):
                saved = [self._save_ready(ReadyArticle(article=headline, place=record.place))]
        message = error.message
        if saved:
            stored = self.writer.store.articles.get(saved[0].id).article
            kept = HEADLINE_KEPT if stored.access is Access.HEADLINE else TEXT_KEPT
            message = f"{message}; {kept}"
        failures.append(_failure(error, record.place, record.declared.source_id, message))
        return saved

    def _fetched(self, record: Imported, refused: dict[str, ScraperError]) -> _Record | None:
        """Keep the raw page of a record and return it with its profile; ``None`` when it is not a page.

        Why a page cannot be read goes into ``refused``.
        """
        if not isinstance(record, HtmlPage | PlainPage):
            return None
        declared = record.declared
        if self.writer.store.tombstones.covers(
            url=record.url, external_id=declared.external_id, source_id=declared.source_id
        ):
            return None
        page = page_of_record(record, self.now)
        try:
            profile = survey(page, site=site_given(page, record.declared.source_id))
        except ScraperError as error:
            refused[record.place] = error
            return None
        self.writer.pages.put(page.body)
        fetched = FetchedPage(
            link=Link(url=page.url),
            page=replace(page, body=b""),
            content_hash=page.content_hash,
            profile=profile,
            rights=page_rights(page.url, metas=profile.metas),
            use=imported_use(self.writer.purpose),
        )
        return _Record(
            fetched=fetched, declared=record.declared, place=record.place, known_id=self._known(record)
        )

    def _known(self, record: HtmlPage | PlainPage) -> int | None:
        """Return the article that this record was imported as before."""
        articles = self.writer.store.articles
        if record.declared.external_id is not None:
            return articles.find_import(record.declared.external_id, record.declared.source_id, record.url)
        return articles.find_url(record.url) if record.url else None


def page_of_record(record: HtmlPage | PlainPage, now: datetime) -> Page:
    """Return the record as a page, as if it had been fetched; without a URL it is named by its hash."""
    if isinstance(record, PlainPage):
        body, content_type = record.page_text.encode("utf-8", "replace"), f"{DUMP_TYPE}; charset=utf-8"
    elif isinstance(record.page, str):
        body, content_type = record.page.encode("utf-8", "replace"), UTF8
    else:
        body, content_type = record.page, record.content_type or ""
    url = _address(record.url) or f"urn:sha256:{hashlib.sha256(body).hexdigest()}"
    headers = (("content-type", content_type),) if content_type else ()
    fetched_at = record.fetched_at if isinstance(record, HtmlPage) and record.fetched_at else now
    return Page(url=url, final_url=url, status=200, headers=headers, body=body, fetched_at=fetched_at)


def _address(url: str | None) -> str | None:
    try:
        return canonical_url(url) if url else None
    except AddressError:
        return None


def site_given(page: Page, source_id: str | None) -> str | None:
    """Return the site of a page without an address, that of its source; None where the address gives it."""
    return source_id or "" if page.url.startswith("urn:") else None


def headline_instead(declared: Declared, error: str) -> Article | None:
    """Return the declared title as a headline, where a run would store that of a feed; else ``None``."""
    if not declared.title or error not in ANNOUNCED_INSTEAD_NAMES:
        return None
    return declared.over(Article(access=Access.HEADLINE))


def _failure(error: ScraperError, place: str, source_id: str | None, message: str | None = None) -> Failure:
    message = f"{place}: {message or error.message}"
    return Failure(stage="import", error=type(error).__name__, message=message, source_id=source_id)


def import_records(
    records: Iterable[Imported],
    *,
    store: Store,
    config: Config,
    pages: PageStore,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[RunCounts], None],
) -> RunCounts:
    """Store and file everything that was read, and fetch the URLs of lists. Adds one row to `runs`.

    ``progress`` gets the counts of each portion. Raises ``DatabaseError`` and ``OSError``.
    """
    with recorded(store, config, "import", now=now) as record:
        if config.sources:  # else `coverage_gaps` does not know who is watched until the first run
            store.sources.sync(config.sources, at=record.started)
        writer = ArticleWriter(
            store=store, pages=pages, sites=SiteFurniture(store=store), purpose=config.purpose
        )
        importer = Importer(writer=writer, run_id=record.id, now=record.started)
        wanted: list[ToFetch] = []
        for counts in importer.save(_set_aside(records, wanted)):
            record.counts += counts
            progress(counts)
        if wanted:
            progress(_fetch(wanted, writer=writer, config=config, record=record))
    return record.counts


def _set_aside(records: Iterable[Imported], wanted: list[ToFetch]) -> Iterator[Imported]:
    """Yield the records but the URLs to fetch, which go into ``wanted``."""
    for record in records:
        if isinstance(record, ToFetch):
            wanted.append(record)
        else:
            yield record


def _fetch(
    wanted: Iterable[ToFetch], *, writer: ArticleWriter, config: Config, record: RunRecord
) -> RunCounts:
    """Fetch what the records only name; return what came of it, which the record counts."""
    store = writer.store
    links, failures = [], []
    for each in wanted:
        try:
            source = (
                Source(id=each.source_id, name=each.source_id)
                if each.source_id
                else source_of(each.url, config.sources)
            )
            links.append((source, Link(url=canonical_url(each.url))))
        except ScraperError as error:
            failures.append(_failure(error, each.place, each.source_id))
    store.failures.add_all(record.id, failures, at=record.started)
    refused = RunCounts(failures=tuple(failures))
    record.add(refused)
    with Client(config.fetch, hosts=store.hosts.all(), shared=open_shared_hosts(store.path)) as client:
        counts = fetch_links(
            links, store=store, pages=writer.pages, config=config, client=client, record=record
        )
    return refused + counts

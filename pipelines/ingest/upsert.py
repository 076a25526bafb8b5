"""Reading pages with what their site repeats, and saving their articles."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.ingest.batch import FetchedPage, page_of
from pipelines.ingest.furniture import SiteFurniture, article_hashes, title_hashes
from pipelines.ingest.notices import NoticeCheck, headline_of
from pipelines.ingest.ownership import Ownership, is_as_known
from pipelines.ingest.resolve import RANK, is_same, is_version, known_stays, rebuilt, with_feed_text
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, StoredArticle, Upserted
from pipelines.storage.tables.pages import StoredPage
from scraper.articles import (
    UNMATCHED,
    PageProfile,
    SiteKnowledge,
    announced_article,
    read_page,
    survey,
)
from scraper.errors import EmptyPageError, ExtractionError, MissingPageError, ScraperError
from scraper.lazily import lazily
from scraper.models import Access, Article, Link, Page, Rights, Source
from scraper.rights import TextUse, text_use
from scraper.scrape import Purpose

if TYPE_CHECKING:
    from pipelines import matching
    from pipelines.stories import linking
    from scraper import extraction
else:
    extraction = lazily("scraper.extraction")
    linking = lazily("pipelines.stories.linking")
    matching = lazily("pipelines.matching")

MOST_MENDED = 500  # articles of a site, newest first, that a newly known block can still clean


def imported_use(purpose: str) -> TextUse:
    """Return how far a text that a person brought may be kept, whatever its page tells robots."""
    return text_use(Rights(), purpose=purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWriter:
    """Saves the articles of a desk."""

    store: Store
    pages: PageStore
    sites: SiteFurniture
    purpose: str
    any_text: bool = False  # a person named the pages: one is refused only if it has no text
    watched: tuple[Source, ...] = ()  # see `Ownership`

    def use_of(self, rights: Rights, source: Source) -> TextUse:
        """Return how far the publisher, the desk's purpose and a licence let a text be kept."""
        return text_use(rights, purpose=self.purpose, licence=source.licence)

    def learn(self, pages: Iterable[FetchedPage], *, at: datetime) -> dict[str, frozenset[int]]:
        """Count what new pages repeat and return the blocks that became known as furniture, by site."""
        by_site: defaultdict[str, list[PageProfile]] = defaultdict(list)
        for each in pages:
            by_site[each.profile.site].append(each.profile)
        return {site: self.sites.learn(site, profiles, at=at) for site, profiles in by_site.items()}

    def rules_of(self, source_id: str | None) -> str:
        """Return the version of the rules for a source's pages, its selectors included."""
        source = self.store.sources.get(source_id) if source_id else None
        if source is None or not source.selectors:
            return extraction.EXTRACTOR_VERSION
        digest = hashlib.sha256(repr(source.selectors).encode("utf-8", "replace")).hexdigest()[:8]
        return f"{extraction.EXTRACTOR_VERSION}+{digest}"

    def save_page(self, page: Page, fetched: FetchedPage, source_id: str | None) -> int:
        """Return the id of the row of a page, which needs its bytes."""
        return self.store.pages.save(
            page,
            purpose=str(Purpose.ARTICLE),
            source_id=source_id,
            blocks=fetched.profile.blocks.hashes,
            template=fetched.profile.site,
        )

    def put(self, fetched: FetchedPage, source: Source, *, known_id: int | None, now: datetime) -> Upserted:
        """Read a fetched page and save its article; ``known_id`` is the one its link led to before.

        Raises ``ExtractionError``.
        """
        page = self._with_body(fetched)
        previous_id, page_id = fetched.previous_page_id, fetched.page_id
        if page_id is None:
            latest = self.store.pages.latest(page.url)
            previous_id = latest.id if latest else None
            page_id = self.save_page(page, fetched, source.id)
        if known_id is not None and previous_id == page_id and self._was_read(known_id, page_id):
            return Upserted(id=known_id, outcome=Change.UNCHANGED)  # the same bytes, perhaps with a new ETag
        source = self.ownership.landed(fetched, source)
        fetched, reader = self.ownership.as_owned(fetched, source)
        article = self._read_fetched(page, fetched, reader, now)
        known = self._known(article, known_id)
        if known is not None and not is_same(article, known.article):
            article, known = replace(article, canonical_url=article.url), None
        owner = self.ownership.owner(known, source)
        article = replace(article, source_id=owner.id)
        article = self._without_notice(article, fetched.link, known.id if known else known_id, now)
        has_other_licence = owner is not source and fetched.use is not self.use_of(fetched.rights, owner)
        if known is not None and (known_stays(article, known.article) or has_other_licence):
            return Upserted(id=known.id, outcome=Change.UNCHANGED)
        before = self.store.pages.get(previous_id) if previous_id is not None else None
        is_correction = known is not None and self._reads_alike(before, fetched, article, now)
        article = self.ownership.completed(article, known, source, now=now)
        is_correction = is_correction and not (known and owner is not source and is_as_known(article, known))
        saved = self._save(
            article, page_id=page_id, use=fetched.use, into=known, correction=is_correction, now=now
        )
        unmatched = tuple(each.place for each in article.origins if each.field == UNMATCHED)
        return replace(saved, unmatched_selectors=unmatched)

    def _read_fetched(self, page: Page, fetched: FetchedPage, source: Source, now: datetime) -> Article:
        knowledge = replace(
            self.sites.knowledge(fetched.profile),
            selectors=source.selectors,
            any_text=self.any_text,
            outline=fetched.profile.outline,
        )
        article = read_page(page, fetched.link, knowledge, now=now)
        return replace(with_feed_text(article, fetched.link, now=now), rights=fetched.rights)

    def put_imported(
        self,
        fetched: FetchedPage,
        declared: Callable[[Article], Article],
        *,
        known_id: int | None,
        now: datetime,
    ) -> Upserted:
        """Read a saved page and save its article as its importer declares it. Raises ``ExtractionError``."""
        page = self._with_body(fetched)
        page_id = self.save_page(page, fetched, None)
        article = declared(read_page(page, fetched.link, self.sites.knowledge(fetched.profile), now=now))
        if article.access is Access.FULL:
            article = replace(article, access=Access.IMPORTED)
        article = replace(article, rights=fetched.rights)
        known = self._imported_before(article, page_id, known_id)
        article = self._without_notice(article, None, known.id if known else None, now)
        same_page = known is not None and known.page_id == page_id
        if known is not None and not same_page and self._is_earlier(article, known):
            return Upserted(id=known.id, outcome=Change.UNCHANGED)
        if known is not None and article.external_id is None:
            article = self.ownership.imported(article, known, now=now)
        return self._save(
            article,
            page_id=page_id,
            use=fetched.use,
            into=known,
            correction=same_page,
            as_new=known is None and article.external_id is None and article.url is not None,
            now=now,
        )

    def _is_earlier(self, article: Article, known: StoredArticle) -> bool:
        """Return whether an imported page is a version that a later one replaced: files come in any order."""
        earlier = (revision.content_hash for revision in self.store.articles.revisions(known.id))
        return article.content_hash != known.content_hash and article.content_hash in earlier

    def _imported_before(self, article: Article, page_id: int, known_id: int | None) -> StoredArticle | None:
        """Return the article that a saved page is a version of: the one read from it before, else by words.

        Pages saved without an id may share the URL of a section: they are different articles.
        """
        articles = self.store.articles
        if article.external_id is not None:
            return articles.get(known_id) if known_id is not None else None
        known = (known_id,) if known_id is not None else ()
        at_url = articles.at_url(article.url) if article.url else ()
        ids = dict.fromkeys((*articles.read_from(page_id), *at_url, *known))
        stored = articles.many(ids).values()
        read_before = [each for each in stored if each.page_id == page_id]
        versions = [each for each in stored if is_version(article, each.article)]
        by_title = [each for each in versions if each.article.title == article.title]
        return next(iter((*read_before, *by_title, *versions)), None)

    def put_announced(
        self, article: Article, source: Source, *, known_id: int | None, now: datetime
    ) -> Upserted:
        """Save what a channel says of an article whose page is blocked; never in place of its text."""
        known = self._known(article, known_id)
        owner = self.ownership.owner(known, source)
        article = replace(article, source_id=owner.id)
        article = self._without_notice(article, None, known.id if known else known_id, now)
        is_no_more = known is not None and RANK[article.access] <= RANK[known.article.access]
        if known is not None and (
            known_stays(article, known.article) or (owner is not source and is_no_more)
        ):
            return Upserted(id=known.id, outcome=Change.UNCHANGED)
        article = self.ownership.completed(article, known, source, now=now)
        return self._save(article, page_id=None, use=self.use_of(article.rights, owner), into=known, now=now)

    def is_missing_again(self, fetched: FetchedPage, error: ScraperError, *, now: datetime) -> bool:
        """Return whether a page is a soft 404 as its version before was: then its article is gone."""
        if not isinstance(error, MissingPageError) or fetched.previous_page_id is None:
            return False
        row = self.store.pages.get(fetched.previous_page_id)
        body = self.pages.get(row.content_hash) if row else None
        if row is None or body is None:
            return False
        try:
            read_page(page_of(row, body), fetched.link, SiteKnowledge(), now=now)
        except ScraperError as before:
            return isinstance(before, MissingPageError)
        return False

    def discard(self, page: Page) -> None:
        """Delete all versions of a page whose article a person deleted for good."""
        for content_hash in self.store.pages.delete([page.url]):
            self.pages.remove(content_hash)

    def mend(
        self, newly: Mapping[str, frozenset[int]], *, but: frozenset[int], now: datetime
    ) -> Iterator[Upserted]:
        """Read earlier pages again of which a block or a part of the title became known as furniture."""
        for site, blocks in newly.items():
            for article_id in self._with_blocks(site, blocks) if blocks else ():
                stored = self.store.articles.get(article_id)
                if article_id not in but and not blocks.isdisjoint(article_hashes(stored.article)):
                    with suppress(ExtractionError):  # the text that was readable then stays
                        if (saved := self.rebuild(stored, now=now)) is not None:
                            yield saved

    def _with_blocks(self, site: str, blocks: frozenset[int]) -> Iterator[int]:
        """Yield the articles whose page has one of the blocks; only these few texts are then looked at."""
        for article_id, title, of_page in self.store.articles.of_site(site, limit=MOST_MENDED):
            if not blocks.isdisjoint(of_page) or not blocks.isdisjoint(title_hashes(title)):
                yield article_id

    def profile_again(self, row: StoredPage) -> PageProfile | None:
        """Return the profile of a stored page; ``None`` if it is not kept. Raises ``ExtractionError``."""
        body = self.pages.get(row.content_hash)
        return None if body is None else replace(survey(page_of(row, body)), site=row.template)

    def rebuild(self, stored: StoredArticle, *, now: datetime) -> Upserted | None:
        """Read an article again from its stored page by the current rules; ``None`` without a page.

        Raises ``ExtractionError`` if the current rules refuse the page.
        """
        row = self.store.pages.get(stored.page_id) if stored.page_id is not None else None
        body = self.pages.get(row.content_hash) if row else None
        if row is None or body is None:
            return None
        known = stored.article
        article = self._read_again(
            page_of(row, body),
            Link(url=row.url),
            row.fetched_at,
            site=row.template,
            source_id=known.source_id,
        )
        if known.access is not Access.IMPORTED and RANK[article.access] < RANK[known.access]:
            # The text came from the feed; the page is metered.
            return Upserted(id=stored.id, outcome=Change.UNCHANGED)
        article = rebuilt(self.store.articles.dated(article, at=now), known)
        if self.notices.is_notice(article, known_id=stored.id, now=now):
            article = headline_of(article)
        return self._save(
            article,
            page_id=stored.page_id,
            use=TextUse(stored.text_use),
            into=stored,
            correction=True,
            now=now,
        )

    def _without_notice(
        self, article: Article, link: Link | None, known_id: int | None, now: datetime
    ) -> Article:
        """Return the article, or its teaser or headline where its text is a notice of its source.

        Stored articles that have the notice as their text are corrected, to be filed again.
        """
        if not self.notices.is_notice(article, known_id=known_id, now=now):
            return article
        for stored, correct in tuple(self.notices.corrected(article)):
            use = TextUse(stored.text_use)
            self._save(correct, page_id=stored.page_id, use=use, into=stored, now=now)
        announced = announced_article(link, now=now) if link is not None else None
        headline = headline_of(article)
        if announced is None or not announced.text.strip():
            return headline
        announced = replace(announced, source_id=article.source_id)
        if self.notices.is_notice(announced, known_id=known_id, now=now):
            return headline
        return replace(headline, text=announced.text, access=announced.access)

    @property
    def ownership(self) -> Ownership:
        """What tells whose article a page is."""
        return Ownership(store=self.store, watched=self.watched)

    @property
    def notices(self) -> NoticeCheck:
        """What tells notices from articles."""
        return NoticeCheck(store=self.store)

    def _with_body(self, fetched: FetchedPage) -> Page:
        """Return the page with its bytes: from the page store, or from memory if they may not be kept."""
        if fetched.page.body:
            return fetched.page
        body = self.pages.get(fetched.content_hash)
        if body is None:
            message = "the stored page is damaged; the next run fetches it again"
            raise EmptyPageError(message, fetched.page.url)
        return replace(fetched.page, body=body)

    def _was_read(self, article_id: int, page_id: int) -> bool:
        """Return whether nothing but this page gave an article its text; else the page is read again."""
        read_from = self.store.articles.get(article_id).page_id
        return read_from is None or read_from == page_id

    def _known(self, article: Article, known_id: int | None) -> StoredArticle | None:
        """Return the article that this one is a version or a variant of, as far as URLs tell."""
        find = self.store.articles.find_url
        article_id = find(article.url or "") or known_id or find(article.canonical_url or "")
        return self.store.articles.get(article_id) if article_id is not None else None

    def _reads_alike(
        self, before: StoredPage | None, fetched: FetchedPage, article: Article, now: datetime
    ) -> bool:
        """Return whether the version before, read with what is known now, has the same words.

        Then our knowledge of the site's furniture changed and not the article: no revision.
        """
        body = self.pages.get(before.content_hash) if before else None
        if before is None or body is None:
            return False
        try:
            again = self._read_again(
                page_of(before, body),
                fetched.link,
                now,
                site=fetched.profile.site,
                source_id=article.source_id,
            )
        except ExtractionError:
            return False
        return again.content_hash == article.content_hash

    def _read_again(
        self, page: Page, link: Link, now: datetime, *, site: str, source_id: str | None
    ) -> Article:
        profile = replace(survey(page), site=site)
        source = self.store.sources.get(source_id) if source_id else None
        knowledge = self.sites.knowledge(profile)
        if source is not None:
            knowledge = replace(knowledge, selectors=source.selectors)
        article = read_page(page, link, knowledge, now=now)
        return with_feed_text(article, link, now=now)

    def _save(
        self,
        article: Article,
        *,
        page_id: int | None,
        use: TextUse,
        into: StoredArticle | None,
        now: datetime,
        correction: bool = False,
        as_new: bool = False,
    ) -> Upserted:
        article = self.store.articles.dated(article, at=now)
        if article.agency is None:
            credit = extraction.agency_credit(article.authors, article.text)
            article = replace(article, agency=credit)
        saved = self.store.articles.save(
            article,
            at=now,
            page_id=page_id,
            extractor=self.rules_of(article.source_id),
            text_use=str(use),
            into=into.id if into else None,
            correction=correction,
            as_new=as_new,
        )
        if use is TextUse.FEATURES_ONLY and saved.outcome is not Change.UNCHANGED:
            # The text is in memory now and never again: what the matcher needs of it is taken first.
            made = matching.fingerprint(article, matching.load_encoder(self.store.encoder))
            self.store.fingerprints.save_all(
                [(saved.id, matching.FINGERPRINT_VERSION, made.encoder, made.to_bytes())],
                keys=linking.index_keys(self.store, [saved.id]),  # in the index until the next filing
            )
        return saved

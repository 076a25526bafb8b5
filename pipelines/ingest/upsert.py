"""Putting articles on the shelf: read a page with what its site repeats, settle which article it is, save
it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.ingest.batch import FetchedPage
from pipelines.ingest.furniture import SiteFurniture
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change, StoredArticle, Upserted
from pipelines.storage.tables.pages import StoredPage
from scraper.articles import PageProfile, announced_article, read_page, survey
from scraper.errors import EmptyPageError, ExtractionError
from scraper.lazily import lazily
from scraper.models import Access, Article, Link, Page, Rights, Source
from scraper.rights import TextUse, text_use
from scraper.scrape import Purpose

if TYPE_CHECKING:
    from pipelines import matching
    from scraper import extraction
else:
    extraction = lazily("scraper.extraction")
    matching = lazily("pipelines.matching")

RUN_WORDS = 4
SAME_RUNS = (
    0.7  # of the shorter text's runs of words; below it a shared canonical address is a mistake of a template
)
MOST_MENDED = 500  # articles of a site, newest first, that a block's becoming known can still clean
_RANK = {Access.HEADLINE: 0, Access.TEASER: 1, Access.IMPORTED: 2, Access.FULL: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWriter:
    """Where a desk's articles go."""

    store: Store
    pages: PageStore
    sites: SiteFurniture
    purpose: str

    def use_of(self, rights: Rights, source: Source) -> TextUse:
        """How far the publisher, the desk's purpose and a licence let a text be kept."""
        return text_use(rights, purpose=self.purpose, licence=source.licence)

    @property
    def imported_use(self) -> TextUse:
        """What may be done with a text that a person brought: it is kept, whatever its page says to
        robots."""
        return text_use(Rights(), purpose=self.purpose)

    def learn(self, taken: Iterable[FetchedPage], *, at: datetime) -> dict[str, frozenset[int]]:
        """Count what new pages repeat; gives the blocks that became known as furniture, by site."""
        by_site: defaultdict[str, list[PageProfile]] = defaultdict(list)
        for each in taken:
            by_site[each.survey.site].append(each.survey)
        return {site: self.sites.learn(site, surveys, at=at) for site, surveys in by_site.items()}

    def put(self, taken: FetchedPage, source: Source, *, known_id: int | None, now: datetime) -> Upserted:
        """Read a page that was taken and save its article; ``known_id`` is the one that its link led to
        before.

        Raises ``ExtractionError``.
        """
        page = self._whole(taken)
        before = self.store.pages.latest(page.url)
        page_id = self._save_page(page, taken, source.id)
        if known_id is not None and before is not None and before.content_hash == taken.content_hash:
            return Upserted(id=known_id, outcome=Change.UNCHANGED)  # perhaps under a new ETag
        article = read_page(page, taken.link, self.sites.knowledge(taken.survey), now=now)
        article = replace(_with_feed_text(article, taken.link, now), source_id=source.id, rights=taken.rights)
        known = self._known(article, known_id)
        if known is not None and not _is_same(article, known):
            article, known = replace(article, canonical_url=article.url), None
        if known is not None and _stays(article, known):
            return Upserted(id=known.id, outcome=Change.UNCHANGED)
        ours = known is not None and self._only_we_changed(before, taken, article, now)
        return self._save(article, page_id=page_id, use=taken.use, into=known, correction=ours, now=now)

    def put_imported(
        self,
        taken: FetchedPage,
        declared: Callable[[Article], Article],
        *,
        known_id: int | None,
        now: datetime,
    ) -> Upserted:
        """Read a saved page and save its article as its importer declares it. Raises ``ExtractionError``."""
        page = self._whole(taken)
        page_id = self._save_page(page, taken, None)
        article = declared(read_page(page, taken.link, self.sites.knowledge(taken.survey), now=now))
        if article.access is Access.FULL:
            article = replace(article, access=Access.IMPORTED)
        article = replace(article, rights=taken.rights)
        known = self.store.articles.get(known_id) if known_id is not None else None
        same_page = known is not None and known.page_id == page_id
        return self._save(article, page_id=page_id, use=taken.use, into=known, correction=same_page, now=now)

    def put_announced(
        self, article: Article, source: Source, *, known_id: int | None, now: datetime
    ) -> Upserted:
        """Save what a channel tells of an article whose page is blocked; never in place of its text."""
        article = replace(article, source_id=source.id)
        known = self._known(article, known_id)
        if known is not None and _stays(article, known):
            return Upserted(id=known.id, outcome=Change.UNCHANGED)
        return self._save(article, page_id=None, use=self.use_of(article.rights, source), into=known, now=now)

    def mend(
        self, newly: Mapping[str, frozenset[int]], *, but: frozenset[int], now: datetime
    ) -> Iterator[Upserted]:
        """Read again those earlier pages of which a block has become known as furniture. No network."""
        for site, blocks in newly.items():
            for article_id in self.store.articles.of_site(site, limit=MOST_MENDED) if blocks else ():
                stored = self.store.articles.get(article_id)
                lines = stored.article.text.splitlines()
                if article_id not in but and any(extraction.block_hash(line) in blocks for line in lines):
                    with suppress(ExtractionError):  # what was readable then stays as it is
                        if (saved := self.rebuild(stored, now=now)) is not None:
                            yield saved

    def survey_again(self, row: StoredPage) -> PageProfile | None:
        """The survey of a stored page; ``None`` when it is not kept. Raises ``ExtractionError``."""
        body = self.pages.get(row.content_hash)
        return None if body is None else replace(survey(_stored(row, body)), site=row.template)

    def rebuild(self, stored: StoredArticle, *, now: datetime) -> Upserted | None:
        """Make an article's text anew from its stored page with today's rules; ``None`` without a page.

        Raises ``ExtractionError`` when today's rules refuse the page.
        """
        row = self.store.pages.get(stored.page_id) if stored.page_id is not None else None
        body = self.pages.get(row.content_hash) if row else None
        if row is None or body is None:
            return None
        page = _stored(row, body)
        article = self._read_again(page, Link(url=row.url), row.fetched_at, site=row.template)
        if (
            stored.article.access is not Access.IMPORTED
            and _RANK[article.access] < _RANK[stored.article.access]
        ):
            return Upserted(
                id=stored.id, outcome=Change.UNCHANGED
            )  # the text came from the feed; the page is metered
        article = _rebuilt(article, stored.article)
        return self._save(
            article,
            page_id=stored.page_id,
            use=TextUse(stored.text_use),
            into=stored,
            correction=True,
            now=now,
        )

    def _save_page(self, page: Page, taken: FetchedPage, source_id: str | None) -> int:
        return self.store.pages.save(
            page,
            purpose=str(Purpose.ARTICLE),
            source_id=source_id,
            blocks=taken.survey.blocks.hashes,
            template=taken.survey.site,
        )

    def _whole(self, taken: FetchedPage) -> Page:
        """The page with its bytes, which are in the page store or, where they may not be kept, still in
        memory."""
        if taken.page.body:
            return taken.page
        body = self.pages.get(taken.content_hash)
        if body is None:
            raise EmptyPageError(
                "the stored page is damaged; it is taken again in the next run", taken.page.url
            )
        return replace(taken.page, body=body)

    def _known(self, article: Article, known_id: int | None) -> StoredArticle | None:
        """The article that this one is a version or a variant of, as far as addresses tell."""
        find = self.store.articles.find_url
        found = find(article.url or "") or known_id or find(article.canonical_url or "")
        return self.store.articles.get(found) if found is not None else None

    def _only_we_changed(
        self, before: StoredPage | None, taken: FetchedPage, article: Article, now: datetime
    ) -> bool:
        """Whether the page as taken last time, read with what is known today, gives the same words.

        Then it is our knowledge of the site's furniture that changed, not the article: no revision.
        """
        body = self.pages.get(before.content_hash) if before else None
        if before is None or body is None:
            return False
        try:
            again = self._read_again(_stored(before, body), taken.link, now, site=taken.survey.site)
        except ExtractionError:
            return False
        return again.content_hash == article.content_hash

    def _read_again(self, page: Page, link: Link, now: datetime, *, site: str) -> Article:
        surveyed = replace(survey(page), site=site)
        article = read_page(page, link, self.sites.knowledge(surveyed), now=now)
        return _with_feed_text(article, link, now)

    def _save(
        self,
        article: Article,
        *,
        page_id: int | None,
        use: TextUse,
        into: StoredArticle | None,
        now: datetime,
        correction: bool = False,
    ) -> Upserted:
        saved = self.store.articles.save(
            article,
            at=now,
            page_id=page_id,
            extractor=extraction.EXTRACTOR_VERSION,
            text_use=str(use),
            into=into.id if into else None,
            correction=correction,
        )
        if use is TextUse.FEATURES_ONLY and saved.outcome is not Change.UNCHANGED:
            # The text is here now and will not be again: what the matcher needs of it is taken before it
            # goes.
            self.store.fingerprints.save_all(
                [(saved.id, matching.FINGERPRINT_VERSION, matching.fingerprint(article).to_bytes())]
            )
        return saved


def _rebuilt(article: Article, kept: Article) -> Article:
    """The article as read anew, under the identity it has. What an importer declared goes before the page."""
    first, second = (kept, article) if kept.access is Access.IMPORTED else (article, kept)
    return replace(
        article,
        title=first.title or second.title,
        authors=first.authors or second.authors,
        published_at=first.published_at or second.published_at,
        language=first.language or second.language,
        url=kept.url,
        canonical_url=kept.canonical_url,
        access=Access.IMPORTED if kept.access is Access.IMPORTED else article.access,
        source_id=kept.source_id,
        external_id=kept.external_id,
        rights=kept.rights,
    )


def _stored(row: StoredPage, body: bytes) -> Page:
    return Page(
        url=row.url,
        final_url=row.final_url,
        status=row.status,
        headers=row.headers,
        body=body,
        fetched_at=row.fetched_at,
    )


def _with_feed_text(article: Article, link: Link, now: datetime) -> Article:
    """A metered page shows a teaser; where the feed carries the whole text, that is the article."""
    if article.access is Access.FULL:
        return article
    announced = announced_article(link, now=now)
    if announced is None or announced.access is not Access.FULL:
        return article
    return replace(article, text=announced.text, access=Access.FULL)


def _is_same(article: Article, known: StoredArticle) -> bool:
    """Whether an article at another address is the known one, judged by its words.

    A template that names one canonical address for every page of a section would make one article of all.
    """
    if known.article.url == article.url:
        return True
    ours, theirs = _runs(article.text), _runs(known.article.text)
    shorter = min(len(ours), len(theirs))
    return len(ours & theirs) >= SAME_RUNS * shorter if shorter else article.title == known.article.title


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1)}


def _stays(article: Article, known: StoredArticle) -> bool:
    """Whether what is stored is the better version: more of the text, or the main address of this variant."""
    stored = known.article
    if _RANK[article.access] < _RANK[stored.access]:
        return True
    is_variant = article.url not in (stored.url, article.canonical_url)
    return is_variant and article.canonical_url in (stored.url, stored.canonical_url)

"""Whose article a page is that several sources announce: the first one's, as long as the config has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.ingest.batch import FetchedPage
from pipelines.ingest.resolve import announced_before, with_known_date, with_known_facts
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from scraper.models import Article, Source
from scraper.urls import same_site, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Tells the source that an article belongs to from others that announce it too."""

    store: Store
    watched: tuple[Source, ...] = ()  # of the config, where a person named the pages

    def owner(self, known: StoredArticle | None, source: Source) -> Source:
        """Return the source of an article that ``source`` brings: that of the known one, if there is any.

        A source of the config takes over from one that the config does not have: a site that a person fetched
        from once, or a source that was removed.
        """
        first = known.article.source_id if known else None
        if first is None or first == source.id:
            return source
        declared = self._declared()
        if source.id in declared and first not in declared:
            return source
        return self.store.sources.get(first) or source

    def landed(self, fetched: FetchedPage, source: Source) -> Source:
        """Return the source of a page; for a URL of a site that no config has, the one that it redirects to.

        A short URL (bit.ly, t.co) would make one source of all publishers.
        """
        asked, final = fetched.link.url, fetched.page.final_url
        if same_site(asked, final) or source.id != site_of(asked):
            return source
        of_config = self._declared().union(each.id for each in self.watched)
        return source if source.id in of_config else source_of(final, self.watched)

    def as_owned(self, fetched: FetchedPage, source: Source) -> tuple[FetchedPage, Source]:
        """Return a page and its source as they are read: as the source that has the article announced it."""
        ids = self.store.articles.at_url(fetched.page.final_url)
        known = self.store.articles.get(ids[0]) if ids else None
        owner = self.owner(known, source)
        if known is None or owner.id == source.id:
            return fetched, source
        return replace(fetched, link=announced_before(fetched.link, known.article)), owner

    def completed(
        self, article: Article, known: StoredArticle | None, source: Source, *, now: datetime
    ) -> Article:
        """Return an article that ``source`` brings, dated, with what is known of it and not said again."""
        article = self.store.articles.dated(article, at=now)
        if known is None:
            return article
        article = with_known_date(article, known.article, is_own=article.source_id == source.id)
        return with_known_facts(article, known.article)

    def imported(self, article: Article, known: StoredArticle, *, now: datetime) -> Article:
        """Return an imported version of an article: of one that a source of the config announced, the source
        and the exact date stay.
        """
        owner = self.owner(known, Source(id=article.source_id or "", name=""))
        if owner.id != known.article.source_id or owner.id not in self._declared():
            return article
        article = replace(self.store.articles.dated(article, at=now), source_id=owner.id)
        return with_known_date(article, known.article, is_own=True)

    def _declared(self) -> frozenset[str]:
        return frozenset(each.id for each in self.store.sources.labels())


def source_of(url: str, sources: Iterable[Source]) -> Source:
    """Return the source that a URL belongs to; if the config has none, one named after the site.

    Raises ``AddressError``.
    """
    for source in sources:
        urls = (source.homepage, *(channel.url for channel in source.channels))
        if any(same_site(url, each) for each in urls if each):
            return source
    site = site_of(url)
    return Source(id=site, name=site)


def is_as_known(article: Article, known: StoredArticle) -> bool:
    """Return whether an article tells nothing new: then it is not filed again."""
    has_same_date = article.published_at == known.article.published_at
    return has_same_date and article.content_hash == known.content_hash

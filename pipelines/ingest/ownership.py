"""Whose article a page is that several sources announce: the first one's, as long as the config has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.ingest.batch import FetchedPage
from pipelines.ingest.resolve import announced_before, with_known_date
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from scraper.models import Article, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Tells the source that an article belongs to from others that announce it too."""

    store: Store

    def owner(self, known: StoredArticle | None, source: Source) -> Source:
        """Return the source of an article that ``source`` brings: that of the known one, if there is any.

        A source of the config takes over from one that the config does not have: a site that a person fetched
        from once, or a source that was removed.
        """
        first = known.article.source_id if known else None
        if first is None or first == source.id:
            return source
        declared = {each.id for each in self.store.sources.labels()}
        if source.id in declared and first not in declared:
            return source
        return self.store.sources.get(first) or source

    def as_owned(self, fetched: FetchedPage, source: Source) -> tuple[FetchedPage, Source]:
        """Return a page and its source as they are read: as the source that has the article announced it."""
        ids = self.store.articles.at_url(fetched.page.final_url)
        known = self.store.articles.get(ids[0]) if ids else None
        owner = self.owner(known, source)
        if known is None or owner.id == source.id:
            return fetched, source
        return replace(fetched, link=announced_before(fetched.link, known.article)), owner

    def dated(
        self, article: Article, known: StoredArticle | None, source: Source, *, now: datetime
    ) -> Article:
        """Return an article that ``source`` brings with the date that stays of its own and the known one."""
        article = self.store.articles.dated(article, at=now)
        if known is None:
            return article
        return with_known_date(article, known.article, is_own=article.source_id == source.id)


def is_as_known(article: Article, known: StoredArticle) -> bool:
    """Return whether an article tells nothing new: then it is not filed again."""
    has_same_date = article.published_at == known.article.published_at
    return has_same_date and article.content_hash == known.content_hash

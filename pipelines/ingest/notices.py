"""Notices in place of articles: one text under unlike headlines of one source is a log-in or error page.

Its articles are headlines. The second headline may come weeks after the first, whose article is corrected
then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from scraper.lazily import lazily
from scraper.models import Access, Article, Provenance, Removed

if TYPE_CHECKING:
    from pipelines.matching import notices
else:
    notices = lazily("pipelines.matching.notices")

REASON = "a notice: the same text stands under unlike headlines of this source"
MOST_CORRECTED = 500  # articles of a source with one notice; more were never read by anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCheck:
    """Compares the text of an article with those that its source had before."""

    store: Store

    def is_notice(self, article: Article, *, known_id: int | None, now: datetime) -> bool:
        """Return whether the text of an article is a notice of its source, and remember it as one.

        ``known_id`` is the article's own id, which does not count.
        """
        source_id = article.source_id
        if not source_id or not article.text.strip():
            return False
        if self.store.notices.has(source_id, article.text):
            return True
        same = [each for each in self.store.notices.with_text(source_id, article) if each != known_id]
        if not same:
            return False
        stored = self.store.articles.many(same[-notices.MOST_HEADLINES :])
        if not notices.is_notice([article, *(each.article for each in stored.values())]):
            return False
        self.store.notices.add(source_id, article.text, at=now)
        return True

    def corrected(self, article: Article) -> Iterator[tuple[StoredArticle, Article]]:
        """Yield the stored articles that have the notice as their text, each with what it should be.

        That is the newest version with another text, else the headline alone.
        """
        if article.source_id is None:
            return
        for article_id in self.store.notices.with_text(article.source_id, article)[-MOST_CORRECTED:]:
            stored = self.store.articles.get(article_id)
            versions = reversed(self.store.articles.revisions(article_id))
            earlier = next((each for each in versions if each.text not in ("", stored.article.text)), None)
            if earlier is None:
                yield stored, headline_of(stored.article)
            else:
                yield stored, replace(stored.article, title=earlier.title, text=earlier.text)


def headline_of(article: Article) -> Article:
    """Return an article without its text, which is a notice."""
    return replace(
        article,
        text="",
        access=Access.HEADLINE,
        removed=(*article.removed, Removed(text=article.text, reason=REASON)),
        origins=(*article.origins, Provenance(field="access", place=REASON)),
    )

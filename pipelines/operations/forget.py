"""Deleting articles for good, as a takedown asks: everything that was made of their text goes with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.errors import UnknownArticleError
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle, url_key
from pipelines.storage.tables.tombstones import Tombstone
from pipelines.stories.filing import withdraw
from scraper.errors import AddressError
from scraper.urls import canonical_url

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReport:
    """What was deleted. ``urls`` are not stored; ``copies`` counts other articles with the same text.

    ``undeleted`` are the files of raw pages that could not be deleted, each with the reason.
    """

    articles: tuple[tuple[int, str], ...]
    urls: tuple[str, ...]
    copies: int
    undeleted: tuple[tuple[Path, str], ...] = ()


def forget(
    store: Store,
    pages: PageStore,
    references: Iterable[str],
    *,
    copies: bool,
    reason: str = "",
    now: datetime,
    threshold: float | None = None,
) -> ForgetReport:
    """Delete the articles with these ids or URLs and keep them from coming back.

    Text, revisions, raw pages, index entries, fingerprints, matches and decisions are deleted, and their
    stories are made again without them. The bytes are overwritten in the file. A URL that is not stored is
    only kept from being fetched. Raises ``UnknownArticleError`` for an id that is not stored; nothing is
    changed then.
    """
    named, urls = _find(store, references)
    same_text = store.articles.same_text(stored.copy_key for stored in named.values())
    copy_ids = {each for ids in same_text.values() for each in ids} - named.keys()
    gone = named | (store.articles.many(copy_ids) if copies else {})
    own = {url_key(stored.article.url) for stored in gone.values()}
    links = {url_key(url) for url in store.links.urls_of(gone)} - own
    with store.overwriting(), store.transaction():
        if gone:
            cause = f"an article was deleted{f': {reason}' if reason else ''}"
            withdraw(store, gone.keys(), now=now, threshold=threshold, by="person", cause=cause)
            store.digests.remove_articles(gone)
            store.articles.delete(gone.values())
        for stored in gone.values():
            store.tombstones.add(_tombstone(stored, copies=copies, reason=reason, now=now))
        for key in (*map(url_key, urls), *sorted(filter(None, links))):
            store.tombstones.add(Tombstone(url_key=key, reason=reason, forgotten_at=now))
        orphans = store.pages.delete({stored.article.url for stored in gone.values() if stored.article.url})
        _note(pages, orphans)
    undeleted = remove_noted(store, pages, orphans)
    logger.info("forgotten articles=%s urls=%d", sorted(gone), len(urls))
    titles = tuple((stored.id, stored.article.title) for stored in gone.values())
    return ForgetReport(articles=titles, urls=urls, copies=len(copy_ids), undeleted=undeleted)


def _note(pages: PageStore, orphans: Iterable[str]) -> None:
    """Note before the commit which raw pages are deleted after it, in case of a kill in between.

    Where no note can be written the deletion goes on: what cannot be deleted either is named.
    """
    with suppress(OSError):
        pages.note_removals(orphans)


def remove_noted(store: Store, pages: PageStore, orphans: Iterable[str] = ()) -> tuple[tuple[Path, str], ...]:
    """Delete these raw pages and those that an earlier deletion noted and did not come to, as after a kill.

    One that a row names again is kept. Return the files for which it failed, each with the reason; they stay
    noted.
    """
    noted = pages.noted_removals()
    unneeded = frozenset(orphans) | noted
    undeleted = []
    for content_hash in sorted(unneeded - store.pages.named(unneeded)):
        try:
            pages.erase(content_hash)
        except OSError as error:
            undeleted.append((pages.path(content_hash), error.strerror or str(error)))
    if noted and not undeleted:
        with suppress(OSError):  # the note names nothing that is there
            pages.forget_removals()
    return tuple(undeleted)


def forget_again(
    store: Store,
    pages: PageStore,
    tombstones: Iterable[Tombstone],
    *,
    now: datetime,
    threshold: float | None = None,
) -> ForgetReport:
    """Delete what was deleted before and is stored again, as a restored backup has it.

    ``tombstones`` are those of the database that was replaced; those that the restored one lacks are kept in
    it from here on.
    """
    known = frozenset(store.tombstones.all())
    missing = [tombstone for tombstone in tombstones if tombstone not in known]
    back = sorted({each for tombstone in missing for each in store.tombstones.articles_under(tombstone)})
    report = ForgetReport(articles=(), urls=(), copies=0)
    if back:
        reason = "deleted before the backup was restored"
        report = forget(
            store, pages, map(str, back), copies=False, reason=reason, now=now, threshold=threshold
        )
    with store.transaction():
        for tombstone in missing:
            store.tombstones.add(tombstone)
    return report


def _find(store: Store, references: Iterable[str]) -> tuple[dict[int, StoredArticle], tuple[str, ...]]:
    """Return the articles with these ids or URLs, and the URLs at which none is stored."""
    named: dict[int, StoredArticle] = {}
    urls: list[str] = []
    for reference in references:
        try:
            stored = store.articles.find(reference)
            named[stored.id] = stored
        except UnknownArticleError:
            urls.append(_url(reference))
    return named, tuple(urls)


def _url(reference: str) -> str:
    try:
        return canonical_url(reference)
    except AddressError:
        message = "no article has this id or URL; `cuttings articles WORDS` finds some"
        raise UnknownArticleError(message, reference) from None


def _tombstone(stored: StoredArticle, *, copies: bool, reason: str, now: datetime) -> Tombstone:
    article = stored.article
    return Tombstone(
        url_key=url_key(article.url),
        external_id=article.external_id,
        source_id=article.source_id,
        copy_key=stored.copy_key if copies or not (article.url or article.external_id) else None,
        reason=reason,
        forgotten_at=now,
    )

"""Removing what the config says need not be kept. Articles are always kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.config.settings import RetentionSettings
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store

# A block that stood on one page and on no other in this time is not furniture; most rows are such.
RARE_BLOCK_DAYS = 90


def prune(store: Store, pages: PageStore, settings: RetentionSettings, *, now: datetime) -> None:
    """Remove raw pages and failures older than the config allows, and blocks that are not furniture."""
    if settings.pages:
        outdated = store.pages.last_checked_before(now - timedelta(seconds=settings.pages))
        store.pages.mark_removed(outdated, at=now)  # first: a kill between the two leaves orphans, no gaps
        for content_hash in outdated:
            pages.remove(content_hash)
    with store.transaction():
        store.furniture.prune_rare(before=now - timedelta(days=RARE_BLOCK_DAYS))
        if settings.failures:
            store.failures.remove(before=now - timedelta(seconds=settings.failures))


def collect_orphans(store: Store, pages: PageStore) -> int:
    """Remove the raw pages that no row names, as a kill leaves them, and return their number."""
    orphans = frozenset(pages.hashes()) - store.pages.hashes()
    for content_hash in orphans:
        pages.remove(content_hash)
    return len(orphans)

"""Forgetting what the config says need not be kept. Articles and their revisions are always kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.config.settings import RetentionSettings
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store

RARE_BLOCK_DAYS = (
    90  # a block that stood on one page and on no other in this time is no furniture; most rows are such
)


def forget(store: Store, pages: PageStore, settings: RetentionSettings, *, now: datetime) -> None:
    """Remove raw pages and failures older than the config allows, and blocks that proved to be no
    furniture."""
    if settings.pages:
        for content_hash in store.pages.last_checked_before(now - timedelta(seconds=settings.pages)):
            pages.remove(content_hash)
    with store.transaction():
        store.furniture.prune_rare(before=now - timedelta(days=RARE_BLOCK_DAYS))
        if settings.failures:
            store.failures.remove(before=now - timedelta(seconds=settings.failures))

"""Removing what the config says need not be kept. Articles and their newest texts are always kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.config.settings import RetentionSettings
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store

logger = logging.getLogger(__name__)

# A block that stood on one page and on no other in this time is not furniture; most rows are such.
RARE_BLOCK_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many of each were removed."""

    pages: int = 0
    revisions: int = 0
    failures: int = 0
    runs: int = 0
    links: int = 0


def prune(store: Store, pages: PageStore, settings: RetentionSettings, *, now: datetime) -> Pruned:
    """Remove what is older than the config allows, and blocks that are not furniture."""

    def cutoff(seconds: float) -> datetime | None:
        return now - timedelta(seconds=seconds) if seconds else None

    outdated: tuple[str, ...] = ()
    if before := cutoff(settings.pages):
        outdated = store.pages.last_checked_before(before)
        store.pages.mark_removed(outdated, at=now)  # first: a kill between the two leaves orphans, no gaps
        for content_hash in outdated:
            pages.remove(content_hash)
    is_first_of_week = _is_first_of_week(store, now)
    with store.transaction():
        if is_first_of_week:
            store.furniture.prune_rare(before=now - timedelta(days=RARE_BLOCK_DAYS))
            store.merge_indexes()
        before = cutoff(settings.failures)
        failures = store.failures.remove(before=before) if before else 0
        before = cutoff(settings.revisions)
        revisions = store.articles.remove_revisions(before=before) if before else 0
        before = cutoff(settings.links)
        links = store.links.remove(before=before) if before else 0
        before = cutoff(settings.runs)
        runs = store.runs.remove(before=before) if before else 0
    if is_first_of_week:
        store.enlarge_pages()
    pruned = Pruned(pages=len(outdated), revisions=revisions, failures=failures, runs=runs, links=links)
    if pruned != Pruned():
        logger.info("pruned %s", pruned)
    return pruned


def _is_first_of_week(store: Store, now: datetime) -> bool:
    """Return whether the run before began in another week. Looking for rare blocks reads all blocks."""
    earlier = store.runs.latest(2)[1:]
    return not any(run.started_at.isocalendar()[:2] == now.isocalendar()[:2] for run in earlier)


def collect_orphans(store: Store, pages: PageStore) -> int:
    """Remove the raw pages that no row names, as a kill leaves them, and return their number."""
    orphans = frozenset(pages.hashes()) - store.pages.hashes()
    for content_hash in orphans:
        pages.remove(content_hash)
    return len(orphans)

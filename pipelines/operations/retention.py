"""Removing what the config says need not be kept. Articles and their newest texts are always kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from pipelines.config.settings import RetentionSettings
from pipelines.matching.components import connected_components
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
    matches: int = 0


def prune(store: Store, pages: PageStore, settings: RetentionSettings, *, now: datetime) -> Pruned:
    """Remove what is older than the config allows.

    The first run of a week also removes blocks that are not furniture, for which it reads all of them. The
    first run of a month rewrites a file of 20 to 100 MB: rows that are deleted leave an eighth of it empty.
    """

    def removed(seconds: float, remove: Callable[..., int]) -> int:
        return remove(before=now - timedelta(seconds=seconds)) if seconds else 0

    outdated = removed(settings.pages, partial(_remove_pages, store, pages, now=now))
    before = _run_before(store)
    is_first_of_week = before is None or before.isocalendar()[:2] != now.isocalendar()[:2]
    with store.transaction():
        if is_first_of_week:
            store.furniture.prune_rare(before=now - timedelta(days=RARE_BLOCK_DAYS))
            store.merge_indexes()
        pruned = Pruned(
            pages=outdated,
            failures=removed(settings.failures, store.failures.remove),
            revisions=removed(settings.revisions, store.articles.remove_revisions),
            links=removed(settings.links, store.links.remove),
            matches=removed(settings.matches, partial(remove_empty_verdicts, store)),
            runs=removed(settings.runs, store.runs.remove),
        )
    if before is None or (before.year, before.month) != (now.year, now.month):
        store.compact()
    if pruned != Pruned():
        logger.info("pruned %s", pruned)
    return pruned


def _remove_pages(store: Store, pages: PageStore, *, before: datetime, now: datetime) -> int:
    outdated = store.pages.last_checked_before(before)
    store.pages.mark_removed(outdated, at=now)  # first: a kill between the two leaves orphans, no gaps
    for content_hash in outdated:
        pages.remove(content_hash)
    return len(outdated)


def remove_empty_verdicts(store: Store, *, before: datetime) -> int:
    """Remove verdicts without evidence on older articles that no chain of likely pairs connects."""
    linked = store.matches.linked()
    groups = connected_components(dict.fromkeys(chain.from_iterable(linked)), linked)
    group_of = {article: number for number, group in enumerate(groups) for article in group}
    return store.matches.remove_empty(before=before, group_of=group_of)


def _run_before(store: Store) -> datetime | None:
    """Return when the run before this one began."""
    return next((run.started_at for run in store.runs.latest(2)[1:]), None)


def collect_orphans(store: Store, pages: PageStore) -> int:
    """Remove the raw pages that no row names, as a kill leaves them, and return their number."""
    orphans = frozenset(pages.hashes()) - store.pages.hashes()
    for content_hash in orphans:
        pages.remove(content_hash)
    return len(orphans)

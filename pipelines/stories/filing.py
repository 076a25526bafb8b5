"""Filing: articles to stories, in one transaction.

New, revised and newly decided articles are fingerprinted, entered into the index and compared (``pairing``);
the articles whose neighbourhood changed are clustered again and become stories with ids that stay
(``assembly``). Filing one by one, in any chunks and any order gives the stories that ``recluster`` gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.matching import FINGERPRINT_VERSION
from pipelines.matching.clustering import THRESHOLD
from pipelines.models import ChangeKind
from pipelines.storage.store import Store
from pipelines.stories.builder import Assembly
from pipelines.stories.linking import Linker


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingReport:
    """What one filing did: how many stories were created, changed, merged away and split, and which were
    written."""

    created: int = 0
    changed: int = 0
    merged: int = 0
    split: int = 0
    stories: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Who asked for a filing, when and why."""

    run_id: int | None
    now: datetime
    threshold: float | None
    by: str = "model"
    cause: str = ""
    anew: bool = False  # everything is compared again


def file_articles(
    store: Store,
    article_ids: Iterable[int] | None = None,
    *,
    run_id: int | None = None,
    now: datetime,
    threshold: float | None = None,
    by: str = "model",
    cause: str = "",
) -> FilingReport:
    """Give every unfiled article a story, and these articles too, whose surroundings changed.

    ``threshold`` is in natural log odds; without one it is the fitted model's. ``by`` and ``cause`` go into
    `story_changes` when a person asked for it. What a killed run left unfiled is taken along. Raises
    ``DatabaseError``; nothing is changed then.
    """
    order = _Order(run_id=run_id, now=now, threshold=threshold, by=by, cause=cause)
    with store.transaction():
        if is_outdated(store):
            return _file_anew(store, order)
        unfiled = store.articles.unfiled()
        return _file(store, {*unfiled, *(article_ids or ())}, unfiled, order)


def recluster(
    store: Store, *, run_id: int | None = None, now: datetime, threshold: float | None = None
) -> FilingReport:
    """Make all fingerprints, comparisons and clusters anew from the stored articles; stories keep their
    ids."""
    with store.transaction():
        return _file_anew(store, _Order(run_id=run_id, now=now, threshold=threshold))


def is_outdated(store: Store) -> bool:
    """Whether the next filing will compare everything again, since this version reads articles
    differently."""
    return store.fingerprints.any_outdated(FINGERPRINT_VERSION)


def _file_anew(store: Store, order: _Order) -> FilingReport:
    store.postings.clear()
    store.matches.clear()
    store.fingerprints.forget_keys()
    everything = store.articles.ids()
    return _file(store, everything, everything, replace(order, anew=True))


def _file(store: Store, dirty: Collection[int], unfiled: Collection[int], order: _Order) -> FilingReport:
    decisions = store.decisions.active()
    pairing = Linker(store=store, decisions=decisions)
    pairing.take(dirty)
    assembly = Assembly(
        store=store,
        decisions=decisions,
        threshold=THRESHOLD if order.threshold is None else order.threshold,
        changed=frozenset(unfiled),
        now=order.now,
        by=order.by,
        cause=order.cause,
        anew=order.anew,
    )
    assembly.file(pairing.touched)
    store.stories.add_changes(assembly.changes, run_id=order.run_id)
    kinds = Counter(change.kind for change in assembly.changes if change.kind is not ChangeKind.JOINED)
    born = {
        change.story_id
        for change in assembly.changes
        if change.kind is ChangeKind.CREATED
        or (change.kind is ChangeKind.SPLIT and change.story_id not in assembly.known)
    }
    return FilingReport(
        created=len(born),
        changed=len({change.story_id for change in assembly.changes} - born),
        merged=kinds[ChangeKind.MERGED] // 2,
        split=kinds[ChangeKind.SPLIT],
        stories=tuple(sorted(assembly.stories)),
    )

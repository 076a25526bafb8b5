"""Filing: articles to stories, in one transaction.

New, revised and newly decided articles are fingerprinted, entered into the index and compared (``linking``);
the articles whose neighbourhood changed are clustered again (``neighbourhood``, ``builder``) and become
stories with ids that stay (``identity``). Filing one by one, in any batches and any order, gives the stories
that ``recluster`` gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.matching import FINGERPRINT_VERSION
from pipelines.matching.clustering import THRESHOLD
from pipelines.models import ChangeKind
from pipelines.storage.store import Store
from pipelines.stories.builder import FilingOrder, StoryUpdate, update_stories
from pipelines.stories.linking import Linker
from pipelines.stories.quotations import record_quotations
from pipelines.stories.revisions import record_changes
from pipelines.stories.threads import relate
from pipelines.stories.verdicts import settle_copies


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingReport:
    """What one filing did: how many stories were created, changed, merged away, split, and which it wrote."""

    created: int = 0
    changed: int = 0
    merged: int = 0
    split: int = 0
    stories: tuple[int, ...] = ()


def file_articles(
    store: Store,
    article_ids: Iterable[int] | None = None,
    *,
    run_id: int | None = None,
    now: datetime,
    threshold: float | None = None,
    by: str = "model",
    cause: str = "",
    leaving: Collection[int] = (),
) -> FilingReport:
    """Give every unfiled article a story, and file these articles again, whose neighbourhood changed.

    ``threshold`` is in natural log odds; without one it is the fitted model's. ``by`` and ``cause`` go into
    `story_changes` when a person asked for it; ``leaving`` are articles that this person splits off. What a
    killed run left unfiled is filed too. Raises ``DatabaseError``; nothing is changed then.
    """
    with store.transaction():
        order = replace(_order(store, now=now, threshold=threshold, by=by, cause=cause), leaving=leaving)
        if is_outdated(store):
            return _file_everything(store, order, run_id)
        unfiled = store.articles.unfiled()
        return _file(
            store, {*unfiled, *(article_ids or ())}, replace(order, changed=frozenset(unfiled)), run_id
        )


def recluster(
    store: Store, *, run_id: int | None = None, now: datetime, threshold: float | None = None
) -> FilingReport:
    """Compare and cluster all stored articles again from their texts; stories keep their ids."""
    with store.transaction():
        return _file_everything(store, _order(store, now=now, threshold=threshold), run_id)


def withdraw(
    store: Store,
    article_ids: Collection[int],
    *,
    run_id: int | None = None,
    now: datetime,
    threshold: float | None = None,
    by: str = "model",
    cause: str = "",
) -> FilingReport:
    """Take articles out of the index and out of their stories, and file their neighbours again.

    The caller deletes the articles in the same transaction: nothing of matching and stories refers to them
    any more, but decisions still may. A story that loses all its articles keeps its id and nothing else.
    Raises ``DatabaseError``.
    """
    with store.transaction():
        order = _order(store, now=now, threshold=threshold, by=by, cause=cause)
        if is_outdated(store):  # neighbours cannot be compared with fingerprints of another version
            _file_everything(store, replace(order, by="model", cause=""), run_id)
        gone = frozenset(article_ids)
        stories = store.stories.members(set(store.articles.stories_of(gone).values()))
        mates = {mate for ids in store.articles.stand_ins(gone).values() for mate in ids} - gone
        remaining = {article for members in stories.values() for article in members} - gone | mates
        linker = Linker(store=store, decisions=order.decisions, withdrawn=gone)
        linker.withdraw()
        store.stories.detach(gone)
        linker.take(mates)
        touched = linker.touched - gone | remaining
        update = update_stories(store, touched, replace(order, rewritten=remaining))
        settle_copies(store, touched | update.articles)
        relate(store, {*update.written, *stories}, opened=linker.opened - gone, crowded=linker.crowded - gone)
        record_quotations(store, (), update.written)
        store.stories.add_changes(update.changes, run_id=run_id)
        store.summaries.refresh()
        return _report(update)


def is_outdated(store: Store) -> bool:
    """Return whether the next filing compares everything again, because this version reads texts
    differently."""
    return store.fingerprints.any_outdated(FINGERPRINT_VERSION)


def _order(
    store: Store, *, now: datetime, threshold: float | None, by: str = "model", cause: str = ""
) -> FilingOrder:
    return FilingOrder(
        now=now,
        threshold=THRESHOLD if threshold is None else threshold,
        decisions=store.decisions.active(),
        by=by,
        cause=cause,
    )


def _file_everything(store: Store, order: FilingOrder, run_id: int | None) -> FilingReport:
    store.postings.clear()
    store.matches.clear()
    store.fingerprints.forget_keys()
    everything = store.articles.ids()
    return _file(store, everything, replace(order, everything=True, changed=frozenset(everything)), run_id)


def file_compared(
    store: Store, articles: Collection[int], *, run_id: int | None, now: datetime, threshold: float | None
) -> FilingReport:
    """Give new articles stories whose fingerprints, keys and matches are stored already.

    Give whole components. The caller relates the stories (``relate``) when all are there. Raises
    ``DatabaseError``.
    """
    with store.transaction():
        order = replace(
            _order(store, now=now, threshold=threshold), everything=True, changed=frozenset(articles)
        )
        return _report(_write_stories(store, articles, order, run_id))


def _file(store: Store, dirty: Collection[int], order: FilingOrder, run_id: int | None) -> FilingReport:
    linker = Linker(store=store, decisions=order.decisions)
    linker.take(dirty)
    update = _write_stories(store, linker.touched, order, run_id)
    relate(store, update.written, opened=linker.opened, crowded=linker.crowded)
    store.summaries.refresh()
    return _report(update)


def _write_stories(
    store: Store, touched: Collection[int], order: FilingOrder, run_id: int | None
) -> StoryUpdate:
    """Cluster the components of these articles and write all that follows, but for relations."""
    update = update_stories(store, touched, order)
    settle_copies(store, set(touched) | update.articles)
    record_quotations(store, order.changed, update.written)
    record_changes(store, order.changed)
    store.stories.add_changes(update.changes, run_id=run_id)
    return update


def _report(update: StoryUpdate) -> FilingReport:
    return FilingReport(
        created=len(update.created),
        changed=len(update.changed),
        merged=update.count(ChangeKind.MERGED) // 2,
        split=update.count(ChangeKind.SPLIT),
        stories=tuple(sorted(update.stories)),
    )

"""The second half of filing: touched articles are clustered again, and clusters become stories."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from pipelines.models import ChangeKind, Decision
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Head, StoredArticle
from pipelines.storage.tables.stories import ReportShare, StoredStory, StoryChange
from pipelines.stories.cohesion import doubtful_members
from pipelines.stories.constraints import constrained_clusters, represented
from pipelines.stories.history import ChangeLog, joined_by_people, pairs_by_article
from pipelines.stories.identity import Before, IdAssignment, assign_ids, brought_after
from pipelines.stories.neighbourhood import Component, component_of
from pipelines.stories.reports import Report, believable, outlet_of
from pipelines.stories.summary import StorySummary, summarise
from pipelines.stories.verdicts import settle_pairs

TEXTS_AT_ONCE = 2_000  # articles whose texts are in memory while their stories are written


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingOrder:
    """Who asked for a filing, when and why, and what it obeys."""

    now: datetime
    threshold: float  # natural log odds from which two clusters are one story
    decisions: Sequence[Decision] = ()  # those that stand
    by: str = "model"
    cause: str = ""  # why a person asked for it; put in front of what is recorded of changes
    everything: bool = False  # all articles are compared again
    changed: Collection[int] = ()  # articles that are new or revised since they were last filed
    rewritten: Collection[int] = ()  # articles whose stories are written again even if nobody came or left
    leaving: Collection[int] = ()  # articles that a person splits off: the rest of their story keeps its id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryUpdate:
    """What one filing made of the stories: those written, and what is recorded of each change."""

    stories: frozenset[int] = frozenset()  # written, or part of the component that was clustered
    known: frozenset[int] = frozenset()  # those of them that were there before
    changes: tuple[StoryChange, ...] = ()
    articles: frozenset[int] = frozenset()  # those of stories that were written
    written: frozenset[int] = frozenset()  # stories that were written or merged away

    @property
    def created(self) -> frozenset[int]:
        """Stories that are new, of new articles or split off."""
        return frozenset(
            change.story_id
            for change in self.changes
            if change.kind is ChangeKind.CREATED
            or (change.kind is ChangeKind.SPLIT and change.story_id not in self.known)
        )

    @property
    def changed(self) -> frozenset[int]:
        """Stories that were there before and changed."""
        return frozenset(change.story_id for change in self.changes) - self.created

    def count(self, kind: ChangeKind) -> int:
        """Return how many changes of a kind there are."""
        return sum(change.kind is kind for change in self.changes)


def update_stories(store: Store, touched: Collection[int], order: FilingOrder) -> StoryUpdate:
    """Cluster the component of the touched articles and write its stories; raises ``DatabaseError``."""
    component = component_of(
        store, touched, order.decisions, threshold=order.threshold, everything=order.everything
    )
    heads = store.articles.heads(component.standing)
    standing = _clusters(store, heads, component, order)
    settle_pairs(store, component, standing)
    clusters, doubtful = _with_copies(heads, component, standing)
    story_of = store.articles.stories_of(articles := list(chain.from_iterable(clusters)))
    members = store.stories.members(set(story_of.values()))
    known = store.stories.many(members)
    before = Before(
        story_of=story_of,
        lead_of={key: story.lead_article_id for key, story in known.items() if story.lead_article_id},
        brought=store.stories.brought(articles),
    )
    rewritten = {*order.changed, *order.rewritten, *(doubtful ^ store.stories.doubtful(articles))}
    assignments = [
        assignment
        for assignment in assign_ids(clusters, before, leaving=order.leaving)
        if not _is_unchanged(assignment, members, rewritten)
    ]
    writer = _StoryWriter(
        store=store,
        order=order,
        before=before,
        doubtful=doubtful,
        stories=dict(known),
        merged_before=store.stories.merged_into(members),
    )
    return StoryUpdate(
        changes=tuple(writer.write(assignments)),
        stories=frozenset(writer.stories),
        known=frozenset(known),
        articles=frozenset(writer.story_of),
        written=frozenset(writer.story_of.values()) | {m for each in assignments for m in each.merged},
    )


def _clusters(
    store: Store, heads: Mapping[int, Head], component: Component, order: FilingOrder
) -> tuple[tuple[int, ...], ...]:
    """Return the clusters of the articles that stand for themselves."""
    ends = {end for decision in order.decisions for end in (decision.article_a, decision.article_b)}
    return constrained_clusters(
        component.standing,
        component.edges,
        represented(order.decisions, store.articles.matched_as(ends)),
        order={article: head.order for article, head in heads.items()},
        threshold=order.threshold,
    )


def _with_copies(
    heads: Mapping[int, Head], component: Component, clusters: Sequence[tuple[int, ...]]
) -> tuple[list[tuple[int, ...]], frozenset[int]]:
    """Return the clusters in the order in which new stories are numbered, and their doubtful articles.

    Word-for-word copies are included.
    """
    whole = [
        tuple(sorted(article for standing in cluster for article in component.stand_ins[standing]))
        for cluster in clusters
    ]
    ordered = [members for _, members in sorted(zip(map(_earliest(heads), clusters), whole, strict=True))]
    doubtful = doubtful_members(clusters, component.edges)
    return ordered, frozenset(article for standing in doubtful for article in component.stand_ins[standing])


def _earliest(heads: Mapping[int, Head]) -> Callable[[Iterable[int]], tuple[str, str]]:
    """Return a sort key of clusters: date and content of the earliest report, whatever order they arrived
    in."""
    return lambda members: min(
        (head.published_at or "~", head.order) for head in map(heads.__getitem__, members)
    )


def _is_unchanged(
    assignment: IdAssignment, members: Mapping[int, tuple[int, ...]], rewritten: Collection[int]
) -> bool:
    return (
        assignment.story is not None
        and not assignment.merged
        and members.get(assignment.story) == assignment.cluster
        and not any(article in rewritten for article in assignment.cluster)
    )


@dataclass
class _StoryWriter:
    """Writes stories in batches that fit into memory, and records their changes."""

    store: Store
    order: FilingOrder
    before: Before
    doubtful: frozenset[int]  # articles that are linked far worse to their story than most of it
    stories: dict[int, StoredStory]  # those there before, then also those written
    merged_before: Mapping[int, StoredStory]  # stories that were merged into one of these by earlier filings
    story_of: dict[int, int] = field(default_factory=dict)  # of each article that was written

    def write(self, assignments: Sequence[IdAssignment]) -> list[StoryChange]:
        """Store the story of each cluster; return the changes."""
        log = self._change_log(assignments)
        next_id = self.store.stories.next_id()
        kinds, names = self.store.sources.kinds(), self.store.sources.names()
        changes: list[StoryChange] = []
        for batch in _in_batches(assignments, TEXTS_AT_ONCE):
            articles = [article for assignment in batch for article in assignment.cluster]
            stored, heads = self.store.articles.many(articles), self.store.articles.heads(articles)
            written: list[tuple[StoredStory, StorySummary]] = []
            for assignment in batch:
                story_id = assignment.story
                if story_id is None:
                    story_id, next_id = next_id, next_id + 1
                reports = {
                    article: replace(
                        report_of(stored[article], heads[article].order, kinds),
                        doubtful=article in self.doubtful,
                    )
                    for article in assignment.cluster
                }
                summary = summarise(reports.values())
                written.append((self._story(story_id, summary), summary))
                self.store.stories.set_brought(brought_after(assignment, story_id, self.before))
                outlets = [reports[article].outlet for article in summary.reports]
                outlets = [names.get(outlet, outlet) for outlet in outlets]
                changes += log.changes(
                    assignment, story_id, title=summary.title, lead=summary.lead, outlets=outlets
                )
            self._save(written)
        self._repoint(assignments)
        return changes

    def _story(self, story_id: int, summary: StorySummary) -> StoredStory:
        known = self.stories.get(story_id) or self.merged_before.get(story_id)
        story = new_story(story_id, summary, self.order.now)
        if known is not None:
            story = replace(story, created_at=known.created_at)
        self.stories[story_id] = story
        return story

    def _save(self, written: Sequence[tuple[StoredStory, StorySummary]]) -> None:
        self.store.stories.save_all(story for story, _ in written)
        story_of = {article: story.id for story, summary in written for article in summary.reports}
        self.story_of |= story_of
        self.store.stories.assign(story_of, at=self.order.now)
        self.store.stories.set_copy_groups(
            {article: of for _, summary in written for article, of in summary.copy_groups.items()}
        )
        shares = [
            ReportShare(
                article_id=article,
                story_id=story.id,
                lag_hours=share.lag_hours,
                borrowed_share=share.borrowed.share,
                borrowed_from=share.borrowed.source,
                origin_share=share.origin,
                doubtful=article in self.doubtful,
            )
            for story, summary in written
            for article, share in summary.shares.items()
        ]
        self.store.stories.save_shares(story_of, shares)

    def _repoint(self, assignments: Sequence[IdAssignment]) -> None:
        """Point merged stories at their survivor, and those merged before at where their lead report is
        now."""
        for assignment in assignments:
            for merged in assignment.merged:
                survivor = assignment.story or merged  # only a story that goes on takes others in
                emptied = replace(
                    self.stories[merged],
                    merged_into=survivor,
                    article_count=0,
                    report_count=0,
                    source_count=0,
                    updated_at=self.order.now,
                )
                self.store.stories.save_all([emptied])
                self.store.stories.repoint(merged, survivor)
        revived = {assignment.story for assignment in assignments if assignment.revived}
        for story in self.merged_before.values():
            place = self.story_of.get(story.lead_article_id or 0)
            if place not in (None, story.merged_into) and story.id not in revived:
                self.store.stories.save_all([replace(story, merged_into=place, updated_at=self.order.now)])

    def _change_log(self, assignments: Sequence[IdAssignment]) -> ChangeLog:
        story_of = self.before.story_of
        moved = [
            article
            for assignment in assignments
            if len(assignment.cluster) > 1
            for article in assignment.cluster
            if article not in story_of or story_of[article] != assignment.story
        ]
        return ChangeLog(
            at=self.order.now,
            by=self.order.by,
            cause=self.order.cause,
            story_of=story_of,
            title_of={story_id: story.title for story_id, story in self.stories.items()},
            pairs=pairs_by_article(self.store.matches.explained(moved)),
            revised=frozenset(article for article in self.order.changed if article in story_of),
            everything=self.order.everything,
            joined=joined_by_people(self.order.decisions),
        )


def new_story(story_id: int, summary: StorySummary, now: datetime) -> StoredStory:
    """Return a new story, created ``now``."""
    return StoredStory(
        id=story_id,
        title=summary.title,
        first_published_at=summary.first_published_at,
        last_published_at=summary.last_published_at,
        first_published_day=summary.first_published_day,
        last_published_day=summary.last_published_day,
        article_count=len(summary.reports),
        report_count=summary.report_count,
        source_count=summary.source_count,
        lead_article_id=summary.lead,
        first_article_id=summary.first,
        merged_into=None,
        origin_kind=summary.origin.kind,
        origin_article_id=summary.origin.article,
        origin_url=summary.origin.url,
        created_at=now,
        updated_at=now,
    )


def report_of(stored: StoredArticle, order: str, kinds: Mapping[str, str]) -> Report:
    """Return a stored article as a report; ``kinds`` are those of sources, by id."""
    return Report(
        key=stored.id,
        article=believable(stored.article, stored.first_seen_at),
        copy_key=stored.copy_key,
        order=order,
        outlet=outlet_of(stored.article),
        kind=kinds.get(stored.article.source_id or "", ""),
    )


def _in_batches(assignments: Sequence[IdAssignment], most: int) -> Iterator[list[IdAssignment]]:
    """Yield lists of clusters of about ``most`` articles together."""
    batch: list[IdAssignment] = []
    size = 0
    for assignment in assignments:
        batch.append(assignment)
        size += len(assignment.cluster)
        if size >= most:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

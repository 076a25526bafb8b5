"""The second half of filing: articles whose neighbourhood changed are clustered again, and clusters become
stories.

What the matcher makes of a pair depends on the pair and its rivals, the pairs at either end of it; two
clusters come together only along a pair above the threshold. So the articles that such pairs connect can be
clustered by themselves, given the pairs at their neighbours too: the result is that of clustering everything.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.matching.clustering import refined
from pipelines.models import Decision, DecisionKind
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Head, StoredArticle
from pipelines.storage.tables.stories import ReportShare, StoredStory, StoryChange
from pipelines.stories.constraints import obedient_clusters, represented
from pipelines.stories.history import ChangeLog, by_article, said_by_people
from pipelines.stories.linking import SAME_TEXT
from pipelines.stories.summary import IdAssignment, Report, StorySummary, place_clusters, tell
from scraper.errors import AddressError
from scraper.models import Article
from scraper.urls import site_of

MARGIN = 1e-6  # natural log odds; a component that is a little too large is no fault
TEXTS_AT_ONCE = 2_000  # articles whose texts are in memory while their stories are written
MOST_ODDS = 30.0  # natural log; a stored probability of 1 stands for no more than this


Edge = tuple[int, int, float]  # two articles and natural log odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Articles that stand for themselves, the pairs between them, and the articles each stands for."""

    standing: frozenset[int]
    edges: tuple[Edge, ...]
    stand_ins: Mapping[int, tuple[int, ...]]


@dataclass
class EdgeCache:
    """The pairs around a growing set of articles. ``odds``: of each pair at an explored article, knowing its
    rivals."""

    store: Store
    odds: dict[tuple[int, int], float] = field(default_factory=dict)
    _edges: dict[int, list[Edge]] = field(default_factory=dict)  # every stored pair at an article

    def explore(self, articles: Collection[int], threshold: float) -> set[int]:
        """Learn the pairs at these articles; gives the ends of those above the threshold."""
        self._load(articles)
        around = {end for article in articles for a, b, _ in self._edges[article] for end in (a, b)}
        self._load(around)
        edges = {edge for article in around for edge in self._edges[article]}
        near: set[int] = set()
        for a, b, odds in refined(sorted(edges)):
            if a in articles or b in articles:
                self.odds[a, b] = odds
                if odds >= threshold:
                    near.update((a, b))
        return near

    def _load(self, articles: Collection[int]) -> None:
        missing = {article for article in articles if article not in self._edges}
        self._edges.update((article, []) for article in missing)
        for edge in self.store.matches.edges(missing):
            if edge.probability < SAME_TEXT:
                for end in {edge.a, edge.b} & missing:
                    self._edges[end].append((edge.a, edge.b, log_odds(edge.probability)))


@dataclass
class Assembly:
    """One filing's second half. ``changed`` are the articles that are new or revised since they were last
    filed."""

    store: Store
    decisions: Sequence[Decision]
    threshold: float  # natural log odds
    changed: Collection[int]
    now: datetime
    by: str = "model"
    cause: str = ""  # why a person did it; put in front of what is said of changes
    anew: bool = False  # everything is compared again
    stories: dict[int, StoredStory] = field(default_factory=dict)
    changes: list[StoryChange] = field(default_factory=list)
    known: frozenset[int] = frozenset()  # stories that were there before
    gone: dict[int, StoredStory] = field(default_factory=dict)  # those that had been merged into one of these
    places: dict[int, int] = field(default_factory=dict)  # the story of each article that was written

    def file(self, touched: Collection[int]) -> None:
        """Cluster the neighbourhood of the touched articles and store the stories that come of it."""
        near = self._neighbourhood(touched)
        heads = self.store.articles.heads(near.standing)
        clusters = obedient_clusters(
            near.standing,
            near.edges,
            represented(self.decisions, self.store.articles.matched_as(self._decided())),
            order={article: head.order for article, head in heads.items()},
            threshold=self.threshold,
        )
        whole = [
            tuple(sorted(a for standing in found for a in near.stand_ins[standing])) for found in clusters
        ]
        articles = [article for members in whole for article in members]
        story_of = self.store.articles.stories_of(articles)
        before = self.store.stories.members(set(story_of.values()))
        self.stories = self.store.stories.many(before)
        self.known = frozenset(self.stories)
        leads = {
            story: its.lead_article_id
            for story, its in self.stories.items()
            if its.lead_article_id is not None
        }
        ordered = [members for _, members in sorted(zip(map(_earliest(heads), clusters), whole, strict=True))]
        self.gone = self.store.stories.merged_into(before)
        placings = [p for p in place_clusters(ordered, story_of, leads) if not self._stands(p, before)]
        self._write(placings, story_of)

    # -- what to look at -------------------------------------------------------------------------------------

    def _decided(self) -> set[int]:
        return {end for decision in self.decisions for end in (decision.article_a, decision.article_b)}

    def _neighbourhood(self, touched: Collection[int]) -> Component:
        """Everything that strong pairs, decisions and present stories connect with the touched articles."""
        joined: defaultdict[int, set[int]] = defaultdict(set)
        standing_of = self.store.articles.matched_as(self._decided())
        for decision in represented(self.decisions, standing_of):
            if decision.kind is DecisionKind.SAME:
                joined[decision.article_a].add(decision.article_b)
                joined[decision.article_b].add(decision.article_a)
        standing: set[int] = set()
        stand_ins: dict[int, tuple[int, ...]] = {}
        surroundings = EdgeCache(store=self.store)
        frontier = set(self.store.articles.matched_as(touched).values())
        while frontier:
            standing |= frontier
            stand_ins |= self.store.articles.stand_ins(frontier)
            near = {end for article in frontier for end in joined.get(article, ())}
            near |= surroundings.explore(frontier, self.threshold - MARGIN)
            near |= self._in_one_story(article for one in frontier for article in stand_ins[one])
            frontier = set(self.store.articles.matched_as(near).values()) - standing
        inside = tuple(
            (a, b, odds) for (a, b), odds in surroundings.odds.items() if a in standing and b in standing
        )
        return Component(standing=frozenset(standing), edges=inside, stand_ins=stand_ins)

    def _in_one_story(self, articles: Iterable[int]) -> set[int]:
        stories = set(self.store.articles.stories_of(articles).values())
        return {article for members in self.store.stories.members(stories).values() for article in members}

    def _stands(self, placing: IdAssignment, before: Mapping[int, tuple[int, ...]]) -> bool:
        """Nothing about this story has changed."""
        return (
            placing.story is not None
            and not placing.merged
            and before[placing.story] == placing.cluster
            and not any(article in self.changed for article in placing.cluster)
        )

    # -- what is written -------------------------------------------------------------------------------------

    def _write(self, placings: Sequence[IdAssignment], story_of: Mapping[int, int]) -> None:
        chronicler = self._chronicler(placings, story_of)
        next_id = self.store.stories.next_id()
        kinds = self.store.sources.kinds()
        for batch in _by_size(placings, TEXTS_AT_ONCE):
            ids = [article for placing in batch for article in placing.cluster]
            stored, heads = self.store.articles.many(ids), self.store.articles.heads(ids)
            written: list[tuple[StoredStory, StorySummary]] = []
            for placing in batch:
                story_id = placing.story
                if story_id is None:
                    story_id, next_id = next_id, next_id + 1
                reports = {
                    article: _report(stored[article], heads[article].order, kinds)
                    for article in placing.cluster
                }
                telling = tell(reports.values())
                written.append((self._story(story_id, telling), telling))
                outlets = [reports[article].outlet for article in telling.reports]
                self.changes += chronicler.changes(
                    placing, story_id, title=telling.title, lead=telling.lead, outlets=outlets
                )
            self._save(written)
        self._close(placings)

    def _story(self, story_id: int, telling: StorySummary) -> StoredStory:
        known = self.stories.get(story_id)
        story = StoredStory(
            id=story_id,
            title=telling.title,
            first_published_at=telling.first_published_at,
            last_published_at=telling.last_published_at,
            article_count=len(telling.reports),
            report_count=telling.report_count,
            source_count=telling.source_count,
            lead_article_id=telling.lead,
            first_article_id=telling.first,
            merged_into=None,
            origin_kind=telling.beginning.kind,
            origin_article_id=telling.beginning.article,
            origin_url=telling.beginning.url,
            created_at=known.created_at if known else self.now,
            updated_at=self.now,
        )
        self.stories[story_id] = story
        return story

    def _save(self, written: Sequence[tuple[StoredStory, StorySummary]]) -> None:
        self.store.stories.save_all(story for story, _ in written)
        places = {article: story.id for story, telling in written for article in telling.reports}
        self.places |= places
        self.store.stories.assign(places, at=self.now)
        self.store.stories.set_copy_groups(
            {a: o for _, telling in written for a, o in telling.original.items()}
        )
        self.store.stories.save_shares(
            places,
            [
                ReportShare(
                    article_id=article,
                    story_id=story.id,
                    lag_hours=share.lag_hours,
                    borrowed_share=share.borrowed.share,
                    borrowed_from=share.borrowed.source,
                    origin_share=share.origin,
                )
                for story, telling in written
                for article, share in telling.shares.items()
            ],
        )

    def _close(self, placings: Sequence[IdAssignment]) -> None:
        """Point the stories that came to another at it, and those merged before at where their lead report is
        now."""
        for placing in placings:
            for other in placing.merged:
                survivor = placing.story or other  # only a story that goes on takes others in
                emptied = replace(
                    self.stories[other],
                    merged_into=survivor,
                    article_count=0,
                    report_count=0,
                    source_count=0,
                    updated_at=self.now,
                )
                self.store.stories.save_all([emptied])
                self.store.stories.repoint(other, survivor)
        for its in self.gone.values():
            place = self.places.get(its.lead_article_id or 0)
            if place not in (None, its.merged_into):
                self.store.stories.save_all([replace(its, merged_into=place, updated_at=self.now)])

    def _chronicler(self, placings: Sequence[IdAssignment], story_of: Mapping[int, int]) -> ChangeLog:
        moved = [
            article
            for placing in placings
            if len(placing.cluster) > 1
            for article in placing.cluster
            if article not in story_of or story_of[article] != placing.story
        ]
        return ChangeLog(
            at=self.now,
            by=self.by,
            cause=self.cause,
            story_of=story_of,
            title_of={story_id: story.title for story_id, story in self.stories.items()},
            pairs=by_article(self.store.matches.explained(moved)),
            revised=frozenset(article for article in self.changed if article in story_of),
            anew=self.anew,
            said=said_by_people(self.decisions),
        )


def _earliest(heads: Mapping[int, Head]) -> Callable[[Iterable[int]], tuple[str, str]]:
    """By what new stories are numbered: date and content of the earliest report, so that arrival does not
    show."""
    return lambda members: min(
        (head.published_at or "~", head.order) for head in map(heads.__getitem__, members)
    )


def log_odds(probability: float) -> float:
    """Natural log odds of a probability, bounded."""
    if probability <= 0 or probability >= 1:
        return MOST_ODDS if probability >= 1 else -MOST_ODDS
    return max(-MOST_ODDS, min(MOST_ODDS, math.log(probability / (1 - probability))))


def outlet_of(article: Article) -> str:
    """Who published an article: its source, else the publisher it names, else its site; empty when nobody
    says."""
    if article.source_id or article.publisher:
        return article.source_id or article.publisher or ""
    try:
        return site_of(article.url) if article.url else ""
    except AddressError:
        return ""


def _report(stored: StoredArticle, order: str, kinds: Mapping[str, str]) -> Report:
    return Report(
        key=stored.id,
        article=stored.article,
        copy_key=stored.copy_key,
        order=order,
        outlet=outlet_of(stored.article),
        kind=kinds.get(stored.article.source_id or "", ""),
    )


def _by_size(placings: Sequence[IdAssignment], most: int) -> Iterator[list[IdAssignment]]:
    """Lists of clusters of together about ``most`` articles."""
    batch: list[IdAssignment] = []
    size = 0
    for placing in placings:
        batch.append(placing)
        size += len(placing.cluster)
        if size >= most:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

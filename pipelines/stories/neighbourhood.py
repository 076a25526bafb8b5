"""Which articles must be clustered again, and the pairs between them.

What the matcher makes of a pair depends on the pair and its rivals, the pairs at either end of it, and on the
component that linked pairs make; two clusters come together only inside one component. So the articles of a
component can be clustered by themselves, given the pairs at their neighbours too: the result is that of
clustering everything. A pair that linked at the last filing but does not any more is followed once again,
because the pairs of the component that it leaves are weighed again. The number of articles weighs too as long
as a desk has fewer than ``SETTLED``: all of it is clustered again then.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.matching.clustering import refined
from pipelines.matching.density import LINKED, in_their_stream
from pipelines.matching.rivals import SETTLED
from pipelines.models import Decision
from pipelines.storage.store import Store
from pipelines.storage.tables.matching import Edge as StoredEdge
from pipelines.stories.constraints import must_links, represented
from pipelines.stories.pairs import SAME_TEXT

MARGIN = 1e-6  # natural log odds; a component that is a little too large does no harm
MOST_ODDS = 30.0  # natural log; a stored probability of 1 stands for this

Edge = tuple[int, int, float]  # two articles and natural log odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Articles that stand for themselves, the pairs between them, and the articles that each stands for.

    The log odds of ``edges`` and ``outward`` are those after the rivals and the density.
    """

    standing: frozenset[int]
    edges: tuple[Edge, ...]
    outward: tuple[Edge, ...]  # pairs with an article outside
    among_rivals: Mapping[tuple[int, int], float]  # log odds of all these pairs before the density
    stored: Mapping[tuple[int, int], StoredEdge]
    stand_ins: Mapping[int, tuple[int, ...]]


@dataclass
class EdgeCache:
    """The pairs around a growing set of articles, each loaded once."""

    store: Store
    desk: int  # number of articles that stand for themselves, up to ``SETTLED``
    odds: dict[tuple[int, int], float] = field(default_factory=dict)  # of pairs at explored articles, refined
    stored: dict[tuple[int, int], StoredEdge] = field(default_factory=dict)
    _edges: dict[int, list[Edge]] = field(default_factory=dict)  # every stored pair at an article

    def explore(self, articles: Collection[int], threshold: float) -> set[int]:
        """Load the pairs at these articles; return the ends of those that link (natural log odds) or did."""
        self._load(articles)
        around = {end for article in articles for a, b, _ in self._edges[article] for end in (a, b)}
        self._load(around)
        edges = {edge for article in around for edge in self._edges[article]}
        near: set[int] = set()
        for a, b, odds in refined(sorted(edges), desk=self.desk):
            if a in articles or b in articles:
                self.odds[a, b] = odds
                if odds >= threshold or self.stored[a, b].linked:
                    near.update((a, b))
        return near

    def _load(self, articles: Collection[int]) -> None:
        missing = {article for article in articles if article not in self._edges}
        self._edges.update((article, []) for article in missing)
        for edge in self.store.matches.edges(missing):
            if edge.pair_probability < SAME_TEXT:
                self.stored[edge.a, edge.b] = edge
                for end in {edge.a, edge.b} & missing:
                    self._edges[end].append((edge.a, edge.b, log_odds(edge.pair_probability)))


def component_of(
    store: Store,
    touched: Collection[int],
    decisions: Sequence[Decision],
    *,
    threshold: float,
    everything: bool = False,
) -> Component:
    """Return all that strong pairs, decisions and present stories connect with the touched articles.

    ``everything``: nothing is left to be clustered again but these articles.
    """
    ends = {end for decision in decisions for end in (decision.article_a, decision.article_b)}
    links = must_links(represented(decisions, store.articles.matched_as(ends)))
    standing: set[int] = set()
    stand_ins: dict[int, tuple[int, ...]] = {}
    there = store.fingerprints.standing(most=SETTLED + len(touched))
    cache = EdgeCache(store=store, desk=min(SETTLED, len(there)))
    frontier = set(store.articles.matched_as(touched).values())
    if frontier and not everything and len(there) < SETTLED + len(touched):
        frontier.update(there)
    while frontier:
        standing |= frontier
        stand_ins |= store.articles.stand_ins(frontier)
        near = {other for article in frontier for other, _ in links.get(article, ())}
        near |= cache.explore(frontier, min(threshold, LINKED) - MARGIN)
        near |= _in_one_story(store, (article for one in frontier for article in stand_ins[one]))
        frontier = set(store.articles.matched_as(near).values()) - standing
    pairs = [(a, b, odds) for (a, b), odds in cache.odds.items()]
    inside = [(a, b, odds) for a, b, odds in pairs if a in standing and b in standing]
    return Component(
        standing=frozenset(standing),
        edges=tuple(in_their_stream(inside, desk=cache.desk)),
        outward=tuple((a, b, odds) for a, b, odds in pairs if a not in standing or b not in standing),
        among_rivals=cache.odds,
        stored=cache.stored,
        stand_ins=stand_ins,
    )


def _in_one_story(store: Store, articles: Iterable[int]) -> set[int]:
    stories = set(store.articles.stories_of(articles).values())
    return {article for members in store.stories.members(stories).values() for article in members}


def log_odds(probability: float) -> float:
    """Return the natural log odds of a probability, within ``MOST_ODDS``."""
    if probability <= 0 or probability >= 1:
        return MOST_ODDS if probability >= 1 else -MOST_ODDS
    return max(-MOST_ODDS, min(MOST_ODDS, math.log(probability / (1 - probability))))

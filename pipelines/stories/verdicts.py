"""What the desk decided for a pair: one event exactly if both articles lie in one story.

The matcher judges a pair by its texts; rivals, the density of the stream, the rest of the cluster and people
may decide otherwise. The stored verdict, its probability and its reason follow the decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from pipelines.matching.decided import probability_after
from pipelines.matching.density import LINKED
from pipelines.matching.explanations import desk_reason
from pipelines.models import Match
from pipelines.storage.store import Store
from pipelines.stories.neighbourhood import Component, log_odds

_LEAST_CHANGE = 1e-9  # of a stored probability


def settle_pairs(store: Store, component: Component, clusters: Iterable[Collection[int]]) -> None:
    """Store what a filing made of the pairs of a component. ``clusters`` hold the articles that stand."""
    cluster_of = {article: number for number, members in enumerate(clusters) for article in members}
    weighed: list[tuple[float, bool, int, int]] = []
    decided: list[Match] = []
    for a, b, odds in (*component.edges, *component.outward):
        known, linked = component.stored[a, b], component.among_rivals[a, b] >= LINKED
        together = cluster_of.get(a, -1) == cluster_of.get(b, -2)
        value = probability_after(known.pair_probability, odds, together=together)
        if linked is not known.linked or abs(value - known.probability) > _LEAST_CHANGE:
            weighed.append((value, linked, a, b))
        if together is not known.same_event and (match := store.matches.between(a, b)):
            reason = desk_reason(match, together=together)
            decided.append(replace(match, probability=value, same_event=together, reason=reason))
    store.matches.weigh(weighed)
    store.matches.decide(decided)


def settle_copies(store: Store, articles: Collection[int]) -> None:
    """Bring the verdicts on the other pairs of these articles, copies mostly, in line with their stories."""
    store.matches.decide(_settled(match, together) for match, together in store.matches.unsettled(articles))


def _settled(match: Match, together: bool) -> Match:
    value = probability_after(match.of_texts, log_odds(match.of_texts), together=together)
    reason = desk_reason(match, together=together)
    return replace(match, probability=value, same_event=together, reason=reason)

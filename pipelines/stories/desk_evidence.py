"""What the desk adds to the evidence of a pair: the reports around it, and the story in which each lies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.decided import WEAK, probability_after
from pipelines.matching.explanations import desk_evidence, desk_reason
from pipelines.models import Match
from pipelines.storage.store import Store
from pipelines.stories.neighbourhood import component_of, log_odds
from pipelines.stories.pairs import SAME_TEXT


def with_desk(store: Store, match: Match, pair: tuple[int, int], *, together: bool) -> Match:
    """Return the verdict of the desk on a pair of stored articles, ``match`` being that by the texts alone.

    The evidence adds up to the log odds of its probability.
    """
    texts = match.of_texts
    steps = list(_odds_of_steps(store, match, pair)) if together or texts >= WEAK else []
    odds = [log_odds(texts), *(value for _, value in steps)]
    copied = texts >= SAME_TEXT and together
    value = texts if copied else probability_after(texts, odds[-1], together=together)
    bits = [each / math.log(2) for each in (*odds, log_odds(value))]
    names = [*(name for name, _ in steps), "story"]
    added = [
        desk_evidence(name, after - before)
        for name, before, after in zip(names, bits[:-1], bits[1:], strict=True)
    ]
    evidence = (*match.evidence, *(piece for piece in added if piece.weight))
    return replace(
        match,
        probability=value,
        same_event=together,
        reason=desk_reason(match, together=together),
        evidence=evidence,
        pair_probability=texts,
    )


def _odds_of_steps(store: Store, match: Match, pair: tuple[int, int]) -> Iterator[tuple[str, float]]:
    """Yield the natural log odds of a pair after its rivals, and then after the density of its component."""
    if match.of_texts >= SAME_TEXT:
        return
    standing = store.articles.matched_as(pair)
    a, b = sorted(standing.get(article, article) for article in pair)
    component = component_of(store, pair, store.decisions.active(), threshold=THRESHOLD)
    if (a, b) in component.among_rivals:
        yield "rivals", component.among_rivals[a, b]
        yield (
            "stream",
            next(
                odds for one, other, odds in (*component.edges, *component.outward) if (one, other) == (a, b)
            ),
        )

"""How many of the pairs of a stream are of one event: the prior against which each pair's odds are held.

The model of pairs was fitted on streams in which a certain share of the compared pairs is of one event. A
stream of round-ups has more, a stream of single notices fewer. The share is estimated for each connected
component by expectation maximisation, and the log odds by which it differs are added to those of the pairs of
the component (Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
probabilities").

The pairs of a small desk are too few to tell a stream of round-ups from one event told twice, so the shift
grows with the number of its articles up to ``SETTLED``. On small desks cut out of files left out of the fit
(`tools/small_desks.py`) pairs are joined with a precision of .82 in place of .79 on the nine files, .87 in
place of .85 on the months; recall is lower by .012 and .010.

Components are cut at ``LINKED``. Cut lower, those of a mixed archive grow together and one share is estimated
for all of it. Sums are exact (`fsum`), hence blind to order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import exp, fsum, log

from pipelines.matching.components import connected_components
from pipelines.matching.rivals import SETTLED, Edge

LINKED = -0.5  # natural log odds from which a pair links two articles to one component
# Chosen on files and streams left out of the fit (nine files, nine streams): .15 to .3 and 5 to 40 pairs do
# the same within .003 of B-cubed; fewer pairs put more events of a desk into one story.
USUAL_SHARE = 0.2  # of one event among the pairs of a component, when nothing is known of it
USUAL_PAIRS = 40  # how many pairs that share counts for
MOST_SHIFT = 3.0  # natural log odds
_STEPS, _TOLERANCE = 100, 1e-9


def in_their_stream(edges: Iterable[Edge], *, desk: int = SETTLED) -> list[Edge]:
    """Return the edges (a, b, natural log odds) with the log odds that the density of their component gives.

    A pair between two components keeps its own. Give whole components, with all pairs inside each.
    ``desk``: how many articles are there to compare; word-for-word copies count as one.
    """
    edges = list(edges)
    component = _components(edges)
    inside: defaultdict[int, list[float]] = defaultdict(list)
    for a, b, odds in edges:
        if component[a] == component[b]:
            inside[component[a]].append(odds)
    trust = min(desk, SETTLED) / SETTLED
    shifts = {number: trust * shift(odds) for number, odds in inside.items()}
    return [
        (a, b, odds + shifts[component[a]] if component[a] == component[b] else odds) for a, b, odds in edges
    ]


def shift(odds: Sequence[float]) -> float:
    """Return what is added to the natural log odds of the pairs of a component."""
    usual = log(USUAL_SHARE / (1 - USUAL_SHARE))
    weights = [exp(-each) for each in odds]
    moved = 0.0
    for _ in range(_STEPS):
        ratio = exp(-moved)
        likely = fsum(1.0 / (1.0 + ratio * weight) for weight in weights)
        share = (likely + USUAL_PAIRS * USUAL_SHARE) / (len(odds) + USUAL_PAIRS)
        again = log(share / (1 - share)) - usual
        if abs(again - moved) < _TOLERANCE:
            break
        moved = again
    return max(-MOST_SHIFT, min(MOST_SHIFT, moved))


def _components(edges: Sequence[Edge]) -> Mapping[int, int]:
    """Return the number of each member's component."""
    members = {end: None for a, b, _ in edges for end in (a, b)}
    links = ((a, b) for a, b, odds in edges if odds >= LINKED)
    groups = connected_components(members, links)
    return {member: number for number, group in enumerate(groups) for member in group}

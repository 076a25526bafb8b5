"""The probability of a pair once the desk has decided whether both articles lie in one story.

The odds of a pair, even among its rivals, say nothing of the reports around it. That these brought the two
into one story, or kept them apart, is evidence too.
"""

from __future__ import annotations

from math import exp

# Slope and offset of the natural log odds, near those of a logistic regression on pairs of files and streams
# left out of the fit (`python -m tests.benchmarks.validate_matcher grouping` prints both again), chosen with
# the two bounds so that no band of stated probability is far from the observed one. Without and with vectors
# the worst band is .103 and .062 away on the nine files, .102 and .100 on the months, .165 and .142 on the
# written streams (with (.7, .6), (.8, -.4), .5, .49 it was .126 and .099, .119 and .116, .199 and .159).
# One story never makes a pair less likely to be of one event, two stories never more.
TOGETHER = (0.7, 0.7)
APART = (0.8, -0.25)
# What is in one story is called one event, whatever the pair says. Pairs in one story that the fit gives .5
# to .6 are right in six of ten cases; those in two stories that it gives more than .45 are right in four.
LEAST_TOGETHER, MOST_APART = 0.6, 0.45
# Probability by the texts below which a pair that the desk keeps apart keeps it. On the streams these are
# half of the stored pairs, each of which would have to be written twice.
WEAK = 0.1


def probability_after(texts: float, odds: float, *, together: bool) -> float:
    """Return what is stored as the probability of a pair; ``texts`` is that by the two texts alone."""
    return texts if texts < WEAK and not together else decided_probability(odds, together=together)


def decided_probability(odds: float, *, together: bool) -> float:
    """Return the probability that two articles are of one event.

    ``odds``: natural log odds after the rivals and the density; ``together``: both lie in one story.
    """
    slope, offset = TOGETHER if together else APART
    fitted = slope * odds + offset
    value = 1.0 / (1.0 + exp(-(max(odds, fitted) if together else min(odds, fitted))))
    return max(value, LEAST_TOGETHER) if together else min(value, MOST_APART)

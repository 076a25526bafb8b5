"""The probability of a pair once the desk has decided whether both articles lie in one story.

The odds of a pair, even among its rivals, say nothing of the reports around it. That these brought the two
into one story, or kept them apart, is evidence too.
"""

from __future__ import annotations

from math import exp

# Slope and offset of the natural log odds, by logistic regression on pairs of files and streams left out of
# the fit (`python -m tests.benchmarks.validate_matcher reliability` prints both again). One story never makes
# a pair less likely to be of one event, two stories never more.
TOGETHER = (0.72, 0.75)
APART = (0.75, -0.9)
LEAST_TOGETHER, MOST_APART = 0.5, 0.49  # what is in one story is called one event, whatever the pair says


def decided_probability(odds: float, *, together: bool) -> float:
    """Return the probability that two articles are of one event.

    ``odds``: natural log odds after the rivals and the density; ``together``: both lie in one story.
    """
    slope, offset = TOGETHER if together else APART
    fitted = slope * odds + offset
    value = 1.0 / (1.0 + exp(-(max(odds, fitted) if together else min(odds, fitted))))
    return max(value, LEAST_TOGETHER) if together else min(value, MOST_APART)

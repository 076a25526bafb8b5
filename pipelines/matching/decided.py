"""The probability of a pair once the desk has decided whether both articles lie in one story.

The odds of a pair, even among its rivals, say nothing of the reports around it. That these brought the two
into one story, or kept them apart, is evidence too.
"""

from __future__ import annotations

from math import exp

# Slope and offset of the natural log odds, chosen with the two bounds so that no band of stated probability
# is far from the observed one on pairs of files and streams left out of the fit (`python -m
# tests.benchmarks.validate_matcher grouping` prints logistic regressions and bands). With and without vectors
# the worst band of pairs in one story is .09 and .10 away. Of pairs in two stories it is .12 and .11 on the
# nine files, .03 and .12 on the months, .19 and .15 on the written streams; the streams ask for a higher
# offset, the months for a lower one.
# One story never makes a pair less likely to be of one event, two stories never more.
TOGETHER = (0.5, 0.7)
APART = (0.7, -0.4)
# What is in one story is called one event, whatever the pair says, and what is in two stories is not.
LEAST_TOGETHER, MOST_APART = 0.7, 0.49
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

"""Which of the articles that share a key are worth comparing in full: a quick look at the words that both use.

Of the articles that share one telling word with a new one most are of other events, and a cosine of the rarer words,
held against how far the two are apart in time, tells so for a tenth of the cost of a comparison. It is a function of
the pair alone and the same both ways round.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.fingerprint import Fingerprint

# A pair is close when cosine / sqrt(days apart + 1) / (words of the shorter + 1) ** (1/4) reaches this. The two powers
# were found by search over all pairs of the DEV files and rounded (any file left out gives the same); the bound and the
# gap are those that find most true pairs while no file has more than a hundred close articles an article.
CLOSE = 0.00117
UNDATED_GAP = 48.0  # days that an article without a date is taken to be away from any other

_Places = NDArray[np.int64]


class Overlap(NamedTuple):
    """The terms that an article shares with each of others, in the order of the others."""

    pair: _Places  # which of the others
    mine: _Places  # where the term stands in the article
    theirs: _Places  # and in the other

    def only(self, kept: _Places, of: int) -> Overlap:
        """What is shared with some of the ``of`` others, numbered anew."""
        number = np.full(of, -1)
        number[kept] = np.arange(len(kept))
        pair = number[self.pair]
        inside = pair >= 0
        return Overlap(pair[inside], self.mine[inside], self.theirs[inside])


def overlap(one: Fingerprint, others: Sequence[Fingerprint]) -> Overlap:
    """The terms that ``one`` shares with each of the others."""
    hashes = np.concatenate([other.hashes for other in others]) if others else one.hashes[:0]
    asked, mine = _met(one.hashes, hashes)
    ends = np.cumsum([len(other.hashes) for other in others])
    pair = np.searchsorted(ends, asked, side="right")
    return Overlap(pair, mine, asked - np.concatenate(([0], ends))[pair])


def _met(known: NDArray[np.uint64], asked: NDArray[np.uint64]) -> tuple[_Places, _Places]:
    """The places in ``asked`` of what is known, and where it stands among the ``known``.

    By a table of the lowest 16 bits; where two of the known share those, by search.
    """
    places = np.arange(len(known), dtype=np.int16)
    table = np.full(2**16, -1, dtype=np.int16)
    slots = known.astype(np.uint16)
    table[slots] = places
    if (table[slots] == places).all():
        met = np.flatnonzero(table[asked.astype(np.uint16)] >= 0)
        at = table[asked[met].astype(np.uint16)].astype(np.int64)
    else:
        order = np.argsort(known)
        met = np.arange(len(asked))
        at = order[np.minimum(np.searchsorted(known[order], asked), len(known) - 1)]
    right = known[at] == asked[met]
    return met[right], at[right]


def close(one: Fingerprint, others: Sequence[Fingerprint]) -> list[int]:
    """The places of those among the others that are worth comparing in full."""
    places: list[int] = near(one, others, overlap(one, others)).tolist()
    return places


def near(one: Fingerprint, others: Sequence[Fingerprint], shared: Overlap) -> _Places:
    """`close`, when what is shared is known."""
    if not others:
        return np.zeros(0, dtype=np.int64)
    profiles = [other.profile for other in others]
    starts = np.cumsum([0, *(len(other.hashes) for other in others[:-1])])
    theirs = np.concatenate([profile.finding for profile in profiles])[starts[shared.pair] + shared.theirs]
    dots = np.bincount(shared.pair, one.profile.finding[shared.mine] * theirs, minlength=len(others))
    norms = one.profile.finding_norm * np.array([profile.finding_norm for profile in profiles])
    days = np.array([np.nan if other.day is None else other.day for other in others])
    gap = np.full(len(others), UNDATED_GAP) if one.day is None else np.abs(days - one.day)
    gap[np.isnan(gap)] = UNDATED_GAP
    shorter = np.minimum(one.length, [other.length for other in others])
    # no dot product, no likeness: an empty article is close to none
    return np.flatnonzero((dots > 0) & (dots >= CLOSE * norms * np.sqrt(gap + 1) * np.sqrt(np.sqrt(shorter + 1))))

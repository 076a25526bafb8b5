"""Which candidates are worth comparing in full, by the words that both use and by what they mean.

Of the articles that share one telling word with a new one most are of other events, and a cosine of the rarer
words, held against how far the two are apart in time, shows it for a tenth of the cost of a comparison. So
does, of articles of a day or two, the cosine of their codes. Both are functions of the pair alone and the
same both ways round.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.codes import alike
from pipelines.matching.fingerprint import FINDING_WEIGHT, Fingerprint, Floats, Hashes, TermSketch

# A pair is close when cosine / sqrt(days apart + 1) / (words of the shorter + 1) ** (1/4) reaches this. The
# two powers were found by search over all pairs of the DEV files and rounded (any file left out gives the
# same); the bound and the gap are those that find most true pairs while no file has more than a hundred close
# articles an article.
CLOSE = 0.00117
UNDATED_GAP = 48.0  # days that an article without a date is taken to be away from any other
# Two undated articles of two words each are all alike once they share one: they must share as much as one
# word of 5 bits in both openings. One true pair in twenty of undated headlines has less, and four strangers
# in ten.
UNDATED_LEAST = 1.2e8

# Short reports of one event in other words share no telling word. Of the pairs of one day or the next that
# words do not find, this cosine of codes keeps five an article, and 679 of 785 that are true (22 written
# streams and public files, none held out); a further day holds twelve true pairs more for six an article.
# Where both texts are longer, fourteen of 600 true pairs are found so, and a third of the false ones.
ALIKE = 0.1
ALIKE_DAYS = 1
SHORT = 60  # words

_SHORT_ROOT = sqrt(sqrt(SHORT + 1))  # as ``TermSketch.glance`` has it
_SLOTS = (np.uint64(32), np.uint64(20), np.uint64(26))
_Places = NDArray[np.int64]


class Overlap(NamedTuple):
    """The terms that an article shares with each of others, in the order of the others."""

    pair: _Places  # which of the others
    mine: _Places  # where the term stands in the article
    theirs: _Places  # and in the other
    dots: Floats  # for each of the others: the dot product of the weights of the shared terms
    glances: Floats  # for each of the others: its ``TermSketch.glance``
    alike: Floats  # for each of the others: the cosine of its code

    def only(self, kept: _Places) -> Overlap:
        """Return what is shared with some of the others, which are numbered from 0 again."""
        number = np.full(len(self.dots), -1)
        number[kept] = np.arange(len(kept))
        pair = number[self.pair]
        inside = np.flatnonzero(pair >= 0)
        return Overlap(
            pair[inside],
            self.mine[inside],
            self.theirs[inside],
            self.dots[kept],
            self.glances[kept],
            self.alike[kept],
        )


def overlap(one: TermSketch, others: Sequence[TermSketch]) -> Overlap:
    """Return the terms that ``one`` shares with each of the others."""
    if not others:
        none = np.zeros(0, dtype=np.int64)
        return Overlap(none, none, none, np.zeros(0), np.zeros((0, 4)), np.zeros(0))
    terms = np.concatenate([other.sought for other in others])
    glances = np.concatenate([other.glance for other in others]).reshape(-1, 4)
    lengths = glances[:, 0].astype(np.int64)
    asked, mine = _met(one.sought, terms)
    pair = np.repeat(np.arange(len(others)), lengths)[asked]
    products = (one.sought[mine] & FINDING_WEIGHT) * (terms[asked] & FINDING_WEIGHT)
    dots = np.bincount(pair, products, minlength=len(others)).astype(
        np.float64
    )  # of no terms at all: integers
    places = asked - (np.cumsum(lengths) - lengths)[pair]
    return Overlap(pair, mine, places, dots, glances, _alike(one, others))


def _alike(one: TermSketch, others: Sequence[TermSketch]) -> Floats:
    """Return the cosine of the code of one with that of each of the others; 0 where either has none."""
    if not one.code.any():  # without the encoder: a fifth of the time of ``overlap`` is spared
        return np.zeros(len(others))
    return alike(one.code, np.array([other.code for other in others]))


def _met(known: Hashes, asked: Hashes) -> tuple[_Places, _Places]:
    """Return the positions in ``asked`` of terms that are known, and the position of each in ``known``.

    By a table of 16 bits of the hash, of which there are three to try; where terms share all of these, by
    search.
    """
    places = np.arange(len(known), dtype=np.int16)
    table = np.full(2**16, -1, dtype=np.int16)
    for shift in _SLOTS:
        slots = (known >> shift).astype(np.uint16)
        table[slots] = places
        if (table[slots] == places).all():
            found = table.take((asked >> shift).astype(np.uint16))
            met = np.flatnonzero(found >= 0)
            at = found[met].astype(np.int64)
            break
        table[slots] = -1
    else:
        order = np.argsort(known)
        met = np.arange(len(asked))
        at = order[np.minimum(np.searchsorted(known[order], asked & ~FINDING_WEIGHT), len(known) - 1)]
    right = np.flatnonzero((known[at] ^ asked[met]) <= FINDING_WEIGHT)
    return met[right], at[right]


def close(one: Fingerprint, others: Sequence[Fingerprint]) -> list[int]:
    """Return the positions of the others that are worth comparing in full."""
    places: list[int] = near(one.glimpse, overlap(one.glimpse, [other.glimpse for other in others])).tolist()
    return places


def near(one: TermSketch, shared: Overlap) -> _Places:
    """Return the same as ``close``, given what is shared."""
    _, norm, day, root = one.glance.tolist()
    _, norms, days, roots = shared.glances.T
    gap = np.abs(days - day)
    undated = np.isnan(gap)
    gap[undated] = UNDATED_GAP
    bound = CLOSE * (norm * norms) * np.sqrt(gap + 1) * np.minimum(root, roots)
    bound = np.where(undated, np.maximum(bound, UNDATED_LEAST), bound)
    # without a shared term nothing is close by its words: an empty article is close to none
    by_words = (shared.dots > 0) & (shared.dots >= bound)
    short = np.minimum(root, roots) < _SHORT_ROOT
    return np.flatnonzero(by_words | (short & (gap <= ALIKE_DAYS) & (shared.alike >= ALIKE)))

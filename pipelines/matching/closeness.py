"""How close an article is in meaning to each of many others, with what that needs of each article made once.

An article is compared with hundreds of others, and so is each of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.matching.encoder import SIZE
from pipelines.matching.fingerprint import Floats, Profile
from pipelines.matching.meaning import Numbers

# Columns of `closeness`: the cosines of headlines and of leads.
TITLES, LEADS = range(2)
_AT_ONCE = 256  # profiles: their vectors take 1 MB
_NAME = "_placed"  # of what is kept with a profile


class Placed(NamedTuple):
    """The vectors of headline and lead of an article: whole numbers, so that every sum of them is exact."""

    vectors: Numbers  # 2 x ``SIZE``
    squares: Floats  # the dot product of each of the two with itself


def closeness(one: Profile, others: Sequence[Profile]) -> Floats:
    """Return two cosines of one with each of the others (n x 2), 0 where either has no vector."""
    place_together((one, *others))
    own: Placed = one.__dict__[_NAME]
    theirs: list[Placed] = [other.__dict__[_NAME] for other in others]
    vectors = np.concatenate([each.vectors for each in theirs]).reshape(-1, 2, SIZE)
    dots = np.empty((len(others), 2))
    for part in range(2):
        dots[:, part] = vectors[:, part] @ own.vectors[part]
    lengths = np.sqrt(own.squares * np.concatenate([each.squares for each in theirs]).reshape(-1, 2))
    cosines: Floats = np.divide(dots, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return cosines


def place_together(profiles: Iterable[Profile]) -> None:
    """Make the vectors of many profiles at once, and keep them with each."""
    waiting = list({id(each): each for each in profiles if _NAME not in each.__dict__}.values())
    for start in range(0, len(waiting), _AT_ONCE):
        batch = waiting[start : start + _AT_ONCE]
        stored = b"".join(vector or bytes(SIZE) for each in batch for vector in each.vectors)
        vectors = np.frombuffer(stored, dtype=np.int8).astype(np.float32).reshape(-1, 2, SIZE)
        squares = np.einsum("nij,nij->ni", vectors, vectors).astype(np.float64)
        for each, *its in zip(batch, vectors, squares, strict=True):
            each.__dict__[_NAME] = Placed(*its)

"""How close an article is in meaning to each of many others, with what that needs of each article made once.

An article is compared with hundreds of others, and each of these with hundreds: to map its two vectors for
each pair took a third of the time of a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.matching.encoder import SIZE
from pipelines.matching.fingerprint import Floats, Profile
from pipelines.matching.meaning import Numbers
from pipelines.matching.projection import KEPT, projected, projection

# Columns of `closeness`: the cosines of headlines and leads, then both after the map (``projection``).
TITLES, LEADS, MAPPED_TITLES, MAPPED_LEADS = range(4)
_AT_ONCE = 256  # profiles: their vectors take 2 MB
_NAME = "_placed"  # of what is kept with a profile


class Placed(NamedTuple):
    """The vectors of headline and lead of an article: whole numbers, so that every sum of them is exact."""

    plain: Numbers  # 2 x ``SIZE``
    mapped: Numbers  # 2 x ``KEPT``
    squares: Floats  # the dot product of each of the four with itself


def closeness(one: Profile, others: Sequence[Profile]) -> Floats:
    """Return four cosines of one with each of the others (n x 4), 0 where either has no vector."""
    place_together((one, *others))
    own: Placed = one.__dict__[_NAME]
    theirs: list[Placed] = [other.__dict__[_NAME] for other in others]
    plain = np.concatenate([each.plain for each in theirs]).reshape(-1, 2, SIZE)
    mapped = np.concatenate([each.mapped for each in theirs]).reshape(-1, 2, KEPT).astype(np.float64)
    dots = np.empty((len(others), 4))
    for part in range(2):
        dots[:, part] = plain[:, part] @ own.plain[part]
        dots[:, 2 + part] = mapped[:, part] @ own.mapped[part].astype(np.float64)
    lengths = np.sqrt(own.squares * np.concatenate([each.squares for each in theirs]).reshape(-1, 4))
    cosines: Floats = np.divide(dots, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return cosines


def place_together(profiles: Iterable[Profile]) -> None:
    """Make the vectors of many profiles at once, and keep them with each."""
    waiting = list({id(each): each for each in profiles if _NAME not in each.__dict__}.values())
    for start in range(0, len(waiting), _AT_ONCE):
        batch = waiting[start : start + _AT_ONCE]
        stored = b"".join(vector or bytes(SIZE) for each in batch for vector in each.vectors)
        plain = np.frombuffer(stored, dtype=np.int8).astype(np.float32)
        mapped = projected(plain.reshape(-1, SIZE), projection()).reshape(-1, 2, KEPT)
        plain = plain.reshape(-1, 2, SIZE)
        squares = np.concatenate(
            (np.einsum("nij,nij->ni", plain, plain), np.einsum("nij,nij->ni", mapped, mapped)), axis=1
        )
        for each, *its in zip(batch, plain, mapped.astype(np.float32), squares, strict=True):
            each.__dict__[_NAME] = Placed(*its)

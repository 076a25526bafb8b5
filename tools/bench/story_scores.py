"""The figures of stories over one file or several, with intervals by bootstrap over events.

The measures are those of `pipelines.matching.metrics` (B-cubed, pairwise, CEAF-e, glued, split events).
Here they are also summed by event, so that draws of the same events can be scored fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.metrics import ErrorKind, evaluate
from tools.bench.bootstrap import DRAWS, SEED

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one file gives; ``draws`` are B-cubed and pairwise F1, a row a draw."""

    b_cubed: float
    pairwise: float
    ceaf_e: float
    several: int
    glued: int
    reported: int
    split: int
    draws: Floats


def figures(events: Sequence[str], stories: Sequence[int], draws: int = DRAWS) -> Figures:
    """Return the figures of a file, from the event and the story of each article."""
    ids = [str(at) for at in range(len(events))]
    found = evaluate(dict(zip(ids, events, strict=True)), dict(zip(ids, stories, strict=True)))
    f1 = {measure.name: measure.f1 for measure in found.measures}
    kinds = Counter(error.kind for error in found.errors)
    return Figures(
        b_cubed=f1["B-cubed"],
        pairwise=f1["pairwise"],
        ceaf_e=f1["CEAF-e"],
        several=sum(size > 1 for size in Counter(stories).values()),
        glued=kinds[ErrorKind.MERGED],
        reported=sum(size > 1 for size in Counter(events).values()),
        split=kinds[ErrorKind.SPLIT],
        draws=drawn(events, stories, draws),
    )


def sums_by_event(events: Sequence[str], stories: Sequence[int]) -> Floats:
    """Return a row an event: articles, B-cubed precision and recall, pairs right, joined and true (twice)."""
    size, reports, both = Counter(stories), Counter(events), Counter(zip(events, stories, strict=True))
    number = {event: at for at, event in enumerate(reports)}
    sums = np.zeros((len(reports), 6))
    for event, story in zip(events, stories, strict=True):
        right = both[event, story]
        sums[number[event]] += (
            1, right / size[story], right / reports[event], right - 1, size[story] - 1, reports[event] - 1,
        )  # fmt: skip
    return sums


def f1s(totals: Floats) -> Floats:
    """Return B-cubed and pairwise F1 of sums, a row each."""
    articles, precision, recall, right, joined, true = totals.T
    b_cubed = 2 * precision * recall / (precision + recall) / articles
    return np.stack((b_cubed, 2 * right / np.maximum(1, joined + true)), axis=1)


def drawn(events: Sequence[str], stories: Sequence[int], draws: int) -> Floats:
    """Return B-cubed and pairwise F1 of so many draws of the events."""
    sums = sums_by_event(events, stories)
    chance = np.random.default_rng(SEED)
    totals = [sums[chance.integers(len(sums), size=len(sums))].sum(axis=0) for _ in range(draws)]
    return f1s(np.array(totals))


def mean_of_files(files: Mapping[str, Figures]) -> dict[str, Any]:
    """Return unweighted means over files with intervals, the counts added up, and each file's F1 values."""
    every = list(files.values())
    middle = np.percentile(np.mean([each.draws for each in every], axis=0), (2.5, 97.5), axis=0)
    means = {
        key: float(np.mean([getattr(each, key) for each in every]))
        for key in ("b_cubed", "pairwise", "ceaf_e")
    }
    counts = {
        key: sum(getattr(each, key) for each in every) for key in ("several", "glued", "reported", "split")
    }
    return {
        "b_cubed": rounded(means["b_cubed"], *middle[:, 0]),
        "pairwise": rounded(means["pairwise"], *middle[:, 1]),
        "ceaf_e": round(means["ceaf_e"], 4),
        **counts,
        "files": {name: rounded(each.b_cubed, each.pairwise) for name, each in files.items()},
    }


def rounded(*values: float) -> list[float]:
    """Return figures as plain numbers with four places."""
    return [round(float(value), 4) for value in values]

"""How well reports are grouped by what there is of them: a headline alone, a few words, no date."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tools.matcher_data import Table

POOR_WORDS = 90  # of a text; a teaser and a brief have 40 to 90
CLASSES = ("headline only", f"up to {POOR_WORDS} words", f"over {POOR_WORDS} words", "without a date", "all")


def by_class(tables: Sequence[Table], clusters: Mapping[str, Mapping[int, int]]) -> Iterator[str]:
    """Yield a line for each class of text: B-cubed precision, recall and F1 of its articles, files weighing
    the same, and how many there are. ``clusters``: the number of each article's cluster, by file."""
    found = {t.name: item_scores(t, clusters[t.name]) for t in tables}
    for name in CLASSES:
        means, count = [], 0
        for t in tables:
            places = [i for i in range(len(t.ids)) if name in classes_of(t, i)]
            count += len(places)
            if places:
                means.append(found[t.name][places].mean(axis=0))
        if means:
            precision, recall = np.mean(means, axis=0)
            f1 = 2 * precision * recall / (precision + recall)
            yield f"  {name:16s} {precision:.3f} {recall:.3f} {f1:.3f}  {count} articles"


def item_scores(of: Table, clusters: Mapping[int, int]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return precision and recall of each article's cluster (Bagga and Baldwin 1998), a row each."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for article, cluster in clusters.items():
        members[cluster].append(article)
    events = Counter(of.events)
    scores = np.zeros((len(of.ids), 2))
    for its in members.values():
        told = Counter(of.events[i] for i in its)
        for i in its:
            right = told[of.events[i]]
            scores[i] = right / len(its), right / events[of.events[i]]
    return scores


def classes_of(of: Table, article: int) -> tuple[str, ...]:
    """Return the classes that an article is in."""
    words = of.words[article]
    size = CLASSES[0] if not words else CLASSES[1] if words <= POOR_WORDS else CLASSES[2]
    return (size, CLASSES[-1]) if of.dated[article] else (size, CLASSES[3], CLASSES[-1])

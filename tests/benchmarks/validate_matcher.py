"""Validate the matcher on articles that its models did not see in fitting (needs `pip install
cuttings[fit]`).

python -m tests.benchmarks.validate_matcher files        leave one file out: the test for a kind of news not
yet met python -m tests.benchmarks.validate_matcher events       five folds by event; the whole file is
clustered, every pair
                                                         scored by models that saw neither of its two folds
python -m tests.benchmarks.validate_matcher families     leave one file out, without each family of features
in turn python -m tests.benchmarks.validate_matcher reliability  stated against observed probability, folds by
event
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from pipelines.matching.clustering import MISSING, PAIR_SHARE, THRESHOLD, agglomerate
from pipelines.matching.comparisons import FAMILIES, FEATURES
from tools.fit_matcher import tables_to_fit
from tools.matcher_data import ENGLISH, MONTHS, OTHER, RATED, SHARED, WRITTEN, Bools, Floats, Table, table
from tools.matcher_models import (
    Scorer,
    event_folds,
    neighbourhood_step,
    pair_step,
    without_event,
    without_file,
)

sys.path.insert(0, str(SHARED))
import score_clustering

THRESHOLDS = (-1.0, -0.75, THRESHOLD, -0.25)
RESAMPLES = 400
STEPS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

Edges = Mapping[str, Sequence[tuple[int, int, float]]]


def final_edges(tables: Sequence[Table], odds: Mapping[str, Floats], scorer: Scorer) -> Edges:
    """Edges as the clusterer sees them, every one scored by models that did not see it."""
    second = neighbourhood_step(tables, odds)
    refined = scorer(second)
    return {
        name: [
            (int(a), int(b), PAIR_SHARE * float(values[0]) + (1 - PAIR_SHARE) * float(more))
            for (a, b), values, more in zip(
                second.pairs[name], second.values[name], refined[name], strict=True
            )
        ]
        for name in second.pairs
    }


def clusters_of(of: Table, edges: Sequence[tuple[int, int, float]], threshold: float) -> dict[int, int]:
    """The number of each article's cluster."""
    found = agglomerate(range(len(of.ids)), edges, order=of.order, threshold=threshold, missing=MISSING)
    return {article: number for number, members in enumerate(found) for article in members}


def scores(
    of: Table, edges: Sequence[tuple[int, int, float]], threshold: float = THRESHOLD
) -> dict[str, float]:
    """The measures of the common scorer for the clusters of a file."""
    predicted = {of.ids[i]: cluster for i, cluster in clusters_of(of, edges, threshold).items()}
    return score_clustering.score(dict(zip(of.ids, of.events, strict=True)), predicted)


def area(odds: Floats, same: Bools) -> float:
    """Area under the ROC curve: the chance that a true pair is scored above a false one."""
    above = odds[same][:, None] - odds[~same][None, :]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def interval(of: Table, edges: Sequence[tuple[int, int, float]], threshold: float = THRESHOLD) -> Floats:
    """B-cubed and pairwise F1 of files made of the same events, drawn with replacement: a row a draw."""
    predicted = clusters_of(of, edges, threshold)
    size = Counter(predicted.values())
    events = Counter(of.events)
    both = Counter((of.events[i], cluster) for i, cluster in predicted.items())
    number = {event: i for i, event in enumerate(events)}
    sums = np.zeros((len(events), 6))  # articles, precision, recall; pairs right, joined, true
    for i, cluster in predicted.items():
        event = of.events[i]
        right = both[event, cluster]
        sums[number[event]] += (
            1, right / size[cluster], right / events[event], right - 1, size[cluster] - 1, events[event] - 1,
        )  # fmt: skip
    chance = np.random.default_rng(0)
    drawn = [sums[chance.integers(len(sums), size=len(sums))].sum(axis=0) for _ in range(RESAMPLES)]
    articles, precision, recall, right, joined, true = np.array(drawn).T
    b_cubed = 2 * precision * recall / (precision + recall) / articles
    return np.stack((b_cubed, 2 * right / np.maximum(1, joined + true)), axis=1)


def measure(tables: Sequence[Table], scorer: Scorer) -> None:
    """Print B-cubed and pairwise F1 a file and their mean over the English files, for several thresholds."""
    odds = scorer(pair_step(tables))
    for t in tables:
        if t.paired and 0 < t.same.sum() < len(t.same):
            print(f"{t.name:20s} AUC {area(odds[t.name], t.same):.3f} ({len(t.same)} pairs)")
    edges = final_edges(tables, odds, scorer)
    print("threshold           ", *(f"{threshold:11.2f}" for threshold in THRESHOLDS), "  95 % of draws")
    found, draws = {}, []
    for t in (t for t in tables if t.name in edges):
        found[t.name] = [scores(t, edges[t.name], threshold) for threshold in THRESHOLDS]
        drawn = interval(t, edges[t.name])
        draws += [drawn] if t.name in ENGLISH else []
        print(
            f"{t.name:20s}",
            *(f"{s['b3_f1']:.3f}/{s['pair_f1']:.3f}" for s in found[t.name]),
            spread(drawn),
            flush=True,
        )
    for key in ("b3_f1", "pair_f1", "ceafe_f1", "v"):
        means = np.mean([[s[key] for s in found[name]] for name in ENGLISH], axis=0)
        print(f"mean {key:15s}", *(f"{mean:11.4f}" for mean in means))
    print("mean of nine, 95 % of draws:", spread(np.mean(draws, axis=0)))


def spread(drawn: Floats) -> str:
    """The middle 95 % of draws of B-cubed and pairwise F1."""
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return f"  {low[0]:.3f}-{high[0]:.3f} / {low[1]:.3f}-{high[1]:.3f}"


def families(tables: Sequence[Table]) -> None:
    """Print the means with each family of features blanked in turn."""
    for family in ("", *FAMILIES):
        columns = [FEATURES.index(name) for name in FAMILIES.get(family, ())]
        lacking = []
        for t in tables:
            values = t.values.copy()
            values[:, columns] = 0.0
            lacking.append(dataclasses.replace(t, values=values))
        odds = without_file(pair_step(lacking))
        edges = final_edges(lacking, odds, without_file)
        found = [scores(t, edges[t.name]) for t in lacking if t.name in ENGLISH]
        means = " / ".join(f"{np.mean([s[key] for s in found]):.4f}" for key in ("b3_f1", "pair_f1"))
        areas = ", ".join(f"{t.name} {area(odds[t.name], t.same):.3f}" for t in lacking if t.name in RATED)
        print(f"{'without ' + family if family else 'all':20s} {means}   AUC {areas}", flush=True)


def reliability(tables: Sequence[Table]) -> None:
    """Print how often pairs are of one event, by what the models that did not see them say; files weigh the
    same."""
    odds = without_event(event_folds(tables))(pair_step(tables))
    for title, names in (
        ("the nine files", ENGLISH),
        ("streams", WRITTEN),
        ("months of a desk", MONTHS),
        ("rated pairs", RATED),
    ):
        chosen = [t for t in tables if t.name in names]
        stated = np.concatenate([1 / (1 + np.exp(-odds[t.name])) for t in chosen])
        same = np.concatenate([t.same for t in chosen])
        weight = np.concatenate([np.full(len(t.same), 1000 / len(t.same)) for t in chosen])
        print(f"{title}: stated, observed, pairs")
        for low, high in pairwise(STEPS):
            inside = (stated >= low) & (stated < high)
            if inside.any():
                said, seen = (np.average(values[inside], weights=weight[inside]) for values in (stated, same))
                print(f"  {low:.2f}-{high:.2f}  {said:.3f}  {seen:.3f}  {int(inside.sum())}")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="+", choices=("files", "events", "families", "reliability"))
    asked = parser.parse_args().what
    tables = tables_to_fit()
    if "files" in asked:
        measure([*tables, *map(table, OTHER)], without_file)
    if "events" in asked:
        measure(tables, without_event(event_folds(tables)))
    if "families" in asked:
        families(tables)
    if "reliability" in asked:
        reliability(tables)


if __name__ == "__main__":
    main()

"""Validate the matcher on articles that its models did not see in fitting (needs `pip install
cuttings[fit]`).

    python -m tests.benchmarks.validate_matcher files

files        leave one file out: the test for a kind of news not yet met
groups       leave files out in six groups: nearly the same in a quarter of the time
events       five folds by event; the whole file is clustered, every pair scored by models that saw neither of
             its two folds
families     leave one file out, without each family of features in turn
reliability  stated against observed probability of pairs by themselves, folds by event
grouping     leave files out in six groups: what grouping makes of the pairs, its ceilings, and stated against observed
             probability after all steps

With `--encoder none` without the features of meaning, as on a desk that does not have the encoder.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from pipelines.config.encoders import MINILM, NONE
from pipelines.matching.clustering import MISSING, PAIR_SHARE, THRESHOLD, agglomerate
from pipelines.matching.comparisons import ALL_FEATURES, FAMILIES, FEATURES
from pipelines.matching.decided import decided_probability
from pipelines.matching.density import in_their_stream
from pipelines.matching.scoring import LINK_FLOOR
from tests.benchmarks.grouping import (
    GRID,
    Clusters,
    average_link,
    best_cut,
    decided_pairs,
    faultless,
    glued,
    logistic,
    names_of_clusters,
    split,
)
from tests.benchmarks.text_classes import by_class
from tools.fit_matcher import tables_to_fit
from tools.matcher_data import (
    ENGLISH,
    FIVE_DESKS,
    MORE_DESKS,
    NEWS,
    OTHER,
    RATED,
    SHARED,
    SHORT_STREAMS,
    Bools,
    Floats,
    Ints,
    Table,
    table,
)
from tools.matcher_models import (
    DESK,
    Scorer,
    neighbourhood_step,
    pair_step,
    without_event,
    without_file,
    without_group,
)
from tools.meaning_features import with_meaning
from tools.small_desks import SMALL, small_desks
from tools.table_cache import cached

sys.path.insert(0, str(SHARED))
import score_clustering

THRESHOLDS = (-1.0, -0.75, THRESHOLD, -0.1)
RESAMPLES = 400
STEPS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
SETS = {
    "the nine files": ENGLISH,
    "five desks": FIVE_DESKS,
    "more desks": MORE_DESKS,
    "streams": SHORT_STREAMS,
    "invented news": NEWS,
}

Edges = Mapping[str, Sequence[tuple[int, int, float]]]


def final_edges(tables: Sequence[Table], odds: Mapping[str, Floats], scorer: Scorer) -> Edges:
    """Edges as the clusterer sees them, every one scored by models that did not see it."""
    second = neighbourhood_step(tables, odds)
    refined = scorer(second)
    return {name: _weighed(pairs, second.values[name], refined[name]) for name, pairs in second.pairs.items()}


def _weighed(pairs: Ints, values: Floats, refined: Floats) -> list[tuple[int, int, float]]:
    """Return the edges of a file after the density; those of small desks, which are apart, by the size of theirs."""
    odds = (PAIR_SHARE * values[:, 0] + (1 - PAIR_SHARE) * refined).tolist()
    by_size: dict[int, list[tuple[int, int, float]]] = {}
    for (a, b), value, size in zip(pairs.tolist(), odds, values[:, DESK].tolist(), strict=True):
        by_size.setdefault(int(size), []).append((a, b, value))
    return [edge for size, edges in by_size.items() for edge in in_their_stream(edges, desk=size)]


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


def measure(tables: Sequence[Table], scorer: Scorer, features: int) -> None:
    """Print B-cubed and pairwise F1 a file and their mean over the English files, for several thresholds."""
    odds = scorer(pair_step(tables, features))
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
    print_classes(tables, edges)


def print_classes(tables: Sequence[Table], edges: Edges) -> None:
    """Print B-cubed of headlines, of short texts and of reports without a date, for each set of files."""
    for title, names in SETS.items():
        chosen = [t for t in tables if t.name in names]
        clusters = {t.name: clusters_of(t, edges[t.name], THRESHOLD) for t in chosen}
        print(f"{title}, by what there is of a report: B-cubed precision, recall, F1")
        print(*by_class(chosen, clusters), sep="\n", flush=True)


def spread(drawn: Floats) -> str:
    """The middle 95 % of draws of B-cubed and pairwise F1."""
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return f"  {low[0]:.3f}-{high[0]:.3f} / {low[1]:.3f}-{high[1]:.3f}"


def families(tables: Sequence[Table], features: int) -> None:
    """Print the means with each family of features blanked in turn."""
    for family in ("", *FAMILIES):
        columns = [ALL_FEATURES.index(name) for name in FAMILIES.get(family, ())]
        lacking = []
        for t in tables:
            values = t.values.copy()
            values[:, columns] = 0.0
            lacking.append(dataclasses.replace(t, values=values))
        odds = without_file(pair_step(lacking, features))
        edges = final_edges(lacking, odds, without_file)
        found = [scores(t, edges[t.name]) for t in lacking if t.name in ENGLISH]
        means = " / ".join(f"{np.mean([s[key] for s in found]):.4f}" for key in ("b3_f1", "pair_f1"))
        areas = ", ".join(f"{t.name} {area(odds[t.name], t.same):.3f}" for t in lacking if t.name in RATED)
        print(f"{'without ' + family if family else 'all':20s} {means}   AUC {areas}", flush=True)


def reliability(tables: Sequence[Table], features: int) -> None:
    """Print how often pairs are of one event, by what the models that did not see them say; files weigh the
    same."""
    odds = without_event(pair_step(tables, features))
    for title, names in (SETS | {"rated pairs": RATED}).items():
        chosen = [t for t in tables if t.name in names]
        stated = np.concatenate([1 / (1 + np.exp(-odds[t.name])) for t in chosen])
        same = np.concatenate([t.same for t in chosen])
        weight = np.concatenate([np.full(len(t.same), 1000 / len(t.same)) for t in chosen])
        print_reliability(title, stated, same, weight)


def grouping(tables: Sequence[Table], scorer: Scorer, features: int) -> None:
    """Print what grouping makes of the pairs of each file, beside the two ceilings, and how reliable it is.

    The columns are B-cubed and pairwise F1 of the desk's stories, of the best threshold for the file and of
    the best cut of the tree, then the stories that hold two events and the events that lie in two stories.
    """
    odds = scorer(pair_step(tables, features))
    edges = final_edges(tables, odds, scorer)
    print(f"{'':20s} {'stories':>11s} {'threshold':>11s} {'best cut':>11s}  glued   split")
    known = {t.name: t for t in tables if t.name in edges and t.same.any()}
    rows: dict[str, list[float]] = {}
    for name, t in known.items():
        its, order = edges[name], t.order
        stories = average_link(len(t.ids), its, order)
        best = max((average_link(len(t.ids), its, order, bound) for bound in GRID), key=partial(both_f1, t))
        figures = [f1s(t, clusters) for clusters in (stories, best, best_cut(t.events, its))]
        rows[name] = [value for pair in figures for value in pair]
        counts = "  ".join(f"{n}/{of}" for n, of in (glued(t.events, stories), split(t.events, stories)))
        print(f"{name:20s}", *(f"{one:.3f}/{other:.3f}" for one, other in figures), f" {counts}", flush=True)
    for title, names in SETS.items():
        mean = np.mean([rows[name] for name in names], axis=0)
        print(f"{title:20s}", *(f"{mean[at]:.3f}/{mean[at + 1]:.3f}" for at in (0, 2, 4)))
    print_small_desks(tables, odds, edges)
    decided_reliability(known, edges)


def print_small_desks(tables: Sequence[Table], odds: Mapping[str, Floats], edges: Edges) -> None:
    """Print how many desks of 2 to 7 articles with reports of events much alike come out without a fault."""
    cut = small_desks([t for t in tables if not t.paired], odds, LINK_FLOOR)
    hard = [each.table for each in cut if each.table.name.endswith(SMALL)]
    for title, names in SETS.items():
        counts = [
            faultless(t.events, average_link(len(t.ids), edges[t.name], t.order))
            for t in hard
            if t.base in names
        ]
        right, of = np.sum(counts, axis=0)
        print(f"small desks of {title} without a fault: {right} of {of}")


def f1s(of: Table, clusters: Clusters) -> tuple[float, float]:
    """B-cubed and pairwise F1 of clusters."""
    found = score_clustering.score(
        dict(zip(of.ids, of.events, strict=True)), names_of_clusters(of.ids, clusters)
    )
    return found["b3_f1"], found["pair_f1"]


def both_f1(of: Table, clusters: Clusters) -> float:
    """The sum of the two."""
    return sum(f1s(of, clusters))


def decided_reliability(tables: Mapping[str, Table], edges: Edges) -> None:
    """Print stated and observed probability after all steps, and the figures of ``matching/decided.py``."""
    pairs = {name: decided_pairs(t.events, edges[name], t.order) for name, t in tables.items()}
    for title, names in SETS.items():
        odds, together, same = (np.concatenate(its) for its in zip(*(pairs[n] for n in names), strict=True))
        weight = np.concatenate([np.full(len(pairs[n][0]), 1000 / len(pairs[n][0])) for n in names])
        for side in (True, False):
            slope, offset = logistic(*(each[together == side] for each in (odds, same, weight)))
            print(f"{title}, {'together' if side else 'apart'}: slope {slope:.2f}, offset {offset:.2f}")
        stated = [
            decided_probability(value, together=bool(one)) for value, one in zip(odds, together, strict=True)
        ]
        print_reliability(f"{title}, after all steps", np.array(stated), same, weight)


def print_reliability(title: str, stated: Floats, same: Bools, weight: Floats) -> None:
    """Print stated and observed probability in steps."""
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
    parser.add_argument(
        "what", nargs="+", choices=("files", "groups", "events", "families", "reliability", "grouping")
    )
    parser.add_argument("--encoder", choices=(MINILM, NONE), default=MINILM)
    options = parser.parse_args()
    asked, features = options.what, len(ALL_FEATURES if options.encoder == MINILM else FEATURES)
    everything = [*tables_to_fit(), *(cached(table, name) for name in OTHER)]
    if options.encoder == MINILM:
        everything = with_meaning(everything)
    tables = [each for each in everything if each.name not in OTHER]
    if "files" in asked:
        measure(everything, without_file, features)
    if "groups" in asked:
        measure(everything, without_group, features)
    if "events" in asked:
        measure(tables, without_event, features)
    if "families" in asked:
        families(tables, features)
    if "reliability" in asked:
        reliability(tables, features)
    if "grouping" in asked:
        grouping(tables, without_group, features)


if __name__ == "__main__":
    main()

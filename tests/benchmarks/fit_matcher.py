"""Fit and measure the matcher on the DEV files (needs `pip install cuttings[fit]`).

    python -m tests.benchmarks.fit_matcher --measure files     leave one file out
    python -m tests.benchmarks.fit_matcher --measure events    five folds by event; the whole file is clustered, every
                                                                pair scored by a model that saw neither of its folds
    python -m tests.benchmarks.fit_matcher --write             fit on everything, write pipelines/matching/model.json

Two ensembles of small trees: one over the features of a pair, one over the place of its score among those of its rivals
(pipelines/matching/neighbourhood.py). The second is fitted on scores of pairs that the first did not see in fitting.
Every file weighs the same, whatever its size.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from pipelines.matching.clustering import MISSING, PAIR_SHARE, THRESHOLD, agglomerate
from pipelines.matching.comparisons import FEATURES
from pipelines.matching.neighbourhood import NEIGHBOURHOOD_FEATURES, neighbourhoods
from pipelines.matching.scoring import LINK_FLOOR
from tests.benchmarks.matcher_data import (
    ENGLISH,
    OTHER,
    RATED,
    SHARED,
    SHORTENED,
    TWINS,
    Bools,
    Floats,
    Ints,
    Table,
    rated_table,
    table,
    twins_table,
)

sys.path.insert(0, str(SHARED))
import score_clustering

TARGET = Path(__file__).parents[2] / "pipelines" / "matching" / "model.json"
FOLDS = 5
MOST_NEGATIVES = 60_000  # of a file; the rest is stood for by weight
FILE_WEIGHT = 1000.0
SHAPE = {"num_leaves": 8, "max_depth": 3, "learning_rate": 0.08, "lambda_l2": 5.0}
RUN = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True, "force_row_wise": True}
PAIR = SHAPE | RUN | {"min_data_in_leaf": 200, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1}
PAIR_ROUNDS = 200
NEIGHBOURHOOD = SHAPE | RUN | {"min_data_in_leaf": 100, "feature_fraction": 0.7}
NEIGHBOURHOOD_ROUNDS = 120


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Labelled pairs of one file, with the values that a model sees and a weight each."""

    pairs: Ints
    values: Floats
    same: Bools
    weights: Floats

    def where(self, chosen: Bools) -> Examples:
        """Those of the pairs."""
        return Examples(
            pairs=self.pairs[chosen], values=self.values[chosen], same=self.same[chosen], weights=self.weights[chosen]
        )


def examples(pairs: Ints, values: Floats, same: Bools, weight: float) -> Examples:
    """All positives and at most `MOST_NEGATIVES` negatives; the positives weigh `FILE_WEIGHT` by the file's."""
    rng = np.random.default_rng(0)
    negatives = np.flatnonzero(~same)
    taken = rng.choice(negatives, min(len(negatives), MOST_NEGATIVES), replace=False)
    chosen = np.concatenate([np.flatnonzero(same), taken])
    weights = (
        np.where(same[chosen], 1.0, len(negatives) / max(1, len(taken)))
        * weight
        * FILE_WEIGHT
        / max(1, int(same.sum()))
    )
    return Examples(pairs=pairs[chosen], values=values[chosen], same=same[chosen], weights=weights)


def fit(parts: Iterable[Examples], params: Mapping[str, Any], rounds: int) -> lightgbm.Booster:
    """A booster on all the parts."""
    parts = list(parts)
    data = lightgbm.Dataset(
        np.vstack([part.values for part in parts]),
        np.concatenate([part.same for part in parts]),
        weight=np.concatenate([part.weights for part in parts]),
    )
    return lightgbm.train(dict(params), data, rounds)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the two models to fit: values and labels a file, and how."""

    tables: Sequence[Table]
    pairs: Mapping[str, Ints]
    values: Mapping[str, Floats]
    same: Mapping[str, Bools]
    params: Mapping[str, Any]
    rounds: int

    def examples(self) -> dict[str, Examples]:
        """Examples of the files to fit on."""
        return {
            t.name: examples(self.pairs[t.name], self.values[t.name], self.same[t.name], t.weight)
            for t in self.tables
            if t.name not in OTHER
        }

    def bases(self) -> dict[str, str]:
        """The file that each table comes from."""
        return {t.name: t.base for t in self.tables}


Scorer = Callable[[Step], dict[str, Floats]]


def without_file(step: Step) -> dict[str, Floats]:
    """Log odds of each file by a model of all other English files."""
    parts, base = step.examples(), step.bases()
    found = {}
    for left in dict.fromkeys(base.values()):
        model = fit([part for name, part in parts.items() if base[name] != left], step.params, step.rounds)
        for name, values in step.values.items():
            if base[name] == left:
                found[name] = model.predict(values, raw_score=True)
    return found


def without_event(folds: Mapping[str, Ints]) -> Scorer:
    """Log odds of each pair by a model that saw no pair of either of its two folds."""

    def scored(step: Step) -> dict[str, Floats]:
        parts = step.examples()
        at = {name: np.sort(folds[name][pairs], axis=1) for name, pairs in step.pairs.items()}
        part_at = {name: folds[name][part.pairs] for name, part in parts.items()}
        found = {name: np.zeros(len(pairs)) for name, pairs in step.pairs.items()}
        for i, j in combinations_with_replacement(range(FOLDS), 2):
            seen = [part.where(~np.isin(part_at[name], (i, j)).any(axis=1)) for name, part in parts.items()]
            model = fit(seen, step.params, step.rounds)
            for name, values in step.values.items():
                tested = (at[name][:, 0] == i) & (at[name][:, 1] == j)
                if tested.any():
                    found[name][tested] = model.predict(values[tested], raw_score=True)
        return found

    return scored


def event_folds(tables: Iterable[Table]) -> dict[str, Ints]:
    """The fold of each article, by its event."""
    return {t.name: np.array([zlib.crc32(event.encode()) % FOLDS for event in t.events]) for t in tables}


def pair_step(tables: Sequence[Table]) -> Step:
    """The first model: features of the pair."""
    return Step(
        tables=tables,
        pairs={t.name: t.pairs for t in tables},
        values={t.name: t.values for t in tables},
        same={t.name: t.same for t in tables},
        params=PAIR,
        rounds=PAIR_ROUNDS,
    )


def neighbourhood_step(tables: Sequence[Table], odds: Mapping[str, Floats]) -> Step:
    """The second model: each pair that reaches the floor, among its rivals."""
    tables = [t for t in tables if t.name not in (*RATED, TWINS)]
    kept = {t.name: odds[t.name] >= LINK_FLOOR for t in tables}
    edges = {
        t.name: [
            (int(a), int(b), float(w))
            for (a, b), w in zip(t.pairs[kept[t.name]], odds[t.name][kept[t.name]], strict=True)
        ]
        for t in tables
    }
    return Step(
        tables=tables,
        pairs={t.name: t.pairs[kept[t.name]] for t in tables},
        values={name: np.array(list(neighbourhoods(links).values())) for name, links in edges.items()},
        same={t.name: t.same[kept[t.name]] for t in tables},
        params=NEIGHBOURHOOD,
        rounds=NEIGHBOURHOOD_ROUNDS,
    )


def final_edges(
    tables: Sequence[Table], odds: Mapping[str, Floats], scorer: Scorer
) -> dict[str, list[tuple[int, int, float]]]:
    """Edges as the clusterer sees them, every one scored by models that did not see it."""
    second = neighbourhood_step(tables, odds)
    refined = scorer(second)
    return {
        name: [
            (int(a), int(b), PAIR_SHARE * float(values[0]) + (1 - PAIR_SHARE) * float(more))
            for (a, b), values, more in zip(second.pairs[name], second.values[name], refined[name], strict=True)
        ]
        for name in second.pairs
    }


def scores(of: Table, edges: Sequence[tuple[int, int, float]], threshold: float = THRESHOLD) -> dict[str, float]:
    """The measures of the common scorer for the clusters of a file."""
    clusters = agglomerate(range(len(of.ids)), edges, order=of.order, threshold=threshold, missing=MISSING)
    predicted = {of.ids[i]: number for number, members in enumerate(clusters) for i in members}
    return score_clustering.score(dict(zip(of.ids, of.events, strict=True)), predicted)


def area(odds: Floats, same: Bools) -> float:
    """Area under the ROC curve: the chance that a true pair is scored above a false one."""
    above = odds[same][:, None] - odds[~same][None, :]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def measure(tables: Sequence[Table], scorer: Scorer, thresholds: Sequence[float]) -> None:
    """Print B-cubed and pairwise F1 a file and their mean over the English files, for each threshold."""
    odds = scorer(pair_step(tables))
    for t in tables:
        if t.name in (*RATED, TWINS):
            print(f"{t.name:14s} AUC {area(odds[t.name], t.same):.3f} ({len(t.same)} pairs)")
    edges = final_edges(tables, odds, scorer)
    print("threshold           ", *(f"{threshold:11.2f}" for threshold in thresholds))
    found = {}
    for t in (t for t in tables if t.name in edges):
        found[t.name] = [scores(t, edges[t.name], threshold) for threshold in thresholds]
        print(f"{t.name:20s}", *(f"{s['b3_f1']:.3f}/{s['pair_f1']:.3f}" for s in found[t.name]), flush=True)
    for key in ("b3_f1", "pair_f1", "ceafe_f1", "v"):
        means = np.mean([[s[key] for s in found[name]] for name in ENGLISH if name in found], axis=0)
        print(f"mean {key:9s}", *(f"{mean:11.4f}" for mean in means))


def as_nodes(tree: Mapping[str, Any]) -> list[list[float]]:
    """A tree of the booster as a list of nodes: [value] for a leaf, [value, feature, bound, low, high] else."""
    nodes: list[list[float]] = []

    def walk(node: Mapping[str, Any]) -> int:
        place = len(nodes)
        nodes.append([])
        if "split_feature" not in node:
            nodes[place] = [round(node["leaf_value"], 5)]
        else:
            low, high = walk(node["left_child"]), walk(node["right_child"])
            bound = float(f"{node['threshold']:.8g}")
            nodes[place] = [round(node["internal_value"], 5), node["split_feature"], bound, low, high]
        return place

    walk(tree["tree_structure"])
    return nodes


def write(tables: Sequence[Table], folds: Mapping[str, Ints]) -> None:
    """Fit both models on everything and write them down."""
    first = pair_step(tables)
    second = neighbourhood_step(tables, without_event(folds)(first))
    steps = {"pair": (first, FEATURES), "neighbourhood": (second, NEIGHBOURHOOD_FEATURES)}
    counts = ", ".join(f"{t.name} {len(t.pairs)} pairs ({int(t.same.sum())} true)" for t in tables)
    origin = "fitted by tests/benchmarks/fit_matcher.py on candidate pairs of ../shared/eval"
    written: dict[str, Any] = {"origin": f"{origin}: {counts}"}
    for name, (step, names) in steps.items():
        booster = fit(step.examples().values(), step.params, step.rounds)
        trees = [as_nodes(tree) for tree in booster.dump_model()["tree_info"]]
        written[name] = {"features": list(names), "trees": trees}
    lines = json.dumps(written, separators=(",", ":")).replace("]],[[", "]],\n[[")
    TARGET.write_text(lines + "\n", encoding="utf-8")
    print(f"wrote {TARGET} ({len(lines)} bytes)")


def main() -> None:
    """Measure or write, as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", choices=("files", "events"), action="append", default=[])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--thresholds", type=float, nargs="+", default=[-1.0, THRESHOLD, -0.5, -0.25])
    asked = parser.parse_args()
    tables = [*map(table, (*ENGLISH, *SHORTENED)), *map(rated_table, RATED), twins_table()]
    folds = event_folds(tables)
    if "files" in asked.measure:
        measure([*tables, *map(table, OTHER)], without_file, asked.thresholds)
    if "events" in asked.measure:
        measure(tables, without_event(folds), asked.thresholds)
    if asked.write:
        write(tables, folds)


if __name__ == "__main__":
    main()

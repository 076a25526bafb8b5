"""The two models of the matcher, as steps that can be fitted on some files or events and asked about others.

The first is an ensemble of small trees over the features of a pair; the second, a mean of ensembles over the
place of the pair's score among those of its rivals (pipelines/matching/neighbourhood.py). The second is
fitted on scores of pairs that the first did not see in fitting. Every file weighs the same, whatever its
size.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from pipelines.matching.comparisons import ALL_FEATURES
from pipelines.matching.rivals import NEIGHBOURHOOD_FEATURES, SETTLED, neighbourhoods
from pipelines.matching.scoring import LINK_FLOOR
from tools.matcher_data import (
    GROUPS,
    MONTHS,
    OTHER,
    STRANGERS,
    WRITTEN,
    Bools,
    Floats,
    Ints,
    Table,
    weight_of,
)
from tools.met_pairs import WITH_VECTORS
from tools.small_desks import IN_DESK, small_desks

FOLDS = 5
MOST_NEGATIVES = 8_000  # of a file, so that a fit takes seconds; the rest is represented by weight
FILE_WEIGHT = 1000.0
STRANGERS_WEIGHT = 35_000.0  # somewhat less than what the negatives of a file weigh
# Chosen by leaving files out and by folds of events together: shallower trees do the same on unseen files and
# worse on unseen events of the seen ones, deeper or more trees the other way round.
# Tried, and left away, by average precision with groups left out (nine files .817, five desks .777, the ten
# other desks .638):
# * stumps for a third of the log odds: .831, .776 and .638, but the whole gain is in one file (two reports
#   much alike that lie weeks apart), and after grouping nearly all others lose: five desks .907 to .904;
# * a small neural network for a quarter or two fifths of them: .832 to .838, .768 to .775, .623 to .635;
# * log odds that never rise with the days between: .825, .726 and .577;
# * each token's largest cosine in the other text (ColBERT; Khattab and Zaharia 2020): .820, .777 and .642,
#   for 2 KB an article;
# * whether a shared name is that of an office-holder or of a speaker: .822, .778 and .640.
SHAPE = {"num_leaves": 14, "max_depth": 4, "learning_rate": 0.08, "lambda_l2": 5.0}
RUN = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True}
PAIR = (
    SHAPE
    | RUN
    | {"min_data_in_leaf": 200, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1}
)
PAIR_ROUNDS = 200
# The mean of three, measured with the feature `peers`, on files left out, with vectors: B-cubed of the months
# of a desk rises by .003 and pairwise F1 by .008, and 12 % of the stories of several reports hold two events,
# not 14 %; B-cubed of the nine files stays, their pairwise F1 falls by .003.
PAIR_SEEDS = 3
NEIGHBOURHOOD = SHAPE | RUN | {"min_data_in_leaf": 100, "feature_fraction": 0.7}
NEIGHBOURHOOD_ROUNDS = 120
DESK = NEIGHBOURHOOD_FEATURES.index("desk")
NEIGHBOURHOOD_SEEDS = 3  # edges are few beside candidates, so a mean of several ensembles costs little


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Labelled pairs of one file, with the values that a model sees and a weight each."""

    pairs: Ints
    values: Floats
    same: Bools
    weights: Floats
    files: NDArray[np.str_]  # of each article

    def where(self, chosen: Bools) -> Examples:
        """Return those of the pairs."""
        return replace(
            self,
            pairs=self.pairs[chosen],
            values=self.values[chosen],
            same=self.same[chosen],
            weights=self.weights[chosen],
        )

    def without(self, file: str) -> Examples:
        """Return those of which neither article is of a file."""
        return self.where((self.files[self.pairs] != file).all(axis=1))


def examples(of: Table, pairs: Ints, values: Floats, same: Bools) -> Examples:
    """All positives and at most `MOST_NEGATIVES` negatives; the positives weigh `FILE_WEIGHT` by the file's.

    Where there are none, the negatives weigh `STRANGERS_WEIGHT`.
    """
    rng = np.random.default_rng(0)
    negatives = np.flatnonzero(~same)
    taken = rng.choice(negatives, min(len(negatives), MOST_NEGATIVES), replace=False)
    chosen = np.concatenate([np.flatnonzero(same), taken])
    each = FILE_WEIGHT / same.sum() if same.any() else STRANGERS_WEIGHT / max(1, len(negatives))
    weights = np.where(same[chosen], 1.0, len(negatives) / max(1, len(taken))) * each * of.weight
    files = np.array(of.files or (of.base,) * len(of.ids))
    return Examples(
        pairs=pairs[chosen], values=values[chosen], same=same[chosen], weights=weights, files=files
    )


def as_nodes(tree: Mapping[str, Any], share: float) -> list[list[float]]:
    """Return a tree of the booster as a list of nodes: [value] for a leaf, [value, feature, bound, low, high]
    else."""
    nodes: list[list[float]] = []

    def walk(node: Mapping[str, Any]) -> int:
        place = len(nodes)
        nodes.append([])
        if "split_feature" not in node:
            nodes[place] = [round(share * node["leaf_value"], 5)]
        else:
            low, high = walk(node["left_child"]), walk(node["right_child"])
            bound = float(f"{node['threshold']:.8g}")
            nodes[place] = [round(share * node["internal_value"], 5), node["split_feature"], bound, low, high]
        return place

    walk(tree["tree_structure"])
    return nodes


class Ensembles:
    """Ensembles that differ by their seed alone; what they say is their mean."""

    def __init__(self, parts: Iterable[Examples], params: Mapping[str, Any], rounds: int, seeds: int) -> None:
        parts = list(parts)
        data = lightgbm.Dataset(
            np.vstack([part.values for part in parts]),
            np.concatenate([part.same for part in parts]),
            weight=np.concatenate([part.weights for part in parts]),
            free_raw_data=False,
        )
        self._boosters = [
            lightgbm.train(dict(params) | {"seed": seed + 1}, data, rounds) for seed in range(seeds)
        ]

    def log_odds(self, values: Floats) -> Floats:
        """Natural log odds of each row."""
        odds: Floats = np.mean(
            [np.asarray(booster.predict(values, raw_score=True)) for booster in self._boosters], axis=0
        )
        return odds

    def trees(self) -> list[list[list[float]]]:
        """Return all trees, as lists of nodes, with values that add up to the mean."""
        share = 1.0 / len(self._boosters)
        return [
            as_nodes(tree, share) for booster in self._boosters for tree in booster.dump_model()["tree_info"]
        ]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the two models to fit: values and labels a file, and how."""

    tables: Sequence[Table]
    pairs: Mapping[str, Ints]
    values: Mapping[str, Floats]
    same: Mapping[str, Bools]
    params: Mapping[str, Any]
    rounds: int
    seeds: int = 1

    def examples(self) -> dict[str, Examples]:
        """Examples of the files to fit on."""
        return {
            t.name: examples(t, self.pairs[t.name], self.values[t.name], self.same[t.name])
            for t in self.tables
            if t.name not in OTHER
        }

    def fit(self, parts: Iterable[Examples]) -> Ensembles:
        """Return the model of this step, on some of its examples."""
        return Ensembles(parts, self.params, self.rounds, self.seeds)

    def bases(self) -> dict[str, str]:
        """Return the file that each table comes from."""
        return {t.name: t.base for t in self.tables}


Scorer = Callable[[Step], dict[str, Floats]]


def without_file(step: Step) -> dict[str, Floats]:
    """Log odds of each file by a model of all other English files."""
    parts, base = step.examples(), step.bases()
    found = {}
    for left in dict.fromkeys(its for its in base.values() if its != STRANGERS):
        model = step.fit(part.without(left) for part in parts.values())
        for name, values in step.values.items():
            if base[name] == left:
                found[name] = model.log_odds(values)
    return found


def without_groups(groups: Sequence[Sequence[str]], always: Sequence[str] = ()) -> Scorer:
    """Log odds of each file by a model that saw no file of its group, nor any of ``always``.

    Of tables that are in no group, such as the strangers, all odds are those of the floor.
    """

    def scored(step: Step) -> dict[str, Floats]:
        parts, base = step.examples(), step.bases()
        found = {name: np.full(len(values), LINK_FLOOR) for name, values in step.values.items()}
        for group in groups:
            seen = list(parts.values())
            for left in (*group, *always):
                seen = [part.without(left) for part in seen]
            model = step.fit(seen)
            found |= {name: model.log_odds(step.values[name]) for name in found if base[name] in group}
        return found

    return scored


def without_group(step: Step) -> dict[str, Floats]:
    """Log odds of each file by a model that saw none of `GROUPS` that it is in, in a quarter of the time."""
    return without_groups(GROUPS)(step)


def without_event(step: Step) -> dict[str, Floats]:
    """Log odds of each pair by a model that saw no pair of either of its two folds."""
    parts, folds = step.examples(), event_folds(step.tables)
    at = {name: np.sort(folds[name][pairs], axis=1) for name, pairs in step.pairs.items()}
    part_at = {name: folds[name][part.pairs] for name, part in parts.items()}
    found = {name: np.zeros(len(pairs)) for name, pairs in step.pairs.items()}
    for i, j in combinations_with_replacement(range(FOLDS), 2):
        seen = [part.where(~np.any(np.isin(part_at[name], (i, j)), axis=1)) for name, part in parts.items()]
        model = step.fit(seen)
        for name, values in step.values.items():
            tested = (at[name][:, 0] == i) & (at[name][:, 1] == j)
            if tested.any():
                found[name][tested] = model.log_odds(values[tested])
    return found


def event_folds(tables: Iterable[Table]) -> dict[str, Ints]:
    """Return the fold of each article, by its event, which is the same on a small desk."""
    return {t.name: np.array([_fold(event.partition(IN_DESK)[0]) for event in t.events]) for t in tables}


def _fold(event: str) -> int:
    return zlib.crc32(event.encode()) % FOLDS


def pair_step(tables: Sequence[Table], features: int) -> Step:
    """Return the first model: the first so many features of the pair."""
    meaning, written = features == len(ALL_FEATURES), {*MONTHS, *WRITTEN}
    tables = [
        replace(t, weight=weight_of(t.name, meaning=meaning)) if t.name in written else t
        for t in tables
        if meaning or t.name not in WITH_VECTORS
    ]
    return Step(
        tables=tables,
        pairs={t.name: t.pairs for t in tables},
        values={t.name: t.values[:, :features] for t in tables},
        same={t.name: t.same for t in tables},
        params=PAIR,
        rounds=PAIR_ROUNDS,
        seeds=PAIR_SEEDS,
    )


def neighbourhood_step(tables: Sequence[Table], odds: Mapping[str, Floats]) -> Step:
    """Return the second model: each pair that reaches the floor, among its rivals, in its file and on small
    desks."""
    tables = [t for t in tables if not t.paired]
    kept = {t.name: odds[t.name] >= LINK_FLOOR for t in tables}
    pairs = {t.name: t.pairs[kept[t.name]] for t in tables}
    values = {t.name: among_rivals(pairs[t.name], odds[t.name][kept[t.name]]) for t in tables}
    same = {t.name: t.same[kept[t.name]] for t in tables}
    desks = small_desks(tables, odds, LINK_FLOOR)
    for each in desks:
        name = each.table.name
        pairs[name], same[name] = each.table.pairs, each.table.same
        values[name] = among_rivals(each.table.pairs, each.odds)
        values[name][:, DESK] = np.minimum(each.size, SETTLED)
    return Step(
        tables=[*tables, *(each.table for each in desks)],
        pairs=pairs,
        values=values,
        same=same,
        params=NEIGHBOURHOOD,
        rounds=NEIGHBOURHOOD_ROUNDS,
        seeds=NEIGHBOURHOOD_SEEDS,
    )


def among_rivals(pairs: Ints, odds: Floats) -> Floats:
    """Return the features of each pair among its rivals on a settled desk, given natural log odds."""
    edges = [(a, b, odd) for (a, b), odd in zip(pairs.tolist(), odds.tolist(), strict=True)]
    return np.array(list(neighbourhoods(edges).values())).reshape(len(edges), len(NEIGHBOURHOOD_FEATURES))

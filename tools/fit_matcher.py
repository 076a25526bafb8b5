"""Fit the matcher on all labelled articles (needs `pip install cuttings[fit]`); writes
pipelines/matching/model.json, for pairs without vectors, and model.meaning.json, for pairs with them.

    python -m tools.fit_matcher
    python -m tools.fit_matcher --labels FILE     and on what analysts decided, as written by
                                                             `cuttings decisions --labels > FILE`

How good the result is on articles that it did not see: `python -m tests.benchmarks.validate_matcher`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.matching.comparisons import ALL_FEATURES, FEATURES
from pipelines.matching.forest import MEANING_MODEL, PLAIN_MODEL
from pipelines.matching.rivals import NEIGHBOURHOOD_FEATURES
from tools.altered_pairs import (
    DIGESTS,
    QUOTED,
    RENAMED,
    TWINS,
    digests_table,
    quoted_table,
    renamed_table,
    twins_table,
)
from tools.matcher_data import (
    ENGLISH,
    MONTHS,
    RATED,
    SHORTENED,
    STRANGERS,
    UNDATED,
    WRITTEN,
    Table,
    labels_table,
    rated_table,
    strangers_table,
    table,
)
from tools.matcher_models import Ensembles, Step, neighbourhood_step, pair_step, without_group
from tools.meaning_features import with_meaning
from tools.met_pairs import BODIES, ISSUED, MET, bodies_table, issued_table, met_table
from tools.table_cache import cached

GAPS = 300  # distances in time drawn from each file
FOLDER = Path(__file__).parents[1] / "pipelines" / "matching"


def tables_to_fit() -> list[Table]:
    """Everything that is labelled, as features; those of meaning are not filled in."""
    names = (*ENGLISH, *SHORTENED, *WRITTEN, *MONTHS, *UNDATED)
    found = [
        *(cached(table, name) for name in names),
        *(cached(rated_table, name) for name in RATED),
        cached(lambda _: twins_table(), TWINS, data=TWINS),
        cached(lambda _: renamed_table(), RENAMED, data=RENAMED),
        cached(lambda _: digests_table(), DIGESTS, data=DIGESTS),
        cached(lambda _: quoted_table(), QUOTED, data=QUOTED),
        cached(lambda _: met_table(), MET, data=MET),
        cached(lambda _: issued_table(), ISSUED, data=ISSUED),
        cached(lambda _: bodies_table(), BODIES, data=BODIES),
    ]
    gap = FEATURES.index("gap")
    near = [t.values[t.same, gap] for t in found if t.name in ENGLISH]
    chance = np.random.default_rng(0)
    gaps = np.concatenate([chance.choice(its, GAPS) for its in near])
    drawn = hashlib.sha256(gaps.tobytes()).hexdigest()
    strangers = cached(lambda _: strangers_table(gaps), STRANGERS, data=drawn)
    return [*found, strangers]


def write(tables: Sequence[Table]) -> None:
    """Fit the models on everything, and write them down.

    The neighbourhood is fitted on the scores of both models of a pair: on a desk they may meet.
    """
    plain, meaning = (pair_step(tables, len(names)) for names in (FEATURES, ALL_FEATURES))
    seconds = [neighbourhood_step(tables, without_group(first)) for first in (plain, meaning)]
    parts = [part for second in seconds for part in second.examples().values()]
    neighbourhood = seconds[0].fit(parts)
    write_model(PLAIN_MODEL, tables, {
        "pair": (FEATURES, fitted(plain)), "neighbourhood": (NEIGHBOURHOOD_FEATURES, neighbourhood),
    })  # fmt: skip
    write_model(MEANING_MODEL, tables, {"pair": (ALL_FEATURES, fitted(meaning))})


def fitted(step: Step) -> Ensembles:
    """The model of a step, on all its examples."""
    return step.fit(step.examples().values())


def write_model(
    file: str, tables: Sequence[Table], models: Mapping[str, tuple[Sequence[str], Ensembles]]
) -> None:
    """Write models with the names of their features, and what they were fitted on."""
    counts = ", ".join(f"{t.name} {len(t.pairs)} pairs ({int(t.same.sum())} true)" for t in tables)
    origin = (
        "fitted by tools/fit_matcher.py on candidate pairs of ../shared/eval, benchmarks/sector-news-1 "
        "and tests/benchmarks/streams"
    )
    written: dict[str, Any] = {"origin": f"{origin}: {counts}"}
    for name, (names, model) in models.items():
        written[name] = {"features": list(names), "trees": model.trees()}
    lines = json.dumps(written, separators=(",", ":")).replace("]],[[", "]],\n[[")
    (FOLDER / file).write_text(lines + "\n", encoding="utf-8")
    print(f"wrote {FOLDER / file} ({len(lines)} bytes)")


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, nargs="+", default=[], metavar="FILE")
    labels = parser.parse_args().labels
    write(with_meaning([*tables_to_fit(), *map(labels_table, labels)]))


if __name__ == "__main__":
    main()

"""Fit the matcher on all labelled articles (needs `pip install cuttings[fit]`); writes
pipelines/matching/model.json.

    python -m tools.fit_matcher
    python -m tools.fit_matcher --labels FILE     and on what analysts decided, as written by
                                                             `cuttings decisions --labels > FILE`

How good the result is on articles that it did not see: `python -m tests.benchmarks.validate_matcher`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.matching.comparisons import FEATURES
from pipelines.matching.rivals import NEIGHBOURHOOD_FEATURES
from tools.matcher_data import (
    ENGLISH,
    MONTHS,
    RATED,
    SHORTENED,
    UNDATED,
    WRITTEN,
    Table,
    labels_table,
    rated_table,
    strangers_table,
    table,
    twins_table,
)
from tools.matcher_models import event_folds, neighbourhood_step, pair_step, without_event

GAPS = 300  # distances in time drawn from each file
TARGET = Path(__file__).parents[1] / "pipelines" / "matching" / "model.json"


def tables_to_fit() -> list[Table]:
    """Everything that is labelled, as features."""
    found = [
        *map(table, (*ENGLISH, *SHORTENED, *WRITTEN, *MONTHS, *UNDATED)),
        *map(rated_table, RATED),
        twins_table(),
    ]
    gap = FEATURES.index("gap")
    near = [t.values[t.same, gap] for t in found if t.name in ENGLISH]
    chance = np.random.default_rng(0)
    return [*found, strangers_table(np.concatenate([chance.choice(gaps, GAPS) for gaps in near]))]


def write(tables: Sequence[Table]) -> None:
    """Fit both models on everything and write them down."""
    first = pair_step(tables)
    second = neighbourhood_step(tables, without_event(event_folds(tables))(first))
    steps = {"pair": (first, FEATURES), "neighbourhood": (second, NEIGHBOURHOOD_FEATURES)}
    counts = ", ".join(f"{t.name} {len(t.pairs)} pairs ({int(t.same.sum())} true)" for t in tables)
    origin = (
        "fitted by tools/fit_matcher.py on candidate pairs of ../shared/eval and tests/benchmarks/streams"
    )
    written: dict[str, Any] = {"origin": f"{origin}: {counts}"}
    for name, (step, names) in steps.items():
        written[name] = {"features": list(names), "trees": step.fit(step.examples().values()).trees()}
    lines = json.dumps(written, separators=(",", ":")).replace("]],[[", "]],\n[[")
    TARGET.write_text(lines + "\n", encoding="utf-8")
    print(f"wrote {TARGET} ({len(lines)} bytes)")


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, nargs="+", default=[], metavar="FILE")
    write([*tables_to_fit(), *map(labels_table, parser.parse_args().labels)])


if __name__ == "__main__":
    main()

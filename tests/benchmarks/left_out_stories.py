"""Write the stories that the matcher makes of files that its models did not see (needs `pip install
cuttings[fit]` and ../shared), for `python -m tools.bench stories --left-out FILE`.

    python -m tests.benchmarks.left_out_stories FILE.jsonl

The test streams of sector-news-1, and their headlines alone, are scored by models that saw none of the three, the
public files by models that saw no file of their group (`GROUPS` in tools/matcher_data.py). A line a file, with and without vectors: `file`,
`meaning`, and `stories`, an object of article ids. What was chosen by hand (features, thresholds) was chosen with all
files in view.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.comparisons import ALL_FEATURES, FEATURES
from tests.benchmarks.validate_matcher import clusters_of, final_edges
from tools.cached_encoder import cached_encoder
from tools.fit_matcher import tables_to_fit
from tools.matcher_data import ENGLISH, GROUPS, OTHER, SECTOR_NEWS, Table, table
from tools.matcher_models import pair_step, without_groups
from tools.table_cache import cached

LINES = ("sector_policy", "sector_services", "sector_news")
ELSEWHERE = ("portuguese", "newswire")


def left_out(
    tables: Sequence[Table], features: int, groups: Sequence[Sequence[str]], names: Collection[str]
) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the stories of each named file, by models that saw no file of its group."""
    scorer = without_groups(groups)
    edges = final_edges(tables, scorer(pair_step(tables, features)), scorer)
    for each in tables:
        if each.name in names:
            clusters = clusters_of(each, edges[each.name], THRESHOLD)
            yield each.name, {each.ids[i]: cluster for i, cluster in clusters.items()}


def main(path: str) -> None:
    """Write both kinds."""
    encoder = cached_encoder()
    tables = [*tables_to_fit(encoder), *(cached(table, name, encoder) for name in OTHER)]
    test: list[str] = json.loads((SECTOR_NEWS / "splits.json").read_text(encoding="utf-8"))["test"]
    headlines = [cached(table, f"{name}+title", encoder) for name in test]
    lines: list[dict[str, Any]] = []
    for meaning, features in ((True, ALL_FEATURES), (False, FEATURES)):
        for groups, names, more in (
            ((test,), {*test, *(each.name for each in headlines)}, headlines),
            (GROUPS, {*ENGLISH, *OTHER, *LINES, *ELSEWHERE}, []),
        ):
            for name, stories in left_out([*tables, *more], len(features), groups, names):
                lines.append({"file": name, "meaning": meaning, "stories": stories})
                print(name, "with meaning" if meaning else "without", len(set(stories.values())), flush=True)
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])

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

from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.comparisons import ALL_FEATURES, FEATURES
from tests.benchmarks.validate_matcher import clusters_of, final_edges
from tools.fit_encoder import FOLDS
from tools.fit_matcher import tables_to_fit
from tools.matcher_data import ENGLISH, GROUPS, OTHER, SECTOR_NEWS, Table, table
from tools.matcher_models import pair_step, without_groups
from tools.meaning_features import with_meaning
from tools.table_cache import cached

LINES = ("sector_policy", "sector_services", "sector_news")
ELSEWHERE = ("portuguese", "newswire")
Stories = dict[str, int]  # by the article's id


def test_split(tables: Sequence[Table], features: int, test: Sequence[str]) -> Iterator[tuple[str, Stories]]:
    """Yield the stories of the test streams and of their headlines, by models that saw none of them.

    The second model is fitted on what the first says of the other files, each scored without its group and
    without the test streams.
    """
    others = [tuple(name for name in group if name not in test) for group in GROUPS]
    odds = without_groups((test, *others), test)(pair_step(tables, features))
    edges = final_edges(tables, odds, without_groups((test,)))
    for each in tables:
        if each.base in test and not each.name.endswith("+undated"):
            yield each.name, stories_of(each, edges[each.name])


def by_groups(
    tables: Sequence[Table], features: int, names: Collection[str]
) -> Iterator[tuple[str, Stories]]:
    """Yield the stories of each named file, by models that saw no file of its group."""
    scorer = without_groups(GROUPS)
    edges = final_edges(tables, scorer(pair_step(tables, features)), scorer)
    for each in tables:
        if each.name in names:
            yield each.name, stories_of(each, edges[each.name])


def stories_of(table_: Table, edges: Sequence[tuple[int, int, float]]) -> Stories:
    """Return the story of each article."""
    clusters = clusters_of(table_, edges, THRESHOLD)
    return {table_.ids[at]: cluster for at, cluster in clusters.items()}


def main(path: str) -> None:
    """Write both kinds, with vectors and without."""
    tables = [*tables_to_fit(), *(cached(table, name) for name in OTHER)]
    test: list[str] = json.loads((SECTOR_NEWS / "splits.json").read_text(encoding="utf-8"))["test"]
    headlines = [cached(table, f"{name}+title") for name in test]
    without_test = with_meaning([*tables, *headlines], (tuple(test), *FOLDS))
    grouped = with_meaning(tables)
    lines = []
    for meaning, features in ((True, len(ALL_FEATURES)), (False, len(FEATURES))):
        for name, stories in (
            *test_split(without_test, features, test),
            *by_groups(grouped, features, {*ENGLISH, *OTHER, *LINES, *ELSEWHERE}),
        ):
            lines.append({"file": name, "meaning": meaning, "stories": stories})
            print(name, "with meaning" if meaning else "without", len(set(stories.values())), flush=True)
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])

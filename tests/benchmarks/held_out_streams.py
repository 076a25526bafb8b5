"""Measure the shipped matcher on written streams and small desks that it was not fitted on.

One choice did see them: models that were also fitted on them were rejected (tools/matcher_data.py).

    python -m tests.benchmarks.held_out_streams [STREAM...]

For each stream of ``HELD_OUT`` (tests/benchmarks/streams): B-cubed and pairwise F1 of its stories, how many stories of
several reports hold two events, and of the written cases how many small desks come out without a fault. The stories are
those of `pipelines.group`, each small desk grouped by itself. With CUTTINGS_ENCODER=none without the encoder. Needs ../shared for the
scorer.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pipelines import group
from tests.benchmarks.grouping import glued
from tools.matcher_data import SHARED, article, read_rows

sys.path.insert(0, str(SHARED))
import score_clustering

DESKS = ("sector_p", "sector_q", "sector_r", "sector_s", "sector_u", "sector_w")
FEEDS = ("sector_t", "sector_v")
NEWS = ("news_uk",)
CASES = ("cases_a", "cases_b", "cases_c", "cases_d")
HELD_OUT = {"desks": DESKS, "feeds": FEEDS, "news": NEWS, "cases": CASES}


class Result(NamedTuple):
    """What became of one stream."""

    b_cubed: float
    pairwise: float
    with_two_events: int
    several: int  # stories of several reports
    faultless: int
    desks: int  # small ones; 0 where the stream is one desk


def measure(name: str) -> Result:
    """Return what the shipped program makes of a stream."""
    rows = read_rows(name)
    of_desk: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_desk[row.get("case", "")].append(row)
    stories: list[list[str]] = []
    faultless = 0
    for its in of_desk.values():
        made = [[each.external_id or "" for each in story.articles] for story in group(map(article, its))]
        events: defaultdict[str, set[str]] = defaultdict(set)
        for row in its:
            events[row["event"]].add(row["id"])
        faultless += {frozenset(story) for story in made} == {frozenset(ids) for ids in events.values()}
        stories += made
    label = {row["id"]: row["event"] for row in rows}
    found = score_clustering.score(label, {one: n for n, story in enumerate(stories) for one in story})
    place = {one: at for at, one in enumerate(label)}
    two, several = glued(list(label.values()), [[place[one] for one in story] for story in stories])
    small = faultless, len(of_desk) if len(of_desk) > 1 else 0
    return Result(found["b3_f1"], found["pair_f1"], two, several, *small)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a stream and the means of each kind."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("streams", nargs="*", metavar="STREAM")
    options = parser.parse_args(arguments)
    known = tuple(name for names in HELD_OUT.values() for name in names)
    if unknown := sorted(set(options.streams) - set(known)):
        parser.error(f"not a held-out stream: {', '.join(unknown)}; choose from {', '.join(known)}")
    for kind, names in HELD_OUT.items():
        chosen = [name for name in names if name in (options.streams or names)]
        results = [measure(name) for name in chosen]
        for name, result in zip(chosen, results, strict=True):
            print(f"{name:12s} {described(result)}", flush=True)
        if results:
            means = np.mean([result[:2] for result in results], axis=0)
            sums = np.sum([result[2:] for result in results], axis=0)
            print(f"{kind:12s} {described(Result(*means, *sums))}", flush=True)


def described(result: Result) -> str:
    """Return a result as one line."""
    line = f"{result.b_cubed:.3f}/{result.pairwise:.3f}  two events {result.with_two_events}/{result.several}"
    return f"{line}  without a fault {result.faultless}/{result.desks}" if result.desks else line


if __name__ == "__main__":
    main()

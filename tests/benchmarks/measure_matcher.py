"""Measure the shipped matcher on the DEV files; prints figures, asserts nothing.

python -m tests.benchmarks.measure_matcher shipped      every file by itself, with the shipped model (which
saw them) python -m tests.benchmarks.measure_matcher together     all nine files as one stream: joined pairs
that cross files python -m tests.benchmarks.measure_matcher pairs        AUC and accuracy on rated pairs
(never used in fitting) python -m tests.benchmarks.measure_matcher blocking     recall of true pairs against
candidates an article python -m tests.benchmarks.measure_matcher calibration  stated against observed
probability on rated pairs python -m tests.benchmarks.measure_matcher cost         candidates and scoring
against tokenising, CPU time
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from pipelines.matching import (
    MAX_BLOCK,
    MemoryIndex,
    blocking_keys,
    candidates,
    close,
    cluster,
    fingerprint,
    links,
    probability,
    score,
    scores,
)
from pipelines.matching.fingerprint import Fingerprint
from pipelines.matching.tokens import tokens
from tools.matcher_data import ENGLISH, OTHER, SHARED, article, read_rows

sys.path.insert(0, str(SHARED))
import score_clustering

RATED = ("semeval22_en", "bloomberg", "semeval22_other")


def partition(prints: Sequence[Fingerprint]) -> tuple[tuple[int, ...], ...]:
    """Stories of fingerprints, by position."""
    index = MemoryIndex()
    edges = []
    for i, one in enumerate(prints):
        near = sorted(candidates(index, one))
        edges += [(near[place], i, odds) for place, odds in links(one, [prints[j] for j in near])]
        index.add(i, blocking_keys(one))
    return cluster(range(len(prints)), edges, order={i: one.content_key for i, one in enumerate(prints)})


def shipped() -> None:
    """Scores of each file."""
    for name in (*ENGLISH, *OTHER):
        rows = read_rows(name)
        clusters = partition([fingerprint(article(row)) for row in rows])
        predicted = {rows[i]["id"]: number for number, members in enumerate(clusters) for i in members}
        found = score_clustering.score({row["id"]: row["event"] for row in rows}, predicted)
        print(f"{name:14s} B3 {found['b3_f1']:.3f} pairwise {found['pair_f1']:.3f}", flush=True)


def together() -> None:
    """How many joined pairs cross files when all are one stream."""
    files = [(name, row) for name in ENGLISH for row in read_rows(name)]
    clusters = partition([fingerprint(article(row)) for _, row in files])
    joined = [(files[a], files[b]) for members in clusters for a, b in combinations(members, 2)]
    crossing = [pair for pair in joined if pair[0][0] != pair[1][0]]
    print(f"{len(crossing)} of {len(joined)} joined pairs cross files: {len(crossing) / len(joined):.2%}")
    for one, other in crossing[:12]:
        print("  ", *((name, row["title"] or row["text"][:60]) for name, row in (one, other)))


def rated(name: str) -> list[tuple[float, dict[str, Any]]]:
    """Log odds of each rated pair."""
    rows = read_rows(name, "pairs")
    return [(score(fingerprint(article(row["a"])), fingerprint(article(row["b"]))), row) for row in rows]


def pairs() -> None:
    """AUC on pairs rated by people."""
    for name in RATED:
        known = [
            (odds, bool(row["same_event"])) for odds, row in rated(name) if row["same_event"] is not None
        ]
        odds, same = np.array([o for o, _ in known]), np.array([s for _, s in known])
        above = (odds[same][:, None] > odds[~same][None, :]).mean() + (
            odds[same][:, None] == odds[~same]
        ).mean() / 2
        right = np.mean((odds >= 0) == same)
        print(f"{name:16s} AUC {above:.3f} accuracy {right:.3f} ({len(known)} pairs)", flush=True)


def calibration() -> None:
    """Stated and observed probability, in steps."""
    for name in RATED[:2]:
        known = [
            (probability(odds), bool(row["same_event"]))
            for odds, row in rated(name)
            if row["same_event"] is not None
        ]
        print(name)
        for low in (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95):
            step = next(high for high in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.01) if high > low)
            inside = [(p, s) for p, s in known if low <= p < step]
            if inside:
                stated, seen = np.mean([p for p, _ in inside]), np.mean([s for _, s in inside])
                print(
                    f"  {low:.2f}-{step:.2f}: {len(inside):4d} pairs, stated {stated:.2f}, observed {seen:.2f}"
                )


def blocking() -> None:
    """Recall of true pairs and candidates an article."""
    for name in (*ENGLISH, *OTHER):
        rows = read_rows(name)
        prints = [fingerprint(article(row)) for row in rows]
        keys = [blocking_keys(one) for one in prints]
        index = MemoryIndex()
        for i, its in enumerate(keys):
            index.add(i, its)
        met = [sorted(candidates(index, one) - {i}) for i, one in enumerate(prints)]
        found = {
            (i, its[place])
            for i, its in enumerate(met)
            for place in close(prints[i], [prints[j] for j in its])
        }
        events = defaultdict(list)
        for i, row in enumerate(rows):
            events[row["event"]].append(i)
        true = {pair for members in events.values() for pair in combinations(members, 2)}
        print(
            f"{name:14s} recall {len(true & found) / len(true):.4f}, {len(found) / len(rows):.1f} candidates "
            f"an article, the close ones of {np.mean([len(its) for its in met]):.0f} that share one of its"
            f" {np.mean([len(its) for its in keys]):.0f} keys (each in at most {MAX_BLOCK} articles)",
            flush=True,
        )


def cost() -> None:
    """Ratios of CPU time on one file, everything measured in this run."""
    rows = read_rows("gvc")
    articles = [article(row) for row in rows]
    fingerprint(articles[0])
    begin = time.process_time()
    for one in articles:
        tokens(one.text)
    reading = time.process_time() - begin
    begin = time.process_time()
    prints = [fingerprint(one) for one in articles]
    printing = time.process_time() - begin
    index = MemoryIndex()
    looking, scoring = 0.0, 0.0
    for i, made in enumerate(prints):
        begin = time.process_time()
        keys = blocking_keys(made)
        met = [prints[j] for j in set().union(*index.lookup(keys, most=MAX_BLOCK).values())]
        near = [met[place] for place in close(made, met)]
        index.add(i, keys)
        between = time.process_time()
        scores(made, near)
        looking, scoring = looking + between - begin, scoring + time.process_time() - between
    each = 1000 / len(rows)
    print(
        f"tokenising {reading * each:.2f} ms an article; fingerprint {printing / reading:.1f} times that, ",
        end="",
    )
    print(f"candidates {looking / reading:.1f}, scoring {scoring / reading:.1f}")


def main() -> None:
    """Run the measurements named."""
    known = {f.__name__: f for f in (shipped, together, pairs, blocking, calibration, cost)}
    for name in sys.argv[1:] or known:
        known[name]()


if __name__ == "__main__":
    main()

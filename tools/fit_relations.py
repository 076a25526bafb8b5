"""Fit which stories belong to one affair, on the threads of the written streams, and measure it.

    python -m tools.fit_relations [--write]

Prints for each stream, left out of the fit or only measured, the precision, recall and number of related
stories, first without those related through others: on the labelled events, then on the stories that
`pipelines.group` makes of its articles, each taken for the event of most of its reports. Each is judged by
the threads of the first readers alone, then with those of `tests/benchmarks/streams/threads_more.jsonl` (see
its README), by which it is fitted; by the latter it prints, too, whether the stated probabilities hold. With
``--write`` it fits on `FITTED` and writes `pipelines/matching/relations.json`: run it again when the terms or
fingerprints of the matcher change. Needs `pip install 'cuttings[fit]'`.

Tried with streams left out, and left away, since no stream gains: lengths, headline against lead, full names,
figures, days named, cosines of meaning, stories thinned to some of their reports, candidates from 10 or 16
bits. How many stories of the desk share a name, and a second model over the neighbours of a pair, raise the
average precision from .55 to .62, but at .5 find no more than relations through all third stories do, and
what is stored would depend on more than the two stories.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod
from pathlib import Path

import lightgbm
import numpy as np

from pipelines import group
from pipelines.matching import fingerprint
from pipelines.matching.affairs import RELATION_FEATURES, are_editions, relation_features, story_profile
from pipelines.matching.blocking import lasting_keys
from pipelines.matching.fingerprint import SURPRISE_STEPS, Fingerprint
from pipelines.stories.linking import MOST_SHARED
from pipelines.stories.threads import EDITION, LEAST_SHARED, RELATED, THROUGH
from tools.matcher_data import FIVE_DESKS, SECTOR_NEWS, STREAMS, Bools, Floats, article, read_rows
from tools.matcher_models import RUN, as_nodes

FITTED = (*FIVE_DESKS, "forms")
# Measured only: fitted on these too, eight desks gain .03 of average precision, the five lose .004, and two
# affairs in one form of words with one first name in common are taken for one.
MEASURED = ("sector_f", "sector_g", "sector_h", "sector_i", "sector_j", "sector_k", "sector_l", "sector_m")
LABELS = (SECTOR_NEWS / "threads.jsonl", STREAMS / "threads.jsonl")
MORE_LABELS = STREAMS / "threads_more.jsonl"
OUTPUT = Path(__file__).parents[1] / "pipelines" / "matching" / "relations.json"
# Names that two stories share never speak against one affair; common words do where the names differ.
SHARED_NAMES = ("first_name", "second_name", "names", "name_cosine", "covered_least", "covered_most", "stage")
# Chosen with streams left out: 8 leaves, or a logistic regression of the same features, are worse on streams
# that they did not see.
SHAPE = RUN | {
    "num_leaves": 4, "learning_rate": 0.05, "min_data_in_leaf": 20, "lambda_l2": 5.0, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1,
    "monotone_constraints": [int(name in SHARED_NAMES) for name in RELATION_FEATURES],
}  # fmt: skip
ROUNDS = 200
SEEDS = 3

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Stories of one stream with the pairs that are candidates, and which of all pairs are of one thread."""

    name: str
    pairs: Sequence[tuple[int, int]]  # positions of stories
    values: Floats
    editions: Bools  # of each candidate, whether its headlines say so
    related: Bools
    ignored: Bools  # parts of one event: neither right nor wrong


def labels(*paths: Path) -> dict[str, frozenset[Pair]]:
    """Return the pairs of events of one thread, by stream; with ``with``, the events with each of those."""
    found: dict[str, set[Pair]] = {name: set() for name in (*FITTED, *MEASURED)}
    for line in chain.from_iterable(path.read_text(encoding="utf-8").splitlines() for path in paths):
        row = json.loads(line)
        pairs = product(row["events"], row["with"]) if "with" in row else combinations(row["events"], 2)
        found[row["stream"]].update((min(pair), max(pair)) for pair in pairs)
    return {name: frozenset(pairs) for name, pairs in found.items()}


def stream(
    name: str,
    stories: Sequence[tuple[str, Sequence[Fingerprint]]],
    threads: frozenset[Pair],
) -> Stream:
    """Return a stream of stories, each an event and its reports."""
    keys = [_keys(reports) for _, reports in stories]
    held = Counter(
        key for _, reports in stories for each in reports for key in set(lasting_keys(each).values())
    )
    profiles = [story_profile(reports) for _, reports in stories]
    pairs = [
        (i, j)
        for i, j in combinations(range(len(stories)), 2)
        if sum(bits for key, bits in keys[i].items() if key in keys[j] and held[key] <= MOST_SHARED)
        >= LEAST_SHARED
    ]
    events = [tuple(sorted((stories[i][0], stories[j][0]))) for i, j in pairs]
    return Stream(
        name=name,
        pairs=pairs,
        values=np.array([relation_features(profiles[i], profiles[j]) for i, j in pairs]),
        editions=np.array([are_editions(profiles[i], profiles[j]) for i, j in pairs]),
        related=np.array([pair in threads for pair in events]),
        ignored=np.array([a == b for a, b in events]),
    )


def _keys(reports: Iterable[Fingerprint]) -> Mapping[int, float]:
    return {
        key: report.surprises[position] / SURPRISE_STEPS
        for report in reports
        for position, key in lasting_keys(report).items()
    }


def labelled_stories(name: str) -> list[tuple[str, list[Fingerprint]]]:
    """Return the events of a stream with their reports."""
    events: defaultdict[str, list[Fingerprint]] = defaultdict(list)
    for row in read_rows(name):
        events[row["event"]].append(fingerprint(article(row)))
    return sorted(events.items())


def desk_stories(name: str) -> list[tuple[str, list[Fingerprint]]]:
    """Return the stories that the matcher makes, each under the event of most of its reports."""
    rows = {row["id"]: row for row in read_rows(name)}
    found = []
    for story in group(map(article, rows.values())):
        its = [rows[one.external_id or ""] for one in story.articles]
        event = Counter(sorted(row["event"] for row in its)).most_common(1)[0][0]
        found.append((event, [fingerprint(article(row)) for row in its]))
    return found


def fit(streams: Sequence[Stream]) -> list[lightgbm.Booster]:
    """Return the ensembles fitted on these streams."""
    values = np.vstack([each.values for each in streams])
    related = np.concatenate([each.related for each in streams])
    kept = ~np.concatenate([each.ignored for each in streams])
    return [
        lightgbm.train(SHAPE | {"seed": seed}, lightgbm.Dataset(values[kept], related[kept]), ROUNDS)
        for seed in range(1, SEEDS + 1)
    ]


def odds(boosters: Sequence[lightgbm.Booster], values: Floats) -> Floats:
    """Return the natural log odds of each row."""
    found: Floats = np.mean([np.asarray(each.predict(values, raw_score=True)) for each in boosters], axis=0)
    return found


def with_affairs(of: Stream, stated: Floats) -> dict[tuple[int, int], float]:
    """Return the stated probability of each related pair, those through a third story too."""
    direct = {pair: float(p) for pair, p in zip(of.pairs, stated, strict=True) if p >= RELATED}
    editions = {pair for pair, edition in zip(of.pairs, of.editions, strict=True) if edition}
    near: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for (a, b), p in direct.items():
        if (a, b) in editions:
            continue
        near[a][b] = near[b][a] = p
    through: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for its in near.values():
        for (a, p), (b, q) in combinations(sorted(its.items()), 2):
            if (a, b) not in direct:
                through[a, b].append(p * q * THROUGH)
    likely = {pair: 1 - prod(1 - p for p in found) for pair, found in through.items()}
    return direct | {pair: p for pair, p in likely.items() if p >= RELATED}


Figures = tuple[float, float, int]  # precision, recall, number of pairs


def measured(
    of: Stream, stated: Floats, events: Sequence[str], threads: frozenset[Pair]
) -> tuple[Figures, Figures]:
    """Return the figures of the pairs related by themselves, and with those related through others."""
    direct = {pair: float(p) for pair, p in zip(of.pairs, stated, strict=True) if p >= RELATED}
    return _figures(direct, events, threads), _figures(with_affairs(of, stated), events, threads)


def _figures(found: Iterable[tuple[int, int]], events: Sequence[str], threads: frozenset[Pair]) -> Figures:
    named = [tuple(sorted((events[a], events[b]))) for a, b in found]
    judged = [pair for pair in named if pair[0] != pair[1]]
    right = [pair for pair in judged if pair in threads]
    return len(right) / max(1, len(judged)), len(set(right)) / len(threads), len(judged)


def reliability(found: Iterable[tuple[float, bool]]) -> str:
    """Return for each band of stated probabilities how many relations are in it and which share is right."""
    bands: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for stated, right in found:
        bands[min(9, int(stated * 10))].append((stated, right))
    means = [(np.mean(its, axis=0), len(its)) for _, its in sorted(bands.items())]
    return "; ".join(f"stated {stated:.2f} right {right:.2f} ({count})" for (stated, right), count in means)


def _told(name: str, figures: Sequence[tuple[Figures, Figures]]) -> str:
    """Return a line: the figures by the writers' threads, then by the completed ones."""
    parts = [
        f"{precision:.2f} / {recall:.2f} ({count})" for pair in figures for precision, recall, count in pair
    ]
    return f"{name:18s} " + "   ".join(
        map(str.__add__, ("", "through others ", "completed ", "through "), parts)
    )


def _mean(figures: Sequence[Figures]) -> Figures:
    precisions, recalls, counts = zip(*figures, strict=True)
    return sum(precisions) / len(figures), sum(recalls) / len(figures), sum(counts)


def write(streams: Sequence[Stream]) -> None:
    """Fit on everything and write the model."""
    boosters = fit(streams)
    trees = [as_nodes(tree, 1 / SEEDS) for each in boosters for tree in each.dump_model()["tree_info"]]
    counts = ", ".join(
        f"{each.name} {len(each.pairs)} pairs ({each.related.sum()} related)" for each in streams
    )
    written = {
        "origin": f"fitted by tools/fit_relations.py on threads.jsonl and threads_more.jsonl: {counts}",
        "relation": {"features": RELATION_FEATURES, "trees": trees},
    }
    lines = json.dumps(written, separators=(",", ":")).replace("]],[[", "]],\n[[")
    OUTPUT.write_text(lines + "\n", encoding="utf-8")
    print(f"wrote {OUTPUT} ({len(lines)} bytes)")


def main() -> None:
    """Measure, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    written, more = labels(*LABELS), labels(MORE_LABELS)
    threads = {name: written[name] | more[name] for name in written}
    streams = [stream(name, labelled_stories(name), threads[name]) for name in threads]
    fitted = streams[: len(FITTED)]
    found: defaultdict[str, list[tuple[tuple[Figures, Figures], ...]]] = defaultdict(list)
    judged: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    for left in streams:
        boosters = fit([each for each in fitted if each is not left])
        for title, stories in (("events", labelled_stories(left.name)), ("stories", desk_stories(left.name))):
            of = left if title == "events" else stream(left.name, stories, threads[left.name])
            stated = 1 / (1 + np.exp(-odds(boosters, of.values)))
            stated = np.where(of.editions, np.maximum(stated, EDITION), stated)
            events = [event for event, _ in stories]
            judges = (written[left.name], threads[left.name])
            found[title].append(tuple(measured(of, stated, events, judge) for judge in judges))
            print(_told(f"{left.name:9s} {title}", found[title][-1]), flush=True)
            for (a, b), p in with_affairs(of, stated).items():
                if events[a] != events[b]:
                    pair = (min(events[a], events[b]), max(events[a], events[b]))
                    judged[title].append((p, pair in threads[left.name]))
    for title, rows in found.items():
        for part, desks in (("five", rows[: len(FIVE_DESKS)]), ("more", rows[len(FITTED) :])):
            means = [
                (_mean([row[k][0] for row in desks]), _mean([row[k][1] for row in desks])) for k in (0, 1)
            ]
            print(_told(f"{part:9s} {title}", means))
        print(f"all       {title:8s} {reliability(judged[title])}")
    if options.write:
        write(fitted)


if __name__ == "__main__":
    main()

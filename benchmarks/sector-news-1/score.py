#!/usr/bin/env python3
"""Score same-event stories against the labels of sector-news-1. Needs Python 3.9 or newer and nothing else.

    score.py PREDICTIONS.json|.jsonl [--split fit|test|all]   scores of each stream and their mean, as JSON
    score.py --stream GOLD.jsonl PREDICTIONS.json|.jsonl      of one file in the same form

PREDICTIONS: one JSON object {article id: story}, or a line {"id": ..., "story": ...} for each article. An
article without a story counts as a story of its own; ids that are not in the data are an error.

B-cubed (Bagga and Baldwin 1998), pairwise, and CEAF-e (Luo 2005, similarity phi-4), each precision, recall
and F1; `glued`, stories of several reports that hold two events, the error a reader sees; `split`, events
of several reports that lie in several stories. Streams are scored each by itself; the mean is not weighted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def score(gold: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures of ``found`` (article to story) against ``gold`` (article to event)."""
    stories = {i: ("story", found[i]) if found.get(i) is not None else ("alone", i) for i in gold}
    both = Counter((gold[i], stories[i]) for i in gold)
    events, sizes = Counter(gold.values()), Counter(stories.values())
    inside, across = defaultdict(set), defaultdict(set)
    for event, story in both:
        inside[story].add(event)
        across[event].add(story)
    result = {"articles": len(gold), "events": len(events), "stories": len(sizes)}
    for name, (precision, recall) in (
        ("b_cubed", b_cubed(both, events, sizes)),
        ("pairwise", pairwise(both, events, sizes)),
        ("ceaf_e", ceaf_e(both, events, sizes)),
    ):
        together = precision + recall
        result[name + "_precision"], result[name + "_recall"] = precision, recall
        result[name + "_f1"] = 2 * precision * recall / together if together else 0.0
    result["several"] = sum(size > 1 for size in sizes.values())
    result["glued"] = sum(len(its) > 1 for its in inside.values())
    result["reported"] = sum(size > 1 for size in events.values())
    result["split"] = sum(len(its) > 1 for its in across.values())
    return result


def b_cubed(both: Counter, events: Counter, stories: Counter) -> tuple[float, float]:
    """Return precision and recall, averaged over articles."""
    articles = sum(both.values())
    precision = sum(n * n / stories[story] for (_, story), n in both.items())
    recall = sum(n * n / events[event] for (event, _), n in both.items())
    return (precision / articles, recall / articles) if articles else (1.0, 1.0)


def pairwise(both: Counter, events: Counter, stories: Counter) -> tuple[float, float]:
    """Return precision and recall over pairs of articles; 1 where there are no pairs."""
    right, joined, true = (sum(n * (n - 1) // 2 for n in each.values()) for each in (both, stories, events))
    return right / joined if joined else 1.0, right / true if true else 1.0


def ceaf_e(both: Counter, events: Counter, stories: Counter) -> tuple[float, float]:
    """Return precision and recall of the best one-to-one assignment of stories to events."""
    total = 0.0
    for group in connected(both):
        rows, columns = ({key: at for at, key in enumerate({pair[k] for pair in group})} for k in (0, 1))
        size = max(len(rows), len(columns))
        cost = [[0.0] * size for _ in range(size)]
        for event, story in group:
            likeness = 2 * both[event, story] / (events[event] + stories[story])
            cost[rows[event]][columns[story]] = -likeness
        total -= sum(cost[row][column] for row, column in enumerate(assignment(cost)))
    return (total / len(stories), total / len(events)) if both else (1.0, 1.0)


def connected(pairs: Iterable[tuple[Any, Any]]) -> list[list[tuple[Any, Any]]]:
    """Return the (event, story) pairs in groups that share neither an event nor a story."""
    near = defaultdict(list)
    for pair in pairs:
        near["event", pair[0]].append(pair)
        near["story", pair[1]].append(pair)
    groups, seen = [], set()
    for start in pairs:
        if start in seen:
            continue
        group, waiting = [], [start]
        seen.add(start)
        while waiting:
            pair = waiting.pop()
            group.append(pair)
            for other in near["event", pair[0]] + near["story", pair[1]]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        groups.append(group)
    return groups


def assignment(cost: Sequence[Sequence[float]]) -> list[int]:
    """Return the column of each row in the cheapest assignment of a square matrix (Hungarian method)."""
    size = len(cost)
    prices = [0.0] * (size + 1), [0.0] * (size + 1)  # of rows, of columns
    row_of = [0] * (size + 1)  # of each column; 0 is none, and column 0 holds the row in hand
    for row in range(1, size + 1):
        row_of[0] = row
        column, came_from = free_column(cost, prices, row_of)
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    columns = [0] * size
    for column in range(1, size + 1):
        columns[row_of[column] - 1] = column - 1
    return columns


def free_column(
    cost: Sequence[Sequence[float]], prices: tuple[list[float], list[float]], row_of: Sequence[int]
) -> tuple[int, list[int]]:
    """Return the free column that ends the shortest path from column 0, and the path; the prices move."""
    of_row, of_column = prices
    size, column = len(cost), 0
    least, came_from, done = [float("inf")] * (size + 1), [0] * (size + 1), [False] * (size + 1)
    while row_of[column]:
        done[column] = True
        this, open_ones = row_of[column], [other for other in range(1, size + 1) if not done[other]]
        for other in open_ones:
            price = cost[this - 1][other - 1] - of_row[this] - of_column[other]
            if price < least[other]:
                least[other], came_from[other] = price, column
        following = min(open_ones, key=least.__getitem__)
        step = least[following]
        for other in range(size + 1):
            if done[other]:
                of_row[row_of[other]] += step
                of_column[other] -= step
            else:
                least[other] -= step
        column = following
    return column, came_from


def read_gold(path: str | Path) -> dict[str, str]:
    """Return the event of each article of a stream, by the article's id."""
    with Path(path).open(encoding="utf-8") as lines:
        return {row["id"]: row["event"] for row in map(json.loads, filter(str.strip, lines))}


def read_predictions(path: str | Path) -> dict[str, Any]:
    """Return the story of each article of a file of predictions, by the article's id."""
    text = Path(path).read_text(encoding="utf-8")
    if str(path).endswith(".jsonl"):
        return {row["id"]: row["story"] for row in map(json.loads, filter(str.strip, text.splitlines()))}
    return dict(json.loads(text))


def score_streams(names: Sequence[str], found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the scores of each stream, and under "mean" their unweighted mean; counts are added up."""
    scores = {name: score(read_gold(HERE / "data" / (name + ".jsonl")), found) for name in names}
    mean = {}
    for key, value in next(iter(scores.values())).items():
        total = sum(each[key] for each in scores.values())
        mean[key] = total / len(scores) if isinstance(value, float) else total
    return {**scores, "mean": mean}


def known_ids(stream: str | None, splits: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the ids of one stream, or of all."""
    data = [HERE / "data" / (name + ".jsonl") for names in splits.values() for name in names]
    return {i for path in ([stream] if stream else data) for i in read_gold(path)}


def main() -> None:
    """Read the command line and print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("predictions")
    parser.add_argument("--split", choices=("fit", "test", "all"), default="test")
    parser.add_argument("--stream", metavar="GOLD", help="score one file of labels in place of a split")
    options = parser.parse_args()
    splits = json.loads((HERE / "splits.json").read_text(encoding="utf-8"))
    try:
        found = read_predictions(options.predictions)
        known = known_ids(options.stream, splits)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"score.py: cannot read the predictions or labels: {error!r}")
    if strange := sorted(set(found) - known):
        sys.exit(f"score.py: {len(strange)} ids are not in the data, the first is {strange[0]!r}")
    names = splits["fit"] + splits["test"] if options.split == "all" else splits[options.split]
    result = score(read_gold(options.stream), found) if options.stream else score_streams(names, found)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

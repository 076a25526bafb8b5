"""The benchmark sector-news-1 is what its README says, and its scorer agrees with ours and with hand examples."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from pipelines.matching.metrics import ErrorKind, evaluate

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks" / "sector-news-1"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
MORE_THREADS = Path(__file__).parent / "benchmarks" / "streams" / "threads_more.jsonl"
STREAMS = sorted(path.stem for path in (FOLDER / "data").glob("*.jsonl"))
FULL_REPORT = 80  # words of text

specification = importlib.util.spec_from_file_location("sector_news_score", FOLDER / "score.py")
assert specification
assert specification.loader
scorer = importlib.util.module_from_spec(specification)
specification.loader.exec_module(scorer)


@cache
def rows_of(stream: str) -> list[dict[str, Any]]:
    lines = (FOLDER / "data" / f"{stream}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def counts(rows: list[dict[str, Any]]) -> list[int]:
    """Articles, events, events of one report, true pairs, full reports, headlines alone."""
    events = Counter(row["event"] for row in rows)
    words = [len(row["text"].split()) for row in rows]
    return [
        len(rows),
        len(events),
        sum(size == 1 for size in events.values()),
        sum(size * (size - 1) // 2 for size in events.values()),
        sum(count >= FULL_REPORT for count in words),
        words.count(0),
    ]


def test_the_counts_of_the_readme_are_true() -> None:
    splits = json.loads((FOLDER / "splits.json").read_text(encoding="utf-8"))
    told = {
        cells[0]: cells[1:]
        for cells in (
            [cell.strip() for cell in line.strip("| ").split(" | ")] for line in README.splitlines()
        )
        if cells[0] in STREAMS
    }
    assert sorted(told) == STREAMS == sorted(splits["fit"] + splits["test"])
    for stream, (split, *figures) in told.items():
        assert stream in splits[split]
        assert [int(figure) for figure in figures[:6]] == counts(rows_of(stream)), stream
        middle = median(len(row["text"].split()) for row in rows_of(stream))
        assert int(figures[6]) == int(middle), stream


def test_it_is_as_large_as_it_says() -> None:
    everything = [row for stream in STREAMS for row in rows_of(stream)]
    articles, events, alone, pairs, full, headlines = counts(everything)
    assert f"| all | | {articles} | {events} | {alone} | {pairs} | {full} | {headlines} |" in README
    assert f"{articles:,} invented English news articles of {events:,} events" in README
    assert articles >= 1800
    assert events >= 800
    assert full / articles >= 1 / 3
    assert f"({full / articles:.0%}".replace("%", " %") in README
    assert sum(not row["published"] for row in everything) / articles == pytest.approx(0.1, abs=0.01)
    assert f"{articles:,} invented English news articles of {events:,} events" in (
        FOLDER / "CITATION.cff"
    ).read_text(encoding="utf-8")


def test_ids_are_unique_and_events_stay_in_their_stream() -> None:
    assert len({row["id"] for stream in STREAMS for row in rows_of(stream)}) == sum(
        len(rows_of(stream)) for stream in STREAMS
    )
    events = {stream: {row["event"] for row in rows_of(stream)} for stream in STREAMS}
    assert len(set().union(*events.values())) == sum(map(len, events.values()))
    for path in (FOLDER / "threads.jsonl", MORE_THREADS):
        for line in path.read_text(encoding="utf-8").splitlines():
            thread = json.loads(line)
            related = [*thread["events"], *thread.get("with", ())]
            assert set(related) <= events[thread["stream"]]
            assert len(set(related)) == len(related) > 1


@pytest.mark.parametrize("seed", range(20))
def test_the_scorer_agrees_with_ours(seed: int) -> None:
    chance = random.Random(seed)
    gold = {f"{i}": f"{chance.randrange(12)}" for i in range(40)}
    found = {i: chance.randrange(14) for i in gold if chance.random() < 0.9}
    ours, theirs = evaluate(gold, found), scorer.score(gold, found)
    names = {"B-cubed": "b_cubed", "pairwise": "pairwise", "CEAF-e": "ceaf_e"}
    for measure in ours.measures:
        if measure.name in names:
            key = names[measure.name]
            assert theirs[f"{key}_precision"] == pytest.approx(measure.precision)
            assert theirs[f"{key}_recall"] == pytest.approx(measure.recall)
            assert theirs[f"{key}_f1"] == pytest.approx(measure.f1)
    kinds = Counter(error.kind for error in ours.errors)
    assert (theirs["glued"], theirs["split"]) == (kinds[ErrorKind.MERGED], kinds[ErrorKind.SPLIT])
    assert (theirs["events"], theirs["stories"]) == (ours.events, ours.stories)


def test_a_hand_example() -> None:
    """Two events of two and three reports; one report is filed under the wrong story."""
    gold = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}
    found = {"a": 1, "b": 2, "c": 2, "d": 3, "e": 3}
    its = scorer.score(gold, found)
    assert its["b_cubed_precision"] == pytest.approx((1 + 0.5 + 0.5 + 1 + 1) / 5)
    assert its["b_cubed_recall"] == pytest.approx((0.5 + 0.5 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert its["pairwise_precision"] == pytest.approx(1 / 2)
    assert its["pairwise_recall"] == pytest.approx(1 / 4)
    assert its["ceaf_e_recall"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert its["ceaf_e_precision"] == pytest.approx((2 / 3 + 4 / 5) / 3)
    assert (its["several"], its["glued"], its["reported"], its["split"]) == (2, 1, 2, 2)


@pytest.mark.parametrize(("found", "f1"), [({"a": 1, "b": 1}, 1.0), ({}, 0.0)])
def test_the_ends(found: dict[str, int], f1: float) -> None:
    assert scorer.score({"a": "x", "b": "x"}, found)["pairwise_f1"] == f1


def test_it_scores_a_file_with_nothing_but_python(tmp_path: Path) -> None:
    lines = tmp_path / "right.jsonl"
    rows = [{"id": row["id"], "story": row["event"]} for row in rows_of("sector_d")]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    stream = FOLDER / "data" / "sector_d.jsonl"
    command = [sys.executable, "-S", "-I", str(FOLDER / "score.py"), str(lines), "--stream", str(stream)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["pairwise_f1"] == 1.0


@pytest.mark.parametrize(
    ("content", "told"),
    [('{"nobody": 1}', "'nobody'"), ("nothing", "cannot read"), ('[["a"]]', "cannot read")],
)
def test_it_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, told: str
) -> None:
    strange = tmp_path / "strange.json"
    strange.write_text(content, "utf-8")
    monkeypatch.setattr(sys, "argv", ["score.py", str(strange)])
    with pytest.raises(SystemExit, match=told):
        scorer.main()


def test_the_datasheet_has_the_headings_of_the_paper() -> None:
    """Gebru et al. 2021, section 3."""
    text = (FOLDER / "DATASHEET.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "Motivation",
        "Composition",
        "Collection process",
        "Preprocessing, cleaning, labelling",
        "Uses",
        "Distribution",
        "Maintenance",
    ]


def test_the_citation_has_what_the_schema_requires() -> None:
    """Citation File Format 1.2.0: cff-version, message, title and authors; SPDX licence, ISO date."""
    text = (FOLDER / "CITATION.cff").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^([a-z-]+): *(.*)$", text, re.MULTILINE))
    assert {"cff-version", "message", "title", "authors"} <= set(keys)
    assert keys["cff-version"] == "1.2.0"
    assert (keys["type"], keys["license"]) == ("dataset", "CC-BY-4.0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", keys["date-released"])

"""Stories beside the peers: each is tuned on files that it is not measured on, then asked about others."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.environments import Environment, Peer
from tools.bench.running import Running, running
from tools.bench.story_scores import Figures, f1s, figures, mean_of_files, sums_by_event
from tools.matcher_data import ENGLISH, SECTOR_NEWS, read_file, read_rows, shortened

WITH, WITHOUT = "with the encoder", "without"
SHIPPED = tuple(
    Peer(
        name=f"cuttings as shipped, {how}",
        bench="stories",
        packages=(),
        script="stories_cuttings",
        arguments=(encoder,),
    )
    for how, encoder in ((WITH, "minilm"), (WITHOUT, "none"))
)
YARDSTICK = "TF-IDF, average link"  # whose CPU time is 1
DEADLINE = 1800.0  # seconds for a file with all settings
LINES = ("sector_policy", "sector_services", "sector_news")
ELSEWHERE = ("newswire", "portuguese", "vimds")
TOLD = ("title", "text", "published", "source", "language")  # never the label, its notes or the id

Setting = dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Files that are measured, and those that peers are tuned on (if none, the others that are measured)."""

    name: str
    measured: tuple[str, ...]
    tuned_on: tuple[str, ...] = ()
    ours: bool = False  # the shipped matcher is asked too, and the CPU time is compared

    def tuning(self, name: str) -> tuple[str, ...]:
        """Return what a peer is tuned on before it is measured on a file."""
        return self.tuned_on or tuple(each for each in self.measured if each != name)


def file_sets(public: Path | None) -> list[FileSet]:
    """Return the sets; the public files only where they are."""
    splits = json.loads((SECTOR_NEWS / "splits.json").read_text(encoding="utf-8"))
    fit, test = tuple(splits["fit"]), tuple(splits["test"])
    found = [
        FileSet(name="sector-news-1, test split", measured=test, tuned_on=fit, ours=True),
        FileSet(
            name="sector-news-1, test split, headlines alone",
            measured=tuple(f"{name}+title" for name in test),
            tuned_on=tuple(f"{name}+title" for name in fit),
            ours=True,
        ),
        FileSet(name="headline and one line of the sector", measured=LINES),
    ]
    if public:
        elsewhere = FileSet(name="other languages and agency news", measured=ELSEWHERE)
        found += [FileSet(name="nine public files", measured=ENGLISH), elsewhere]
    return found


class Labelled:
    """Labelled files: those of this repository, and public ones in a folder."""

    def __init__(self, public: Path | None) -> None:
        self._public = public
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the articles of a file, or of a shortened form of it ("forms+title")."""
        if name not in self._rows:
            base, _, how = name.partition("+")
            path = self._public / f"{base}.jsonl.gz" if self._public else None
            read = read_file(path) if path and path.is_file() else read_rows(base)
            self._rows[name] = [shortened(row, how) if how else row for row in read]
        return self._rows[name]

    def events(self, name: str) -> list[str]:
        """Return the label of each article."""
        return [row["event"] for row in self.rows(name)]


def settings_of(peer: Peer) -> list[Setting]:
    """Return the grid of a peer; one empty setting if it has none."""
    grid = product(peer.thresholds, peer.days)
    return [{"threshold": threshold, "days": days or None} for threshold, days in grid] or [{}]


def asked(
    peer: Running, articles: Sequence[Mapping[str, Any]], settings: Sequence[Setting], scratch: str
) -> dict[str, Any]:
    """Return a peer's reply on a file: a partition for each setting."""
    told = [{key: row.get(key) for key in TOLD} for row in articles]
    return peer.ask({"articles": told, "settings": settings, "scratch": scratch})


def worth(events: Sequence[str], stories: Sequence[int]) -> float:
    """Return what a setting is chosen by: the mean of B-cubed and pairwise F1."""
    return float(f1s(sums_by_event(events, stories).sum(axis=0, keepdims=True)).mean())


def tuned(tried: Mapping[str, Sequence[float]], names: Sequence[str]) -> int:
    """Return the position of the setting that is best on average over some files."""
    return int(np.argmax(np.mean([tried[name] for name in names], axis=0)))


def measure_peer(
    peer: Peer, process: Running, files: FileSet, labelled: Labelled, scratch: str
) -> dict[str, Any]:
    """Return a peer's figures over a set. On a file without a fitting split its CPU time is not measured."""
    settings = settings_of(peer)
    tried, kept = {}, {}
    tuning = files.tuned_on[: None if len(settings) > 1 else 1]  # without a choice: one, to load everything
    for name in tuning or files.measured:
        reply = asked(process, labelled.rows(name), settings, scratch)
        if "error" in reply:
            return {"name": peer.name, "reason": reply["error"]}
        kept[name], events = reply["stories"], labelled.events(name)
        tried[name] = [worth(events, stories) for stories in reply["stories"]]
    found: dict[str, Figures] = {}
    chosen, cpu = [], 0.0
    for name in files.measured:
        best = tuned(tried, files.tuning(name)) if len(settings) > 1 else 0
        if files.tuned_on:
            reply = asked(process, labelled.rows(name), [settings[best]], scratch)
            if "error" in reply:
                return {"name": peer.name, "reason": reply["error"]}
            stories, cpu = reply["stories"][0], cpu + reply["cpu"]
        else:
            stories = kept[name][best]
        chosen.append(settings[best])
        found[name] = figures(labelled.events(name), stories)
    distinct = [setting for at, setting in enumerate(chosen) if setting and setting not in chosen[:at]]
    return {"name": peer.name, **mean_of_files(found), "settings": distinct, "cpu": cpu or None}


def relative(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with CPU time as a ratio to that of the yardstick."""
    yard = next((row.get("cpu") for row in rows if row["name"] == YARDSTICK), None)
    return [{**row, "cpu": round(row["cpu"] / yard, 2) if yard and row.get("cpu") else None} for row in rows]


def stories_bench(
    peers: Sequence[Peer],
    known: Mapping[str, Environment],
    *,
    public: Path | None,
    only: str,
    skip: str,
    tell: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Return the figures of each set of files whose name has ``only`` in it, without peers named ``skip``."""
    environments = {**{peer.name: Environment(python=None) for peer in SHIPPED}, **known}
    labelled, found = Labelled(public), []
    with tempfile.TemporaryDirectory() as scratch:
        for files in (each for each in file_sets(public) if only in each.name):
            rows: list[dict[str, Any]] = []
            everyone = (*SHIPPED, *peers) if files.ours else tuple(peers)
            with running(everyone, environments, DEADLINE) as processes:
                for peer in everyone:
                    if skip and skip in peer.name:
                        rows.append({"name": peer.name, "reason": "not asked in this run"})
                    elif peer.name in processes:
                        rows.append(measure_peer(peer, processes[peer.name], files, labelled, scratch))
                        processes[peer.name].end()
                        tell(f"{files.name}: {rows[-1]}")
            counts = {
                name: [len(events := labelled.events(name)), len(set(events))] for name in files.measured
            }
            found.append({"set": files.name, "files": counts, "rows": relative(rows)})
    return found

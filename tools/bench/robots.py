"""Decisions of robots.txt parsers beside known ones.

A folder has `wild_decisions.jsonl` (real files; `allowed` is what Google's matcher says) and files of cases
(`google_cases.jsonl`, `rfc9309.jsonl`), whose rows hold the robots.txt itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.bootstrap import bootstrap
from tools.bench.environments import Environment, Peer
from tools.bench.running import Running, running

OURS = Peer(name="cuttings", bench="robots", packages=(), script="robots_cuttings")
YARDSTICK = "protego"  # whose CPU time is 1
FILES = {
    "real files, as Google's matcher decides": ("wild_decisions",),
    "cases of RFC 9309 and of Google's tests": ("rfc9309", "google_cases"),
}
GOOGLE_ONLY = "google-only"  # where Google departs from the standard on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """One robots.txt with the questions asked of it."""

    content: bytes
    cases: tuple[tuple[str, str], ...]  # agent, address
    allowed: tuple[bool, ...]

    def request(self) -> dict[str, Any]:
        """Return what a peer is told."""
        return {"robots": base64.b64encode(self.content).decode(), "cases": self.cases}


def read_cases(folder: Path, names: Sequence[str]) -> list[RobotsFile]:
    """Return the files and their cases. Raises ``OSError`` if one is missing."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("scope") != GOOGLE_ONLY:
                grouped.setdefault(row.get("file") or row["robots_b64"], []).append(row)
    return [
        RobotsFile(
            content=(folder.parent / key).read_bytes() if "file" in rows[0] else base64.b64decode(key),
            cases=tuple((row["agent"], row["url"]) for row in rows),
            allowed=tuple(row["allowed"] for row in rows),
        )
        for key, rows in grouped.items()
    ]


def measure(name: str, files: Sequence[RobotsFile], process: Running) -> dict[str, Any]:
    """Return how often a peer decides as it should; files are drawn for the interval. No answer is wrong."""
    process.ask(files[0].request())  # loading is not counted
    replies = [process.ask(each.request()) for each in files]
    right = np.array([
        sum(found == wanted for found, wanted in zip(reply.get("allowed", ()), each.allowed, strict=False))
        for reply, each in zip(replies, files, strict=True)
    ])  # fmt: skip
    asked = np.array([len(each.cases) for each in files])
    return {
        "name": name,
        "right": int(right.sum()),
        "asked": int(asked.sum()),
        "share": bootstrap(len(files), lambda chosen: float(right[chosen].sum() / asked[chosen].sum())).row(),
        "errors": sum("error" in reply for reply in replies),
        "cpu": sum(reply.get("cpu", 0.0) for reply in replies),
    }


def robots_bench(
    folder: Path, peers: Sequence[Peer], known: Mapping[str, Environment]
) -> list[dict[str, Any]]:
    """Return the figures of each set of cases."""
    environments = {OURS.name: Environment(python=None), **known}
    found = []
    for title, names in FILES.items():
        files = read_cases(folder, names)
        with running((OURS, *peers), environments) as processes:
            rows = [measure(name, files, process) for name, process in processes.items()]
        yard = next((row["cpu"] for row in rows if row["name"] == YARDSTICK), None)
        rows = [{**row, "cpu": round(row["cpu"] / yard, 2) if yard else None} for row in rows]
        found.append({"set": title, "files": len(files), "rows": rows})
    return found

"""Clean text beside the peers: all are given a page in turn, so that a busy machine slows all alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.bootstrap import Ints, bootstrap
from tools.bench.environments import Environment, Peer
from tools.bench.running import Running, running
from tools.bench.text_scores import POOR, Scores, names, page_score, plain

ALONE = "cuttings, each page by itself"
LEARNED = "cuttings, with the site's other pages"
OURS = tuple(Peer(name=name, bench="text", packages=(), script="text_cuttings") for name in (LEARNED, ALONE))
YARDSTICK = "trafilatura, default"  # whose CPU time is 1
LEARNING = 1800.0  # seconds for the pages of all sites
SIZES = ("lightest third", "middle third", "heaviest third")


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePage:
    """A page of a set and its truth."""

    id: str
    url: str
    path: Path
    body: str
    title: str
    authors: tuple[str, ...]

    def request(self) -> dict[str, str]:
        """Return what a peer is told."""
        return {"id": self.id, "url": self.url, "path": str(self.path)}


def read_pages(folder: Path, every: int) -> list[TruePage]:
    """Return each so manieth English page of a set whose truth is not suspect.

    Raises ``OSError`` or ``ValueError`` if there is no ``truth.jsonl`` of the known form.
    """
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    kept = [row for row in rows if row["lang"] == "en" and not row.get("suspect")]
    return [
        TruePage(
            id=row["id"],
            url=row["url"],
            path=folder / "pages" / f"{row['id']}.html.gz",
            body=row["body"],
            title=row.get("title") or "",
            authors=tuple(row.get("author") or ()),
        )
        for row in kept[::every]
    ]


Replies = Mapping[str, Sequence[Mapping[str, Any]]]


def ask_all(pages: Sequence[TruePage], peers: Mapping[str, Running]) -> Replies:
    """Return each peer's reply to each page. The first page is asked twice: loading is not counted."""
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in peers}
    if LEARNED in peers:
        peers[LEARNED].ask({"learn": [page.request() for page in pages]}, LEARNING)
    for peer in peers.values():
        peer.ask(pages[0].request())
    for number, page in enumerate(pages):
        order = list(peers) if number % 2 else list(peers)[::-1]
        for name in order:
            found[name].append(peers[name].ask(page.request()))
    return found


def measure(name: str, pages: Sequence[TruePage], replies: Replies) -> dict[str, Any]:
    """Return the figures of one peer: values with their intervals, and counts."""
    its = replies[name]
    scores = Scores(
        page_score(page.body, reply.get("text") or "") for page, reply in zip(pages, its, strict=True)
    )
    cpu = np.array([reply.get("cpu", 0.0) for reply in its])
    yard = np.array([reply.get("cpu", 0.0) for reply in replies[YARDSTICK]])
    return {
        "name": name,
        **scores.figures(),
        "nothing": sum(not (reply.get("text") or "").strip() for reply in its),
        "errors": sum("error" in reply for reply in its),
        **metadata(pages, its),
        "cpu": bootstrap(len(pages), lambda chosen: float(cpu[chosen].sum() / yard[chosen].sum())).row(),
        "cpu_by_size": by_size(pages, cpu, yard),
    }


def metadata(pages: Sequence[TruePage], replies: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the shares of pages with the true title and the true set of authors; None if never given."""
    both = list(zip(pages, replies, strict=True))
    titles = [plain(page.title) == plain(reply.get("title")) for page, reply in both if page.title]
    authors = [
        names(page.authors) == names(reply.get("authors") or ()) for page, reply in both if page.authors
    ]
    given = {key: any(reply.get(key) for reply in replies) for key in ("title", "authors")}
    return {
        "title": round(sum(titles) / len(titles), 4) if titles and given["title"] else None,
        "authors": round(sum(authors) / len(authors), 4) if authors and given["authors"] else None,
    }


def by_size(
    pages: Sequence[TruePage], cpu: np.ndarray[Any, Any], yard: np.ndarray[Any, Any]
) -> dict[str, float]:
    """Return the ratio of CPU for the lightest, the middle and the heaviest third of the pages."""
    order: Ints = np.argsort([page.path.stat().st_size for page in pages])
    parts = np.array_split(order, len(SIZES))
    return {
        name: round(float(cpu[part].sum() / yard[part].sum()), 3)
        for name, part in zip(SIZES, parts, strict=True)
        if len(part)
    }


def text_bench(
    folders: Sequence[Path], peers: Sequence[Peer], known: Mapping[str, Environment], every: int
) -> list[dict[str, Any]]:
    """Return the figures of each set of pages."""
    found = []
    everyone = (*OURS, *peers)
    environments = {**{peer.name: Environment(python=None) for peer in OURS}, **known}
    for folder in folders:
        pages = read_pages(folder, every)
        with running(everyone, environments) as processes:
            replies = ask_all(pages, processes)
        rows = [measure(name, pages, replies) for name in replies]
        found.append({"set": folder.name, "pages": len(pages), "every": every, "poor": POOR, "rows": rows})
    return found

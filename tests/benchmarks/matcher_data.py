"""The DEV files as feature tables for fitting and measuring the matcher. Read from ../shared/eval, never copied into the repository."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.matching import MemoryIndex, blocking_keys, candidates, fingerprint
from pipelines.matching.comparisons import features
from pipelines.matching.fingerprint import Fingerprint
from scraper.models import Article

SHARED = Path(__file__).parents[3] / "shared" / "eval"
ENGLISH = (
    "gvc",
    "allsides_full",
    "allsides_lead",
    "ecbplus",
    "fnc",
    "workplace",
    "multinews",
    "groundnews",
    "uci_titles",
)
OTHER = ("vimds",)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One labelled file: its articles and the features of their candidate pairs."""

    name: str
    ids: tuple[str, ...]
    events: tuple[str, ...]
    order: Mapping[int, str]  # content keys
    pairs: Ints  # n x 2, positions of articles
    values: Floats  # n x features
    same: Bools


def read_rows(name: str, folder: str = "clustering") -> list[dict[str, Any]]:
    """The lines of a labelled file."""
    with gzip.open(SHARED / folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def article(row: Mapping[str, Any]) -> Article:
    """A labelled line as the article that `cuttings import` makes of it."""
    published = datetime.fromisoformat(row["published"]) if row.get("published") else None
    if published and published.tzinfo is None:
        published = published.replace(tzinfo=UTC)
    return Article(
        title=row.get("title") or "",
        text=row.get("text") or "",
        published_at=published,
        source_id=row.get("source"),
        language=row.get("language"),
        external_id=row.get("id"),
    )


def candidate_pairs(prints: list[Fingerprint]) -> list[tuple[int, int]]:
    """All pairs that blocking finds, as positions, ascending."""
    index = MemoryIndex()
    for i, one in enumerate(prints):
        index.add(i, blocking_keys(one))
    return sorted((j, i) for i, one in enumerate(prints) for j in candidates(index, one) if j < i)


def table(name: str) -> Table:
    """The features of all candidate pairs of a file."""
    rows = read_rows(name)
    prints = [fingerprint(article(row)) for row in rows]
    pairs = candidate_pairs(prints)
    events = tuple(row["event"] for row in rows)
    return Table(
        name=name,
        ids=tuple(row["id"] for row in rows),
        events=events,
        order={i: one.content_key for i, one in enumerate(prints)},
        pairs=np.array(pairs, dtype=np.int64),
        values=np.array([features(prints[a], prints[b]) for a, b in pairs]),
        same=np.array([events[a] == events[b] for a, b in pairs]),
    )

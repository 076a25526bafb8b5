"""The DEV files as feature tables for fitting and measuring the matcher; read from ../shared/eval, never copied."""

from __future__ import annotations

import gzip
import json
import random
import re
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
# The same files as a feed or a newsletter gives them, the headline alone or with the first line: they teach caution
# with strangers. More of them (gvc, ecbplus, multinews) made the matcher worse on files that it had not seen.
SHORTENED = ("workplace+line", "workplace+title", "allsides_full+line")
RATED = ("semeval22_en", "bloomberg")
TWINS = "twins"
TWIN_ARTICLES = 500
SHORTENED_WEIGHT = 0.3  # of a file as it is
LINE_CHARACTERS = 220

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
    weight: float = 1.0

    @property
    def base(self) -> str:
        """The file that it comes from."""
        return self.name.partition("+")[0]


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


def shortened(row: dict[str, Any], how: str) -> dict[str, Any]:
    """A line with the headline only, or with the first sentence or so of its text."""
    text = row.get("text") or ""
    if how == "title":
        return row | {"text": ""}
    cut = text.strip().split("\n")[0][:LINE_CHARACTERS]
    end = cut.rfind(". ")
    return row | {"text": cut[: end + 1] if end > LINE_CHARACTERS // 3 else cut}


def table(name: str) -> Table:
    """The features of all candidate pairs of a file, or of a shortened form of it ("gvc+line")."""
    base, _, how = name.partition("+")
    rows = [shortened(row, how) if how else row for row in read_rows(base)]
    rows = [row for row in rows if row.get("title") or row.get("text")]
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
        weight=SHORTENED_WEIGHT if how else 1.0,
    )


def rated_table(name: str) -> Table:
    """Pairs rated by people, as a table in which every pair is an event of its own for the folds."""
    rows = [row for row in read_rows(name, "pairs") if row["same_event"] is not None]
    prints = [fingerprint(article(row[side])) for row in rows for side in ("a", "b")]
    places = [(2 * i, 2 * i + 1) for i in range(len(rows))]
    return Table(
        name=name,
        ids=tuple(f"{row['id']}{side}" for row in rows for side in ("a", "b")),
        events=tuple(row["id"] for row in rows for _ in ("a", "b")),
        order={},
        pairs=np.array(places, dtype=np.int64),
        values=np.array([features(prints[a], prints[b]) for a, b in places]),
        same=np.array([bool(row["same_event"]) for row in rows]),
        weight=SHORTENED_WEIGHT,
    )


def twins_table() -> Table:
    """Reports beside themselves: with the last third cut (one event), and with other names and figures (two events).

    Notices of one kind are worded alike; no DEV file has many of them, so they are made from the reports there are.
    """
    chance = random.Random("twins")
    rows = [row for name in ENGLISH for row in read_rows(name) if len(row["text"] or "") > 200]
    chosen = chance.sample(rows, TWIN_ARTICLES)
    pool = sorted({word for row in chosen for word in re.findall(r"(?<=[a-z] )[A-Z][a-z]{3,}", row["text"])})
    prints, same = [], []
    for row in chosen:
        text, title = row["text"][: chance.choice((250, 800, 3000))], row.get("title") or ""
        other = row.get("source") if chance.random() < 0.5 else "another source"
        names: dict[str, str] = {}

        def renamed(found: re.Match[str], names: dict[str, str] = names) -> str:
            word = found.group()
            return names.setdefault(
                word, str(chance.randrange(2, 10 ** len(word)) if word.isdigit() else chance.choice(pool))
            )

        changed = re.sub(r"(?<=[a-z,] )[A-Z][a-z]{2,}|\b\d+\b", renamed, text)
        for word, new in names.items():
            changed, title = changed.replace(word, new), title.replace(word, new)
        whole = row | {"text": text}
        for variant in (
            row | {"text": text[: len(text) * 2 // 3]},
            row | {"text": changed, "title": title, "source": other},
        ):
            prints += [fingerprint(article(whole)), fingerprint(article(variant))]
        same += [True, False]
    places = [(2 * i, 2 * i + 1) for i in range(len(same))]
    return Table(
        name=TWINS,
        ids=tuple(str(i) for i in range(len(prints))),
        events=tuple(f"twins {i // 4}" for i in range(len(prints))),
        order={},
        pairs=np.array(places, dtype=np.int64),
        values=np.array([features(prints[a], prints[b]) for a, b in places]),
        same=np.array(same),
        weight=0.1,
    )

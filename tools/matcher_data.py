"""Labelled articles as feature tables for fitting and measuring the matcher.

The DEV files are read from ../shared/eval and never copied; the written streams
(`benchmarks/sector-news-1` and `tests/benchmarks/streams`) are ours.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.matching import MemoryIndex, blocking_keys, candidates, close, fingerprint
from pipelines.matching.comparisons import FEATURES, rows
from pipelines.matching.encoder import Passage, passages
from pipelines.matching.fingerprint import Fingerprint
from scraper.models import Article

SHARED = Path(__file__).parents[2] / "shared" / "eval"
STREAMS = Path(__file__).parents[1] / "tests" / "benchmarks" / "streams"
SECTOR_NEWS = Path(__file__).parents[1] / "benchmarks" / "sector-news-1"
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
# Written for this project (the READMEs of the two folders): kinds of news that no DEV file has. They teach
# what short reports of one sector share without sharing an event, and what another language looks like.
SHORT_STREAMS = ("sector_policy", "sector_services", "sector_news", "portuguese", "newswire", "forms")
# General news of kinds that the DEV files have, with more look-alikes of one day than these.
NEWS = ("news_crime", "news_business", "news_world")
WRITTEN = (*SHORT_STREAMS, *NEWS)
# Two months of a desk each, in full texts, teasers, headlines and releases; the only labelled data of the
# kind of stream that a desk files. The first five are of sector-news-1, and "five desks" means these.
FIVE_DESKS = ("sector_a", "sector_b", "sector_c", "sector_d", "sector_e")
MORE_DESKS = (
    "sector_f",
    "sector_g",
    "sector_h",
    "sector_i",
    "sector_j",
    "sector_k",
    "sector_l",
    "sector_m",
    "sector_n",
    "sector_o",
)
MONTHS = (*FIVE_DESKS, *MORE_DESKS)
# The same without dates, or as headlines alone: what a page without a date teaches.
UNDATED = tuple(f"{name}+undated" for name in (*FIVE_DESKS, "sector_l", "sector_m", "sector_news"))
# The same files as a feed or a newsletter gives them, the headline alone or with the first line: they teach
# caution with strangers. More of them (gvc, ecbplus, multinews) made the matcher worse on files that it had
# not seen.
SHORTENED = ("workplace+line", "workplace+title", "allsides_full+line")
RATED = ("semeval22_en", "bloomberg")
# Files that are left out together: a fit for each file would take four times as long. No two of a kind are in
# one group but the two cuts of one file, which share articles.
GROUPS = (
    ("gvc", "sector_a", "sector_g", "newswire", "news_world", "sector_o"),
    ("allsides_full", "allsides_lead", "sector_b", "sector_h", "portuguese", "news_crime"),
    ("ecbplus", "sector_c", "sector_i", "sector_n", "sector_news"),
    ("fnc", "workplace", "sector_d", "sector_j"),
    ("multinews", "groundnews", "sector_f", "sector_k", "sector_policy", "forms"),
    (
        "uci_titles", "vimds", "sector_e", "sector_l", "sector_m", "sector_services", "news_business",
        "semeval22_en", "bloomberg",
    ),
)  # fmt: skip
STRANGERS = "strangers"
STRANGERS_WINDOW = 28  # days
STRANGERS_OF_A_FORM = 3500  # articles
SHORTENED_WEIGHT = 0.3  # of a file as it is
# What a month of a desk, the stream "forms" and another written stream weigh; a DEV file weighs 1. By the
# average precision of pairs left out: at twice the weight of months the five desks gain .006 and the nine
# files lose .007 with vectors (.006 and .004 without).
PLAIN_WEIGHTS = (0.7, 1.4, 0.7)
MEANING_WEIGHTS = (1.5, 2.0, 1.0)
LINE_CHARACTERS = 220

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Row = Mapping[str, Any]


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
    passages: tuple[tuple[Passage, Passage], ...]  # of each article: what is encoded of it
    weight: float = 1.0
    paired: bool = False  # pairs of a kind, no file to cluster
    files: tuple[str, ...] = ()  # of each article, where they come from several
    words: tuple[int, ...] = ()  # of each article's text
    dated: tuple[bool, ...] = ()  # whether each has a date

    @property
    def base(self) -> str:
        """The file that it comes from."""
        return self.name.partition("+")[0]


def read_rows(name: str, folder: str = "clustering") -> list[dict[str, Any]]:
    """Return the lines of a labelled file."""
    return read_file(path_of(name, folder))


def read_file(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of JSON Lines, gzipped or plain."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        return [json.loads(line) for line in lines]


def path_of(name: str, folder: str = "clustering") -> Path:
    """Return where a labelled file is."""
    written = (place / f"{name}.jsonl" for place in (SECTOR_NEWS / "data", STREAMS))
    return next((path for path in written if path.is_file()), SHARED / folder / f"{name}.jsonl.gz")


def article(row: Row) -> Article:
    """Return a labelled line as the article that `cuttings import` makes of it."""
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
    """Return all pairs that are found by their words, as positions, ascending.

    The models are fitted on these. Fitted on the pairs that codes find too, and on thirteen streams more,
    they gain .004 of B-cubed on desks and .008 on feeds left out, and the nine public files lose .004 (.016
    of pairwise F1).
    """
    prints = [replace(one, lead_vector=b"") for one in prints]
    index = MemoryIndex()
    for i, one in enumerate(prints):
        index.add(i, blocking_keys(one))
    found = []
    for i, one in enumerate(prints):
        met = sorted(j for j in candidates(index, one) if j < i)
        found += [(met[place], i) for place in close(one, [prints[j] for j in met])]
    return sorted(found)


def pair_features(prints: list[Fingerprint], pairs: list[tuple[int, int]]) -> Floats:
    """Return the features of each pair; those of one article at once."""
    others: dict[int, list[int]] = {}
    for a, b in pairs:
        others.setdefault(a, []).append(b)
    found = {
        a: dict(zip(its, rows(prints[a], [prints[b] for b in its]), strict=True)) for a, its in others.items()
    }
    return np.array([found[a][b] for a, b in pairs])


def shortened(row: dict[str, Any], how: str) -> dict[str, Any]:
    """Return a line with the headline only, or with the first sentence or so of its text."""
    text = row.get("text") or ""
    if how == "title":
        return row | {"text": ""}
    if how == "undated":
        return row | {"published": None}
    cut = text.strip().split("\n")[0][:LINE_CHARACTERS]
    end = cut.rfind(". ")
    return row | {"text": cut[: end + 1] if end > LINE_CHARACTERS // 3 else cut}


def printed(rows: Iterable[Row]) -> list[Fingerprint]:
    """Return the fingerprints of labelled lines, without vectors."""
    return [fingerprint(article(row)) for row in rows]


def passages_of(rows: Iterable[Row]) -> tuple[tuple[Passage, Passage], ...]:
    """Return what is encoded of each labelled line."""
    return tuple(passages(row.get("title") or "", row.get("text") or "") for row in rows)


def table(name: str) -> Table:
    """Return the features of all candidate pairs of a file, or of a shortened form of it ("gvc+line").

    Those of meaning are filled in by ``with_meaning`` (tools/meaning_features.py), here and below.
    """
    base, _, how = name.partition("+")
    rows = [shortened(row, how) if how else row for row in read_rows(base)]
    rows = [row for row in rows if row.get("title") or row.get("text")]
    prints = printed(rows)
    pairs = candidate_pairs(prints)
    events = tuple(row["event"] for row in rows)
    return Table(
        name=name,
        ids=tuple(row["id"] for row in rows),
        events=events,
        order={i: one.content_key for i, one in enumerate(prints)},
        pairs=np.array(pairs, dtype=np.int64),
        values=pair_features(prints, pairs),
        passages=passages_of(rows),
        same=np.array([events[a] == events[b] for a, b in pairs]),
        weight=SHORTENED_WEIGHT if how else weight_of(base),
        words=tuple(one.length for one in prints),
        dated=tuple(one.day is not None for one in prints),
    )


def weight_of(name: str, *, meaning: bool = False) -> float:
    """Return what a file weighs in the fit of pairs without vectors, or of those with them."""
    month, forms, written = MEANING_WEIGHTS if meaning else PLAIN_WEIGHTS
    if name in MONTHS:
        return month
    if name in WRITTEN:
        return forms if name == "forms" else written
    return 1.0


def rated_table(name: str) -> Table:
    """Pairs rated by people, those in between left out."""
    rows = [row for row in read_rows(name, "pairs") if row["same_event"] is not None]
    labelled = [(row["a"], row["b"], row["same_event"]) for row in rows]
    return pair_table(name, labelled, SHORTENED_WEIGHT)


def labels_table(path: Path) -> Table:
    """Return the decisions of analysts, as `cuttings decisions --labels` writes them."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    labelled = [(row["a"], row["b"], row["same"]) for row in rows]
    return pair_table(str(path), labelled, SHORTENED_WEIGHT)


def pair_table(
    name: str,
    labelled: Sequence[tuple[Row, Row, bool]],
    weight: float,
    files: tuple[str, ...] = (),
) -> Table:
    """Labelled pairs as a table in which every pair is an event of its own for the folds."""
    rows = [row for pair in labelled for row in pair[:2]]
    prints = printed(rows)
    places = [(2 * i, 2 * i + 1) for i in range(len(labelled))]
    return Table(
        name=name,
        ids=tuple(str(i) for i in range(len(prints))),
        events=tuple(f"{name} {i // 2}" for i in range(len(prints))),
        order={},
        pairs=np.array(places, dtype=np.int64),
        values=pair_features(prints, places),
        passages=passages_of(rows),
        same=np.array([same for _, _, same in labelled]),
        weight=weight,
        paired=True,
        files=files,
    )


def strangers_table(gaps: Floats) -> Table:
    """Pairs of articles of different files, hence of different events: what a stream of strangers is made of.

    Whole reports, first lines and headlines with a line, all moved by whole weeks into one month, so that
    they meet as those of a crowded desk do. Their distance in time is drawn from ``gaps``, those of true
    pairs: files lie years apart, and a model that saw so would take any two reports of one day for one event.
    """
    chance = random.Random(STRANGERS)
    whole = [(name, row) for name in (*ENGLISH, *WRITTEN) for row in read_rows(name)]
    lines = [
        (name, shortened(row, "line")) for name, row in whole if len(row["text"] or "") > 2 * LINE_CHARACTERS
    ]
    rows = [*chance.sample(whole, STRANGERS_OF_A_FORM), *chance.sample(lines, STRANGERS_OF_A_FORM)]
    prints = printed(moved(row, chance.randrange(STRANGERS_WINDOW)) for _, row in rows)
    files = tuple(name for name, _ in rows)
    kinds = [
        name.partition("_")[0] for name in files
    ]  # the sector streams may tell of one event, as may those of one name
    pairs = [(a, b) for a, b in candidate_pairs(prints) if kinds[a] != kinds[b]]
    values = pair_features(prints, pairs)
    values[:, FEATURES.index("gap")] = np.random.default_rng(0).choice(gaps, len(pairs))
    return Table(
        name=STRANGERS,
        ids=tuple(f"{name} {row['id']}" for name, row in rows),
        events=tuple(row["event"] for _, row in rows),
        order={},
        pairs=np.array(pairs, dtype=np.int64),
        values=values,
        passages=passages_of(row for _, row in rows),
        same=np.zeros(len(pairs), dtype=bool),
        paired=True,
        files=files,
    )


def moved(row: Row, day: int) -> Row:
    """Return a dated line, moved by whole weeks (weekdays are told in texts) to about the given day of one
    month."""
    if not row.get("published"):
        return row
    published = datetime.fromisoformat(row["published"]).replace(tzinfo=UTC)
    target = datetime(2020, 6, 1, tzinfo=UTC) + timedelta(days=day)
    weeks = round((target - published) / timedelta(weeks=1))
    return {**row, "published": (published + timedelta(weeks=weeks)).isoformat()}

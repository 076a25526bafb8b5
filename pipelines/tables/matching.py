"""What the matcher keeps: fingerprints, its index, and the verdicts on pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.models import Evidence, Match
from pipelines.tables.connection import Connection, Row, marks, portions, storable, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A pair of articles and how likely they report one event; ``a < b``."""

    a: int
    b: int
    probability: float


class Fingerprints:
    """The `fingerprints` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_all(self, fingerprints: Iterable[tuple[int, str, bytes]]) -> None:
        """Store (article, version, body), in place of what was there."""
        self._connection.many(
            "INSERT OR REPLACE INTO fingerprints (article_id, version, body) VALUES (?, ?, ?)", fingerprints
        )

    def load(self, article_ids: Iterable[int], *, version: str | None = None) -> dict[int, bytes]:
        """The bodies of those that are there, of one version when it is given."""
        found: dict[int, bytes] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"""SELECT article_id, body FROM fingerprints
                WHERE article_id IN ({marks(portion)}) AND (? IS NULL OR version = ?)""",
                (*portion, version, version),
            )
            found.update(rows)
        return found

    def outdated(self, version: str) -> tuple[int, ...]:
        """Articles whose fingerprint was made by other rules."""
        rows = self._connection.execute(
            "SELECT article_id FROM fingerprints WHERE version <> ? ORDER BY article_id", (version,)
        )
        return tuple(row[0] for row in rows)

    def delete(self, article_ids: Iterable[int]) -> None:
        """Forget these."""
        self._connection.many("DELETE FROM fingerprints WHERE article_id = ?", [(article,) for article in article_ids])


class Postings:
    """The `postings` table: an inverted index on disk from key to articles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, postings: Iterable[tuple[int, int]]) -> None:
        """Store (key, article) pairs; sorted, because a B-tree takes neighbours together many times faster."""
        self._connection.many("INSERT OR IGNORE INTO postings (key, article_id) VALUES (?, ?)", sorted(postings))

    def remove(self, postings: Iterable[tuple[int, int]]) -> None:
        """Forget (key, article) pairs; the keys are made again from the article's stored fingerprint."""
        self._connection.many("DELETE FROM postings WHERE key = ? AND article_id = ?", sorted(postings))

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM postings")

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> Mapping[int, Sequence[int]]:
        """For each key that is there its articles, in order of id.

        A key of more than ``most`` articles is left out; only ``most + 1`` entries of it are read, so that a common
        key costs no more in a large archive than in a small one.
        """
        found: dict[int, Sequence[int]] = {}
        limit = -1 if most is None else most + 1
        for key in dict.fromkeys(keys):
            rows = self._connection.execute(
                "SELECT article_id FROM postings WHERE key = ? ORDER BY article_id LIMIT ?", (key, limit)
            )
            if rows and (most is None or len(rows) <= most):
                found[key] = [row[0] for row in rows]
        return found

    def all(self) -> Iterator[tuple[int, int]]:
        """Every (key, article), in order of key."""
        yield from self._connection.stream("SELECT key, article_id FROM postings ORDER BY key, article_id")

    def count(self) -> int:
        """How many entries there are."""
        return int(self._connection.execute("SELECT count(*) FROM postings")[0][0])


class Matches:
    """The `matches` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_all(self, matches: Iterable[Match]) -> None:
        """Store verdicts, in place of earlier ones on the same pairs."""
        self._connection.many(
            """INSERT OR REPLACE INTO matches (article_a, article_b, probability, same_event, reason, evidence_json)
            VALUES (?, ?, ?, ?, ?, ?)""",
            [
                (m.a, m.b, m.probability, int(m.same_event), storable(m.reason), _evidence_json(m.evidence))
                for m in matches
            ],
        )

    def of(self, article_ids: Iterable[int]) -> tuple[Match, ...]:
        """Every verdict that has one of the articles at an end."""
        found: dict[tuple[int, int], Match] = {}
        for portion in portions(article_ids, 10_000):
            inside = marks(portion)
            rows = self._connection.execute(
                f"""{_SELECT} WHERE article_a IN ({inside}) UNION
                {_SELECT} WHERE article_b IN ({inside}) ORDER BY 1, 2""",
                (*portion, *portion),
            )
            found.update(((row[0], row[1]), _match(row)) for row in rows)
        return tuple(found.values())

    def edges(self, article_ids: Iterable[int]) -> tuple[Edge, ...]:
        """The probabilities alone of every pair that has one of the articles at an end."""
        found: dict[tuple[int, int], Edge] = {}
        for portion in portions(article_ids, 10_000):
            inside = marks(portion)
            rows = self._connection.execute(
                f"""SELECT article_a, article_b, probability FROM matches WHERE article_a IN ({inside}) UNION ALL
                SELECT article_a, article_b, probability FROM matches WHERE article_b IN ({inside})""",
                (*portion, *portion),
            )
            found.update(((a, b), Edge(a=a, b=b, probability=p)) for a, b, p in rows)
        return tuple(found.values())

    def between(self, a: int, b: int) -> Match | None:
        """The verdict on one pair, whichever way round it is asked."""
        row = self._connection.one(f"{_SELECT} WHERE article_a = ? AND article_b = ?", (min(a, b), max(a, b)))
        return None if row is None else _match(row)

    def remove(self, article_ids: Iterable[int]) -> None:
        """Forget every verdict on these articles."""
        ids = [(article,) for article in article_ids]
        self._connection.many("DELETE FROM matches WHERE article_a = ?", ids)
        self._connection.many("DELETE FROM matches WHERE article_b = ?", ids)

    def clear(self) -> None:
        """Forget every verdict."""
        self._connection.execute("DELETE FROM matches")

    def uncertain(self, *, limit: int, threshold: float) -> tuple[Match, ...]:
        """The pairs nearest to the threshold that no person has decided about, nearest first."""
        rows = self._connection.execute(
            f"""{_SELECT} AS m WHERE NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.undone_at IS NULL
                AND d.article_a = m.article_a AND d.article_b = m.article_b)
            ORDER BY abs(probability - ?), article_a, article_b LIMIT ?""",
            (threshold, limit),
        )
        return tuple(map(_match, rows))


_SELECT = "SELECT article_a, article_b, probability, same_event, reason, evidence_json FROM matches"


def _evidence_json(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return "[]"
    return to_json(
        [{"feature": e.feature, "level": e.level, "weight": round(e.weight, 4), "words": e.words} for e in evidence]
    )


def _match(row: Row) -> Match:
    a, b, probability, same, reason, evidence = row
    return Match(
        a=a,
        b=b,
        probability=probability,
        same_event=bool(same),
        reason=reason,
        evidence=tuple(Evidence(**piece) for piece in json.loads(evidence)),
    )

"""What the matcher keeps: fingerprints, its index, and the verdicts on pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.models import Bearing, Evidence, Match
from pipelines.storage.tables.connection import (
    Connection,
    Row,
    marks,
    pack,
    portions,
    storable,
    to_json,
    unpack,
)


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
        """Store (article, version, body), in place of what was there; the keys in the index stay as they
        are."""
        self._connection.many(
            """INSERT INTO fingerprints (article_id, version, body) VALUES (?, ?, ?)
            ON CONFLICT (article_id) DO UPDATE SET version = excluded.version, body = excluded.body""",
            fingerprints,
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

    def keys_of(self, article_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """The keys under which each is in the index."""
        found: dict[int, tuple[int, ...]] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"SELECT article_id, keys FROM fingerprints WHERE article_id IN ({marks(portion)})", portion
            )
            found.update((article, unpack(keys)) for article, keys in rows)
        return found

    def set_keys(self, keys: Mapping[int, Sequence[int]]) -> None:
        """Note under which keys each article is in the index."""
        self._connection.many(
            "UPDATE fingerprints SET keys = ? WHERE article_id = ?",
            [(pack(its), article) for article, its in keys.items()],
        )

    def forget_keys(self) -> None:
        """No article is in the index any more."""
        self._connection.execute("UPDATE fingerprints SET keys = x''")

    def any_outdated(self, version: str) -> bool:
        """Whether any fingerprint was made by other rules; two looks into an index, however many there
        are."""
        ends = self._connection.execute(
            "SELECT (SELECT min(version) FROM fingerprints), (SELECT max(version) FROM fingerprints)"
        )[0]
        return any(end is not None and end != version for end in ends)


class Postings:
    """The `postings` table: an inverted index on disk from key to articles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, postings: Iterable[tuple[int, int]]) -> None:
        """Store (key, article) pairs; sorted, because a B-tree takes neighbours together many times
        faster."""
        self._connection.many(
            "INSERT OR IGNORE INTO postings (key, article_id) VALUES (?, ?)", sorted(postings)
        )

    def remove(self, postings: Iterable[tuple[int, int]]) -> None:
        """Forget (key, article) pairs."""
        self._connection.many("DELETE FROM postings WHERE key = ? AND article_id = ?", sorted(postings))

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM postings")
        self._connection.execute("DELETE FROM crowded")

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> dict[int, Sequence[int]]:
        """For each key that is there its articles, in order of id; not for crowded keys or those above
        ``most``.

        A crowded key is never read, so that common words cost no more in a large archive than in a small one.
        """
        found: dict[int, list[int]] = {}
        for portion in portions(sorted(set(keys))):
            rows = self._connection.execute(
                f"""SELECT key, article_id FROM postings WHERE key IN ({marks(portion)})
                AND NOT EXISTS (SELECT 1 FROM crowded WHERE crowded.key = postings.key) ORDER BY key, article_id""",
                portion,
            )
            for key, article_id in rows:
                found.setdefault(key, []).append(article_id)
        return {key: articles for key, articles in found.items() if most is None or len(articles) <= most}

    def mark_crowded(self, keys: Iterable[int], *, most: int) -> dict[int, list[int]]:
        """Those of the keys that by now have more than ``most`` articles, with their articles, marked from
        here on."""
        found: dict[int, list[int]] = {}
        for portion in portions(sorted(set(keys))):
            rows = self._connection.execute(
                f"""SELECT key FROM postings WHERE key IN ({marks(portion)})
                AND NOT EXISTS (SELECT 1 FROM crowded WHERE crowded.key = postings.key)
                GROUP BY key HAVING count(*) > ?""",
                (*portion, most),
            )
            for (key,) in rows:
                found[key] = self._articles(key)
        self._connection.many("INSERT INTO crowded (key) VALUES (?)", [(key,) for key in found])
        return found

    def unmark_crowded(self, keys: Iterable[int], *, most: int) -> dict[int, list[int]]:
        """Those of the keys that no longer have more than ``most`` articles, with their articles,
        unmarked."""
        found: dict[int, list[int]] = {}
        for portion in portions(sorted(set(keys))):
            rows = self._connection.execute(
                f"SELECT key FROM crowded WHERE key IN ({marks(portion)})", portion
            )
            for (key,) in rows:
                few = self._connection.execute(
                    "SELECT 1 FROM postings WHERE key = ? LIMIT ?", (key, most + 1)
                )
                if len(few) <= most:
                    found[key] = self._articles(key)
        self._connection.many("DELETE FROM crowded WHERE key = ?", [(key,) for key in found])
        return found

    def crowded(self, keys: Iterable[int]) -> frozenset[int]:
        """Those of the keys that are crowded."""
        found: set[int] = set()
        for portion in portions(keys):
            rows = self._connection.execute(
                f"SELECT key FROM crowded WHERE key IN ({marks(portion)})", portion
            )
            found.update(row[0] for row in rows)
        return frozenset(found)

    def _articles(self, key: int) -> list[int]:
        rows = self._connection.execute(
            "SELECT article_id FROM postings WHERE key = ? ORDER BY article_id", (key,)
        )
        return [row[0] for row in rows]

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

    def explained(self, article_ids: Iterable[int]) -> tuple[Match, ...]:
        """Every verdict with evidence that has one of the articles at an end."""
        found: dict[tuple[int, int], Match] = {}
        for portion in portions(article_ids, 10_000):
            for end in ("article_a", "article_b"):
                rows = self._connection.execute(
                    f"{_SELECT} WHERE evidence_json <> '[]' AND {end} IN ({marks(portion)})", portion
                )
                found.update(((row[0], row[1]), _match(row)) for row in rows)
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

    def remove_pairs(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Forget the verdicts on these pairs, each with the lower id first."""
        self._connection.many("DELETE FROM matches WHERE article_a = ? AND article_b = ?", pairs)

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
        [
            {
                "feature": e.feature,
                "level": e.level,
                "weight": round(e.weight, 4),
                "words": e.words,
                "bearing": e.bearing,
            }
            for e in evidence
        ]
    )


def _match(row: Row) -> Match:
    a, b, probability, same, reason, evidence = row
    return Match(
        a=a,
        b=b,
        probability=probability,
        same_event=bool(same),
        reason=reason,
        evidence=tuple(
            Evidence(**{**piece, "bearing": Bearing(piece.get("bearing", Bearing.NEITHER))})
            for piece in json.loads(evidence)
        ),
    )

"""What the matcher keeps: fingerprints, its index, and the verdicts on pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from pipelines.models import Bearing, Evidence, Match
from pipelines.storage.connection import Connection
from pipelines.storage.rows import Converter, RowCodec
from pipelines.storage.values import pack, stamp, to_json, unpack

_LEVEL = 3  # 39 us and 3,100 of 3,800 bytes on news; level 9 takes three times as long for 20 bytes less
_PACKED = (
    b"\x28\xb5\x2f\xfd"  # how a zstd frame begins (RFC 8878); earlier versions stored bodies as they are
)
_ARTICLES = msgspec.json.Decoder(list[int])
_ANY = 2**62  # articles of a key

# Trained on the demo by `tools.fit_dictionary`: 120 bytes less of 2,790. Databases need it as it is.
DICTIONARY = Path(__file__).parents[1] / "fingerprints.zdict"


@cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    """Return the dictionary of fingerprints, prepared: a run packs and unpacks hundreds."""
    dictionary = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes())
    dictionary.precompute_compress(level=_LEVEL)
    return dictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A pair of articles and how likely they report one event; ``a < b``."""

    a: int
    b: int
    pair_probability: float  # by the two texts alone
    probability: float  # as decided by the last filing
    same_event: bool
    linked: bool  # at the last filing the pair brought both into one component


class Fingerprints:
    """The `_fingerprints` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_all(
        self,
        fingerprints: Iterable[tuple[int, str, str, bytes]],
        *,
        keys: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """Store (article, version, encoder, body) in place of what was there, with the keys in the index.

        Without ``keys`` they stay as they are. Bodies are stored compressed, and with their keys at once:
        most rows then fit into one page of the file, where they needed two.
        """
        compress = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary()).compress
        replaced = "" if keys is None else ", keys = excluded.keys"
        self._connection.many(
            f"""INSERT INTO _fingerprints (article_id, version, encoder, body, keys) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (article_id) DO UPDATE SET version = excluded.version,
            encoder = excluded.encoder, body = excluded.body{replaced}""",
            [
                (article, version, encoder, compress(body), pack((keys or {}).get(article, ())))
                for article, version, encoder, body in fingerprints
            ],
        )

    def load(self, article_ids: Iterable[int], *, version: str | None = None) -> dict[int, bytes]:
        """Return the bodies of those that are there, of one version when it is given."""
        sql = """SELECT article_id, body FROM _fingerprints
            WHERE article_id IN (?*) AND (? IS NULL OR version = ?)"""
        unpacked = zstandard.ZstdDecompressor(dict_data=_dictionary()).decompress  # also of frames without
        rows = self._connection.execute_in(sql, article_ids, after=[version, version])
        return {article: unpacked(body) if body.startswith(_PACKED) else body for article, body in rows}

    def keys_of(self, article_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """Return the keys under which each is in the index."""
        sql = "SELECT article_id, keys FROM _fingerprints WHERE article_id IN (?*)"
        return {article: unpack(keys) for article, keys in self._connection.execute_in(sql, article_ids)}

    def set_keys(self, keys: Mapping[int, Sequence[int]]) -> None:
        """Note under which keys each article is in the index."""
        self._connection.many(
            "UPDATE _fingerprints SET keys = ? WHERE article_id = ?",
            [(pack(of_article), article) for article, of_article in keys.items()],
        )

    def forget_keys(self) -> None:
        """No article is in the index any more."""
        self._connection.execute("UPDATE _fingerprints SET keys = x''")

    def remove(self, article_ids: Iterable[int]) -> None:
        """Remove the fingerprints of these articles."""
        self._connection.many(
            "DELETE FROM _fingerprints WHERE article_id = ?", [(article,) for article in article_ids]
        )

    def standing(self, *, most: int) -> tuple[int, ...]:
        """Return the articles that are compared, each in place of its word-for-word copies; at most so
        many."""
        rows = self._connection.execute(
            """SELECT id FROM articles WHERE matched_as = id AND id IN (SELECT article_id FROM _fingerprints)
            ORDER BY id LIMIT ?""",
            (most,),
        )
        return tuple(row[0] for row in rows)

    def any_outdated(self, version: str) -> bool:
        """Return whether any fingerprint was made by other rules; two looks into an index, however many there
        are."""
        ends = self._connection.execute(
            "SELECT (SELECT min(version) FROM _fingerprints), (SELECT max(version) FROM _fingerprints)"
        )[0]
        return any(end is not None and end != version for end in ends)

    def encoders(self) -> frozenset[str]:
        """Return the first and the last name of the encoders that made vectors; "" is for none."""
        ends = self._connection.execute(
            "SELECT (SELECT min(encoder) FROM _fingerprints), (SELECT max(encoder) FROM _fingerprints)"
        )[0]
        return frozenset(end for end in ends if end is not None)


class Postings:
    """The `_postings` table: an inverted index on disk from key to articles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, postings: Iterable[tuple[int, int]]) -> None:
        """Store (key, article) pairs; sorted, because a B-tree takes neighbours together many times
        faster."""
        self._connection.many(
            "INSERT OR IGNORE INTO _postings (key, article_id) VALUES (?, ?)", sorted(postings)
        )

    def remove(self, postings: Iterable[tuple[int, int]]) -> None:
        """Forget (key, article) pairs."""
        self._connection.many("DELETE FROM _postings WHERE key = ? AND article_id = ?", sorted(postings))

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM _postings")
        self._connection.execute("DELETE FROM _crowded")

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> dict[int, Sequence[int]]:
        """For each key that is there its articles, in order of id; not for crowded keys or those above
        ``most``.

        A crowded key is never read, so that common words cost no more in a large archive than in a small one.
        """
        # As JSON: a row for each posting takes twice the time.
        sql = """SELECT key, json_group_array(article_id) FROM _postings WHERE key IN (?*)
            AND NOT EXISTS (SELECT 1 FROM _crowded WHERE _crowded.key = _postings.key)
            GROUP BY key HAVING count(*) <= ?"""
        rows = self._connection.execute_in(sql, sorted(set(keys)), after=[_ANY if most is None else most])
        return {key: sorted(_ARTICLES.decode(articles)) for key, articles in rows}

    def passing(self, changes: Mapping[int, int], *, most: int) -> tuple[list[int], list[int]]:
        """Return the articles of the keys that, by these changes of their number, came to have more than
        ``most`` articles, and those of the keys that no longer have.

        Keys that are marked as crowded are left out.
        """
        sql = """SELECT key, count(*) FROM _postings WHERE key IN (?*)
            AND NOT EXISTS (SELECT 1 FROM _crowded WHERE _crowded.key = _postings.key)
            GROUP BY key"""
        changed = sorted(key for key, change in changes.items() if change)
        counts: dict[int, int] = dict(self._connection.execute_in(sql, changed))
        more = [key for key in counts if counts[key] - changes[key] <= most < counts[key]]
        fewer = [key for key in counts if counts[key] <= most < counts[key] - changes[key]]
        return self._articles_of(more), self._articles_of(fewer)

    def mark_crowded(self, keys: Iterable[int], *, most: int) -> dict[int, list[int]]:
        """Those of the keys that by now have more than ``most`` articles, with their articles, marked from
        here on."""
        sql = """SELECT key FROM _postings WHERE key IN (?*)
            AND NOT EXISTS (SELECT 1 FROM _crowded WHERE _crowded.key = _postings.key)
            GROUP BY key HAVING count(*) > ?"""
        rows = self._connection.execute_in(sql, sorted(set(keys)), after=[most])
        articles = {key: self._articles(key) for (key,) in rows}
        self._connection.many("INSERT INTO _crowded (key) VALUES (?)", [(key,) for key in articles])
        return articles

    def unmark_crowded(self, keys: Iterable[int], *, most: int) -> dict[int, list[int]]:
        """Return those of the keys that no longer have more than ``most`` articles, with their articles,
        unmarked."""
        articles: dict[int, list[int]] = {}
        for key in self.crowded(sorted(set(keys))):
            few = self._connection.execute("SELECT 1 FROM _postings WHERE key = ? LIMIT ?", (key, most + 1))
            if len(few) <= most:
                articles[key] = self._articles(key)
        self._connection.many("DELETE FROM _crowded WHERE key = ?", [(key,) for key in articles])
        return articles

    def crowded(self, keys: Iterable[int]) -> frozenset[int]:
        """Return those of the keys that are crowded."""
        rows = self._connection.execute_in("SELECT key FROM _crowded WHERE key IN (?*)", keys)
        return frozenset(row[0] for row in rows)

    def _articles_of(self, keys: Iterable[int]) -> list[int]:
        return sorted({article for key in keys for article in self._articles(key)})

    def _articles(self, key: int) -> list[int]:
        rows = self._connection.execute(
            "SELECT article_id FROM _postings WHERE key = ? ORDER BY article_id", (key,)
        )
        return [row[0] for row in rows]


MATCH = RowCodec(
    Match,
    names={"a": "article_a", "b": "article_b"},
    converters={
        "evidence": Converter(
            lambda evidence: to_json([_rounded(each) for each in evidence]) if evidence else "[]",
            lambda stored: tuple(_evidence(each) for each in json.loads(stored)),
            "_json",
        )
    },
)
_EDGE = RowCodec(Edge, names={"a": "article_a", "b": "article_b"})
_ENDS = ("article_a", "article_b")
_SELECT = MATCH.select("matches", "m")


def _rounded(evidence: Evidence) -> dict[str, object]:
    values = {name: getattr(evidence, name) for name in Evidence.__dataclass_fields__}
    return values | {"weight": round(evidence.weight, 4)}


def _evidence(values: dict[str, Any]) -> Evidence:
    return Evidence(**{**values, "bearing": Bearing(values.get("bearing", Bearing.NEITHER))})


class Matches:
    """The `matches` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_all(self, matches: Iterable[Match]) -> None:
        """Store verdicts by the two texts alone, in place of earlier ones on the same pairs."""
        fresh = (replace(match, pair_probability=match.probability) for match in matches)
        self._connection.many(MATCH.upsert("matches", "article_a", "article_b"), map(MATCH.values, fresh))

    def weigh(self, pairs: Iterable[tuple[float, bool, int, int]]) -> None:
        """Store what a filing makes of pairs: (probability, whether it links, lower id, higher id)."""
        self._connection.many(
            "UPDATE matches SET probability = ?, linked = ? WHERE article_a = ? AND article_b = ?", pairs
        )

    def decide(self, matches: Iterable[Match]) -> None:
        """Store what was decided of pairs: probability, whether they are one event, and the reason."""
        self._connection.many(
            """UPDATE matches SET probability = ?, same_event = ?, reason = ?
            WHERE article_a = ? AND article_b = ?""",
            ((match.probability, int(match.same_event), match.reason, match.a, match.b) for match in matches),
        )

    def edges(self, article_ids: Iterable[int]) -> tuple[Edge, ...]:
        """Return the figures alone of every pair that has one of the articles at an end."""
        ids = tuple(article_ids)
        rows = chain.from_iterable(
            self._connection.execute_in(f"{_EDGE.select('matches')} WHERE {end} IN (?*)", ids)
            for end in _ENDS
        )
        return tuple({(row[0], row[1]): _EDGE.record(row) for row in rows}.values())

    def explained(self, article_ids: Iterable[int]) -> tuple[Match, ...]:
        """Return every verdict with evidence that has one of the articles at an end."""
        ids = tuple(article_ids)
        rows = chain.from_iterable(
            self._connection.execute_in(f"{_SELECT} WHERE evidence_json <> '[]' AND {end} IN (?*)", ids)
            for end in _ENDS
        )
        return tuple({(row[0], row[1]): MATCH.record(row) for row in rows}.values())

    def unsettled(self, article_ids: Iterable[int]) -> list[tuple[Match, bool]]:
        """Return the verdicts that differ from where the two articles are filed, and whether that is
        together."""
        columns = ", ".join(f"m.{column}" for column in MATCH.columns)
        found: dict[tuple[int, int], tuple[Match, bool]] = {}
        for end, other in (("article_a", "article_b"), ("article_b", "article_a")):
            sql = f"""SELECT {columns}, a.story_id = b.story_id FROM matches AS m
                JOIN articles AS a ON a.id = m.{end} JOIN articles AS b ON b.id = m.{other}
                WHERE m.{end} IN (?*) AND m.same_event <> (a.story_id = b.story_id)"""
            for row in self._connection.execute_in(sql, article_ids):
                match = MATCH.record(row[:-1])
                found[match.a, match.b] = (match, bool(row[-1]))
        return list(found.values())

    def between(self, a: int, b: int) -> Match | None:
        """Return the verdict on one pair, whichever way round it is asked."""
        row = self._connection.one(f"{_SELECT} WHERE article_a = ? AND article_b = ?", (min(a, b), max(a, b)))
        return None if row is None else MATCH.record(row)

    def remove(self, article_ids: Iterable[int]) -> None:
        """Forget every verdict on these articles."""
        ids = [(article,) for article in article_ids]
        self._connection.many("DELETE FROM matches WHERE article_a = ?", ids)
        self._connection.many("DELETE FROM matches WHERE article_b = ?", ids)

    def remove_pairs(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Forget the verdicts on these pairs, each with the lower id first."""
        self._connection.many("DELETE FROM matches WHERE article_a = ? AND article_b = ?", pairs)

    def linked(self) -> list[tuple[int, int]]:
        """Return the pairs that bring their articles into one group of reports."""
        return self._connection.execute("SELECT article_a, article_b FROM matches WHERE linked = 1")

    def remove_empty(self, *, before: datetime, group_of: Mapping[int, int]) -> int:
        """Remove verdicts without evidence on pairs in two groups of reports, and return their number.

        Both articles must have been seen first before then. ``group_of``: the group of each linked article;
        verdicts within a group stay, since they count when its stories are cut again.
        """
        rows = self._connection.execute(
            """SELECT article_a, article_b FROM matches
            WHERE same_event = 0 AND linked = 0 AND evidence_json = '[]'
            AND (SELECT first_seen_at FROM articles WHERE id = article_a) < ?
            AND (SELECT first_seen_at FROM articles WHERE id = article_b) < ?""",
            (stamp(before), stamp(before)),
        )
        apart = [(a, b) for a, b in rows if group_of.get(a, -a) != group_of.get(b, -b)]
        self.remove_pairs(apart)
        return len(apart)

    def clear(self) -> None:
        """Forget every verdict."""
        self._connection.execute("DELETE FROM matches")

    def uncertain(self, *, limit: int, threshold: float) -> tuple[Match, ...]:
        """Return the pairs nearest to the threshold that no person has decided about, nearest first."""
        close = self._nearest("m.probability > 0.2 AND m.probability < 0.8", threshold, limit)  # has an index
        reach = min(threshold - 0.2, 0.8 - threshold)
        if len(close) == limit and abs(close[-1].probability - threshold) < reach:
            return close
        return self._nearest("true", threshold, limit)

    def _nearest(self, condition: str, threshold: float, limit: int) -> tuple[Match, ...]:
        rows = self._connection.execute(
            f"""{_SELECT} WHERE {condition} AND NOT EXISTS (
                SELECT 1 FROM decisions AS d WHERE d.undone_at IS NULL
                AND d.article_a = m.article_a AND d.article_b = m.article_b)
            ORDER BY abs(probability - ?), article_a, article_b LIMIT ?""",
            (threshold, limit),
        )
        return tuple(map(MATCH.record, rows))

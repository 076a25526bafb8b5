"""Articles that were deleted for good and must not come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec, insert
from pipelines.storage.tables.article_rows import url_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What a deleted article is known by; of its text at most a hash."""

    url_key: str | None = None
    external_id: str | None = None
    source_id: str | None = None
    copy_key: str | None = None
    reason: str = ""
    forgotten_at: datetime


_CODEC = RowCodec(Tombstone)


class Tombstones:
    """The `_tombstones` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tombstone: Tombstone) -> None:
        """Store one tombstone."""
        self._connection.execute(insert("_tombstones", _CODEC.columns), _CODEC.values(tombstone))

    def all(self) -> tuple[Tombstone, ...]:
        """Return every tombstone, oldest first."""
        rows = self._connection.execute(f"{_CODEC.select('_tombstones')} ORDER BY id")
        return tuple(map(_CODEC.record, rows))

    def articles_under(self, tombstone: Tombstone) -> list[int]:
        """Return the ids of the stored articles that a tombstone keeps out."""
        found = """SELECT id FROM articles WHERE url_key = :url_key OR copy_key = :copy_key
            OR (external_id = :external_id AND source_id IS :source_id)
            OR (canonical_url = :url_key AND canonical_url IS NOT url_key) ORDER BY id"""
        values = dict(zip(_CODEC.columns, _CODEC.values(tombstone), strict=True))
        return [row[0] for row in self._connection.execute(found, values)]

    def of_urls(self, urls: Iterable[str]) -> frozenset[str]:
        """Return those of the URLs at which a deleted article was."""
        by_key = {url_key(url): url for url in urls}
        rows = self._connection.execute_in("SELECT url_key FROM _tombstones WHERE url_key IN (?*)", by_key)
        return frozenset(by_key[row[0]] for row in rows)

    def any(self) -> bool:
        """Return whether an article was ever deleted for good."""
        return self._connection.one("SELECT 1 FROM _tombstones LIMIT 1") is not None

    def covers(self, *, url: str | None, external_id: str | None, source_id: str | None) -> bool:
        """Return whether a deleted article had this URL or this id of its source."""
        sql = """SELECT 1 FROM _tombstones
            WHERE url_key = ? OR (external_id = ? AND source_id IS ?) LIMIT 1"""
        return self._connection.one(sql, (url_key(url), external_id, source_id)) is not None


def is_forgotten(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Return whether the row of an article, by column, is that of a deleted one."""
    sql = """SELECT 1 FROM _tombstones WHERE url_key IN (:url_key, :canonical_url) OR copy_key = :copy_key
        OR (external_id = :external_id AND source_id IS :source_id) LIMIT 1"""
    names = ("url_key", "canonical_url", "copy_key", "external_id", "source_id")
    return connection.one(sql, {name: values[name] for name in names}) is not None

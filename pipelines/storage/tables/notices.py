"""Texts that a source shows in place of its articles, and who else has such a text."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime

from pipelines.storage.connection import Connection
from pipelines.storage.tables.article_rows import SHORTEST_COPY_WORDS, copy_key
from pipelines.storage.values import stamp, storable
from scraper.models import Article


class Notices:
    """The `_notices` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def has(self, source_id: str, text: str) -> bool:
        """Return whether a text is a known notice of a source."""
        sql = "SELECT 1 FROM _notices WHERE source_id = ? AND text_hash = ?"
        return self._connection.one(sql, (storable(source_id), _hash(text))) is not None

    def add(self, source_id: str, text: str, *, at: datetime) -> None:
        """Remember a text as a notice of a source."""
        self._connection.execute(
            "INSERT OR IGNORE INTO _notices (source_id, text_hash, seen_at) VALUES (?, ?, ?)",
            (storable(source_id), _hash(text), stamp(at)),
        )

    def with_text(self, source_id: str, article: Article) -> tuple[int, ...]:
        """Return the articles of a source that have the text of this one, oldest first."""
        count = article.word_count
        if count >= SHORTEST_COPY_WORDS:
            sql = "SELECT id FROM articles WHERE copy_key = ? AND +source_id = ? ORDER BY id"
            rows = self._connection.execute(sql, (copy_key(article), storable(source_id)))
        else:
            # The bound stands in the statement, so that SQLite sees that the index of short texts serves it.
            sql = f"""SELECT id FROM articles WHERE source_id = ? AND word_count = ?
                AND word_count < {SHORTEST_COPY_WORDS} AND text = ? ORDER BY id"""
            rows = self._connection.execute(sql, (storable(source_id), count, storable(article.text)))
        return tuple(row[0] for row in rows)


def _hash(text: str) -> str:
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""The `quotations` table: who said what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec, insert


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuotation:
    """One quotation of an article. ``first_article_id``: the first report of the story that has these
    words."""

    article_id: int
    position: int
    speaker: str
    role: str
    words: str
    first_article_id: int | None = None
    first_position: int | None = None  # of these words in that report


_QUOTATION = RowCodec(StoredQuotation)


class Quotations:
    """The `quotations` table. Only filing writes here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, article_ids: Collection[int], quotations: Iterable[StoredQuotation]) -> None:
        """Store the quotations of these articles, in place of what was stored."""
        self._connection.many(
            "DELETE FROM quotations WHERE article_id = ?", [(article,) for article in article_ids]
        )
        self._connection.many(insert("quotations", _QUOTATION.columns), map(_QUOTATION.values, quotations))

    def of_articles(self, article_ids: Iterable[int]) -> dict[int, tuple[StoredQuotation, ...]]:
        """Return the quotations of each article that has any, in order."""
        sql = f"{_QUOTATION.select('quotations')} WHERE article_id IN (?*) ORDER BY article_id, position"
        found: dict[int, list[StoredQuotation]] = {}
        for quotation in map(_QUOTATION.record, self._connection.execute_in(sql, article_ids)):
            found.setdefault(quotation.article_id, []).append(quotation)
        return {article: tuple(quotations) for article, quotations in found.items()}

    def set_first(self, quotations: Iterable[StoredQuotation]) -> None:
        """Store which report first had the words of these quotations."""
        self._connection.many(
            """UPDATE quotations SET first_article_id = ?, first_position = ?
            WHERE article_id = ? AND position = ?""",
            [
                (each.first_article_id, each.first_position, each.article_id, each.position)
                for each in quotations
            ],
        )

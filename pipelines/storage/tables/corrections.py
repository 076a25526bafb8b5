"""What revisions changed: the column `revisions.change` and the table `corrections`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipelines.storage.connection import Connection
from pipelines.storage.values import stamp


class CorrectionKind(StrEnum):
    """What was corrected."""

    FIGURE = "figure"
    NAME = "name"
    QUOTATION = "quotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A fact that a publisher replaced; ``after`` is empty if it was only removed."""

    kind: CorrectionKind
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedRevision:
    """What is different in one revision, in words, and the facts that it replaced."""

    id: int
    seen_at: datetime
    change: str
    facts: tuple[Correction, ...]


class Corrections:
    """The table `corrections` and the column `revisions.change`. Only filing writes here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def articles_to_describe(self, article_ids: Iterable[int]) -> list[int]:
        """Return those of the articles that have a later version which is not described."""
        rows = self._connection.execute_in(
            """SELECT article_id FROM revisions WHERE article_id IN (?*)
            GROUP BY article_id HAVING count(*) > 1 AND sum(change = '') > 1""",
            article_ids,
        )
        return sorted(row[0] for row in rows)

    def is_described(self, revision_id: int) -> bool:
        """Return whether a revision has its sentence."""
        row = self._connection.one("SELECT change <> '' FROM revisions WHERE id = ?", (revision_id,))
        return bool(row and row[0])

    def save(self, article_id: int, revisions: Iterable[DescribedRevision]) -> None:
        """Store the sentences and facts of revisions of one article."""
        for revision in revisions:
            self._connection.execute(
                "UPDATE revisions SET change = ? WHERE id = ?", (revision.change, revision.id)
            )
            self._connection.many(
                """INSERT INTO corrections (article_id, kind, before, after, corrected_at)
                VALUES (?, ?, ?, ?, ?)""",
                [
                    (article_id, str(fact.kind), fact.before, fact.after, stamp(revision.seen_at))
                    for fact in revision.facts
                ],
            )

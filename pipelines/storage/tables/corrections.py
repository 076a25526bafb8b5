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
class CorrectedFact:
    """A fact that was replaced in an article, and the sources whose report of the story still carries it."""

    article_id: int
    before: str
    after: str
    still_in: tuple[str, ...]


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

    def within(self, *, since: datetime, until: datetime) -> tuple[CorrectedFact, ...]:
        """Return the facts that were corrected in a window, and who carries them still, now."""
        window = (stamp(since), stamp(until))
        stale: dict[tuple[int, str], dict[str, None]] = {}
        rows = self._connection.execute(
            """SELECT corrected_article_id, still_says, source FROM stale_figures
            WHERE corrected_at >= ? AND corrected_at < ? AND source IS NOT NULL ORDER BY article_id""",
            window,
        )
        for article_id, says, source in rows:
            stale.setdefault((article_id, says), {})[source] = None
        rows = self._connection.execute(
            """SELECT article_id, before, after FROM corrections
            WHERE corrected_at >= ? AND corrected_at < ? ORDER BY id""",
            window,
        )
        return tuple(
            CorrectedFact(
                article_id=article_id, before=before, after=after,
                still_in=tuple(stale.get((article_id, before), ())),
            )
            for article_id, before, after in rows
        )  # fmt: skip

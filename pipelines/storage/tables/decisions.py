"""What people decided about pairs of articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.models import Decision, DecisionKind
from pipelines.storage.tables.connection import Connection, Row, moment, stamp, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A decision, with the time it was undone if it was."""

    decision: Decision
    undone_at: datetime | None
    made_with: int  # the first decision of the same command; its own id when it is that


_SELECT = """SELECT id, kind, article_a, article_b, decided_by, reason, decided_at, undone_at, coalesce(made_with, id)
    FROM decisions"""


class Decisions:
    """The `decisions` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        kind: DecisionKind,
        a: int,
        b: int,
        *,
        decided_by: str,
        reason: str,
        at: datetime,
        made_with: int | None = None,
    ) -> Decision:
        """Record one decision; whether it contradicts others is for the caller to find out before."""
        a, b = min(a, b), max(a, b)
        number = self._connection.insert(
            """INSERT INTO decisions (kind, article_a, article_b, decided_by, reason, decided_at, made_with)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (str(kind), a, b, storable(decided_by), storable(reason), stamp(at), made_with),
        )
        return Decision(
            id=number,
            kind=kind,
            article_a=a,
            article_b=b,
            decided_by=decided_by,
            reason=reason,
            decided_at=at,
        )

    def undo(self, number: int, *, at: datetime) -> None:
        """The decision, and those made by the same command, no longer stand."""
        self._connection.execute(
            """UPDATE decisions SET undone_at = ? WHERE undone_at IS NULL AND coalesce(made_with, id) =
            (SELECT coalesce(made_with, id) FROM decisions WHERE id = ?)""",
            (stamp(at), number),
        )

    def get(self, number: int) -> RecordedDecision | None:
        """One decision, undone or not."""
        row = self._connection.one(f"{_SELECT} WHERE id = ?", (number,))
        return None if row is None else _recorded(row)

    def active(self) -> tuple[Decision, ...]:
        """The decisions that stand, oldest first."""
        rows = self._connection.execute(f"{_SELECT} WHERE undone_at IS NULL ORDER BY id")
        return tuple(_recorded(row).decision for row in rows)

    def all(self) -> tuple[RecordedDecision, ...]:
        """Every decision, oldest first."""
        return tuple(map(_recorded, self._connection.execute(f"{_SELECT} ORDER BY id")))


def _recorded(row: Row) -> RecordedDecision:
    number, kind, a, b, who, reason, at, undone, made_with = row
    decision = Decision(
        id=number,
        kind=DecisionKind(kind),
        article_a=a,
        article_b=b,
        decided_by=who,
        reason=reason,
        decided_at=moment(at),
    )
    return RecordedDecision(decision=decision, undone_at=moment(undone), made_with=made_with)

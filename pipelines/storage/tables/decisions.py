"""What people decided about pairs of articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.models import Decision, DecisionKind
from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec
from pipelines.storage.values import stamp, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A decision, and when it was undone."""

    decision: Decision
    undone_at: datetime | None
    made_with: int  # the first decision of the same command; its own id when it is that


_CODEC = RowCodec(RecordedDecision, names={"made_with": "coalesce(made_with, id)"})
_SELECT = _CODEC.select("decisions")


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
        """Record one decision; the caller checks first that it does not contradict others."""
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
        """Undo a decision and those made by the same command."""
        self._connection.execute(
            """UPDATE decisions SET undone_at = ? WHERE undone_at IS NULL AND coalesce(made_with, id) =
            (SELECT coalesce(made_with, id) FROM decisions WHERE id = ?)""",
            (stamp(at), number),
        )

    def get(self, number: int) -> RecordedDecision | None:
        """Return one decision, undone or not."""
        row = self._connection.one(f"{_SELECT} WHERE id = ?", (number,))
        return None if row is None else _CODEC.record(row)

    def active(self) -> tuple[Decision, ...]:
        """Return the decisions that are not undone, oldest first."""
        rows = self._connection.execute(f"{_SELECT} WHERE undone_at IS NULL ORDER BY id")
        return tuple(_CODEC.record(row).decision for row in rows)

    def all(self) -> tuple[RecordedDecision, ...]:
        """Return every decision, oldest first."""
        return tuple(map(_CODEC.record, self._connection.execute(f"{_SELECT} ORDER BY id")))

"""The stored counts of the views over the whole archive, and what of them has to be counted again."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summary:
    """One table of counts. ``name`` is its mark in `_stale`, ``view`` counts the marked rows now."""

    name: str
    table: str
    view: str
    marked: str  # the condition for a row of the table that is marked


_SUMMARIES = (
    _Summary(
        name="months", table="_month_totals", view="_stale_months",
        marked="(month, outlet) IN (SELECT key, outlet FROM _stale WHERE summary = 'months')",
    ),
    _Summary(
        name="copying", table="_copying_totals", view="_stale_copying",
        marked="(outlet, copied_outlet) IN (SELECT key, outlet FROM _stale WHERE summary = 'copying')",
    ),
    _Summary(
        name="voices", table="_voice_totals", view="_stale_voices",
        marked="speaker IN (SELECT key FROM _stale WHERE summary = 'voices')",
    ),
    _Summary(
        name="topics", table="_topic_reports", view="_stale_topics",
        marked="story_id IN (SELECT key FROM _stale WHERE summary = 'topics')",
    ),
    _Summary(name="followers", table="_followers", view="_stale_followers", marked="true"),
)  # fmt: skip


class Summaries:
    """The tables that `share_of_voice`, `syndication`, `voices`, `topic_coverage` and `silences` read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def refresh(self) -> None:
        """Count again what triggers have marked as changed, in one transaction.

        The views are right without it; they count the marked rows whenever they are read.
        """
        with self._connection.transaction():
            marked = {row[0] for row in self._connection.execute("SELECT DISTINCT summary FROM _stale")}
            for each in _SUMMARIES:
                if each.name in marked:
                    self._connection.execute(f"DELETE FROM {each.table} WHERE {each.marked}")
                    self._connection.execute(f"INSERT INTO {each.table} SELECT * FROM {each.view}")
                    self._connection.execute("DELETE FROM _stale WHERE summary = ?", (each.name,))

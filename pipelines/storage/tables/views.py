"""The public tables and views as plain rows, for exports, `status` and other tools."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import DatabaseError
from pipelines.storage.connection import Connection
from pipelines.storage.descriptions import TableDescription, describe
from pipelines.storage.rows import Row

PUBLIC = (
    "altered_quotations",
    "articles",
    "channels",
    "corrections",
    "coverage_gaps",
    "decisions",
    "digest_stories",
    "digests",
    "failures",
    "first_to_publish",
    "matches",
    "pages",
    "quotations",
    "recent_changes",
    "related_stories",
    "release_only",
    "removals",
    "reports",
    "revisions",
    "runs",
    "share_of_voice",
    "silences",
    "source_health",
    "sources",
    "stale_figures",
    "stories",
    "story_changes",
    "story_coverage",
    "story_marks",
    "story_publishers",
    "story_topics",
    "story_why",
    "syndication",
    "topic_coverage",
    "topics",
    "voices",
    "weekly_volume",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with the names of their columns."""

    columns: tuple[str, ...]
    rows: list[Row]


_ATTRIBUTED = {
    "stories": """SELECT s.*, coalesce(o.name, a.publisher) AS attribution, a.url AS lead_url
        FROM stories AS s LEFT JOIN articles AS a ON a.id = s.lead_article_id
        LEFT JOIN sources AS o ON o.id = a.source_id ORDER BY s.id""",
    "matches": """SELECT m.*, coalesce(oa.name, a.publisher) AS attribution_a, a.url AS url_a,
            coalesce(ob.name, b.publisher) AS attribution_b, b.url AS url_b
        FROM matches AS m JOIN articles AS a ON a.id = m.article_a JOIN articles AS b ON b.id = m.article_b
        LEFT JOIN sources AS oa ON oa.id = a.source_id LEFT JOIN sources AS ob ON ob.id = b.source_id""",
    "quotations": """SELECT q.*, a.story_id, a.published_at, a.title,
            coalesce(o.name, a.publisher) AS attribution, a.url
        FROM quotations AS q JOIN articles AS a ON a.id = q.article_id
        LEFT JOIN sources AS o ON o.id = a.source_id ORDER BY q.id""",
}


class Views:
    """Any public table or view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, name: str, *, limit: int | None = None) -> Rows:
        """Return all rows of a table or view, or the first ``limit``.

        Raises ``DatabaseError`` for a name that is not public.
        """
        if name not in PUBLIC:
            raise DatabaseError("no public table or view has this name; docs/schema.md lists them", name)
        columns, rows = self._connection.columns(
            f"SELECT * FROM {name} LIMIT ?", (-1 if limit is None else limit,)
        )
        return Rows(columns=columns, rows=rows)

    def attributed(self, name: str) -> Rows:
        """Return all rows of `stories`, `matches` or `quotations` with who published them, and links."""
        return Rows(*self._connection.columns(_ATTRIBUTED[name]))

    def bookkeeping(self) -> tuple[str, ...]:
        """Return the names of the tables that only programs read. They begin with an underscore."""
        rows = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '[_]*' ORDER BY name"
        )
        return tuple(row[0] for row in rows)

    def descriptions(self) -> tuple[TableDescription, ...]:
        """Return what the public tables and views hold, in words."""
        rows = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        )
        return tuple(
            describe(name, sql, [row[1] for row in self._connection.execute(f"PRAGMA table_xinfo({name})")])
            for name, sql in rows
            if name in PUBLIC
        )

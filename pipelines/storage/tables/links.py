"""Addresses that channels announced, and when each is looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.tables.connection import Connection, Row, marks, moment, portions, stamp, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierEntry:
    """One announced article.

    ``next_look_at`` None: never again. ``last_outcome``: new, unchanged, revised, or the name of the error.
    """

    source_id: str
    key: str
    url: str
    first_seen_at: datetime
    last_seen_at: datetime
    title: str = ""
    summary: str = ""
    published_at: datetime | None = None
    looks: int = 0
    next_look_at: datetime | None = None
    last_outcome: str = ""
    failures: int = 0  # in a row
    article_id: int | None = None


_COLUMNS = """source_id, key, url, first_seen_at, last_seen_at, title, summary, published_at, looks, next_look_at,
    last_outcome, failures, article_id"""


class Links:
    """The `links` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, source_id: str, key: str) -> FrontierEntry | None:
        """One link by the channel's name for it."""
        return self.known(source_id, [key]).get(key)

    def known(self, source_id: str, keys: Iterable[str]) -> dict[str, FrontierEntry]:
        """Those of the keys that were announced before."""
        found: dict[str, FrontierEntry] = {}
        for portion in portions(dict.fromkeys(keys)):
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM links WHERE source_id = ? AND key IN ({marks(portion)})",
                (source_id, *map(storable, portion)),
            )
            stored = {row[1]: _seen_link(row) for row in rows}
            found.update((key, stored[clean]) for key in portion if (clean := storable(key)) in stored)
        return found

    def due(self, source_id: str, now: datetime, *, limit: int) -> tuple[FrontierEntry, ...]:
        """The links whose time for a look has come, longest waiting first."""
        rows = self._connection.execute(
            f"""SELECT {_COLUMNS} FROM links WHERE source_id = ? AND next_look_at <= ?
            ORDER BY next_look_at, key LIMIT ?""",
            (source_id, stamp(now), limit),
        )
        return tuple(map(_seen_link, rows))

    def recent(self, source_id: str, *, limit: int) -> tuple[FrontierEntry, ...]:
        """The links of a source, last announced first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM links WHERE source_id = ? ORDER BY last_seen_at DESC, key LIMIT ?",
            (source_id, limit),
        )
        return tuple(map(_seen_link, rows))

    def save(self, link: FrontierEntry) -> None:
        """Store one link."""
        self.save_all([link])

    def save_all(self, links: Iterable[FrontierEntry]) -> None:
        """Store several links."""
        links = tuple(links)
        if not links:
            return
        self._connection.many(
            f"INSERT OR REPLACE INTO links ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    link.source_id,
                    storable(link.key),
                    storable(link.url),
                    stamp(link.first_seen_at),
                    stamp(link.last_seen_at),
                    storable(link.title),
                    storable(link.summary),
                    stamp(link.published_at),
                    link.looks,
                    stamp(link.next_look_at),
                    link.last_outcome,
                    link.failures,
                    link.article_id,
                )
                for link in links
            ],
        )

    def touch(self, source_id: str, keys: Sequence[str], *, at: datetime) -> None:
        """The links were announced again."""
        self._connection.many(
            "UPDATE links SET last_seen_at = ? WHERE source_id = ? AND key = ?",
            [(stamp(at), source_id, storable(key)) for key in keys],
        )


def _seen_link(row: Row) -> FrontierEntry:
    (
        source_id,
        key,
        url,
        first,
        last,
        title,
        summary,
        published,
        looks,
        next_look,
        outcome,
        failures,
        article,
    ) = row
    return FrontierEntry(
        source_id=source_id,
        key=key,
        url=url,
        first_seen_at=moment(first),
        last_seen_at=moment(last),
        title=title,
        summary=summary,
        published_at=moment(published),
        looks=looks,
        next_look_at=moment(next_look),
        last_outcome=outcome,
        failures=failures,
        article_id=article,
    )

"""What sites repeat: blocks of text, and on how many pages each stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pipelines.storage.connection import Connection
from pipelines.storage.values import storable


class FurnitureBlocks:
    """The `_sites` and `_furniture` tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self, site: str, hashes: Iterable[int]) -> tuple[int, dict[int, int]]:
        """Return how many pages of a site were counted, and how many of them had each of these blocks."""
        row = self._connection.one("SELECT id, pages FROM _sites WHERE site = ?", (storable(site),))
        if row is None:
            return 0, {}
        number, pages = row
        rows = self._connection.execute_in(
            "SELECT hash, pages FROM _furniture WHERE site_number = ? AND hash IN (?*)",
            hashes,
            before=[number],
        )
        return pages, dict(rows)

    def learn(self, site: str, pages: Iterable[Iterable[int]], *, at: datetime) -> None:
        """Count new pages, each given as the hashes of its blocks."""
        pages = [set(blocks) for blocks in pages]
        counts = Counter(block for blocks in pages for block in blocks)
        ((number,),) = self._connection.execute(
            """INSERT INTO _sites (site, pages) VALUES (?, ?)
            ON CONFLICT (site) DO UPDATE SET pages = pages + excluded.pages RETURNING id""",
            (storable(site), len(pages)),
        )
        self._connection.many(
            """INSERT INTO _furniture (site_number, hash, pages, last_seen_hour) VALUES (?, ?, ?, ?)
            ON CONFLICT (site_number, hash) DO UPDATE SET pages = pages + excluded.pages,
                last_seen_hour = excluded.last_seen_hour""",
            [(number, block, times, _hour(at)) for block, times in counts.items()],
        )

    def clear(self) -> None:
        """Remove all counts."""
        self._connection.execute("DELETE FROM _furniture")
        self._connection.execute("DELETE FROM _sites")

    def prune_rare(self, *, before: datetime) -> None:
        """Remove blocks seen on one page and not since ``before``: they are not furniture, and most rows."""
        self._connection.execute(
            "DELETE FROM _furniture WHERE pages = 1 AND last_seen_hour < ?", (_hour(before),)
        )


def _hour(at: datetime) -> int:
    """Return a time in whole hours since the beginning of 1970 (UTC)."""
    return int(at.timestamp() // 3600)

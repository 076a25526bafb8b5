"""What sites repeat: blocks of text and on how many pages they stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.tables.connection import (
    MOST_PARAMETERS,
    Connection,
    marks,
    moment,
    portions,
    stamp,
    storable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBlock:
    """One block of text of a site. ``hash`` fits into a signed 64-bit integer; ``pages`` is how many carried
    it."""

    hash: int
    pages: int
    first_seen_at: datetime
    last_seen_at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBlocks:
    """All that is known of one site: how many pages were counted, and their blocks."""

    site: str
    pages: int
    blocks: tuple[KnownBlock, ...] = ()


class FurnitureBlocks:
    """The `sites` and `furniture` tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sites(self) -> tuple[str, ...]:
        """Every site of which something is known."""
        return tuple(row[0] for row in self._connection.execute("SELECT site FROM sites ORDER BY site"))

    def load(self, site: str, *, least_pages: int = 1) -> SiteBlocks:
        """What is known of a site, without blocks of fewer than ``least_pages`` pages; of a new one: no
        pages."""
        row = self._connection.one("SELECT pages FROM sites WHERE site = ?", (storable(site),))
        rows = self._connection.execute(
            """SELECT hash, pages, first_seen_at, last_seen_at, text FROM furniture
            WHERE site = ? AND pages >= ? ORDER BY hash""",
            (storable(site), least_pages),
        )
        blocks = tuple(
            KnownBlock(
                hash=block, pages=pages, first_seen_at=moment(first), last_seen_at=moment(last), text=text
            )
            for block, pages, first, last, text in rows
        )
        return SiteBlocks(site=site, pages=row[0] if row else 0, blocks=blocks)

    def counts(self, site: str, hashes: Iterable[int]) -> tuple[int, dict[int, int]]:
        """The pages counted of a site, and on how many of them each of these blocks stood."""
        row = self._connection.one("SELECT pages FROM sites WHERE site = ?", (storable(site),))
        found: dict[int, int] = {}
        for portion in portions(hashes, MOST_PARAMETERS - 1):
            rows = self._connection.execute(
                f"SELECT hash, pages FROM furniture WHERE site = ? AND hash IN ({marks(portion)})",
                (storable(site), *portion),
            )
            found.update(rows)
        return (row[0] if row else 0), found

    def learn(self, site: str, pages: Iterable[Iterable[int]], *, at: datetime) -> None:
        """Count new pages, each given as the hashes of its blocks."""
        counts: Counter[int] = Counter()
        number = 0
        for blocks in pages:
            counts.update(set(blocks))
            number += 1
        site, when = storable(site), stamp(at)
        self._connection.execute(
            """INSERT INTO sites (site, pages) VALUES (?, ?)
            ON CONFLICT (site) DO UPDATE SET pages = pages + excluded.pages""",
            (site, number),
        )
        self._connection.many(
            """INSERT INTO furniture (site, hash, pages, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (site, hash) DO UPDATE SET pages = pages + excluded.pages,
                last_seen_at = excluded.last_seen_at""",
            [(site, block, times, when, when) for block, times in counts.items()],
        )

    def replace(self, known: SiteBlocks) -> None:
        """Store all that is known of a site, in place of what was known before."""
        site = storable(known.site)
        self._connection.execute("DELETE FROM furniture WHERE site = ?", (site,))
        self._connection.execute(
            "INSERT OR REPLACE INTO sites (site, pages) VALUES (?, ?)", (site, known.pages)
        )
        self._connection.many(
            "INSERT INTO furniture (site, hash, pages, first_seen_at, last_seen_at, text) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    site,
                    block.hash,
                    block.pages,
                    stamp(block.first_seen_at),
                    stamp(block.last_seen_at),
                    storable(block.text),
                )
                for block in known.blocks
            ],
        )

    def clear(self) -> None:
        """Forget everything, to count anew."""
        self._connection.execute("DELETE FROM furniture")
        self._connection.execute("DELETE FROM sites")

    def prune_rare(self, *, before: datetime) -> None:
        """Forget blocks of a single page that nobody has met since: they are no furniture, and most rows."""
        self._connection.execute(
            "DELETE FROM furniture WHERE pages = 1 AND last_seen_at < ?", (stamp(before),)
        )

    def prune(self, site: str, *, keep: Iterable[int]) -> None:
        """Forget every block of a site but these."""
        kept = frozenset(keep)
        rows = self._connection.execute("SELECT hash FROM furniture WHERE site = ?", (storable(site),))
        self._connection.many(
            "DELETE FROM furniture WHERE site = ? AND hash = ?",
            [(storable(site), block) for (block,) in rows if block not in kept],
        )

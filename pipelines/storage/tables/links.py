"""The frontier: URLs that channels announced, and when each page is due."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from pipelines.storage.connection import Connection
from pipelines.storage.rows import Row, RowCodec, upsert
from pipelines.storage.tables.article_rows import url_key
from pipelines.storage.values import stamp, storable, to_json
from scraper.models import Link

MOST_ANNOUNCED = 200_000  # characters of JSON; the full text of a feed entry takes 5,000 to 50,000
_INDEXED = 16  # characters of a title
LONGEST_WAIT = timedelta(days=8)  # no wait is longer (a page that is gone waits 7 days): the clock was ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierEntry:
    """One announced article.

    ``next_look_at`` None: its page is not requested again. ``last_outcome``: new, unchanged, revised, fetched
    (stored, not yet read), or the name of the error. ``announced`` is what the channel said of it, as long as
    its page was not read.
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
    announced: Link | None = None


def _encode_link(link: Link) -> str:
    encoded = to_json(msgspec.to_builtins(link))
    return (
        encoded if len(encoded) <= MOST_ANNOUNCED else to_json(msgspec.to_builtins(replace(link, content="")))
    )


_CODEC = RowCodec(FrontierEntry, without=["announced"])
_SELECT = f"""SELECT {", ".join(_CODEC.columns)}, (SELECT link_json FROM _announced AS n
    WHERE n.source_id = _links.source_id AND n.key = _links.key) FROM _links"""


def _entry(row: Row) -> FrontierEntry:
    entry = _CODEC.record(row[:-1])
    return entry if row[-1] is None else replace(entry, announced=msgspec.json.decode(row[-1], type=Link))


class Links:
    """The `_links` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, source_id: str, key: str) -> FrontierEntry | None:
        """Return the entry with that key."""
        return self.known(source_id, [key]).get(key)

    def known(self, source_id: str, keys: Iterable[str]) -> dict[str, FrontierEntry]:
        """Return the entries of those keys that were announced before."""
        stored_as = {key: storable(key) for key in keys}
        rows = self._connection.execute_in(
            f"{_SELECT} WHERE source_id = ? AND key IN (?*)", stored_as.values(), before=[source_id]
        )
        entries = {entry.key: entry for entry in map(_entry, rows)}
        return {key: entries[stored] for key, stored in stored_as.items() if stored in entries}

    def due(self, source_id: str, now: datetime, *, limit: int) -> tuple[FrontierEntry, ...]:
        """Return the entries that are due: pages never fetched first, then those that waited longest.

        An entry that is due later than any wait can last was written while the clock was ahead; it is due.
        """
        rows = self._connection.execute(
            f"""{_SELECT} WHERE source_id = ? AND (next_look_at <= ? OR next_look_at > ?)
            ORDER BY looks > 0, next_look_at, key LIMIT ?""",
            (source_id, stamp(now), stamp(now + LONGEST_WAIT), limit),
        )
        return tuple(map(_entry, rows))

    def titled(self, source_id: str, titles: Iterable[str]) -> tuple[FrontierEntry, ...]:
        """Return the entries of a source that have one of the titles."""
        wanted = {storable(title) for title in titles if title}
        # As the index asks; it holds the beginnings of titles alone.
        sql = f"{_SELECT} WHERE source_id = ? AND substr(title, 1, {_INDEXED}) IN (?*) AND title <> ''"
        beginnings = dict.fromkeys(title[:_INDEXED] for title in sorted(wanted))
        rows = self._connection.execute_in(sql, beginnings, before=[source_id])
        return tuple(entry for entry in map(_entry, rows) if entry.title in wanted)

    def recent(self, source_id: str, *, limit: int) -> tuple[FrontierEntry, ...]:
        """Return the entries of a source, last announced first."""
        rows = self._connection.execute(
            f"{_SELECT} WHERE source_id = ? ORDER BY last_seen_at DESC, key LIMIT ?", (source_id, limit)
        )
        return tuple(map(_entry, rows))

    def recent_outcomes(self, source_ids: Iterable[str], *, limit: int) -> dict[str, tuple[str, ...]]:
        """Return the last outcomes of the latest ``limit`` entries of each source, last announced first."""
        rows = self._connection.execute_in(
            f"""SELECT source_id, last_outcome FROM (
                SELECT source_id, last_outcome, last_seen_at, key, row_number() OVER (
                    PARTITION BY source_id ORDER BY last_seen_at DESC, key) AS place
                FROM _links WHERE source_id IN (?*)
            ) WHERE place <= {int(limit)} ORDER BY source_id, last_seen_at DESC, key""",
            source_ids,
        )
        outcomes: dict[str, list[str]] = {}
        for source_id, outcome in rows:
            outcomes.setdefault(source_id, []).append(outcome)
        return {source_id: tuple(each) for source_id, each in outcomes.items()}

    def save_all(self, links: Iterable[FrontierEntry]) -> None:
        """Store several entries."""
        links = tuple(links)
        if not links:
            return
        self._connection.many(_CODEC.upsert("_links", "source_id", "key"), map(_CODEC.values, links))
        self._connection.many(
            "DELETE FROM _announced WHERE source_id = ? AND key = ?",
            [(link.source_id, storable(link.key)) for link in links if link.announced is None],
        )
        self._connection.many(
            upsert("_announced", ("source_id", "key", "link_json"), "source_id", "key"),
            [
                (link.source_id, storable(link.key), _encode_link(link.announced))
                for link in links
                if link.announced is not None
            ],
        )

    def seen(self, source_id: str, keys: Iterable[str], *, at: datetime) -> None:
        """Store that a channel announced entries again as they are: most of a feed, at a tenth of the cost of
        storing them."""
        rows = self._connection.execute_in(
            "UPDATE _links SET last_seen_at = ? WHERE source_id = ? AND key IN (?*)",
            [storable(key) for key in sorted(keys)],
            before=[stamp(at), source_id],
        )
        deque(rows, maxlen=0)  # the statements run as their rows are taken; these have none

    def make_due(self, article_id: int, *, at: datetime) -> None:
        """Make the page of an article due, whatever was planned."""
        self._connection.execute(
            "UPDATE _links SET next_look_at = ? WHERE article_id = ?", (stamp(at), article_id)
        )

    def urls_of(self, article_ids: Iterable[int]) -> frozenset[str]:
        """Return the URLs that led to articles, as channels announced them or persons gave them."""
        sql = "SELECT DISTINCT url FROM _links WHERE article_id IN (?*)"
        return frozenset(row[0] for row in self._connection.execute_in(sql, article_ids))

    def remove_unread(self, source_id: str, keys: Iterable[str]) -> None:
        """Remove the entries of those keys that have no article."""
        self._connection.many(
            "DELETE FROM _links WHERE source_id = ? AND key = ? AND article_id IS NULL",
            [(source_id, storable(key)) for key in keys],
        )

    def remove(self, *, before: datetime) -> int:
        """Remove the entries not announced since that are not due either, and return their number."""
        rows = self._connection.execute(
            """DELETE FROM _links WHERE last_seen_at < ? AND next_look_at IS NULL
            AND last_outcome <> 'forgotten' RETURNING key""",
            (stamp(before),),
        )
        return len(rows)


def article_behind(connection: Connection, url: str) -> int | None:
    """Return the id of the article to which a URL led that a channel announced or a person gave."""
    sql = "SELECT min(article_id) FROM _links WHERE article_id IS NOT NULL AND url IN (?, ?)"
    row = connection.one(sql, (storable(url), url_key(url)))
    return None if row is None else row[0]

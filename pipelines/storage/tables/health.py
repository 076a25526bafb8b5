"""What the database remembers of each source's visits, and of runs, for `status`, `doctor` and `run`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.connection import Connection
from pipelines.storage.invariants import BROKEN, Invariant
from pipelines.storage.values import moment, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """How the last visits of one channel went. ``failures``: in a row."""

    url: str
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    failures: int
    last_error: str
    empty_polls: int = 0  # visits in a row on which it announced nothing
    moved_to: str = ""  # where permanent redirects led on the last visit
    moved_polls: int = 0  # visits in a row on which they led there
    named_url: str = ""  # the feed that the home page named when this channel failed or was empty for long


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One source: its channels, the days on which it gave articles, and how its last pages were answered."""

    id: str
    name: str
    homepage: str
    is_enabled: bool
    is_declared: bool
    channels: tuple[ChannelRecord, ...]
    articles: int
    new_days: tuple[
        datetime, ...
    ]  # when its articles were first seen: the earliest of each day, oldest first
    outcomes: tuple[
        str, ...
    ]  # of its links, the last seen first: new, unchanged, revised, or an error's name
    gone: int  # articles whose page is gone
    last_failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """One kind of failure of one URL of one source."""

    source_id: str | None
    url: str | None
    error: str


def sqlite_version() -> str:
    """Return the version of the SQLite library."""
    return sqlite3.sqlite_version


class HealthRecords:
    """Reads over `sources`, `channels`, `_links`, `articles`, `pages` and `failures`; writes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sources(self, *, since: datetime, outcomes: int) -> tuple[SourceRecord, ...]:
        """Return every source; its new days since then, and of its links so many last outcomes."""
        channels = self._channels()
        days = self._new_days(since)
        answers = self._outcomes(outcomes)
        rows = self._connection.execute(
            """SELECT o.id, o.name, o.homepage, o.enabled, o.declared, count(a.id), count(a.gone_at),
                (SELECT f.error || ': ' || f.message FROM failures AS f WHERE f.source_id = o.id
                 ORDER BY f.at DESC, f.id DESC LIMIT 1)
            FROM sources AS o LEFT JOIN articles AS a ON a.source_id = o.id GROUP BY o.id ORDER BY o.id"""
        )
        return tuple(
            SourceRecord(
                id=source_id,
                name=name,
                homepage=homepage,
                is_enabled=bool(enabled),
                is_declared=bool(declared),
                channels=tuple(channels.get(source_id, ())),
                articles=articles,
                new_days=tuple(days.get(source_id, ())),
                outcomes=tuple(answers.get(source_id, ())),
                gone=gone,
                last_failure=last_failure or "",
            )
            for source_id, name, homepage, enabled, declared, articles, gone, last_failure in rows
        )

    def _channels(self) -> dict[str, list[ChannelRecord]]:
        rows = self._connection.execute(
            """SELECT c.source_id, c.url, c.last_polled_at, c.last_ok_at, c.failures, c.last_error,
                c.empty_polls, coalesce(c.moved_to, ''), c.moved_polls, coalesce(c.named_url, '')
            FROM channels AS c WHERE c.declared = 1 ORDER BY c.source_id, c.url"""
        )
        channels: dict[str, list[ChannelRecord]] = {}
        for source_id, url, polled, ok, failures, last_error, empty, moved_to, moved, named in rows:
            record = ChannelRecord(
                url=url,
                last_polled_at=moment(polled),
                last_ok_at=moment(ok),
                failures=failures,
                last_error=last_error,
                empty_polls=empty,
                moved_to=moved_to,
                moved_polls=moved,
                named_url=named,
            )
            channels.setdefault(source_id, []).append(record)
        return channels

    def _new_days(self, since: datetime) -> dict[str, list[datetime]]:
        rows = self._connection.execute(
            """SELECT source_id, min(first_seen_at) FROM articles
            WHERE source_id IS NOT NULL AND first_seen_at >= ?
            GROUP BY source_id, substr(first_seen_at, 1, 10) ORDER BY 1, 2""",
            (stamp(since),),
        )
        days: dict[str, list[datetime]] = {}
        for source_id, first_seen in rows:
            days.setdefault(source_id, []).append(moment(first_seen))
        return days

    def _outcomes(self, limit: int) -> dict[str, list[str]]:
        rows = self._connection.execute(
            """SELECT source_id, last_outcome FROM (
                SELECT source_id, last_outcome, last_seen_at, first_seen_at, row_number() OVER (
                    PARTITION BY source_id ORDER BY last_seen_at DESC, first_seen_at DESC, key) AS place
                FROM _links WHERE last_outcome NOT IN ('', 'alias')
            ) WHERE place <= ? ORDER BY source_id, place""",
            (limit,),
        )
        outcomes: dict[str, list[str]] = {}
        for source_id, outcome in rows:
            outcomes.setdefault(source_id, []).append(outcome)
        return outcomes

    def known_failures(self, *, before_run: int, since: datetime) -> frozenset[KnownFailure]:
        """Return the failures of earlier runs since then, except of channels that worked since."""
        rows = self._connection.execute(
            """SELECT DISTINCT f.source_id, f.url, f.error FROM failures AS f
            LEFT JOIN channels AS c ON c.source_id = f.source_id AND c.url = f.url
            WHERE +f.run_id < ? AND f.at >= ? AND coalesce(c.failures, 2) > 1""",
            (before_run, stamp(since)),
        )
        return frozenset(KnownFailure(source_id=s, url=u, error=e) for s, u, e in rows)

    def article_pages(self) -> frozenset[str]:
        """Return the content hashes of the pages that the articles were read from."""
        rows = self._connection.execute(
            "SELECT DISTINCT p.content_hash FROM articles AS a JOIN pages AS p ON p.id = a.page_id"
        )
        return frozenset(row[0] for row in rows)

    def newest_time(self) -> datetime | None:
        """Return the latest time at which anything was stored; later than now: a clock was wrong."""
        row = self._connection.one(
            """SELECT max(at) FROM (SELECT max(started_at) AS at FROM runs
            UNION ALL SELECT max(first_seen_at) FROM articles)"""
        )
        return moment(row[0]) if row and row[0] else None

    def quick_faults(self) -> tuple[str, ...]:
        """Return what SQLite's quick check finds wrong with the file: at most 20 lines."""
        return self._faults("PRAGMA quick_check(20)")

    def deep_faults(self) -> tuple[str, ...]:
        """Return what the full integrity check and the check of references find; reads the whole file."""
        broken = self._connection.execute("PRAGMA foreign_key_check")
        references = tuple(
            f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}" for row in broken[:20]
        )
        return (*self._faults("PRAGMA integrity_check(20)"), *references)

    def broken_invariants(self) -> dict[Invariant, tuple[int, ...]]:
        """Return the ids of the rows that break each rule that can be read from the tables; reads all."""
        broken = {
            invariant: tuple(row[0] for row in self._connection.execute(sql))
            for invariant, sql in BROKEN.items()
        }
        return {invariant: ids for invariant, ids in broken.items() if ids}

    def _faults(self, pragma: str) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in self._connection.execute(pragma) if row[0] != "ok")

    def failing_channels(self) -> frozenset[tuple[str, str]]:
        """Return source and URL of the watched channels that failed at their last visit."""
        rows = self._connection.execute(
            "SELECT source_id, url FROM channels WHERE declared = 1 AND failures > 0"
        )
        return frozenset((source_id, url) for source_id, url in rows)

"""What is remembered about servers between runs."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.storage.tables.connection import Connection, Row, moment, stamp, storable
from scraper.models import HostState

_COLUMNS = """host, updated_at, not_before, failures, robots_status, robots_body, robots_fetched_at,
    robots_expires_at, note"""


class Hosts:
    """The `hosts` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[HostState, ...]:
        """Every server known."""
        return tuple(
            map(_host_state, self._connection.execute(f"SELECT {_COLUMNS} FROM hosts ORDER BY host"))
        )

    def get(self, host: str) -> HostState | None:
        """One server, if it is known."""
        row = self._connection.one(f"SELECT {_COLUMNS} FROM hosts WHERE host = ?", (host,))
        return None if row is None else _host_state(row)

    def save(self, state: HostState) -> None:
        """Store what is known about one server."""
        self.save_all([state])

    def save_all(self, states: Iterable[HostState]) -> None:
        """Store what is known about several servers."""
        self._connection.many(
            f"INSERT OR REPLACE INTO hosts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    state.host,
                    stamp(state.updated_at),
                    stamp(state.not_before),
                    state.failures,
                    state.robots_status,
                    state.robots_body,
                    stamp(state.robots_fetched_at),
                    stamp(state.robots_expires_at),
                    storable(state.note),
                )
                for state in states
            ],
        )


def _host_state(row: Row) -> HostState:
    host, updated, not_before, failures, status, body, fetched, expires, note = row
    return HostState(
        host=host,
        updated_at=moment(updated),
        not_before=moment(not_before),
        failures=failures,
        robots_status=status,
        robots_body=body,
        robots_fetched_at=moment(fetched),
        robots_expires_at=moment(expires),
        note=note,
    )

"""What is remembered about servers between runs."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec
from scraper.models import HostState

_CODEC = RowCodec(HostState)


class Hosts:
    """The `_hosts` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[HostState, ...]:
        """Return every known server."""
        return tuple(map(_CODEC.record, self._connection.execute(f"{_CODEC.select('_hosts')} ORDER BY host")))

    def save_all(self, states: Iterable[HostState]) -> None:
        """Store what is known about several servers."""
        self._connection.many(_CODEC.upsert("_hosts", "host"), map(_CODEC.values, states))

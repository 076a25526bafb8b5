"""Pace requests: one exchange with a server at a time, and a delay from one start to the next.

`HostPacer` paces the threads of one process, `SharedHosts` the processes that share a database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scraper.models import HostState


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A reserved request: the moment at which it may start, and until when the server rests, if it does."""

    key: str
    starts_at: datetime
    next_at: datetime
    rests_until: datetime | None = None


class SharedHosts(Protocol):
    """The paces and rests that several processes share. Safe to use from several threads.

    No method raises: without the shared record, each process still keeps its own pace.
    """

    def reserve(self, keys: tuple[str, ...], *, now: datetime, pause: float) -> Slot:
        """Return the next free slot of a server and make the following one free ``pause`` seconds later.

        The first key is the server's, the others are rows whose rests apply to it too. Nothing is reserved
        while the server rests.
        """

    def settle(self, slot: Slot, next_at: datetime) -> None:
        """Move the slot after a reserved one, unless another process has reserved it."""

    def rest(self, keys: tuple[str, ...], state: HostState) -> None:
        """Store at once until when a server rests."""

    def close(self) -> None:
        """Release the record."""


@dataclass(slots=True)
class _Server:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class HostPacer:
    """When each server may be asked. ``clock`` is monotonic; keys are `Target.pace_key`."""

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._servers: dict[str, _Server] = {}
        self._guard = threading.Lock()

    def free_at(self, key: str) -> float:
        """Return the moment from which the server may be asked again."""
        return self._of(key).free_at

    @contextmanager
    def taken(self, key: str) -> Iterator[None]:
        """Wait until the server may be asked, and keep others from asking it meanwhile."""
        server = self._of(key)
        with server.lock:
            while (wait := server.free_at - self._clock()) > 0:
                self._sleep(wait)
            yield

    def rest(self, key: str, until: float) -> None:
        """Leave the server alone until then, at least."""
        server = self._of(key)
        server.free_at = max(server.free_at, until)

    def _of(self, key: str) -> _Server:
        server = self._servers.get(key)
        if server is None:
            with self._guard:
                server = self._servers.setdefault(key, _Server())
        return server

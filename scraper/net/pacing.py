"""Pace requests: one exchange with a server at a time, and a delay from one start to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


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

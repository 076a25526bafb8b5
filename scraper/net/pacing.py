"""Whose turn it is: at most one exchange a place, and a delay from one request's start to the next one's
start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class HostPacer:
    """The turns of all places of one run. Times are of the given monotonic clock."""

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._turns: dict[str, _Turn] = {}
        self._guard = threading.Lock()

    def free_at(self, place: str) -> float:
        """The moment from which the place may be asked again."""
        return self._of(place).free_at

    def is_taken(self, place: str) -> bool:
        """Whether an exchange with the place is under way."""
        return self._of(place).lock.locked()

    @contextmanager
    def taken(self, place: str) -> Iterator[None]:
        """Wait for the turn of a place, and hold it."""
        turn = self._of(place)
        with turn.lock:
            while (wait := turn.free_at - self._clock()) > 0:
                self._sleep(wait)
            yield

    def rest(self, place: str, until: float) -> None:
        """Leave the place alone until then, at least."""
        turn = self._of(place)
        turn.free_at = max(turn.free_at, until)

    def _of(self, place: str) -> _Turn:
        turn = self._turns.get(place)
        if turn is None:
            with self._guard:
                turn = self._turns.setdefault(place, _Turn())
        return turn

"""Decide which host is asked next: of those that may be asked, the one with most left to do. Pure.

The host whose queue takes longest decides when the whole crawl ends, since its delays cannot be shortened. A
first-in first-out pool would leave it for last and wait; taking it first is the longest-processing-time rule
of scheduling (Graham, 1969). Times are passed in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Queue(Generic[T]):
    """The items that wait for one host."""

    waiting: deque[T] = field(default_factory=deque)
    pause: float = 0.0  # seconds between two of its requests
    ready_at: float = 0.0
    is_busy: bool = False
    version: int = 0  # entries of the heaps with an older version are void

    @property
    def seconds_left(self) -> float:
        """Return how long the host's own delays will keep it in the crawl."""
        return (len(self.waiting) - 1) * self.pause


class Schedule(Generic[T]):
    """The queues of all hosts. Not safe to use from several threads at once."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue[T]] = {}
        self._ready: list[tuple[float, float, str, int]] = []  # longest first
        self._resting: list[tuple[float, str, int]] = []  # earliest first
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, host: str, item: T, *, pause: float, first: bool = False) -> bool:
        """Put an item at the end of its host's queue, or at its head.

        ``pause`` is the host's delay in seconds, as far as it is known. Return whether the host had nothing
        to do: only then is there more to take, now or later.
        """
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue(pause=pause)
        if first:
            queue.waiting.appendleft(item)
        else:
            queue.waiting.append(item)
        self._count += 1
        self._enter(host, queue)
        return len(queue.waiting) == 1 and not queue.is_busy

    def take(self, now: float) -> tuple[str, T] | None:
        """Return the next item of the host that will take longest, of those that may be asked now, or
        ``None``.

        The host is busy until ``release``.
        """
        self._wake(now)
        while self._ready:
            _, _, host, version = heappop(self._ready)
            queue = self._queues[host]
            if version == queue.version and queue.waiting and not queue.is_busy:
                queue.is_busy = True
                queue.version += 1
                self._count -= 1
                return host, queue.waiting.popleft()
        return None

    def release(self, host: str, *, ready_at: float, pause: float) -> bool:
        """End the exchange with a host; it may be asked again from ``ready_at`` on. Return whether it is to
        be.
        """
        queue = self._queues[host]
        queue.is_busy = False
        queue.ready_at = ready_at
        queue.pause = pause
        self._enter(host, queue)
        return bool(queue.waiting)

    def next_at(self, now: float) -> float | None:
        """Return when the next host with items may be asked, or ``None`` if there is none or all are busy."""
        self._wake(now)
        while self._ready:
            _, _, host, version = self._ready[0]
            if version == self._queues[host].version:
                return now
            heappop(self._ready)
        return self._resting[0][0] if self._resting else None

    def drain(self) -> list[T]:
        """Remove and return everything that waits."""
        items: list[T] = []
        for queue in self._queues.values():
            items.extend(queue.waiting)
            queue.waiting.clear()
            queue.version += 1
        self._count = 0
        return items

    def _enter(self, host: str, queue: _Queue[T]) -> None:
        """Put a host among those that rest; ``_wake`` moves it among those that are ready."""
        queue.version += 1
        if queue.waiting and not queue.is_busy:
            heappush(self._resting, (queue.ready_at, host, queue.version))

    def _wake(self, now: float) -> None:
        while self._resting:
            ready_at, host, version = self._resting[0]
            queue = self._queues[host]
            if version == queue.version:
                if ready_at > now:
                    return
                heappush(self._ready, (-queue.seconds_left, ready_at, host, version))
            heappop(self._resting)

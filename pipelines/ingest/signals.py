"""Ending a run on SIGTERM or SIGINT: soon, and with everything fetched kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; ``exit_status`` is 128 plus its number, as shells report it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_status = 128 + number


class StopSignals:
    """What SIGTERM and SIGINT do while a run goes on.

    They raise ``Interrupted`` at once, and an open transaction is rolled back. In a ``deferred`` block the
    first one only calls ``stop``, so that what was fetched is still stored; a second one raises.
    """

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that came
        self._stop: Callable[[], None] | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal. Takes no lock: the main thread may hold any."""
        is_first, self.number = self.number is None, number
        if self._stop is None or not is_first:
            raise Interrupted(number)
        self._stop()

    @contextmanager
    def deferred(self, stop: Callable[[], None]) -> Iterator[None]:
        """Let the block end by itself after a signal, and raise ``Interrupted`` then."""
        self._stop = stop
        try:
            yield
        finally:
            self._stop = None
        if self.number is not None:
            raise Interrupted(self.number)

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Let a signal raise at once, inside a ``deferred`` block."""
        stop, self._stop = self._stop, None
        try:
            yield
        finally:
            self._stop = stop


@contextmanager
def stop_signals(signals: StopSignals) -> Iterator[None]:
    """Handle SIGTERM and SIGINT in the block; outside the main thread Python allows no handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signals.handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

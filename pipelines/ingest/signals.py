"""Ending a run on SIGTERM or SIGINT: within 5 seconds, and with everything fetched kept.

Nothing is raised out of a signal handler: Python drops an exception that arrives in a callback of the import
system or of the garbage collector. The signal's number goes through a pipe to a thread, which sets a flag;
the main thread looks at the flag before each statement of the database and raises there. If it does not come
to such a place in time, the thread ends the process: what is stored survives that, as it survives SIGKILL.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from pipelines.interrupts import end, is_importing

STOP_SECONDS = 2.0  # after a signal: for the requests under way
AGAIN_SECONDS = 0.05  # after a signal that came during an import
END_SECONDS = 4.5  # after a signal, at the latest; requests and one page of 12 s in a child process are cut


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; ``exit_status`` is 128 plus its number, as shells report it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_status = 128 + number


class StopSignals:
    """What SIGTERM and SIGINT do while a run goes on.

    They make the next ``check`` raise ``Interrupted``, once, and an open transaction is rolled back. In a
    ``deferred`` block they only call ``stop``, so that what was fetched is still stored.
    """

    def __init__(self) -> None:
        self.number: int | None = None  # of the first signal that came
        self._stop: Callable[[], None] = _nothing
        self._is_armed = True

    def notice(self, number: int) -> None:
        """Take note of a signal; called in the thread that waits for them."""
        if self.number is None:
            self.number = number
        self._stop()

    def is_due(self) -> bool:
        """Return whether ``check`` would raise."""
        return self.number is not None and self._is_armed

    def check(self) -> None:
        """Raise ``Interrupted`` if a signal came; once, so that what is open can be closed."""
        if self.number is not None and self._is_armed:
            self._is_armed = False
            raise Interrupted(self.number)

    @contextmanager
    def deferred(self, stop: Callable[[], None]) -> Iterator[None]:
        """Let the block end by itself after a signal, and raise ``Interrupted`` then."""
        self._stop, self._is_armed = stop, False
        if self.number is not None:
            stop()
        try:
            yield
        finally:
            self._stop, self._is_armed = _nothing, True
        self.check()

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Let ``check`` raise, inside a ``deferred`` block."""
        self._is_armed = True
        try:
            yield
        finally:
            self._is_armed = False


@contextmanager
def stop_signals(signals: StopSignals) -> Iterator[None]:
    """Handle SIGTERM and SIGINT in the block; outside the main thread Python allows no handlers.

    Raises ``Interrupted`` at the end of the block for a signal that no ``check`` has seen.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # as `set_wakeup_fd` demands
    thread = threading.Thread(target=_wait, args=(reader, signals), name="signals", daemon=True)
    thread.start()
    fd_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(fd_before)
        os.close(writer)
        thread.join()
        os.close(reader)
    signals.check()


@contextmanager
def raised_signals() -> Iterator[None]:
    """Raise ``Interrupted`` in the block on SIGTERM or SIGINT: for a command that computes in processes of
    its own, which end before it does.

    After the first signal the others are ignored and the process is ended if it has not ended in time. A
    signal that the process was started to ignore stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = _Raising()
    before = {
        number: signal.signal(number, handler)
        for number in (signal.SIGTERM, signal.SIGINT)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    except KeyboardInterrupt as stop:
        # Ray raises one of its own in place of what the handler raised
        if handler.number is None or isinstance(stop, Interrupted):
            raise
        raise Interrupted(handler.number) from stop
    finally:
        if handler.number is None:  # else ignored until the process has ended, as its exit must be whole
            for number, former in before.items():
                signal.signal(number, former)


@contextmanager
def held_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let a signal of ``raised_signals`` raise at the end of the block; ``stop`` is called when it comes, so
    that the block ends soon, by itself or by an error.
    """
    handlers = map(signal.getsignal, (signal.SIGTERM, signal.SIGINT))
    handler = next((each for each in handlers if isinstance(each, _Raising)), None)
    if handler is None:
        yield
        return
    handler.held = stop
    try:
        yield
    finally:
        handler.held = None
        if handler.number is not None:
            raise Interrupted(handler.number) from None


class _Raising:
    """A handler of signals that raises once, though not during an import or in a ``held_signals`` block."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that raised
        self.held: Callable[[], None] | None = None
        self._is_timed = False  # an import, of Ray for example, may take longer than END_SECONDS

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            return
        if not self._is_timed:
            self._is_timed = True
            _later(END_SECONDS, end, number)
        if self.held is None and is_importing(frame):
            # to the main thread: raised in the timer's, it would not end a wait there
            main = threading.main_thread().ident or 0
            _later(AGAIN_SECONDS, partial(signal.pthread_kill, main), number)
            return
        self.number = number
        if self.held is None:
            raise Interrupted(number)
        self.held()


def _later(seconds: float, function: Callable[[int], object], number: int) -> None:
    timer = threading.Timer(seconds, function, (number,))
    timer.daemon = True
    timer.start()


def _wait(reader: int, signals: StopSignals) -> None:
    """Pass on each signal; after the first, end the process unless the other end is closed in time."""
    timer: threading.Timer | None = None
    while number := os.read(reader, 1):
        if number[0] not in (signal.SIGTERM, signal.SIGINT):
            continue
        if timer is None:
            timer = threading.Timer(END_SECONDS, end, (number[0],))
            timer.daemon = True
            timer.start()
        signals.notice(number[0])
    if timer is not None:
        timer.cancel()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the pipe has the number. Without a handler, SIGTERM would kill and SIGINT would raise."""


def _nothing() -> None:
    pass

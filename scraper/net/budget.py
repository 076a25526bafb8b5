"""Limit what one exchange costs, in seconds and bytes. Every read from the network passes through here."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable

from scraper.errors import DeadlineError, TooLargeError
from scraper.net.memory import return_large_blocks

HEADER_BYTES = 262_144  # status line and headers of one reply, 1xx replies included; Chrome's limit
BUFFER_BYTES = 65_536
LARGE_BYTES = 2_000_000  # few pages are larger; only LARGE_AT_ONCE of those are read at once, to bound memory
LARGE_AT_ONCE = 4
TOO_SLOW = "took longer than [fetch] timeout allows"


class Budget:
    """The remaining time and bytes of one exchange. Changes as it is spent; belongs to one thread."""

    __slots__ = (
        "_clock", "_deadline", "_holds_large", "_large",
        "enough", "most", "received", "reused", "sent_at", "subject",
    )  # fmt: skip

    def __init__(
        self,
        *,
        subject: str,
        deadline: float,
        most: int,
        clock: Callable[[], float],
        large: threading.Semaphore,
        enough: int | None = None,
    ) -> None:
        self.subject = subject
        self.most = most  # bytes of the body; more are an error
        self.enough = enough  # bytes of the body after which the rest is not read, if that is not an error
        self.received = 0  # bytes read so far, head and framing included
        self.reused = True  # until a new connection is opened for this exchange
        self.sent_at: float | None = None  # when the request was sent
        self._deadline = deadline
        self._clock = clock
        self._large = large  # shared by all exchanges of a client
        self._holds_large = False

    def remaining(self) -> float:
        """Return the seconds left. Raises ``DeadlineError`` if there are none."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise DeadlineError(TOO_SLOW, self.subject)
        return left

    def shorten(self, seconds: float) -> None:
        """Leave no more than so many seconds from now on."""
        self._deadline = min(self._deadline, self._clock() + seconds)

    def receive(self, count: int) -> None:
        """Count received bytes; a large body waits for its turn. Raises ``TooLargeError``."""
        self.received += count
        if self.received > LARGE_BYTES and not self._holds_large:
            return_large_blocks()
            self._holds_large = self._large.acquire(timeout=self.remaining())
            self.remaining()
        if self.received > self.most + HEADER_BYTES:
            raise TooLargeError("more bytes than [fetch] max_bytes allows", self.subject)

    def close(self) -> None:
        """End the exchange, so that another large body may be read."""
        if self._holds_large:
            self._holds_large = False
            self._large.release()

    def mark_sent(self) -> None:
        """Note that the request was sent."""
        self.sent_at = self._clock()


class MeteredSocket(io.RawIOBase):
    """The reading side of a socket within a budget: the deadline is for the reply, not for each read."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._budget = budget
        self._is_stopped = False

    def stop(self) -> None:
        """Read nothing more from the socket, so that a buffer shows only what it holds."""
        self._is_stopped = True

    def readable(self) -> bool:
        """Return ``True``: this is the reading side."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Read what has arrived into the buffer. Raises ``DeadlineError`` and ``TooLargeError``."""
        if self._is_stopped:
            return None
        self._sock.settimeout(self._budget.remaining())
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError as error:
            raise DeadlineError(TOO_SLOW, self._budget.subject) from error
        if count:
            self._budget.receive(count)
        return count

    def close(self) -> None:
        """Close this side; the socket stays open."""
        if not self.closed:
            self._raw.close()
        super().close()

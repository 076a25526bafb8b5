"""What one exchange may cost: seconds in all, bytes in all. Every read from the network passes through
here."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable

from scraper.errors import DeadlineError, TooLargeError
from scraper.net.memory import return_large_blocks

HEADER_BYTES = 262_144  # status line and headers of one reply, 1xx replies included; Chrome's limit
BUFFER_BYTES = 65_536
LARGE_BYTES = (
    2_000_000  # nearly no page is larger; those that are wait for each other, so that memory is bounded
)
LARGE_AT_ONCE = 4


class Budget:
    """The remaining time and bytes of one exchange. Changes as it is spent; belongs to one thread."""

    __slots__ = (
        "_clock", "_deadline", "_holds_large", "_large", "enough", "most", "received", "reused", "sent_at", "subject",
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
        self.enough = (
            enough  # bytes of the body after which the rest is left on the wire, where that is no error
        )
        self.received = 0  # bytes on the wire so far, head and framing included
        self.reused = True  # no new connection was opened for this exchange
        self.sent_at: float | None = None  # when the request had left
        self._deadline = deadline
        self._clock = clock
        self._large = large  # shared by all exchanges of a client: the places for large bodies
        self._holds_large = False

    def remaining(self) -> float:
        """Seconds left; raises ``DeadlineError`` when there are none."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise DeadlineError(
                "took longer than a page may; try again later or raise fetch.timeout", self.subject
            )
        return left

    def receive(self, count: int) -> None:
        """Count bytes that came in; raises ``TooLargeError`` past the limit. A large body waits for its
        place."""
        self.received += count
        if self.received > LARGE_BYTES and not self._holds_large:
            return_large_blocks()
            self._holds_large = self._large.acquire(timeout=self.remaining())
            self.remaining()
        if self.received > self.most + HEADER_BYTES:
            raise TooLargeError("more bytes than fetch.max_bytes allows", self.subject)

    def close(self) -> None:
        """The exchange is over; its body no longer counts as being taken."""
        if self._holds_large:
            self._holds_large = False
            self._large.release()

    def mark_sent(self) -> None:
        """Note that the request is on its way."""
        self.sent_at = self._clock()


class MeteredSocket(io.RawIOBase):
    """The reading side of a socket, held to a budget: the deadline is for the whole reply, not between two
    bytes."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._budget = budget

    def readable(self) -> bool:
        """Always: this is the reading side."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Read what is there into the buffer. Raises ``DeadlineError`` and ``TooLargeError``."""
        self._sock.settimeout(self._budget.remaining())
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError as error:
            raise DeadlineError(
                "took longer than a page may; try again later or raise fetch.timeout", self._budget.subject
            ) from error
        if count:
            self._budget.receive(count)
        return count

    def close(self) -> None:
        """Give the socket back."""
        if not self.closed:
            self._raw.close()
        super().close()

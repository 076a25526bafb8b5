"""Make many requests to many hosts, as fast as politeness allows.

Worker threads take the next request that may be made now (see ``schedule``). Results come out as they
complete, in the thread that iterates, which may add further requests meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from scraper.client import ACCEPT, Client, Kind
from scraper.errors import AddressError, ScraperError, SpentError
from scraper.models import NotModified, Page, Validators
from scraper.net.address_guard import read_target
from scraper.schedule import Schedule

# Fetched pages that may wait for the consumer, and their bytes; workers pause beyond, to bound memory.
RESULTS_WAITING = 64
BYTES_WAITING = 40_000_000
# Of one host; a process that is killed loses what waits, and the host would be asked for it again.
RESULTS_OF_HOST_WAITING = 1
STOP_CHECK_SECONDS = 0.25  # a signal handler cannot notify the waiting thread, which may hold the lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One page to fetch.

    ``source_id``, ``purpose`` and ``context`` belong to the caller and come back unchanged.
    """

    url: str
    source_id: str = ""
    purpose: str = "article"
    validators: Validators | None = None
    delay: float | None = None  # seconds; None: the desk's own
    deadline: float | None = None  # seconds for the exchange; None: fetch.timeout
    kind: Kind = Kind.PAGE
    accept: str = ACCEPT
    context: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The outcome of one request."""

    request: Request
    outcome: Page | NotModified | ScraperError


@dataclass(frozen=True, slots=True)
class _Result:
    """What comes out next, and the host that it came from."""

    fetched: Fetched | Exception
    host: str = ""


class Crawl:
    """Iterate to get a ``Fetched`` for each request as it completes, until none is queued or in flight.

    After ``deadline`` seconds or ``max_requests`` requests no more are started: those that still wait come
    out with ``SpentError``. An exception in a worker that is not a ``ScraperError`` is raised in the
    iterating thread.
    """

    def __init__(
        self,
        client: Client,
        *,
        workers: int | None = None,
        deadline: float | None = None,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._workers = workers or client.settings.workers
        self._clock = clock
        self._ends_at = None if deadline is None else clock() + deadline
        self._requests_left = max_requests
        self._stop_at: float | None = None  # set by a signal handler, without the lock
        self._schedule: Schedule[Request] = Schedule()
        self._results: deque[_Result] = deque()
        self._bytes_waiting = 0
        self._results_waiting: Counter[str] = Counter()  # by host
        self._held: dict[str, tuple[float, float]] = {}  # hosts with too many of them: ready at, pause
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._done = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._in_flight = 0
        self._timer_at: float | None = None  # when the worker that keeps the time wakes
        self._is_closed = False

    def add(self, request: Request) -> None:
        """Queue a request. A URL that is not http(s) comes out as a result with ``AddressError``."""
        try:
            key = read_target(request.url).pace_key
        except AddressError as error:
            with self._lock:
                self._results.append(_Result(Fetched(request=request, outcome=error)))
            return
        with self._lock:
            pause = self._client.pause(request.url, delay=request.delay)
            if not self._schedule.add(key, request, pause=pause):
                return  # whoever asks this host takes it too; to wake another for nothing costs 70 us
            self._start_if_none_is_idle()
            self._work.notify()

    def _start_if_none_is_idle(self) -> None:
        if not self._idle and len(self._threads) < self._workers:
            self._threads.append(threading.Thread(target=self._serve, name="crawl", daemon=True))
            self._threads[-1].start()

    def __iter__(self) -> Iterator[Fetched]:
        try:
            while (result := self._next_result()) is not None:
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            self.close()

    @property
    def has_results(self) -> bool:
        """Whether the next result comes out at once."""
        return bool(self._results)

    def close(self) -> None:
        """Start no further request. Exchanges in flight end within their deadlines."""
        with self._lock:
            self._is_closed = True
            self._work.notify_all()
        if not self._in_flight:
            for thread in self._threads:
                thread.join()

    def stop(self, *, grace: float) -> None:
        """Start no new requests; iteration ends when those under way are done, or after ``grace`` seconds.

        What still waits does not come out. Takes no lock, so that a signal handler may call it.
        """
        self._stop_at = self._clock() + grace

    def _next_result(self) -> Fetched | Exception | None:
        with self._lock:
            while not self._results:
                if not self._in_flight and (self._stop_at is not None or not len(self._schedule)):
                    return None
                if self._stop_at is not None and self._clock() >= self._stop_at:
                    return None
                self._done.wait(STOP_CHECK_SECONDS)
            was_full = self._is_full()
            result = self._results.popleft()
            self._bytes_waiting -= _size(result.fetched)
            self._results_waiting[result.host] -= 1
            held = self._held.pop(result.host, None)
            is_let_go = held is not None and self._schedule.release(
                result.host, ready_at=held[0], pause=held[1]
            )
            if was_full or is_let_go:
                self._work.notify()  # a worker that takes a request wakes the next one
            return result.fetched

    def _is_full(self) -> bool:
        return len(self._results) >= RESULTS_WAITING or self._bytes_waiting >= BYTES_WAITING

    # --- in the workers

    def _serve(self) -> None:
        with _Carried(self._fail):
            while (taken := self._next_request()) is not None:
                key, request = taken
                self._finish(key, request, self._fetch(request))

    def _fail(self, error: Exception) -> None:
        """Pass on an unexpected exception to the iterating thread; this worker ends."""
        with self._lock:
            self._in_flight -= 1
            self._results.append(_Result(error))
            self._done.notify()

    def _next_request(self) -> tuple[str, Request] | None:
        with self._lock:
            while not self._is_closed and self._stop_at is None:
                now = self._clock()
                self._postpone_late(now)
                if not self._is_full() and (taken := self._schedule.take(now)):
                    self._in_flight += 1
                    if self._requests_left is not None:
                        self._requests_left -= 1
                    next_at = self._schedule.next_at(now)
                    if next_at is not None:
                        if next_at <= now:  # a worker that was thought idle may have taken another host
                            self._start_if_none_is_idle()
                        self._work.notify()  # another worker takes the next request
                    return taken
                self._wait(now)
        return None

    def _wait(self, now: float) -> None:
        """Sleep until there is something to do. Only one worker keeps the time, or all would wake at once."""
        times = [moment for moment in (self._schedule.next_at(now), self._ends_at) if moment is not None]
        wake_at = min(times) if times and len(self._schedule) and not self._is_full() else None
        self._idle += 1
        if wake_at is None or (self._timer_at is not None and self._timer_at <= wake_at):
            self._work.wait()
        else:
            self._timer_at = wake_at
            self._work.wait(max(wake_at - now, 0.0))
            if self._timer_at == wake_at:
                self._timer_at = None
        self._idle -= 1

    def _fetch(self, request: Request) -> Page | NotModified | ScraperError | None:
        """Return the outcome, or ``None`` if this turn went to robots.txt and the page waits for the next."""
        if self._client.prepare(request.url, delay=request.delay):
            return None
        try:
            return self._client.get(
                request.url,
                validators=request.validators,
                deadline=request.deadline,
                delay=request.delay,
                kind=request.kind,
                accept=request.accept,
            )
        except ScraperError as error:
            return error

    def _finish(self, key: str, request: Request, outcome: Page | NotModified | ScraperError | None) -> None:
        pause = self._client.pause(request.url, delay=request.delay)
        ready_at = self._clock() + self._client.ready_in(request.url)
        with self._lock:
            self._in_flight -= 1
            if outcome is None:
                self._schedule.add(key, request, pause=pause, first=True)
            else:
                fetched = Fetched(request=request, outcome=outcome)
                self._results.append(_Result(fetched, host=key))
                self._results_waiting[key] += 1
                self._bytes_waiting += _size(fetched)
            if self._results_waiting[key] > RESULTS_OF_HOST_WAITING:
                self._held[key] = (ready_at, pause)
            else:
                self._schedule.release(key, ready_at=ready_at, pause=pause)
            self._done.notify()  # this worker takes the next request itself

    def _postpone_late(self, now: float) -> None:
        if self._requests_left is not None and self._requests_left <= 0:
            message = "the run has used all its requests; the next run continues"
        elif self._ends_at is not None and now >= self._ends_at:
            message = "the run's time is up; the next run continues"
        else:
            return
        for request in self._schedule.drain():
            error = SpentError(message, request.url)
            self._results.append(_Result(Fetched(request=request, outcome=error)))
        self._done.notify()


def _size(result: Fetched | Exception) -> int:
    return len(result.outcome.body) if isinstance(result, Fetched) and isinstance(result.outcome, Page) else 0


class _Carried:
    """Pass on an exception that nobody expected to where it can stop the run."""

    def __init__(self, take: Callable[[Exception], None]) -> None:
        self._take = take

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            self._take(error)
            return True
        return False

"""What the client knows of each server: its robots.txt, and whether it wants to be left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scraper.errors import RateLimitedError
from scraper.models import HostState
from scraper.robots import Robots, parse_robots

ROBOTS_LIFETIME = timedelta(hours=24)  # RFC 9309, 2.4: not longer, unless robots.txt cannot be reached
REFUSALS_BEFORE_REST = (
    6  # some odd pages answer 503 for ever; so many in a row, ever slower, are the host's wish
)
REST_STEP_SECONDS = (
    900.0  # the rest where the server names no time; doubled for each further refusal in a row
)
LONGEST_REST_SECONDS = 86_400.0


@dataclass(slots=True)
class Host:
    """One server, as known so far. ``robots`` is ``None`` when robots.txt answered 5xx or not at all."""

    state: HostState
    robots: Robots | None = None
    is_known: bool = False  # robots.txt was read, or found unreachable, and that still counts
    why: str = ""  # why robots.txt could not be had
    lock: threading.Lock = field(default_factory=threading.Lock)


class Hosts:
    """All servers of one run, begun from what earlier runs stored."""

    def __init__(self, states: Iterable[HostState], *, now: datetime) -> None:
        self._stored = {state.host: state for state in states}
        self._known: dict[str, Host] = {}
        self._changed: set[str] = set()
        self._guard = threading.Lock()
        self._started_at = now

    def of(self, key: str) -> Host:
        """The server of ``host:port``."""
        host = self._known.get(key)
        if host is None:
            with self._guard:
                host = self._known.setdefault(key, self._recall(key))
        return host

    def learn_robots(self, key: str, *, status: int, body: bytes, why: str, at: datetime) -> None:
        """Take in what robots.txt answered. Status 0: nothing; 4xx and endless redirects allow everything."""
        host = self.of(key)
        reached = status and status < 500 and status != 429
        host.robots = parse_robots(body if status < 300 else b"") if reached else None
        host.why = why
        host.is_known = True
        host.state = replace(
            host.state,
            updated_at=at,
            robots_status=status,
            robots_body=body if reached and status < 300 else None,
            robots_fetched_at=at,
            robots_expires_at=at + ROBOTS_LIFETIME if reached else at,
            note=why,
        )
        self._changed.add(key)

    def answered(self, key: str, *, at: datetime) -> None:
        """A reply that is no refusal: the count of refusals starts anew."""
        host = self.of(key)
        if host.state.failures or host.state.not_before:
            host.state = replace(host.state, failures=0, not_before=None, updated_at=at)
            self._changed.add(key)

    def refused(self, key: str, error: RateLimitedError, *, at: datetime) -> None:
        """A 429 or 503: after some in a row the host rests as long as it asked for, or longer each time."""
        host = self.of(key)
        failures = host.state.failures + 1
        not_before = host.state.not_before
        if failures >= REFUSALS_BEFORE_REST:
            step = min(REST_STEP_SECONDS * 2 ** (failures - REFUSALS_BEFORE_REST), LONGEST_REST_SECONDS)
            not_before = at + timedelta(seconds=step if error.retry_after is None else error.retry_after)
        host.state = replace(host.state, failures=failures, not_before=not_before, updated_at=at)
        self._changed.add(key)

    def changed(self) -> tuple[HostState, ...]:
        """What should be stored for the next run."""
        return tuple(self._known[key].state for key in sorted(self._changed))

    def _recall(self, key: str) -> Host:
        state = self._stored.get(key) or HostState(host=key, updated_at=self._started_at)
        host = Host(state=state)
        if state.robots_expires_at and state.robots_expires_at > self._started_at and state.robots_status:
            host.robots = parse_robots(state.robots_body or b"")
            host.is_known = True
        return host

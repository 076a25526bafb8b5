"""Cache the robots.txt of each host, and until when the host rests, for this run and the next."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scraper.errors import RateLimitedError
from scraper.models import HostState
from scraper.net.backoff import LONGEST_RETRY_AFTER, after_answer, after_refusal
from scraper.robots import Robots, parse_robots

ROBOTS_LIFETIME = timedelta(hours=24)  # RFC 9309, 2.4: no longer, unless robots.txt is unreachable


@dataclass(slots=True)
class Host:
    """What is known of one host. ``robots`` is ``None`` if robots.txt is unreachable (5xx, no answer)."""

    state: HostState
    robots: Robots | None = None
    is_known: bool = False  # robots.txt was read, or found unreachable, and the result is still valid
    reason: str = ""  # why robots.txt is unreachable
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rests_until(self, now: datetime) -> datetime | None:
        """Return the end of the host's rest, or ``None`` if it is over.

        An end further off than any rest was stored while the clock was ahead, and does not count.
        """
        until = self.state.not_before
        latest = now + timedelta(seconds=LONGEST_RETRY_AFTER)
        return until if until is not None and now < until <= latest else None


class RobotsCache:
    """The hosts of one run, starting from what earlier runs stored."""

    def __init__(self, states: Iterable[HostState], *, now: datetime) -> None:
        self._stored = {state.host: state for state in states}
        self._hosts: dict[str, Host] = {}
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._started_at = now

    def host(self, key: str) -> Host:
        """Return what is known of ``host:port``."""
        host = self._hosts.get(key)
        if host is None:
            with self._lock:
                host = self._hosts.setdefault(key, self._load(key))
        return host

    def learn_robots(self, key: str, *, status: int, body: bytes, reason: str, at: datetime) -> None:
        """Take in the final reply for robots.txt; status 0: none. 4xx allows everything."""
        host = self.host(key)
        reachable = status and status < 500 and status != 429
        host.robots = parse_robots(body if status < 300 else b"") if reachable else None
        host.reason = reason
        host.is_known = True
        self._save(
            key,
            replace(
                host.state,
                updated_at=at,
                robots_status=status,
                robots_body=body if reachable and status < 300 else None,
                robots_fetched_at=at,
                robots_expires_at=at + ROBOTS_LIFETIME if reachable else at,
                note=reason,
            ),
        )

    def answered(self, key: str, *, at: datetime) -> None:
        """Note a reply other than 429 and 503."""
        state = self.host(key).state
        changed = after_answer(state, at)
        if changed is not state:
            self._save(key, changed)

    def refused(self, key: str, error: RateLimitedError, *, at: datetime) -> HostState:
        """Note a 429 or 503. Return the new state."""
        self._save(key, after_refusal(self.host(key).state, error, at))
        return self.host(key).state

    def rest_until(self, key: str, until: datetime) -> None:
        """Note a rest that another process stored."""
        host = self.host(key)
        host.state = replace(host.state, not_before=until)

    def changed(self) -> tuple[HostState, ...]:
        """Return what to store for the next run."""
        return tuple(self._hosts[key].state for key in sorted(self._changed))

    def _save(self, key: str, state: HostState) -> None:
        self.host(key).state = state
        self._changed.add(key)

    def _load(self, key: str) -> Host:
        state = self._stored.get(key) or HostState(host=key, updated_at=self._started_at)
        host = Host(state=state)
        if state.robots_expires_at and state.robots_expires_at > self._started_at and state.robots_status:
            host.robots = parse_robots(state.robots_body or b"")
            host.is_known = True
        return host

"""The only way to the network: one polite, bounded GET at a time to any one host.

``Client.get`` combines pace, robots.txt, conditional request, redirects, limits and the judgement of the
reply. The rules are pure functions in ``scraper.net`` and ``scraper.robots``; here they are called in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from scraper.errors import (
    AddressError,
    BlockedError,
    FetchError,
    ForbiddenAddressError,
    PostponedError,
    RateLimitedError,
    RedirectError,
    RobotsDisallowedError,
    RobotsUnreachableError,
    StatusError,
)
from scraper.models import FetchSettings, HostState, NotModified, Page, Validators
from scraper.net.address_guard import AddressGuard, Target, read_target
from scraper.net.backoff import LONGEST_PAUSE_IN_RUN, LONGEST_REST_IN_RUN, pause_after_refusal
from scraper.net.budget import LARGE_AT_ONCE, Budget
from scraper.net.decompression import ACCEPT_ENCODING, unpack
from scraper.net.pacing import HostPacer, SharedHosts, Slot
from scraper.net.responses import PERMANENT, REDIRECTS, Kind, check_head, is_challenge, next_hop
from scraper.net.robots_cache import RobotsCache
from scraper.net.transport import Exchange, Transport
from scraper.robots import ROBOTS_BYTES, Robots

__all__ = ["Client", "Kind"]

MOST_HOPS = 10
# Seconds; the longest pause between robots.txt and the page after it, and between two redirect hops.
FOLLOW_UP_SECONDS = 1.0
LATE_SECONDS = 0.02  # from a slot to its request, by connecting; less is not worth a write
UNPACKING_AT_ONCE = 2  # bodies; it is CPU work, and each may grow to fetch.max_bytes
ACCEPT = (
    "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/xml;q=0.9,*/*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """One exchange. ``seconds`` is how long it took; a redirect has no body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


class Client:
    """Fetches pages politely and within limits. Safe to use from several threads.

    ``now`` returns aware UTC times; ``monotonic`` and ``sleep`` use seconds. ``hosts`` is what earlier runs
    stored about hosts; ``host_states()`` returns what to store for the next run. ``shared`` keeps the pace
    and rests across processes; the client closes it.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        hosts: Iterable[HostState] = (),
        shared: SharedHosts | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or FetchSettings()
        self._now = now
        self._clock = monotonic
        self._sleep = sleep
        self._pacer = HostPacer(clock=monotonic, sleep=sleep)
        self._shared = shared
        self._hosts = RobotsCache(hosts, now=now())
        self._large = threading.BoundedSemaphore(LARGE_AT_ONCE)
        self._unpacking = threading.BoundedSemaphore(UNPACKING_AT_ONCE)
        self._transport = Transport(
            AddressGuard(allow_private=self.settings.allow_private, local_only=self.settings.local_only),
            proxy=self.settings.proxy,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all idle connections and the shared record."""
        self._transport.close()
        if self._shared is not None:
            self._shared.close()

    def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        deadline: float | None = None,
        delay: float | None = None,
        kind: Kind = Kind.PAGE,
        accept: str = ACCEPT,
    ) -> Page | NotModified:
        """Return the page at a URL, or ``NotModified`` if it still matches ``validators``.

        Waits until the host may be asked, fetches robots.txt first, and follows redirects with all checks at
        each hop. ``deadline`` is the number of seconds that all exchanges may take, without the waiting;
        ``delay`` the seconds between two requests, if the source declares its own.
        Raises ``FetchError`` (see its tree) or ``AddressError``.
        """
        target = read_target(url)
        seconds = deadline or self.settings.timeout
        seen: set[str] = set()
        moved_to, is_moving = None, True
        for _ in range(MOST_HOPS + 1):
            seen.add(target.url)
            self._check_allowed(target, delay)
            reply = self._visit(target, self._headers(validators, accept), kind, seconds=seconds, delay=delay)
            seconds -= reply.seconds
            if reply.status == 304 and not validators:  # a broken cache at the site; ask for the page past it
                fresh = self._headers(None, accept) | {"Cache-Control": "no-cache"}
                reply = self._visit(target, fresh, kind, seconds=seconds, delay=delay)
                seconds -= reply.seconds
            if reply.status not in REDIRECTS:
                return replace(self._outcome(url, target, reply, validators), moved_to=moved_to)
            target = next_hop(target, reply.status, reply.headers)
            is_moving = is_moving and reply.status in PERMANENT
            moved_to = target.url if is_moving else moved_to
            if target.url in seen:
                raise RedirectError("redirect loop; the site may require cookies, which are off", target.url)
        raise RedirectError(f"more than {MOST_HOPS} redirects", url)

    def prepare(self, url: str, *, delay: float | None = None) -> bool:
        """Fetch a host's robots.txt if it is not known; return whether the page waits for the next turn.

        Raises no ``FetchError``: ``get`` raises it, without a second request.
        """
        target = read_target(url)
        host = self._hosts.host(target.key)
        if host.is_known or self._is_postponed(target):
            return False
        try:
            self._robots_of(target, delay)
        except FetchError:
            return False
        return True

    def ready_in(self, url: str) -> float:
        """Return the seconds until the host may be asked; 0 if ``get`` raises ``PostponedError``."""
        wait = self._pacer.free_at(read_target(url).pace_key) - self._clock()
        return 0.0 if wait > LONGEST_PAUSE_IN_RUN else max(wait, 0.0)

    def pause(self, url: str, *, delay: float | None = None) -> float:
        """Return the seconds between two requests: the source's or the desk's delay, at least Crawl-delay."""
        return self._pause(read_target(url), delay)

    def robots(self, url: str, *, delay: float | None = None) -> Robots:
        """Return the robots.txt rules of a host. Raises ``FetchError`` if it is unreachable."""
        return self._robots_of(read_target(url), delay)

    def host_states(self) -> tuple[HostState, ...]:
        """Return what changed about hosts, to be stored for the next run."""
        return self._hosts.changed()

    # --- before the request

    def _check_allowed(self, target: Target, delay: float | None) -> None:
        """Raise the ``FetchError`` of a page that may not be requested now."""
        host = self._hosts.host(target.key)
        if not (host.is_known and host.robots is None) and self._is_postponed(target):
            raise PostponedError(_left_alone(host.state.not_before), target.url)
        robots = self._robots_of(target, delay)
        if not robots.allows(target.url, self.settings.user_agent):
            raise RobotsDisallowedError("robots.txt disallows it", target.url)
        crawl_delay = robots.crawl_delay(self.settings.user_agent) or 0.0
        if crawl_delay > LONGEST_PAUSE_IN_RUN:
            longest = f"longer than the {LONGEST_PAUSE_IN_RUN:.0f} s that a run waits"
            raise RobotsDisallowedError(
                f"robots.txt sets a Crawl-delay of {crawl_delay:.0f} s, {longest}; skipping this site",
                target.url,
            )

    def _is_postponed(self, target: Target) -> bool:
        """Return whether the host rests for longer than a run waits; a shorter rest joins the pace."""
        now = self._now()
        until = self._hosts.host(target.key).rests_until(now)
        if until is None:
            return False
        seconds = (until - now).total_seconds()
        if seconds > LONGEST_REST_IN_RUN:
            return True
        self._pacer.rest(target.pace_key, self._clock() + seconds)
        return False

    def _robots_of(self, target: Target, delay: float | None) -> Robots:
        host = self._hosts.host(target.key)
        with host.lock:
            if not host.is_known:
                self._fetch_robots(target, delay)
        if host.robots is None:
            raise RobotsUnreachableError(
                f"could not fetch robots.txt ({host.reason}); skipping this site until the next run",
                target.url,
            )
        return host.robots

    def _fetch_robots(self, origin: Target, delay: float | None) -> None:
        status, body, reason = 404, b"", ""
        try:
            status, body = self._robots_reply(origin, delay)
        except StatusError as error:
            status, reason = error.status, error.message
        except (FetchError, AddressError) as error:
            is_forbidden = isinstance(error, ForbiddenAddressError)
            is_own = error.subject == read_target(f"{origin.origin}/robots.txt").url
            if isinstance(error, PostponedError) or (is_forbidden and is_own):
                raise type(error)(error.message, origin.url) from error
            status, reason = 0, "it redirects to a forbidden address" if is_forbidden else error.message
        reason = reason or ("" if 200 <= status < 500 else f"HTTP {status}")
        self._hosts.learn_robots(
            origin.key, status=status, body=body[:ROBOTS_BYTES], reason=reason, at=self._now()
        )

    def _robots_reply(self, origin: Target, delay: float | None) -> tuple[int, bytes]:
        """Return status and body of robots.txt; too many redirects are a 404 (RFC 9309, 2.3.1.2)."""
        target, seen = read_target(f"{origin.origin}/robots.txt"), set[str]()
        while target.url not in seen and len(seen) <= MOST_HOPS:
            seen.add(target.url)
            reply = self._visit(target, self._headers(None), Kind.ANY, delay=delay, is_robots=True)
            if reply.status not in REDIRECTS:
                return reply.status, reply.body
            target = next_hop(target, reply.status, reply.headers)
        return 404, b""

    def _pause(self, target: Target, delay: float | None) -> float:
        robots = self._hosts.host(target.key).robots
        crawl_delay = robots.crawl_delay(self.settings.user_agent) if robots else None
        return max(self.settings.delay if delay is None else delay, crawl_delay or 0.0)

    def _headers(self, validators: Validators | None, accept: str = ACCEPT) -> dict[str, str]:
        headers = {
            "User-Agent": self.settings.user_agent,
            "Accept": accept,
            "Accept-Encoding": ACCEPT_ENCODING,
        }
        if validators and validators.etag and _is_sendable(validators.etag):
            headers["If-None-Match"] = validators.etag
        if validators and validators.last_modified and _is_sendable(validators.last_modified):
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    # --- the request

    def _visit(
        self,
        target: Target,
        headers: dict[str, str],
        kind: Kind,
        *,
        seconds: float | None = None,
        delay: float | None = None,
        is_robots: bool = False,
    ) -> _Reply:
        """Make one exchange when the host may be asked. Raises ``FetchError``."""
        pause = self._pause(target, delay)
        if self._pacer.free_at(target.pace_key) - self._clock() > LONGEST_PAUSE_IN_RUN:
            raise PostponedError(
                "the next request to the host is due after this run; a later run tries again", target.url
            )
        with self._pacer.taken(target.pace_key):
            slot = self._reserve(target, pause)
            reserved = self._clock()
            budget = self._budget(target, seconds, enough=ROBOTS_BYTES if is_robots else None)
            next_pause = min(pause, FOLLOW_UP_SECONDS)
            try:
                reply = self._exchange(target, headers, kind, budget)
                if not is_robots and reply.status not in REDIRECTS:
                    next_pause = pause
                    self._hosts.answered(target.key, at=self._now())
            except RateLimitedError as error:
                next_pause = self._refused(target, pause, error)
                raise
            except FetchError:
                next_pause = next_pause if is_robots else pause
                raise
            finally:
                began = self._clock() if budget.sent_at is None else budget.sent_at
                self._pacer.rest(target.pace_key, began + next_pause)
                self._settle(slot, late=began - reserved, pause=pause, next_pause=next_pause)
        return reply

    def _reserve(self, target: Target, pause: float) -> Slot | None:
        """Wait for a slot that no other process uses. Raises ``PostponedError`` if the host rests."""
        if self._shared is None:
            return None
        now = self._now()
        slot = self._shared.reserve((target.pace_key, target.key), now=now, pause=pause)
        seconds = (slot.starts_at - now).total_seconds()
        if slot.rests_until is not None:
            self._hosts.rest_until(target.key, slot.rests_until)
            if self._is_postponed(target):
                raise PostponedError(_left_alone(slot.rests_until), target.url)
        if seconds > 0:
            self._sleep(seconds)
        return slot

    def _settle(self, slot: Slot | None, *, late: float, pause: float, next_pause: float) -> None:
        """Move the slot after a reserved one, if the request was sent late or needs another pause."""
        if self._shared is None or slot is None or not (pause or next_pause):
            return
        if next_pause != pause or late > LATE_SECONDS:
            self._shared.settle(slot, slot.starts_at + timedelta(seconds=late + next_pause))

    def _refused(self, target: Target, pause: float, error: RateLimitedError) -> float:
        """Note a 429 or 503, for other processes too. Return the seconds to the next request of this run."""
        state = self._hosts.refused(target.key, error, at=self._now())
        if self._shared is not None:
            self._shared.rest((target.pace_key, target.key), state)
        return pause_after_refusal(pause, error, state.failures)

    def _budget(self, target: Target, seconds: float | None, *, enough: int | None) -> Budget:
        return Budget(
            subject=target.url,
            deadline=self._clock() + (self.settings.timeout if seconds is None else seconds),
            most=self.settings.max_bytes if enough is None else max(self.settings.max_bytes, enough * 2),
            clock=self._clock,
            large=self._large,
            enough=enough,
        )

    def _exchange(self, target: Target, headers: dict[str, str], kind: Kind, budget: Budget) -> _Reply:
        began = self._clock()
        exchange = self._transport.exchange(target, headers, budget)
        try:
            body = self._read(exchange, kind, budget)
        finally:
            exchange.close()
            budget.close()
        return _Reply(
            status=exchange.status, headers=exchange.headers, body=body, seconds=self._clock() - began
        )

    def _read(self, exchange: Exchange, kind: Kind, budget: Budget) -> bytes:
        """Return the body, decompressed; b"" for a redirect. Raises ``FetchError`` if it is not a page."""
        if exchange.status in REDIRECTS:
            return b""
        if exchange.status == 304:
            return exchange.read()
        headers = dict(reversed(exchange.headers))
        check_head(exchange.status, headers, kind, url=budget.subject, now=self._now())
        body = exchange.read()
        coding = ", ".join(value for name, value in exchange.headers if name == "content-encoding")
        if body and coding:
            with self._unpacking:
                body = unpack(body, coding, most=budget.most, subject=budget.subject)
        if is_challenge(headers, body):
            message = "the site sent a bot challenge instead of the page; not bypassed"
            raise BlockedError(message, budget.subject, status=exchange.status)
        return body

    # --- after the reply

    def _outcome(
        self, url: str, target: Target, reply: _Reply, validators: Validators | None
    ) -> Page | NotModified:
        if reply.status == 304:
            if not validators:
                raise StatusError(
                    "HTTP 304 to an unconditional request; there is nothing to read", url, status=304
                )
            return NotModified(url=url, fetched_at=self._now(), headers=reply.headers)
        return Page(
            url=url,
            final_url=target.url,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            fetched_at=self._now(),
        )


def _left_alone(until: datetime | None) -> str:
    return f"the host asked to be left alone until {until:%Y-%m-%d %H:%M} UTC; a later run tries again"


def _is_sendable(value: str) -> bool:
    """Return whether a header can hold a validator; servers have sent ETags that it cannot."""
    return value.isascii() and value.isprintable() and value == value.strip()

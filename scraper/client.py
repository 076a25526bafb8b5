"""The only door to the network: one polite, bounded GET at a time to any one host.

``Client.get`` is pace, robots.txt, conditional request, redirects, bounds and judgement in one call. What
each of these means is decided in pure functions of ``scraper.net`` and ``scraper.robots``; here they are put
in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
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
from scraper.net.addresses import Target, read_target
from scraper.net.budget import LARGE_AT_ONCE, Budget
from scraper.net.connection import AddressGuard, Connections, Exchange
from scraper.net.decompression import ACCEPT_ENCODING, unpack
from scraper.net.hosts import Host, Hosts
from scraper.net.pacing import HostPacer
from scraper.net.responses import REDIRECTS, Kind, check_head, is_challenge
from scraper.robots import ROBOTS_BYTES, Robots

__all__ = ["Client", "Kind"]

MOST_HOPS = 10
FOLLOW_UP_SECONDS = (
    1.0  # the longest pause between robots.txt and the page behind it, and between two redirect hops
)
SHORT_RETRY_SECONDS = 30.0  # a Retry-After up to this is waited out within the run
REFUSED_SLOWDOWN = 2.0  # times the pause after a 429 or 503, and again after each further one in a row
UNPACKING_AT_ONCE = 2  # bodies; it is CPU work, and each may grow to fetch.max_bytes
LONGEST_WAIT_SECONDS = 600.0  # a host that is to be left alone for longer gets its request postponed
ACCEPT = (
    "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/xml;q=0.9,*/*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """One exchange: the head, and the body when it was wanted."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


class Client:
    """Takes pages from the network: politely, within bounds, and without surprises.

    ``now`` gives aware UTC time, ``monotonic`` and ``sleep`` seconds. ``hosts`` is what earlier runs
    remembered of servers; ``host_states()`` gives what the next run should know. Safe to use from several
    threads.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        hosts: Iterable[HostState] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or FetchSettings()
        self._now = now
        self._clock = monotonic
        self._turns = HostPacer(clock=monotonic, sleep=sleep)
        self._hosts = Hosts(hosts, now=now())
        self._large = threading.BoundedSemaphore(LARGE_AT_ONCE)
        self._unpacking = threading.BoundedSemaphore(UNPACKING_AT_ONCE)
        self._connections = Connections(
            AddressGuard(allow_private=self.settings.allow_private, local_only=self.settings.local_only)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all idle connections."""
        self._connections.close()

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
        """The page at an address, or ``NotModified`` when ``validators`` still fit it.

        Waits for the host's turn, asks robots.txt first, follows redirects with every check anew at each hop.
        ``deadline`` is the seconds that the exchange may take in all, waiting for the turn not counted;
        ``delay`` the seconds between two requests, where the source declares its own.
        Raises ``FetchError`` (see its tree) or ``AddressError``.
        """
        target = read_target(url)
        seconds = deadline or self.settings.timeout
        seen: set[str] = set()
        for _ in range(MOST_HOPS + 1):
            seen.add(target.url)
            self._check_allowed(target, delay)
            reply = self._visit(target, self._headers(validators, accept), kind, seconds=seconds, delay=delay)
            seconds -= reply.seconds
            if (
                reply.status == 304 and not validators
            ):  # a broken cache on their side; past it, there is a page
                fresh = self._headers(None, accept) | {"Cache-Control": "no-cache"}
                reply = self._visit(target, fresh, kind, seconds=seconds, delay=delay)
                seconds -= reply.seconds
            if reply.status not in REDIRECTS:
                return self._outcome(url, target, reply, validators)
            target = _next_hop(target, reply)
            if target.url in seen:
                raise RedirectError(
                    "redirects in a circle; it may need cookies, which are not kept", target.url
                )
        raise RedirectError(f"more than {MOST_HOPS} redirects", url)

    def prepare(self, url: str, *, delay: float | None = None) -> bool:
        """Ask for the robots.txt of an address if it is not known yet; whether the page has to wait for the
        next turn.

        Never raises for the network: ``get`` gives the error, without asking again.
        """
        target = read_target(url)
        host = self._hosts.of(target.key)
        if host.is_known or self._resting_until(host) is not None:
            return False
        try:
            self._robots_of(target, delay)
        except FetchError:
            return False
        return True

    def ready_in(self, url: str) -> float:
        """Seconds until the host of an address may be asked; 0 also where ``get`` would postpone it, and say
        so."""
        wait = self._turns.free_at(read_target(url).place) - self._clock()
        return 0.0 if wait > LONGEST_WAIT_SECONDS else max(wait, 0.0)

    def pause(self, url: str, *, delay: float | None = None) -> float:
        """Seconds from one request to the next: the source's or the desk's own, and never less than
        Crawl-delay."""
        return self._pause(read_target(url), delay)

    def robots(self, url: str, *, delay: float | None = None) -> Robots:
        """The rules of the host of an address. Raises ``RobotsUnreachableError`` and other ``FetchError``."""
        return self._robots_of(read_target(url), delay)

    def host_states(self) -> tuple[HostState, ...]:
        """What changed of our knowledge of servers, to be stored for the next run."""
        return self._hosts.changed()

    # --- before the request

    def _check_allowed(self, target: Target, delay: float | None) -> None:
        host = self._hosts.of(target.key)
        until = self._resting_until(host)
        if until is not None:
            raise PostponedError(
                f"the host asked to be left alone until {until:%Y-%m-%d %H:%M} UTC", target.url
            )
        if not self._robots_of(target, delay).allows(target.url, self.settings.user_agent):
            raise RobotsDisallowedError("robots.txt does not allow it", target.url)

    def _resting_until(self, host: Host) -> datetime | None:
        until = host.state.not_before
        return until if until is not None and (until - self._now()).total_seconds() > 0 else None

    def _robots_of(self, target: Target, delay: float | None) -> Robots:
        host = self._hosts.of(target.key)
        with host.lock:
            if not host.is_known:
                self._fetch_robots(target, delay)
        if host.robots is None:
            raise RobotsUnreachableError(
                f"robots.txt is not to be had ({host.why}); the site rests", target.url
            )
        return host.robots

    def _fetch_robots(self, origin: Target, delay: float | None) -> None:
        target = read_target(f"{origin.origin}/robots.txt")
        status, body, why = 404, b"", ""
        try:
            for _ in range(MOST_HOPS + 1):
                reply = self._visit(target, self._headers(None), Kind.ANY, delay=delay, is_robots=True)
                status, body = reply.status, reply.body
                if status not in REDIRECTS:
                    break
                target = _next_hop(target, reply)
            else:
                status = 404  # RFC 9309, 2.3.1.2: too many redirects are as good as no file
        except StatusError as error:
            status, why = error.status, error.message
        except ForbiddenAddressError:
            if target.key == origin.key:
                raise
            status, why = 0, "it redirects to a forbidden address"
        except (FetchError, AddressError) as error:
            status, why = 0, error.message
        if status < 200 or status >= 500:
            why = why or f"status {status}"
        self._hosts.learn_robots(origin.key, status=status, body=body[:ROBOTS_BYTES], why=why, at=self._now())

    def _pause(self, target: Target, delay: float | None) -> float:
        robots = self._hosts.of(target.key).robots
        wanted = robots.crawl_delay(self.settings.user_agent) if robots else None
        return max(self.settings.delay if delay is None else delay, wanted or 0.0)

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
        """One exchange in the host's turn. Raises ``FetchError``."""
        wait = self._turns.free_at(target.place) - self._clock()
        pause = self._pause(target, delay)
        if wait > LONGEST_WAIT_SECONDS:
            raise PostponedError("the host is to be left alone for longer than this run waits", target.url)
        with self._turns.taken(target.place):
            budget = self._budget(target, seconds, enough=ROBOTS_BYTES if is_robots else None)
            pauses = min(pause, FOLLOW_UP_SECONDS)
            try:
                reply = self._exchange(target, headers, kind, budget)
                if not is_robots and reply.status not in REDIRECTS:
                    pauses = pause
                    self._hosts.answered(target.key, at=self._now())
            except RateLimitedError as error:
                self._hosts.refused(target.key, error, at=self._now())
                pauses = self._pause_after_refusal(target, pause, error)
                raise
            except FetchError:
                pauses = pauses if is_robots else pause
                raise
            finally:
                began = self._clock() if budget.sent_at is None else budget.sent_at
                self._turns.rest(target.place, began + pauses)
        return reply

    def _pause_after_refusal(self, target: Target, pause: float, error: RateLimitedError) -> float:
        """A short Retry-After is waited out; a long one puts the page off, and the host is asked ever more
        slowly."""
        if error.retry_after is not None and error.retry_after <= SHORT_RETRY_SECONDS:
            return max(pause, error.retry_after)
        slower: float = pause * REFUSED_SLOWDOWN ** self._hosts.of(target.key).state.failures
        return max(pause, min(slower, SHORT_RETRY_SECONDS))

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
        exchange = self._connections.exchange(target, headers, budget)
        try:
            fields = dict(reversed(exchange.headers))
            body = b""
            if exchange.status not in REDIRECTS and exchange.status != 304:
                check_head(exchange.status, fields, kind, url=target.url, now=self._now())
                body = self._body(exchange, budget)
                if is_challenge(fields, body):
                    stands = "a bot challenge stands in place of the page"
                    raise BlockedError(stands, target.url, status=exchange.status)
            elif exchange.status == 304:
                exchange.read()
        finally:
            exchange.close()
            budget.close()
        return _Reply(
            status=exchange.status, headers=exchange.headers, body=body, seconds=self._clock() - began
        )

    def _body(self, exchange: Exchange, budget: Budget) -> bytes:
        packed = exchange.read()
        encoding = ", ".join(value for name, value in exchange.headers if name == "content-encoding")
        if not packed or not encoding:
            return packed
        with self._unpacking:
            return unpack(packed, encoding, most=budget.most, subject=budget.subject)

    # --- after the reply

    def _outcome(
        self, url: str, target: Target, reply: _Reply, validators: Validators | None
    ) -> Page | NotModified:
        if reply.status == 304:
            if not validators:
                raise StatusError("status 304 to a question without conditions", url, status=304)
            return NotModified(url=url, fetched_at=self._now(), headers=reply.headers)
        return Page(
            url=url,
            final_url=target.url,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            fetched_at=self._now(),
        )


def _next_hop(target: Target, reply: _Reply) -> Target:
    """Where a redirect leads. Raises ``RedirectError`` when that is nowhere, or two places at once."""
    places = {value for name, value in reply.headers if name == "location" and value}
    if len(places) != 1:
        raise RedirectError(f"status {reply.status} names {len(places) or 'no'} places to go to", target.url)
    try:
        return read_target(places.pop(), target.url)
    except AddressError as error:
        raise RedirectError(f"redirects to what is no web address ({error.message})", target.url) from error


def _is_sendable(value: str) -> bool:
    """Whether a validator can go back as it came; servers have sent ETags that no header can hold."""
    return value.isascii() and value.isprintable()

"""How long to wait after HTTP 429, HTTP 503 and repeated failures. Pure: ``now`` is passed in.

Every figure of this kind stands in this module:

| what failed | failures in a row that cost nothing | first wait | then | longest |
| --- | --- | --- | --- | --- |
| host: 429 or 503 with Retry-After | 0 | as the server says | as the server says | 7 days |
| host: 429 or 503 without Retry-After | 5 | 15 minutes | doubled | 1 day |
| page or channel: any other failure | 1 | 1 hour | doubled | 1 day |
| page or channel: gone (404, 410) or blocked (401, 403, a bot challenge) | 1 | 1 hour | doubled | 7 days |

A rest up to ``LONGEST_REST_IN_RUN`` is waited out in the run; a longer one postpones the host's pages to a
later run. While a host answers 429 or 503 without Retry-After, the pause between requests doubles each time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from scraper.errors import BlockedError, GoneError, RateLimitedError, ScraperError
from scraper.models import HostState

HOUR = 3_600.0
DAY = 86_400.0  # the usual desk runs at least daily, so a longer wait would hide a recovered site
WEEK = 7 * DAY  # a longer Retry-After is a mistake more often than a wish

LIMITED = frozenset((429, 503))
LONGEST_RETRY_AFTER = WEEK
EPOCH_FROM = 1e9  # seconds; as a wait 32 years, as a time 2001
LONGEST_REST_IN_RUN = 30.0  # seconds; a longer Retry-After postpones the host's pages
LONGEST_PAUSE_IN_RUN = 600.0  # seconds between two requests; a host with a longer one is skipped
# A page that was there may be missing for an hour while a site is rebuilt: the second look decides.
SECOND_LOOK_AT_MISSING = 6 * HOUR
REFUSED_SLOWDOWN = 2.0  # times the pause, after each 429 or 503 in a row


class Cause(StrEnum):
    """What a wait is for."""

    REFUSED = "refused"  # by a host: 429 or 503 without Retry-After
    FAILED = "failed"
    GONE = "gone"  # or blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The waits after failures in a row, in seconds: none, then ``first``, doubled up to ``longest``."""

    forgiven: int
    first: float
    longest: float

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        if failures <= self.forgiven:
            return 0.0
        return min(self.first * 2.0 ** min(failures - self.forgiven - 1, 20), self.longest)


BACKOFF = {
    # Some odd pages answer 503 for ever; six in a row, ever slower, are the host's wish.
    Cause.REFUSED: Backoff(forgiven=5, first=HOUR / 4, longest=DAY),
    # One failure is usually a server being restarted, so the next run tries again.
    Cause.FAILED: Backoff(forgiven=1, first=HOUR, longest=DAY),
    Cause.GONE: Backoff(forgiven=1, first=HOUR, longest=WEEK),
}


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3).

    Servers also send a unit, seconds since 1970 and dates in ISO 8601. ``None`` if it cannot be read.
    """
    text = (value or "").strip()
    if number := re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]+)?)\s*s?", text):
        seconds = float(number[1])
        seconds = max(seconds - now.timestamp(), 0.0) if seconds >= EPOCH_FROM else seconds
        return min(seconds, LONGEST_RETRY_AFTER)
    moment = _moment(text)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def _moment(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def retry_at(error: ScraperError, failures: int, now: datetime) -> datetime:
    """Return when to try a page or channel again that failed for the ``failures``-th time in a row."""
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        return now + timedelta(seconds=error.retry_after)
    cause = Cause.GONE if isinstance(error, GoneError | BlockedError) else Cause.FAILED
    return now + timedelta(seconds=BACKOFF[cause].wait(failures))


def after_refusal(state: HostState, error: RateLimitedError, at: datetime) -> HostState:
    """Return the state of a host after a 429 or 503: it rests at once if the server names a time."""
    failures = state.failures + 1
    seconds = BACKOFF[Cause.REFUSED].wait(failures) if error.retry_after is None else error.retry_after
    rest = at + timedelta(seconds=seconds) if seconds else None
    ends = max((time for time in (state.not_before, rest) if time is not None), default=None)
    return replace(state, failures=failures, not_before=ends, updated_at=at)


def after_answer(state: HostState, at: datetime) -> HostState:
    """Return the state of a host after a reply other than 429 and 503: the count starts again."""
    if not state.failures and state.not_before is None:
        return state
    return replace(state, failures=0, not_before=None, updated_at=at)


def pause_after_refusal(pause: float, error: RateLimitedError, failures: int) -> float:
    """Return the seconds to the next request to a host that answered 429 or 503, within this run."""
    if error.retry_after is not None and error.retry_after <= LONGEST_REST_IN_RUN:
        return max(pause, error.retry_after)
    return max(pause, min(pause * REFUSED_SLOWDOWN**failures, LONGEST_REST_IN_RUN))

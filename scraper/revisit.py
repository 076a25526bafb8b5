"""Decide when to ask again for channels and article pages. Pure: ``now`` is passed in.

The waits after failures are in `scraper.net.backoff`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# A channel that was silent for a day is asked every three hours, for a week once a day: an
# item is late by at most an eighth of the time in which the channel announced nothing.
QUIET_SHARE = 1 / 8
DEFAULT_MIN_POLL_SECONDS = 0.0  # each run, unless the channel asks for less
DEFAULT_MAX_POLL_SECONDS = 86_400.0

# Ages at which an article page is checked for corrections: nearly all come within a day, few after a week.
LOOK_AGES = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)


def next_poll(
    now: datetime,
    *,
    last_new_at: datetime | None = None,
    ttl: float | None = None,
    headers: Iterable[tuple[str, str]] = (),
    min_poll: float | None = None,
    max_poll: float | None = None,
) -> datetime:
    """Return when to ask a channel again.

    It is the later of what its silence so far suggests and what the publisher says (Cache-Control or Expires,
    the feed's ``ttl``), within the source's bounds in seconds. ``last_new_at`` is when the channel last
    announced something new.
    """
    quiet = max((now - last_new_at).total_seconds(), 0.0) * QUIET_SHARE if last_new_at else 0.0
    seconds = max(quiet, ttl or 0.0, fresh_for(headers, now) or 0.0)
    least = DEFAULT_MIN_POLL_SECONDS if min_poll is None else min_poll
    most = DEFAULT_MAX_POLL_SECONDS if max_poll is None else max_poll
    return now + timedelta(seconds=max(least, min(seconds, most)))


def fresh_for(headers: Iterable[tuple[str, str]], now: datetime) -> float | None:
    """Return the seconds for which a reply is fresh (RFC 9111, 4.2.1), or ``None`` if it does not say."""
    fields = {name.lower(): value for name, value in headers}
    control = fields.get("cache-control", "")
    if re.search(r"no-cache|no-store", control, re.IGNORECASE):
        return 0.0
    if match := _MAX_AGE.search(control):
        age = fields.get("age", "").strip()
        return max(float(match[1]) - (float(age) if age.isdecimal() and len(age) < 11 else 0.0), 0.0)
    try:
        expires = parsedate_to_datetime(fields.get("expires", ""))
        sent = parsedate_to_datetime(fields["date"]) if "date" in fields else now
        return max((expires - sent).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def next_look(first_seen: datetime, looks: int, now: datetime) -> datetime | None:
    """Return when to check an article page again after ``looks`` repeated checks, or ``None`` for never.

    Call it right after a check. Ages that have passed meanwhile are skipped.
    """
    if looks >= len(LOOK_AGES):
        return None
    return next((first_seen + age for age in LOOK_AGES if first_seen + age > now), None)

"""Judge each source by its own record: failing, blocked, moved, empty, silent or well. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise, takewhile

from pipelines.storage.tables.health import ChannelRecord, SourceRecord

RECORD_DAYS = 400  # days of a source's record: a year and its holidays
RECORD_OUTCOMES = 50  # last answers of a source's pages
BLOCKS_IN_ROW = 3  # refusals in a row; single ones are a busy firewall
EMPTY_POLLS = 5  # visits in a row on which a channel announced nothing; one or two are a site's mishap
MOVED_POLLS = 3  # visits in a row that a permanent redirect led elsewhere; one may be a mistake of the site
JUDGED_OUTCOMES = 10  # last answers by which texts are judged
LEAST_OUTCOMES = 5  # fewer answers than these prove nothing
BAD_SHARE = 0.5  # of the judged answers: texts that are empty or pages that fail
LEAST_GAPS = 5  # a source with a shorter record is judged by DEFAULT_SILENCE
JUDGED_GAPS = 50
SILENCE_FACTOR = 2  # silent: quiet for twice its longest break so far
LEAST_SILENCE = timedelta(days=3)  # a weekend is not silence
DEFAULT_SILENCE = timedelta(days=30)

EMPTY_ERRORS = frozenset({"EmptyPageError", "NotAnArticleError", "NotHtmlError"})
STOPPED_PAGES = 3  # newest pages in a row: one or two may be of another kind, such as a video
UNMATCHED = "SelectorUnmatched"  # the outcome of a page that was read without a selector of its source
BLOCK_ERRORS = frozenset({"BlockedError", "WallError"})


class Verdict(StrEnum):
    """The state of a source; the first that applies, in this order."""

    DISABLED = "disabled"
    NOT_WATCHED = "not watched"
    NO_CHANNEL = "no channel"
    NOT_YET_VISITED = "not yet visited"
    FAILING = "failing"
    BLOCKED = "blocked"
    MOVED = "moved"
    EMPTY = "empty"
    PARTLY_FAILING = "partly failing"
    SELECTORS_UNMATCHED = "selectors unmatched"
    PAGES_FAILING = "pages failing"
    EMPTY_TEXTS = "empty texts"
    SILENT = "silent"
    WELL = "well"

    @property
    def is_ill(self) -> bool:
        """Return whether somebody should look at the source."""
        return self not in _HEALTHY


_HEALTHY = frozenset({Verdict.WELL, Verdict.DISABLED, Verdict.NOT_WATCHED, Verdict.NOT_YET_VISITED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A verdict and what it rests on; the fields that do not belong to the verdict are empty."""

    record: SourceRecord
    verdict: Verdict
    error: str = ""
    url: str = ""
    moved_to: str = ""  # where redirects lead, or which feed the home page names
    bad: int = 0  # of ``judged`` last answers
    judged: int = 0
    quiet_days: int = 0
    longest_break_days: int | None = None

    @property
    def last_ok_at(self) -> datetime | None:
        """Return when a channel of the source last answered as it should."""
        return max((c.last_ok_at for c in self.record.channels if c.last_ok_at), default=None)


def assess_all(records: Iterable[SourceRecord], *, now: datetime) -> tuple[Assessment, ...]:
    """Return the assessment of each source, in the order of the records."""
    return tuple(assess(record, now=now) for record in records)


def assess(record: SourceRecord, *, now: datetime) -> Assessment:
    """Return the first verdict that applies to a source."""
    if state := _unwatched(record):
        return Assessment(record=record, verdict=state)
    return (
        _channels_failing(record)
        or _blocked(record)
        or _moved(record)
        or _empty(record)
        or _partly_failing(record)
        or _unmatched(record)
        or _bad_pages(record)
        or _silent(record, now)
        or Assessment(record=record, verdict=Verdict.WELL)
    )


def _unwatched(record: SourceRecord) -> Verdict | None:
    if not record.is_enabled:
        return Verdict.DISABLED
    if not record.is_declared:
        return Verdict.NOT_WATCHED
    if not record.channels:
        return Verdict.NO_CHANNEL
    if all(channel.last_polled_at is None for channel in record.channels):
        return Verdict.NOT_YET_VISITED
    return None


def _failing(record: SourceRecord) -> list[ChannelRecord]:
    return [channel for channel in record.channels if channel.failures]


def _channels_failing(record: SourceRecord) -> Assessment | None:
    failing = _failing(record)
    if not failing or len(failing) < len(record.channels):
        return None
    worst = max(failing, key=lambda channel: channel.failures)
    return _failure(record, Verdict.FAILING, worst)


def _failure(record: SourceRecord, verdict: Verdict, worst: ChannelRecord) -> Assessment:
    return Assessment(
        record=record, verdict=verdict, error=worst.last_error, url=worst.url, moved_to=worst.named_url
    )


def _partly_failing(record: SourceRecord) -> Assessment | None:
    failing = _failing(record)
    if not failing:
        return None
    worst = max(failing, key=lambda channel: channel.failures)
    return _failure(record, Verdict.PARTLY_FAILING, worst)


def _blocked(record: SourceRecord) -> Assessment | None:
    blocks = len(list(takewhile(BLOCK_ERRORS.__contains__, record.outcomes)))
    if blocks < BLOCKS_IN_ROW:
        return None
    return Assessment(record=record, verdict=Verdict.BLOCKED, bad=blocks, judged=blocks)


def _moved(record: SourceRecord) -> Assessment | None:
    for channel in record.channels:
        is_elsewhere = _without_scheme(channel.moved_to) != _without_scheme(channel.url)
        if channel.moved_polls >= MOVED_POLLS and is_elsewhere:
            return Assessment(
                record=record, verdict=Verdict.MOVED, url=channel.url, moved_to=channel.moved_to
            )
    return None


def _empty(record: SourceRecord) -> Assessment | None:
    """Return the assessment of a source that has a channel which announces nothing any more."""
    for channel in record.channels:
        if channel.empty_polls >= EMPTY_POLLS:
            return Assessment(
                record=record,
                verdict=Verdict.EMPTY,
                url=channel.url,
                bad=channel.empty_polls,
                moved_to=channel.named_url,
            )
    return None


def _without_scheme(url: str) -> str:
    """Return what identifies a channel: http and https, and a last slash, make no difference."""
    return url.partition("://")[2].rstrip("/")


def _unmatched(record: SourceRecord) -> Assessment | None:
    """Return the assessment of a source whose own selectors stopped matching: its site has a new design."""
    judged = record.outcomes[:JUDGED_OUTCOMES]
    bad = judged.count(UNMATCHED)
    newest = judged[:STOPPED_PAGES]
    stopped = len(newest) == STOPPED_PAGES and newest.count(UNMATCHED) == STOPPED_PAGES
    if not stopped and (not bad or bad < BAD_SHARE * len(judged)):
        return None
    return Assessment(
        record=record,
        verdict=Verdict.SELECTORS_UNMATCHED,
        error=record.last_failure,
        bad=bad,
        judged=len(judged),
    )


def _bad_pages(record: SourceRecord) -> Assessment | None:
    judged = record.outcomes[:JUDGED_OUTCOMES]
    if len(judged) < LEAST_OUTCOMES and record.articles:
        return None
    empty = [outcome for outcome in judged if outcome in EMPTY_ERRORS]
    failed = [outcome for outcome in judged if outcome.endswith("Error") and outcome not in EMPTY_ERRORS]
    for verdict, bad in ((Verdict.EMPTY_TEXTS, empty), (Verdict.PAGES_FAILING, failed)):
        if bad and len(bad) >= BAD_SHARE * len(judged):
            return Assessment(
                record=record, verdict=verdict, error=record.last_failure, bad=len(bad), judged=len(judged)
            )
    return None


def _silent(record: SourceRecord, now: datetime) -> Assessment | None:
    if not record.new_days:
        return None
    quiet = now - record.new_days[-1]
    breaks = [later - earlier for earlier, later in pairwise(record.new_days)][-JUDGED_GAPS:]
    longest = max(breaks) if len(breaks) >= LEAST_GAPS else None
    limit = max(SILENCE_FACTOR * longest, LEAST_SILENCE) if longest is not None else DEFAULT_SILENCE
    if quiet <= limit:
        return None
    return Assessment(
        record=record,
        verdict=Verdict.SILENT,
        quiet_days=quiet.days,
        longest_break_days=None if longest is None else max(1, round(longest / timedelta(days=1))),
    )

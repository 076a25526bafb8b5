"""Which announced articles to fetch in this run, and what to remember of each request. Pure.

An article is remembered under the key of its URL. A feed's own key for it (its id) is an alias that points to
the URL: it finds an article whose URL changed, and the URL finds one that two channels announce.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from pipelines.storage.tables.links import LONGEST_WAIT, FrontierEntry
from scraper.errors import (
    ContentTypeError,
    ExtractionError,
    GoneError,
    MissingPageError,
    NotHtmlError,
    ScraperError,
)
from scraper.lazily import lazily
from scraper.models import Link, Source
from scraper.net.backoff import SECOND_LOOK_AT_MISSING, retry_at
from scraper.revisit import next_look

if TYPE_CHECKING:
    from scraper import discovery
    from scraper.discovery import Identity
else:
    discovery = lazily("scraper.discovery")

ALIAS = "alias"  # last_outcome of a key that only points to the URL
FORGOTTEN = "forgotten"  # last_outcome of an article that a person deleted for good
FETCHED = "fetched"  # last_outcome of a page that is stored and not yet read
MOST_LOOKS = 20  # requests for one article, however often its channel says that it changed
MOST_FAILURES = 12  # in a row for one page, over some ten days; then it is not requested again
# Of a channel's known links, those "modified" since the last poll; above it the dates are the build time.
TRUSTED_SHARE = 0.5
TRUSTED_ANYWAY = 3
MOST_QUEUED = 2000  # new links kept from one reading of a channel; a sitemap's archive is not a press review


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An announced link, with the frontier entry of its article if there is one."""

    link: Link
    key: str  # the channel's own
    url_key: str
    seen: FrontierEntry | None = None

    @property
    def main_key(self) -> str:
        """The key of its frontier entry."""
        return self.seen.key if self.seen else self.url_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """``fetch``: request in this run. ``queue``: in a later run, beyond the bound. ``skip``: not due."""

    fetch: tuple[Candidate, ...] = ()
    queue: tuple[Candidate, ...] = ()
    skip: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one reading of a channel announced, and what is to be done about it."""

    selection: Selection = field(default_factory=Selection)
    identity: Identity | None = None  # what names its articles best; None: as before


@lru_cache(maxsize=2048)  # a run asks for that of one announced link three times
def address_key(url: str) -> str:
    """Return the key of a URL; its tracking, AMP and print variants have the same one."""
    return discovery.item_key(Link(url=url), discovery.Identity.LINK)


def announce(links: Iterable[Link], known: Mapping[str, FrontierEntry]) -> tuple[Candidate, ...]:
    """Return the links with their entries among ``known``: by key, of URLs and aliases alike."""
    candidates = []
    for link in links:
        url_key, key = address_key(link.url), link.key
        seen = known.get(url_key) or _moved(link, known.get(key))
        if seen is not None and seen.last_outcome == ALIAS:
            seen = known.get(address_key(seen.url))
        candidates.append(Candidate(link=link, key=key or url_key, url_key=url_key, seen=seen))
    return tuple(candidates)


def select(candidates: Iterable[Candidate], *, now: datetime, room: int) -> Selection:
    """Decide about announced links; ``room`` is how many more pages of the source this run may fetch.

    New articles come before known ones: a correction can wait for the next run.
    """
    candidates = tuple(candidates)
    new = [each for each in candidates if each.seen is None][:MOST_QUEUED]
    known = [each for each in candidates if each.seen is not None]
    due = _changed(known, now) | {each.url_key for each in known if _is_due(each.seen, now)}
    due -= {each.url_key for each in known if each.seen and each.seen.last_outcome == FORGOTTEN}
    wanted = [*new, *(each for each in known if each.url_key in due)]
    fetch, later = wanted[: max(room, 0)], wanted[max(room, 0) :]
    skip = tuple(each for each in known if each.url_key not in due)
    return Selection(fetch=tuple(fetch), queue=tuple(later), skip=skip)


def first_seen(source: Source, candidate: Candidate, *, now: datetime) -> FrontierEntry:
    """Return the entry of a link that is announced for the first time; it is due at once."""
    link = candidate.link
    return FrontierEntry(
        source_id=source.id,
        key=candidate.url_key,
        url=link.url,
        title=link.title,
        summary=link.summary,
        published_at=link.published_at,
        first_seen_at=now,
        last_seen_at=now,
        next_look_at=now,
        announced=link,
    )


def seen_again(entry: FrontierEntry, link: Link, *, now: datetime, is_due: bool) -> FrontierEntry:
    """Return the entry of a link that is announced again; if it ``is_due``, it stays so until fetched."""
    if entry.last_outcome == FORGOTTEN:
        return replace(entry, last_seen_at=now)
    entry = replace(
        entry,
        title=link.title or entry.title,
        summary=link.summary or entry.summary,
        published_at=link.published_at or entry.published_at,
        last_seen_at=now,
    )
    return replace(entry, announced=link, next_look_at=now) if is_due else entry


def aliases(source: Source, candidate: Candidate, *, now: datetime) -> Iterable[FrontierEntry]:
    """Yield entries for the channel's own key and for a new URL, which point to the first URL."""
    url = candidate.seen.url if candidate.seen else candidate.link.url
    for key in sorted({candidate.key, candidate.url_key} - {candidate.main_key}):
        alias = first_seen(source, candidate, now=now)
        yield replace(alias, key=key, url=url, next_look_at=None, last_outcome=ALIAS, announced=None)


def requested(entry: FrontierEntry, outcome: str, *, now: datetime) -> FrontierEntry:
    """Return the entry after a request that brought the page, or the word that it is unchanged."""
    entry = replace(entry, looks=entry.looks + 1, failures=0, last_outcome=outcome)
    entry = replace(entry, next_look_at=next_look(entry.first_seen_at, entry.looks - 1, now))
    return entry if outcome == FETCHED else replace(entry, announced=None)


UNMATCHED = "SelectorUnmatched"  # last_outcome of a page that was read without a selector of its source


def read(entry: FrontierEntry, outcome: str, *, article_id: int) -> FrontierEntry:
    """Return the entry after its page was read."""
    return replace(entry, last_outcome=outcome, article_id=article_id, announced=None)


def failed(
    entry: FrontierEntry, error: ScraperError, *, now: datetime, article_id: int | None = None
) -> FrontierEntry:
    """Return the entry after a request that failed, or a page that cannot be read."""
    was_fetched = entry.last_outcome == FETCHED
    is_gone_now = is_gone(entry, error)
    entry = replace(
        entry,
        looks=entry.looks + (not was_fetched),
        failures=entry.failures + 1,
        last_outcome=type(error).__name__,
        article_id=entry.article_id if article_id is None else article_id,
    )
    return replace(entry, next_look_at=_retry(entry, error, now, is_gone_now=is_gone_now))


def is_gone(entry: FrontierEntry, error: ScraperError) -> bool:
    """Return whether the page of an article is gone: HTTP 410, or the second 404 or soft 404 in a row.

    A page that is refused, or that failed in another way, is not.
    """
    if entry.article_id is None or not isinstance(error, GoneError | MissingPageError):
        return False
    is_410 = isinstance(error, GoneError) and error.status == HTTPStatus.GONE
    return is_410 or entry.last_outcome in (GoneError.__name__, MissingPageError.__name__)


def forgotten(entry: FrontierEntry) -> FrontierEntry:
    """Return the entry of an article that a person deleted for good: no words, no further request."""
    return replace(entry, title="", summary="", announced=None, next_look_at=None, last_outcome=FORGOTTEN)


def _retry(entry: FrontierEntry, error: ScraperError, now: datetime, *, is_gone_now: bool) -> datetime | None:
    if isinstance(error, NotHtmlError | ContentTypeError):
        return None  # a picture, feed, calendar or PDF file does not become a page
    if isinstance(error, ExtractionError):
        return next_look(entry.first_seen_at, entry.looks - 1, now)
    if isinstance(error, GoneError) and entry.article_id is not None:
        # Once the page is gone, its article stays and is not looked at again.
        return None if is_gone_now else now + timedelta(seconds=SECOND_LOOK_AT_MISSING)
    return retry_at(error, entry.failures, now) if entry.failures < MOST_FAILURES else None


def _moved(link: Link, alias: FrontierEntry | None) -> FrontierEntry | None:
    """Return the alias of a feed's id if it means the same article: some feeds give 1, 2, 3 each day."""
    return alias if alias is not None and alias.title == link.title else None


def _changed(known: Iterable[Candidate], now: datetime) -> set[str]:
    """Return the URL keys of articles that changed since they were last announced, as their channel says."""
    fetched = [(each, each.seen) for each in known if each.seen and 0 < each.seen.looks < MOST_LOOKS]
    renamed = {each.url_key for each, seen in fetched if each.link.title and each.link.title != seen.title}
    modified = {
        each.url_key
        for each, seen in fetched
        if each.link.modified_at and seen.last_seen_at < each.link.modified_at <= now
    }
    if len(modified) > max(TRUSTED_ANYWAY, TRUSTED_SHARE * len(fetched)):
        return renamed
    return renamed | modified


def _is_due(seen: FrontierEntry | None, now: datetime) -> bool:
    if seen is None or seen.next_look_at is None:
        return False
    return seen.next_look_at <= now or seen.next_look_at > now + LONGEST_WAIT

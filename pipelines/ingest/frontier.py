"""Which of the announced articles to ask for now, and what to remember of a look. Pure.

An article's looks are remembered under its address. A feed's own key for it (its id) is remembered too, as an
alias that points to the address: it knows an article whose address changed, and the address one that two
channels announce.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.storage.tables.links import FrontierEntry
from scraper.errors import ExtractionError, GoneError, ScraperError
from scraper.lazily import lazily
from scraper.models import Link, Source
from scraper.net.backoff import retry_at
from scraper.revisit import next_look

if TYPE_CHECKING:
    from scraper import discovery
else:
    discovery = lazily("scraper.discovery")

ALIAS = (
    "alias"  # last_outcome of a key that only points to the address under which an article's looks are kept
)
MOST_LOOKS = 20  # at one article, however often its channel says that it changed
MOST_FAILURES = 12  # in a row at one page, over some ten days; then it is left alone
TRUSTED_SHARE = (
    0.5  # of a channel's known links "modified" since the last poll; above it the stamps tell the build time
)
TRUSTED_ANYWAY = 3
MOST_QUEUED = 2000  # new links kept from one reading of a channel; a sitemap's archive is not a press review


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A link with what is remembered of its article."""

    link: Link
    key: str  # the channel's own
    address: str  # the key of the address
    seen: FrontierEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """``now``: ask for these in this pass. ``later``: new ones beyond the source's bound. ``known``: nothing
    to do."""

    now: tuple[Candidate, ...] = ()
    later: tuple[Candidate, ...] = ()
    known: tuple[Candidate, ...] = ()


def address_key(url: str) -> str:
    """The key of an address; the same for its tracking, AMP and print variants."""
    return discovery.item_key(Link(url=url), discovery.Identity.LINK)


def announce(links: Iterable[Link], remembered: Mapping[str, FrontierEntry]) -> tuple[Candidate, ...]:
    """The links with what is remembered of them; ``remembered`` by key, of addresses and aliases alike."""
    found = []
    for link in links:
        address, key = address_key(link.url), link.key
        seen = remembered.get(address) or _moved(link, remembered.get(key))
        if seen is not None and seen.last_outcome == ALIAS:
            seen = remembered.get(address_key(seen.url))
        found.append(Candidate(link=link, key=key or address, address=address, seen=seen))
    return tuple(found)


def choose(announcements: Iterable[Candidate], *, now: datetime, room: int) -> Selection:
    """What to do about announced links; ``room`` is how many more new ones the source may send in this
    pass."""
    announcements = tuple(announcements)
    new = [each for each in announcements if each.seen is None][:MOST_QUEUED]
    known = [each for each in announcements if each.seen is not None]
    due = _changed(known, now) | {each.address for each in known if _is_due(each.seen, now)}
    return Selection(
        now=(*(each for each in known if each.address in due), *new[: max(room, 0)]),
        later=tuple(new[max(room, 0) :]),
        known=tuple(each for each in known if each.address not in due),
    )


def first_seen(source: Source, each: Candidate, *, now: datetime) -> FrontierEntry:
    """The memory of a link that is announced for the first time; it is due at once."""
    link = each.link
    return FrontierEntry(
        source_id=source.id,
        key=each.address,
        url=link.url,
        title=link.title,
        summary=link.summary,
        published_at=link.published_at,
        first_seen_at=now,
        last_seen_at=now,
        next_look_at=now,
    )


def seen_again(seen: FrontierEntry, link: Link, *, now: datetime) -> FrontierEntry:
    """The memory of a link that is announced again."""
    return replace(
        seen,
        title=link.title or seen.title,
        summary=link.summary or seen.summary,
        published_at=link.published_at or seen.published_at,
        last_seen_at=now,
    )


def looked(
    seen: FrontierEntry,
    outcome: str,
    *,
    now: datetime,
    article_id: int | None = None,
    error: ScraperError | None = None,
) -> FrontierEntry:
    """The memory of a link after a look at its page."""
    seen = replace(
        seen,
        looks=seen.looks + 1,
        failures=seen.failures + 1 if error else 0,
        last_outcome=outcome,
        article_id=seen.article_id if article_id is None else article_id,
    )
    return replace(seen, next_look_at=_next(seen, error, now))


def _next(seen: FrontierEntry, error: ScraperError | None, now: datetime) -> datetime | None:
    if error is None or isinstance(error, ExtractionError):
        return next_look(seen.first_seen_at, seen.looks - 1, now)
    if isinstance(error, GoneError) and seen.article_id is not None:
        return None  # the page has vanished; its article stays
    return retry_at(error, seen.failures, now) if seen.failures < MOST_FAILURES else None


def _moved(link: Link, alias: FrontierEntry | None) -> FrontierEntry | None:
    """The alias of a feed's id, if it still means the same article: ids such as 1, 2, 3 are given anew each
    day."""
    return alias if alias is not None and alias.title == link.title else None


def _changed(known: Iterable[Candidate], now: datetime) -> set[str]:
    """The addresses of which their channel says that the article changed since it was last announced."""
    looked_at = [(each, each.seen) for each in known if each.seen and 0 < each.seen.looks < MOST_LOOKS]
    renamed = {each.address for each, seen in looked_at if each.link.title and each.link.title != seen.title}
    stamped = {
        each.address
        for each, seen in looked_at
        if each.link.modified_at and seen.last_seen_at < each.link.modified_at <= now
    }
    if len(stamped) > max(TRUSTED_ANYWAY, TRUSTED_SHARE * len(looked_at)):
        return renamed
    return renamed | stamped


def _is_due(seen: FrontierEntry | None, now: datetime) -> bool:
    return bool(seen and seen.next_look_at and seen.next_look_at <= now)

"""By what an item of a channel is known again at the next poll: its id, its link, link and date, or its
title. Pure.

Feeds are not to be trusted with ids: some mint new ones at every build, some give one id to everything. So
there is a ladder, and a channel stands on the first rung that proves stable. It only goes down, and the store
records where it is.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import dropwhile
from types import MappingProxyType

from scraper.errors import AddressError
from scraper.models import Link
from scraper.urls import article_key

UNSTABLE_SHARE = 0.05  # issue 3: "stepping down when more than 5 % of a feed's ids prove unstable"


class Identity(StrEnum):
    """The rungs, from the best down."""

    ID = "id"
    LINK = "link"
    LINK_AND_DATE = "link+date"
    TITLE = "title"


def choose_identity(
    links: Sequence[Link], earlier: Sequence[Link] = (), *, current: Identity = Identity.ID
) -> Identity:
    """The first rung, from ``current`` down, on which at most 5 % of the items prove unstable.

    ``links`` is the channel as polled now, ``earlier`` what is remembered of it from before. An item is
    unstable on a rung when it has no such key, when an item of another title has the same key in the same
    poll, or when the same item (same title at the same address or of the same minute) had another key before.
    """
    rungs = list(dropwhile(lambda rung: rung is not current, Identity))
    return next(
        (rung for rung in rungs if _unstable_share(links, earlier, rung) <= UNSTABLE_SHARE), rungs[-1]
    )


def identify(links: Sequence[Link], identity: Identity) -> tuple[Link, ...]:
    """The same links with ``key`` filled in by a rung; where an item lacks it, by the next rung that it
    has."""
    return tuple(replace(link, key=item_key(link, identity)) for link in links)


def item_key(link: Link, identity: Identity) -> str:
    """The key of one item on a rung, or on the next one down where it has none. It begins with the rung's
    name."""
    for rung in dropwhile(lambda each: each is not identity, Identity):
        if key := _KEYS[rung](link):
            return f"{rung}:{key}"
    return f"nothing:{hashlib.sha256(repr(link).encode('utf-8', 'replace')).hexdigest()[:16]}"


def _by_link(link: Link) -> str:
    try:
        return article_key(link.url) if link.url else ""
    except AddressError:
        return ""


def _by_link_and_date(link: Link) -> str:
    when = link.published_at or link.modified_at
    address = _by_link(link)
    return f"{address} {when:%Y-%m-%dT%H:%M}" if address and when else ""


def _by_title(link: Link) -> str:
    return " ".join(link.title.casefold().split())


_KEYS: Mapping[Identity, Callable[[Link], str]] = MappingProxyType(
    {
        Identity.ID: lambda link: link.id,
        Identity.LINK: _by_link,
        Identity.LINK_AND_DATE: _by_link_and_date,
        Identity.TITLE: _by_title,
    }
)


def _unstable_share(links: Sequence[Link], earlier: Sequence[Link], rung: Identity) -> float:
    if not links:
        return 0.0
    key_of = _KEYS[rung]
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        titles[key_of(link)].add(_by_title(link))
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for link in earlier:
        for appearance in _appearances(link):
            known[appearance].add(key_of(link))
    return sum(_is_unstable(link, key_of(link), titles, known) for link in links) / len(links)


def _is_unstable(
    link: Link, key: str, titles: Mapping[str, set[str]], known: Mapping[tuple[str, str], set[str]]
) -> bool:
    if not key or len(titles[key]) > 1:
        return True
    return any(appearance in known and key not in known[appearance] for appearance in _appearances(link))


def _appearances(link: Link) -> Iterator[tuple[str, str]]:
    """What makes an item look the same to a reader."""
    title, when = _by_title(link), link.published_at or link.modified_at
    if title and (address := _by_link(link)):
        yield title, address
    if title and when:
        yield title, f"{when:%Y-%m-%dT%H:%M}"

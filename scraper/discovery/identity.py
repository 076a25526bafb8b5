"""What identifies an item of a channel from poll to poll: its id, link, link and date, or title. Pure.

Ids of feeds are not reliable: some feeds make new ones at every build, some give one id to all items. So
there is a ladder, and a channel uses the first rung that is stable. It only goes down; the store keeps the
rung."""

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
    """Return the first rung, from ``current`` down, on which at most `UNSTABLE_SHARE` of the items are
    unstable.

    ``links`` are the items of this poll, ``earlier`` those of polls before. An item is unstable on a rung
    when it has no such key, when an item with another title has the same key in this poll, or when the same
    item (same title at the same URL or of the same minute) had another key before."""
    rungs = list(dropwhile(lambda rung: rung is not current, Identity))
    return next(
        (rung for rung in rungs if _unstable_share(links, earlier, rung) <= UNSTABLE_SHARE), rungs[-1]
    )


def identify(links: Sequence[Link], identity: Identity) -> tuple[Link, ...]:
    """Return the links with ``key`` filled in by a rung, or by the next rung that an item has."""
    return tuple(replace(link, key=item_key(link, identity)) for link in links)


def item_key(link: Link, identity: Identity) -> str:
    """Return the key of an item on a rung, or on the next one that it has; it begins with the rung's name."""
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
    moment = link.published_at or link.modified_at
    url = _by_link(link)
    return f"{url} {moment:%Y-%m-%dT%H:%M}" if url and moment else ""


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
    keys = [key_of(link) for link in links]
    for key, link in zip(keys, links, strict=True):
        titles[key].add(_by_title(link))
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for link in earlier:
        for appearance in _appearances(link):
            known[appearance].add(key_of(link))
    unstable = (_is_unstable(link, key, titles, known) for key, link in zip(keys, links, strict=True))
    return sum(unstable) / len(links)


def _is_unstable(
    link: Link, key: str, titles: Mapping[str, set[str]], known: Mapping[tuple[str, str], set[str]]
) -> bool:
    if not key or len(titles[key]) > 1:
        return True
    return any(appearance in known and key not in known[appearance] for appearance in _appearances(link))


def _appearances(link: Link) -> Iterator[tuple[str, str]]:
    """Yield what makes two items the same to a reader: the title with the URL, or with the minute."""
    title, moment = _by_title(link), link.published_at or link.modified_at
    if title and (url := _by_link(link)):
        yield title, url
    if title and moment:
        yield title, moment.isoformat(timespec="minutes")[:16]  # strftime takes five times as long

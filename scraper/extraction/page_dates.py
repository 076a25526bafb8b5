"""Choose the publication and the modification date of a page among all that it states."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from scraper.days import is_future
from scraper.extraction.bylines import (
    Headline,
    date_lines,
    labelled_dates,
    lines_under,
    marked_dates,
    meta_dates,
)
from scraper.extraction.date_forms import DateRole, WrittenDate
from scraper.extraction.dates import is_day_first, read_field, url_date
from scraper.extraction.page_head import PageHead
from scraper.extraction.structured import Structured
from scraper.extraction.zones import zone_of_host
from scraper.models import DatePrecision
from scraper.urls import parts_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PUBLISHED_METAS = tuple(
    """
    article:published_time og:article:published_time datepublished article:published og:published_time
    publishdate publish_date publish-date pubdate sailthru.date parsely-pub-date
    cxenseparse:recs:publishtime cxenseparse:publishtime dc.date.issued dcterms.issued dcterms.date dc.date
    dc.date.created dcterms.created citation_publication_date citation_online_date citation_date
    prism.publicationdate article_date_original originalpublicationdate displaydate date_published
    published_time rnews:datepublished article.published article:post_date timestamp date
    dcterms.available created
    """.split()
)
MODIFIED_METAS = tuple(
    """
    article:modified_time og:updated_time og:article:modified_time datemodified lastmod last-modified
    dcterms.modified dc.date.modified article:modified updated_time revised
    """.split()
)
# What differs by no more than a zone can be the same instant, printed once with its zone and once without.
REGION = re.compile(r"[-_][A-Za-z]{2}\b")
MOST_ZONES = timedelta(hours=14)
# A page's offset holds for its other dates while summer time does not begin or end between: a chance of one
# in six over a month.
SAME_OFFSET = timedelta(days=31)
ONE_MINUTE = timedelta(minutes=1)
NO_OFFSET = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedDate:
    """A date that a page states, and where."""

    written: WrittenDate
    place: str

    @property
    def at(self) -> datetime:
        """The time in UTC; midnight where only the day is stated."""
        return self.written.at

    @property
    def origin(self) -> str:
        """The place, marked where only the day is stated, so that nobody takes midnight for the time."""
        return self.place if self.written.has_time else f"{self.place} (day only)"

    @property
    def precision(self) -> DatePrecision:
        """How exactly the page states it."""
        return self.written.precision


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDates:
    """What a page says of its dates, in UTC; ``origins`` of publication and change, empty without one."""

    published_at: datetime | None
    precision: DatePrecision | None
    modified_at: datetime | None
    origins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PageDates:
    """The dates of a page. No date after ``limit`` (the time of fetching) is believed."""

    root: HtmlElement = field(kw_only=False)
    url: str | None = field(kw_only=False)
    head: PageHead
    structured: Structured
    headline: Headline
    limit: datetime | None = None
    zone: tzinfo | None = None  # of the desk: that of times without a zone

    def read(self, *, limit: datetime | None = None, zone: tzinfo | None = None) -> ReadDates:
        """Return the dates of publication and of the last change, by this limit and zone."""
        dates = replace(self, limit=limit, zone=zone)
        published = dates.published()
        modified = dates.modified(published.at if published else None)
        return ReadDates(
            published_at=published.at if published else None,
            precision=published.precision if published else None,
            modified_at=modified.at if modified else None,
            origins=tuple(stated.origin if stated else "" for stated in (published, modified)),
        )

    def published(self) -> StatedDate | None:
        """Return the publication date: the first one stated as such, at the best precision stated."""
        first = next((stated for stated in self._candidates() if stated.written.has_day), None)
        if first is None:
            last = next(self._last_resorts(), None)
            return self._at_best(last, lambda: self._labelled_as(DateRole.PUBLISHED)) if last else None
        return self._in_utc(self._at_best(first, self._candidates))

    def modified(self, published: datetime | None) -> StatedDate | None:
        """Return the date of the last change, if it is not before ``published``."""
        for stated in self._changes():
            best = self._at_best(stated, self._changes)
            if published is None or best.at >= published:
                return best
        return None

    def _at_best(self, first: StatedDate, all_of: Callable[[], Iterator[StatedDate]]) -> StatedDate:
        """Return the same instant as it is stated elsewhere with its zone, or with its time of day."""
        if first.written.has_time and first.written.has_zone:
            return first
        same = [other for other in all_of() if _is_same(first.written, other.written, self.zone)]
        zoned = (other for other in same if other.written.has_zone)
        timed = (other for other in same if other.written.has_time)
        local = (other for other in same if other.written.local_clock is not None)
        best = next(zoned, None) or next(timed, None) or next(local, None)
        return self._zoned(best or self._time_in_meta(first) or first)

    def _time_in_meta(self, first: StatedDate) -> StatedDate | None:
        """Return a day with the only time of day that the page's boxes of data give it."""
        if first.written.has_time or not first.written.has_day:
            return None
        dates = (each for each in self._meta if _is_same(first.written, each.written, self.zone))
        timed = {each.at: each for each in dates if each.written.has_time}
        return next(iter(timed.values())) if len(timed) == 1 else None

    def _in_utc(self, stated: StatedDate) -> StatedDate:
        """Return a publication time as UTC where the page also states its clock, or its instant, as UTC.

        "17:00-07:00" beside "10:00-07:00" is a UTC clock with the offset of the site added in error. Of
        "20:57-04:00" beside "20:57Z" one is wrong; in UTC the day is the printed one, whichever it is.
        """
        printed, offset = stated.written.printed, stated.written.printed - stated.at
        if not offset:
            return stated
        for other in (each.written for each in self._declared_published() if each.written.has_zone):
            if other.printed - other.at in (offset, NO_OFFSET) and abs(other.at - printed) < ONE_MINUTE:
                return replace(stated, written=replace(stated.written, at=printed))
        return stated

    def _zoned(self, stated: StatedDate) -> StatedDate:
        """Return a time without a zone in that which the page gives another time, else in the desk's.

        A clock in another language than English is the publisher's: without its zone the day alone counts.
        """
        if stated.written.local_clock is not None:
            zone = self._zone_near(stated.written.printed)
            return replace(stated, written=stated.written.at_local_clock(zone)) if zone else stated
        if stated.written.has_zone or not stated.written.has_time:
            return stated
        return replace(stated, written=stated.written.in_zone(self._offset or self.zone))

    @cached_property
    def _offset(self) -> timezone | None:
        """The offset of the declared times: that by which one of them differs where it is given twice."""
        declared = [*self._declared_published(), *self._declared_changes()]
        naive = [
            stated.written for stated in declared if stated.written.has_time and not stated.written.has_zone
        ]
        zoned = [stated.written for stated in declared if stated.written.has_zone]
        for first, other in product(naive, zoned):
            if first.printed != other.at and _is_same(first, other, None):
                return timezone(first.printed - other.at)
        return None

    def _zone_near(self, when: datetime) -> tzinfo | None:
        """Return the publisher's zone about a time: by an offset that the page states, else by its country.

        The zone of the country gives way only to an offset that it does not have.
        """
        country = zone_of_host(parts_of(self.url).hostname or "")
        for stated in (*self._declared_published(), *self._declared_changes(), *self._shown):
            offset = stated.written.printed - stated.at
            is_near = stated.written.has_zone and offset and abs(stated.at - when) <= SAME_OFFSET
            if is_near and (country is None or stated.at.astimezone(country).utcoffset() != offset):
                return timezone(offset)
        return country

    def _changes(self) -> Iterator[StatedDate]:
        yield from self._declared_changes()
        yield from self._shown_as(DateRole.MODIFIED)
        if next(self._candidates(), None) is None:
            yield from self._labelled_as(DateRole.MODIFIED)

    def _declared_changes(self) -> Iterator[StatedDate]:
        texts = [
            (self.structured.modified, "json-ld dateModified"),
            *((self.head.first.get(name, ""), f"meta {name}") for name in MODIFIED_METAS),
        ]
        return (stated for text, place in texts if text and (stated := self._read(text, place)))

    def _last_resorts(self) -> Iterator[StatedDate]:
        """Yield the dates of a page that states no day of publication where it belongs."""
        if of_url := self._of_url():
            yield of_url
        yield from self._labelled_as(DateRole.PUBLISHED)
        yield from self._candidates()  # a month
        yield from self._shown_as(DateRole.MODIFIED)
        yield from self._labelled_as(DateRole.MODIFIED)

    @cached_property
    def day_first(self) -> bool:
        """Whether 01/06/2021 is the first of June: everywhere but in the United States."""
        language = self.root.get("lang") or ""
        if not REGION.search(language):
            language = self.head.first.get("og:locale", "") or language
        return is_day_first((), language=language, host=parts_of(self.url).hostname)

    def _candidates(self) -> Iterator[StatedDate]:
        """Yield the publication dates, those that the page declares first."""
        yield from self._declared_published()
        for role in (DateRole.PUBLISHED, DateRole.UNKNOWN):
            yield from self._shown_as(role)

    def _declared_published(self) -> Iterator[StatedDate]:
        texts = [
            (self.structured.published, "json-ld datePublished"),
            *((self.head.first.get(name, ""), f"meta {name}") for name in PUBLISHED_METAS),
        ]
        return (stated for text, place in texts if text and (stated := self._read(text, place)))

    def _shown_as(self, role: DateRole) -> Iterator[StatedDate]:
        return (stated for stated in self._shown if stated.written.role is role)

    @cached_property
    def _shown(self) -> tuple[StatedDate, ...]:
        """The dates in the page itself: marked by their elements, or in the lines under the headline."""
        marked = (
            StatedDate(written=written, place=place)
            for written, place in marked_dates(self.headline, day_first=self.day_first)
        )
        lines = (
            StatedDate(written=written, place="line under the headline")
            for written in date_lines(list(lines_under(self.headline)), day_first=self.day_first)
        )
        return tuple(stated for stated in (*marked, *lines) if not is_future(stated.at, self.limit))

    @cached_property
    def _meta(self) -> tuple[StatedDate, ...]:
        """The dates in boxes of the article's data; looked for only where a day has no time."""
        dates = meta_dates(self.headline, day_first=self.day_first)
        found = (StatedDate(written=written, place="box of data") for written in dates)
        return tuple(
            stated
            for stated in found
            if stated.written.role is not DateRole.MODIFIED and not is_future(stated.at, self.limit)
        )

    def _labelled_as(self, role: DateRole) -> Iterator[StatedDate]:
        return (stated for stated in self._labelled if stated.written.role is role)

    @cached_property
    def _labelled(self) -> tuple[StatedDate, ...]:
        """The dates with a label further down; looked for only where nothing else is stated."""
        dates = labelled_dates(self.headline, day_first=self.day_first)
        shown = (StatedDate(written=written, place="labelled line") for written in dates)
        return tuple(stated for stated in shown if not is_future(stated.at, self.limit))

    def _of_url(self) -> StatedDate | None:
        when = url_date(self.url) if self.url else None
        if when is None or is_future(when, self.limit):
            return None
        written = WrittenDate(at=when, printed=when)
        return StatedDate(written=written, place="URL")

    def _read(self, text: str, place: str) -> StatedDate | None:
        written = read_field(text, day_first=self.day_first)
        if written is None or is_future(written.at, self.limit):
            return None
        return StatedDate(written=written, place=place)


def _is_same(first: WrittenDate, other: WrittenDate, zone: tzinfo | None) -> bool:
    """Return whether ``other`` states the same instant as ``first``, at least as precisely.

    A day is that of the desk too: 00:01 in London on 5 October is 23:01 UTC on the 4th.
    """
    if not first.has_time:
        day = first.printed.date()
        at = other.at.astimezone(zone) if zone and other.has_zone else other.printed
        return day in (other.printed.date(), at.date())
    return other.printed == first.printed or (
        other.has_zone and abs(other.at - first.at) <= MOST_ZONES and _minutes(other) == _minutes(first)
    )


def _minutes(written: WrittenDate) -> tuple[int, int]:
    """Return the minute and second of the hour, which most zones leave as they are."""
    return written.at.minute, written.at.second

"""Choose the publication and the modification date of a page among all that it states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from scraper.extraction.bylines import Headline, date_lines, lines_under, marked_dates
from scraper.extraction.dates import DateRole, WrittenDate, is_future, read_date, url_date
from scraper.extraction.page_head import PageHead
from scraper.extraction.structured import Structured
from scraper.models import DatePrecision

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
MOST_ZONES = timedelta(hours=14)


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
        return DatePrecision.MINUTE if self.written.has_time else DatePrecision.DAY


@dataclass(frozen=True, kw_only=True)
class PageDates:
    """The dates of a page. No date after ``limit`` (the time of fetching) is believed."""

    root: HtmlElement = field(kw_only=False)
    url: str | None = field(kw_only=False)
    head: PageHead
    structured: Structured
    headline: Headline
    limit: datetime | None

    def published(self) -> StatedDate | None:
        """Return the publication date: the first one stated as such, at the best precision stated."""
        first = next(self._candidates(), None)
        if first is None:
            return self._of_url() or next(iter(self._shown_as(DateRole.MODIFIED)), None)
        if first.written.has_time and first.written.has_zone:
            return first
        same = [other for other in self._candidates() if _is_same(first.written, other.written)]
        zoned = (other for other in same if other.written.has_zone)
        timed = (other for other in same if other.written.has_time)
        return next(zoned, None) or next(timed, None) or first

    def modified(self, published: datetime | None) -> StatedDate | None:
        """Return the date of the last change, if it is not before ``published``."""
        texts = [
            (self.structured.modified, "json-ld dateModified"),
            *((self.head.first.get(name, ""), f"meta {name}") for name in MODIFIED_METAS),
        ]
        declared = (stated for text, place in texts if text and (stated := self._read(text, place)))
        return next((stated for stated in declared if published is None or stated.at >= published), None)

    @cached_property
    def day_first(self) -> bool:
        """Whether 01/06/2021 is the first of June: everywhere but in the United States."""
        locale = self.head.first.get("og:locale", "") or self.root.get("lang") or ""
        return not locale.lower().replace("_", "-").startswith("en-us")

    def _candidates(self) -> Iterator[StatedDate]:
        """Yield the publication dates, those that the page declares first."""
        if self.structured.published and (
            stated := self._read(self.structured.published, "json-ld datePublished")
        ):
            yield stated
        for name in PUBLISHED_METAS:
            if name in self.head.first and (stated := self._read(self.head.first[name], f"meta {name}")):
                yield stated
        for role in (DateRole.PUBLISHED, DateRole.UNKNOWN):
            yield from self._shown_as(role)

    def _shown_as(self, role: DateRole) -> Iterator[StatedDate]:
        return (stated for stated in self._shown if stated.written.role is role)

    @cached_property
    def _shown(self) -> tuple[StatedDate, ...]:
        """The dates in the page itself: marked by their elements, or in the lines under the headline."""
        marked = (
            StatedDate(written=written, place=place)
            for written, place in marked_dates(self.root, self.headline, day_first=self.day_first)
        )
        lines = (
            StatedDate(written=written, place="line under the headline")
            for written in date_lines(list(lines_under(self.headline)), day_first=self.day_first)
        )
        return tuple(stated for stated in (*marked, *lines) if not is_future(stated.at, self.limit))

    def _of_url(self) -> StatedDate | None:
        when = url_date(self.url) if self.url else None
        if when is None or is_future(when, self.limit):
            return None
        written = WrittenDate(at=when, printed=when, has_time=False, has_zone=False)
        return StatedDate(written=written, place="URL")

    def _read(self, text: str, place: str) -> StatedDate | None:
        written = read_date(text, day_first=self.day_first)
        if written is None or is_future(written.at, self.limit):
            return None
        return StatedDate(written=written, place=place)


def _is_same(first: WrittenDate, other: WrittenDate) -> bool:
    """Return whether ``other`` states the same instant as ``first``, at least as precisely."""
    if not first.has_time:
        return other.printed.date() == first.printed.date()
    return other.printed == first.printed or (
        other.has_zone and abs(other.at - first.at) <= MOST_ZONES and _minutes(other) == _minutes(first)
    )


def _minutes(written: WrittenDate) -> tuple[int, int]:
    """Return the minute and second of the hour, which most zones leave as they are."""
    return written.at.minute, written.at.second

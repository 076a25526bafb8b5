"""One article as a report of a story: who published it, on which page, and its place in order of
publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pipelines.matching.dates import FIRST_DAY
from scraper.errors import AddressError
from scraper.models import Article
from scraper.urls import article_key, believable_canonical, canonical_url, is_home_page, site_of

DAY_ONLY = "(day only)"  # how scraper.extraction.metadata ends the origin of such a date
_LATE = datetime.max.replace(tzinfo=UTC)
FIRST_DATE = datetime.fromordinal(FIRST_DAY).replace(tzinfo=UTC)
# Beyond is a mistyped year. Less would refuse what an archive with a shifted or invented calendar says.
MOST_AHEAD = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One article of a story. ``order`` is made of its content: it settles ties, whenever the article
    came."""

    key: int
    article: Article
    copy_key: str
    order: str
    outlet: str  # who published it; empty when nobody says
    kind: str = ""  # of its source
    zone: tzinfo = UTC  # of the desk
    doubtful: bool = False  # linked far worse to its story than most of it: perhaps not of this event

    @property
    def day_only(self) -> bool:
        """Whether only the day of publication is known: midnight in an import, or the metadata say so."""
        return gives_day_only(self.article)

    @property
    def day(self) -> date | None:
        """The day of publication, in the zone of the desk."""
        published = self.article.published_at
        return local_time(published, self.zone).date() if published else None


def gives_day_only(article: Article) -> bool:
    """Return whether only the day of an article's publication is known."""
    published = article.published_at
    return published is not None and (
        published.astimezone(UTC).time() == time.min
        or any(o.field == "published_at" and o.place.endswith(DAY_ONLY) for o in article.origins)
    )


def in_order(reports: Sequence[Report]) -> list[Report]:
    """Return reports in order of publication, undated ones last.

    A report of which only the day is known may have come at any hour of it, so it stands just after the first
    report of that day with a time: it does not become the first to publish by saying less.
    """
    earliest: dict[date, datetime] = {}
    for report in reports:
        published = report.article.published_at
        if published is not None and not report.day_only:
            day = local_time(published, report.zone).date()
            earliest[day] = min(published, earliest.get(day, published))

    def rank(report: Report) -> tuple[datetime, bool, str, int]:
        published = report.article.published_at or _LATE
        if report.day_only:
            published = earliest.get(local_time(published, report.zone).date(), published)
        return (published, report.day_only, report.order, report.key)

    return sorted(reports, key=rank)


def believable(article: Article, first_seen_at: datetime) -> Article:
    """Return the article without a date that cannot be true: an empty field's 1970, or one that lies ahead.

    A date may be up to ``MOST_AHEAD`` after the article was first seen.
    """
    published = article.published_at
    if published is None or FIRST_DATE <= published <= first_seen_at + MOST_AHEAD:
        return article
    return replace(article, published_at=None)


def local_time(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment in a zone. Midnight in UTC stands for the whole day, which is the same everywhere."""
    utc = moment.astimezone(UTC)
    return utc if utc.time() == time.min else utc.astimezone(zone)


def on_local_day(article: Article, zone: tzinfo) -> Article:
    """Return the article with the day and the hour that the clocks of a zone showed, as if in UTC.

    The matcher compares days. An embargo until 00:01 in a London summer ends at 23:01 UTC the day before.
    """
    if article.published_at is None:
        return article
    return replace(article, published_at=local_time(article.published_at, zone).replace(tzinfo=UTC))


def outlet_of(article: Article) -> str:
    """Return who published an article: its source, else the publisher it names, else its site; "" if
    unknown."""
    return article.source_id or article.publisher or site_or_none(article.url)


def site_or_none(url: str | None) -> str:
    """Return the site of a URL; empty without a usable URL."""
    try:
        return site_of(url) if url else ""
    except AddressError:
        return ""


def page_key(article: Article) -> str:
    """Return a key that all URLs of one page share (AMP, print, tracking); empty without a usable URL.

    A front page does not identify an article: templates declare it as canonical for every page, and people
    import dumps under it.
    """
    if not article.url:
        return ""
    try:
        canonical = (
            believable_canonical(article.canonical_url, article.url) if article.canonical_url else None
        )
        url = canonical or canonical_url(article.url)
        return "" if is_home_page(url) else article_key(url)
    except AddressError:
        return ""

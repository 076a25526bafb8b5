"""One article as a report of a story: who published it, on which page, and its place in order of
publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from scraper.days import is_believable
from scraper.errors import AddressError
from scraper.models import Article
from scraper.urls import article_key, believable_canonical, canonical_url, is_home_page, site_of

_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One article of a story. ``order`` is made of its content: it settles ties, whenever the article
    came."""

    key: int
    article: Article
    copy_key: str
    order: str
    outlet: str  # who published it; empty if it is not known
    kind: str = ""  # of its source
    doubtful: bool = False  # linked far worse to its story than most of it: perhaps not of this event

    @property
    def day_only(self) -> bool:
        """Whether only the day of publication is known."""
        return self.article.is_day_only


def in_order(reports: Sequence[Report]) -> list[Report]:
    """Return reports in order of publication, undated ones last.

    A report of which only the day is known may have come at any hour of it, so it stands just after the first
    report of that day with a time: it does not become the first to publish by saying less.
    """
    times = known_times(reports)

    def rank(report: Report) -> tuple[datetime, bool, str, int]:
        return (times.get(report.key, _LATE), report.day_only, report.order, report.key)

    return sorted(reports, key=rank)


def known_times(reports: Sequence[Report]) -> dict[int, datetime]:
    """Return when the dated reports came, by key; where only the day is known, the first known time of it."""
    earliest: dict[date, datetime] = {}
    for report in reports:
        published, day = report.article.published_at, report.article.day
        if published is not None and day is not None and not report.day_only:
            earliest[day] = min(published, earliest.get(day, published))
    times = {}
    for report in reports:
        published, day = report.article.published_at, report.article.day
        if published is not None:
            times[report.key] = earliest.get(day, published) if report.day_only and day else published
    return times


def believable(article: Article, first_seen_at: datetime) -> Article:
    """Return the article without a date that cannot be true: an empty field's 1970, or one years ahead."""
    published = article.published_at
    if published is None or is_believable(published, first_seen_at):
        return article
    return replace(article, published_at=None, published_precision=None, published_day=None)


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

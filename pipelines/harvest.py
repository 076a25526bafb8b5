"""What one pass brought home from one source, and how it is stored: everything in one transaction.

The raw pages are on the disk before (``pagestore``), so that a kill loses at most the source in hand, and no row names a
page that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.looks import ALIAS, Announcement, keys_of, known_by, looked
from pipelines.models import Failure
from pipelines.pagestore import PageStore
from pipelines.reading import Survey, announced_article, read_page, survey
from pipelines.store import Store
from pipelines.tables.article_rows import FEATURES_ONLY, Outcome, StoredArticle
from pipelines.tables.links import SeenLink
from pipelines.tables.sources import ChannelState
from scraper.discovery import Discovered
from scraper.errors import (
    BlockedError,
    ExtractionError,
    PostponedError,
    ScraperError,
    WallError,
)
from scraper.extraction import EXTRACTOR_VERSION
from scraper.models import Access, Article, Link, NotModified, Page, Rights, Source, Validators
from scraper.polling import next_poll, retry_at
from scraper.rights import TextUse, keeps_text
from scraper.scrape import Looked, Polled

BLOCKED = (BlockedError, WallError)
UNHURRIED = (Access.TEASER, Access.HEADLINE)  # what a later, better reading may replace, and never the other way round


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A page that was taken, without its bytes unless they may not be kept on the disk."""

    link: Link
    page: Page
    survey: Survey
    use: TextUse


@dataclass(slots=True, kw_only=True)
class Harvest:
    """Everything of one source in this pass, until it is stored."""

    source: Source
    polled: list[Polled] = field(default_factory=list)
    announced: dict[str, Announcement] = field(default_factory=dict)  # by address key: what is looked at now
    later: list[Announcement] = field(default_factory=list)
    known: list[Announcement] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    unmodified: list[Link] = field(default_factory=list)
    failed: list[tuple[Link, ScraperError]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What storing one source came to."""

    fetched: int = 0
    unchanged: int = 0
    new: int = 0
    revised: int = 0
    articles: list[int] = field(default_factory=list)  # new and revised
    failures: list[Failure] = field(default_factory=list)

    def count(self, outcome: Outcome, article_id: int) -> None:
        """Count one saved article."""
        self.new += outcome is Outcome.NEW
        self.revised += outcome is Outcome.REVISED
        self.unchanged += outcome is Outcome.UNCHANGED
        if outcome is not Outcome.UNCHANGED:
            self.articles.append(article_id)


def failure_of(error: ScraperError, *, source_id: str | None, url: str) -> Failure:
    """The row for an expected failure."""
    return Failure(
        stage=error.stage, error=type(error).__name__, message=error.message, url=error.subject or url, source_id=source_id
    )

"""What one pass brought home from one source, until it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.ingest.frontier import Candidate
from scraper.articles import PageProfile
from scraper.errors import ScraperError
from scraper.lazily import lazily
from scraper.models import Link, Page, Rights, Source
from scraper.rights import TextUse
from scraper.scrape import ChannelFetched

if TYPE_CHECKING:
    from scraper import discovery
    from scraper.discovery import Identity
else:
    discovery = lazily("scraper.discovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page that was taken. Its body is empty when the page store keeps it."""

    link: Link
    page: Page
    content_hash: str
    survey: PageProfile
    rights: Rights
    use: TextUse


@dataclass(slots=True, kw_only=True)
class SourceBatch:
    """Everything of one source in this pass."""

    source: Source
    polled: list[ChannelFetched] = field(default_factory=list)
    identities: dict[str, Identity] = field(default_factory=dict)  # by channel address
    announced: dict[str, Candidate] = field(default_factory=dict)  # by address: what is looked at now
    later: list[Candidate] = field(default_factory=list)
    known: list[Candidate] = field(default_factory=list)
    taken: list[FetchedPage] = field(default_factory=list)
    unmodified: list[Link] = field(default_factory=list)
    reserved: list[Page] = field(default_factory=list)  # tdmrep.json files
    failed: list[tuple[Link, ScraperError]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many articles are looked at for the first time."""
        return sum(each.seen is None for each in self.announced.values())

    def known_id(self, link: Link) -> int | None:
        """The article that a link led to before."""
        seen = self.announced[link.url].seen
        return seen.article_id if seen else None

    def announce_again(self, each: Candidate) -> None:
        """Remember a link whose page another channel or source asks for in this pass already."""
        if each.address not in {other.address for other in self.announced.values()}:
            self.later.append(each)

"""Taking in what the network brings: pages are surveyed and kept on the disk as they come, and noted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipelines.ingest.batch import FetchedPage, SourceBatch
from pipelines.ingest.planner import CrawlPlanner, tdmrep_address
from pipelines.ingest.upsert import ArticleWriter
from scraper.articles import survey
from scraper.client import Client
from scraper.errors import FetchError, ScraperError, StatusError
from scraper.models import Link, NotModified, Page
from scraper.rights import TdmRule, TextUse, page_rights, read_tdmrep
from scraper.robots import Robots
from scraper.scrape import ChannelFetched, Event, PageFetched, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBuilder:
    """Turns the events of a pass into harvests."""

    client: Client
    shelf: ArticleWriter
    errands: CrawlPlanner
    tdm_rules: dict[str, tuple[TdmRule, ...]] = field(default_factory=dict)  # by address of the tdmrep.json

    def take(self, event: Event) -> None:
        """Note one event. Raises ``OSError`` when a page cannot be kept."""
        harvest = self.errands.harvests[event.source.id]
        if isinstance(event, ChannelFetched):
            harvest.polled.append(event)
        elif isinstance(event, PageFetched) and event.look.purpose is Purpose.TDMREP:
            self._reserve(harvest, event)
        elif isinstance(event, PageFetched):
            self._look(harvest, event)

    def _look(self, harvest: SourceBatch, event: PageFetched) -> None:
        link, outcome = event.look.link, event.outcome
        if isinstance(outcome, NotModified):
            harvest.unmodified.append(link)
        elif isinstance(outcome, ScraperError):
            harvest.failed.append((link, outcome))
        else:
            try:
                harvest.taken.append(self._taken(harvest, link, outcome))
            except ScraperError as error:
                harvest.failed.append((link, error))

    def _taken(self, harvest: SourceBatch, link: Link, page: Page) -> FetchedPage:
        """The page, kept on the disk unless its publisher does not want that. Raises ``ExtractionError``."""
        surveyed = survey(page)
        rights = page_rights(
            page.final_url,
            headers=page.headers,
            metas=surveyed.metas,
            robots=self._robots(page.final_url),
            tdm_rules=self._tdm_rules(page.final_url),
        )
        use = self.shelf.use_of(rights, harvest.source)
        content_hash = page.content_hash
        if use is not TextUse.FEATURES_ONLY:
            self.shelf.pages.put(page.body)
            page = replace(page, body=b"")
        return FetchedPage(
            link=link, page=page, content_hash=content_hash, survey=surveyed, rights=rights, use=use
        )

    def _robots(self, url: str) -> Robots | None:
        try:
            return self.client.robots(url)
        except FetchError:
            return None

    def _reserve(self, harvest: SourceBatch, event: PageFetched) -> None:
        """Note what a publisher reserves on a whole host; that nothing is said is remembered too."""
        outcome, url = event.outcome, event.look.link.url
        if isinstance(outcome, StatusError):
            outcome = Page(
                url=url,
                final_url=url,
                status=outcome.status,
                headers=(),
                body=b"",
                fetched_at=self.errands.now,
            )
        if isinstance(outcome, Page):
            self.shelf.pages.put(outcome.body)
            harvest.reserved.append(outcome)
            self.tdm_rules[url] = read_tdmrep(outcome.body)

    def _tdm_rules(self, url: str) -> tuple[TdmRule, ...]:
        address = tdmrep_address(url)
        if address not in self.tdm_rules:
            stored = self.shelf.store.pages.latest(address)
            body = self.shelf.pages.get(stored.content_hash) if stored else None
            self.tdm_rules[address] = read_tdmrep(body or b"")
        return self.tdm_rules[address]

"""The pages of one source that are read together: what the site repeats is counted over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from pipelines.storage.page_store import PageStore
from pipelines.storage.page_writes import PutPage
from pipelines.storage.store import Store
from pipelines.storage.tables.pages import StoredPage, UnreadPage
from scraper.articles import PageProfile, survey
from scraper.client import Client
from scraper.errors import ExtractionError, FetchError, ScraperError
from scraper.models import Link, Page, Rights, Source
from scraper.rights import TdmRule, TextUse, page_rights, read_tdmrep, text_use
from scraper.robots import Robots

UNKEPT_TOGETHER = 3  # pages of one site that show what the site repeats; fewer show too little
TDMREP_PATH = "/.well-known/tdmrep.json"  # what a publisher reserves on a whole host (W3C TDMRep, 2024)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A fetched page that is to be read. Its body is empty if the page store keeps it.

    ``key`` is that of its frontier entry. ``page_id`` is its row, None until it has one; ``previous_page_id``
    is the row of the version that was stored before.
    """

    link: Link
    page: Page
    content_hash: str
    profile: PageProfile
    rights: Rights
    use: TextUse
    key: str = ""
    page_id: int | None = None
    previous_page_id: int | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the page store keeps its bytes: not if the publisher forbids it."""
        return self.use is not TextUse.FEATURES_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBatch:
    """The pages of one source, complete: nothing is added any more. ``unreadable``: they cannot be read."""

    source: Source
    pages: tuple[FetchedPage, ...] = ()
    unreadable: tuple[tuple[UnreadPage, ScraperError], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBuilder:
    """Collects the fetched pages of each source until it is done."""

    store: Store
    pages: PageStore
    put: PutPage  # into the same pages
    client: Client
    purpose: str
    fetched: dict[str, list[FetchedPage]] = field(default_factory=dict)  # by source
    tdm_rules: dict[str, tuple[TdmRule, ...]] = field(default_factory=dict)  # by URL of the tdmrep.json

    def profile(self, source: Source, link: Link, page: Page, *, key: str) -> FetchedPage:
        """Return a page with its rights. Raises ``ExtractionError`` for what is not a page."""
        profile = survey(page, keep=True)
        rights = page_rights(
            page.final_url,
            headers=page.headers,
            metas=profile.metas,
            robots=self._robots(page.final_url),
            tdm_rules=self._tdm_rules(page.final_url),
        )
        use = text_use(rights, purpose=self.purpose, licence=source.licence)
        return FetchedPage(
            link=link,
            page=page,
            content_hash=page.content_hash,
            profile=profile,
            rights=rights,
            use=use,
            key=key,
        )

    def keep(self, page: Page) -> Future[str]:
        """Begin to put the bytes of a page into the page store; wait for the result before its row is
        written.
        """
        return self.put(page.body)

    def add(self, source: Source, page: FetchedPage) -> None:
        """Collect a page; one that has a row is kept without its bytes, which are on the disk."""
        if page.page_id is not None:
            page = replace(page, page=replace(page.page, body=b""))
        self.fetched.setdefault(source.id, []).append(page)

    def complete(self, source: Source) -> SourceBatch:
        """Return what was collected of a source."""
        return SourceBatch(source=source, pages=tuple(self.fetched.pop(source.id, ())))

    def take_unkept(self, source: Source) -> SourceBatch:
        """Return the pages of a source that may not be kept, once there are enough to read them together.

        They are in memory only: a kill would lose them all if they waited for the end of their source.
        """
        collected = self.fetched.get(source.id, [])
        unkept = tuple(page for page in collected if page.page_id is None)
        if len(unkept) < UNKEPT_TOGETHER:
            return SourceBatch(source=source)
        self.fetched[source.id] = [page for page in collected if page.page_id is not None]
        return SourceBatch(source=source, pages=unkept)

    def left_over(self) -> Iterator[SourceBatch]:
        """Yield the pages that an interrupted run fetched and did not read, by source."""
        for source_id in dict.fromkeys(page.source_id for page in self.store.pages.unread()):
            source = self.store.sources.get(source_id) or Source(id=source_id, name=source_id)
            pages: list[FetchedPage] = []
            unreadable: list[tuple[UnreadPage, ScraperError]] = []
            for unread in self.store.pages.unread(source_id):
                try:
                    pages.append(self._stored(unread))
                except ScraperError as error:
                    unreadable.append((unread, error))
            yield SourceBatch(source=source, pages=tuple(pages), unreadable=tuple(unreadable))

    def _stored(self, unread: UnreadPage) -> FetchedPage:
        """Return an unread page from the page store. Raises ``ExtractionError``."""
        row = self.store.pages.get(unread.page_id)
        body = self.pages.get(row.content_hash) if row else None
        entry = self.store.links.get(unread.source_id, unread.key)
        if row is None or body is None or entry is None:
            raise ExtractionError("the stored page is missing or damaged", row.url if row else unread.key)
        page = page_of(row, body)
        return FetchedPage(
            link=entry.announced or Link(url=row.url, title=entry.title, published_at=entry.published_at),
            page=replace(page, body=b""),
            content_hash=row.content_hash,
            profile=survey(page),
            rights=unread.rights,
            use=TextUse(unread.text_use),
            key=unread.key,
            page_id=unread.page_id,
            previous_page_id=unread.previous_page_id,
        )

    def reserve(self, page: Page) -> None:
        """Note what a publisher reserves on a whole host."""
        self.tdm_rules[page.url] = read_tdmrep(page.body)

    def _robots(self, url: str) -> Robots | None:
        try:
            return self.client.robots(url)
        except FetchError:
            return None

    def _tdm_rules(self, url: str) -> tuple[TdmRule, ...]:
        address = tdmrep_url(url)
        if address not in self.tdm_rules:
            stored = self.store.pages.latest(address)
            body = self.pages.get(stored.content_hash) if stored else None
            self.tdm_rules[address] = read_tdmrep(body or b"")
        return self.tdm_rules[address]


def tdmrep_url(url: str) -> str:
    """Return the URL at which the publisher of a page would say what is reserved on the whole host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}{TDMREP_PATH}"


def page_of(row: StoredPage, body: bytes) -> Page:
    """Return a stored page as it was fetched."""
    return Page(
        url=row.url,
        final_url=row.final_url,
        status=row.status,
        headers=row.headers,
        body=body,
        fetched_at=row.fetched_at,
    )

"""What sites repeat, kept in the store: pages are counted as they come, and read with the counts of their
blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.storage.store import Store
from scraper.articles import PageProfile, SiteKnowledge
from scraper.lazily import lazily

if TYPE_CHECKING:
    from scraper import extraction
    from scraper.extraction import Furniture
else:
    extraction = lazily("scraper.extraction")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFurniture:
    """The furniture of all sites of a store. Parts of titles are counted like blocks: they hold the site's
    name."""

    store: Store

    def knowledge(self, survey: PageProfile) -> SiteKnowledge:
        """What is known of a page's site, as far as it concerns this page."""
        if not survey.site:
            return SiteKnowledge()
        furniture = self._furniture(survey.site, [survey])
        suffixes = [
            part
            for part in survey.segments
            if extraction.is_site_segment(part, furniture.count(_part_hash(part)), furniture.pages)
        ]
        return SiteKnowledge(
            furniture=furniture, title_suffixes=tuple(sorted(suffixes, key=lambda part: (-len(part), part)))
        )

    def learn(self, site: str, surveys: Sequence[PageProfile], *, at: datetime) -> frozenset[int]:
        """Count new pages of a site, copies of earlier ones left out.

        Gives the blocks that thereby became known as furniture: the texts taken before have them still.
        """
        if not site:
            return frozenset()
        before = after = self._furniture(site, surveys)
        counted = []
        for survey in surveys:
            if not after.is_copy(survey.blocks):
                after = after.learn(survey.blocks)
                counted.append((*survey.blocks.hashes, *map(_part_hash, survey.segments)))
        if counted:
            self.store.furniture.learn(site, counted, at=at)
        return frozenset(
            block
            for block, count in after.counts.items()
            if any(
                before.count(block) < bound <= count
                for bound in (extraction.KNOWN_PAGES, extraction.ALWAYS_PAGES)
            )
        )

    def _furniture(self, site: str, surveys: Iterable[PageProfile]) -> Furniture:
        hashes = {
            block
            for survey in surveys
            for block in (*survey.blocks.hashes, *map(_part_hash, survey.segments))
        }
        pages, counts = self.store.furniture.counts(site, hashes)
        return extraction.Furniture(site=site, pages=pages, counts=counts)


def _part_hash(part: str) -> int:
    return extraction.block_hash(f"<title part> {part}")

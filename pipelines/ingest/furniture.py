"""What sites repeat: pages are counted as they come, and read with the counts of their blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from pipelines.storage.store import Store
from scraper import extraction
from scraper.articles import PageProfile, SiteKnowledge
from scraper.models import Article

if TYPE_CHECKING:
    from scraper.extraction import Furniture


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFurniture:
    """The furniture of all sites of a store. Parts of titles, such as the site's name, count like blocks."""

    store: Store

    def knowledge(self, profile: PageProfile) -> SiteKnowledge:
        """Return what is known of a page's site, as far as it concerns this page."""
        if not profile.site:
            return SiteKnowledge(zone=self.store.zone)
        return knowledge_of(profile, self._furniture(profile.site, [profile]), zone=self.store.zone)

    def learn(self, site: str, profiles: Sequence[PageProfile], *, at: datetime) -> frozenset[int]:
        """Count new pages of a site and return the blocks that became known as furniture.

        Copies of earlier pages do not count. Texts that were read before still have these blocks.
        """
        if not site:
            return frozenset()
        before = after = self._furniture(site, profiles)
        parts: Counter[str] = Counter()
        counted = []
        for profile in profiles:
            if not after.is_copy(profile.blocks):
                after = after.learn(profile.blocks)
                parts.update(profile.segments)
                counted.append((*profile.blocks.hashes, *map(part_hash, profile.segments)))
        if counted:
            self.store.furniture.learn(site, counted, at=at)
        return frozenset((*_newly_known(before, after), *_newly_site_parts(before, after, parts)))

    def _furniture(self, site: str, profiles: Iterable[PageProfile]) -> Furniture:
        hashes = {
            block
            for profile in profiles
            for block in (*profile.blocks.hashes, *map(part_hash, profile.segments))
        }
        pages, counts = self.store.furniture.counts(site, hashes)
        return extraction.Furniture(site=site, pages=pages, counts=counts)


def knowledge_of(profile: PageProfile, furniture: Furniture, *, zone: tzinfo) -> SiteKnowledge:
    """Return what the counts of a site say of one of its pages; ``zone`` is that of the desk."""
    suffixes = [
        part
        for part in profile.segments
        if extraction.is_site_segment(part, furniture.count(part_hash(part)), furniture.pages)
    ]
    return SiteKnowledge(
        furniture=furniture,
        title_suffixes=tuple(sorted(suffixes, key=lambda part: (-len(part), part))),
        zone=zone,
    )


def _newly_known(before: Furniture, after: Furniture) -> Iterator[int]:
    """Yield the blocks whose count crossed a bound above which they are furniture."""
    for block, count in after.counts.items():
        for bound in (extraction.KNOWN_PAGES, extraction.ALWAYS_PAGES):
            if before.count(block) < bound <= count:
                yield block


def _newly_site_parts(before: Furniture, after: Furniture, added: Counter[str]) -> Iterator[int]:
    """Yield the hashes of the parts of titles that became known as the site's name."""
    for part, times in added.items():
        count = before.count(part_hash(part))
        was_known = extraction.is_site_segment(part, count, before.pages)
        if not was_known and extraction.is_site_segment(part, count + times, after.pages):
            yield part_hash(part)


def part_hash(part: str) -> int:
    """Return the hash of a part of a title."""
    return extraction.block_hash(f"<title part> {part}")


def article_hashes(article: Article) -> set[int]:
    """Return the hashes of an article's lines and of the parts of its title, as furniture counts them."""
    lines = {extraction.block_hash(line) for line in article.text.splitlines()}
    return lines | title_hashes(article.title)


def title_hashes(title: str) -> set[int]:
    """Return the hashes of the parts of a title."""
    return {part_hash(part) for part in extraction.title_segments(title)}

"""The stages ``survey``, ``furniture`` and ``extract``: pages to articles, with what their sites repeat.

As ``import`` does it, by the same functions, in another order: first all pages are counted, then each is read
with the counts of all. Of two records with one identity the newest is the article; the older ones are
dropped, or are articles of their own where an archive put several under one address (``is_version``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from typing import Any

import msgspec
import numpy as np

from pipelines.backfill.drops import Drops
from pipelines.backfill.folder import (
    Array,
    Folder,
    SegmentFiles,
    gathered,
    packed,
    write_segments,
)
from pipelines.backfill.heads import HeadRows, write_heads
from pipelines.backfill.plan import Plan
from pipelines.backfill.reading import records_of
from pipelines.backfill.records import Record, identity_hash, partition_of, stored_row
from pipelines.ingest.furniture import knowledge_of, part_hash
from pipelines.ingest.importer import headline_instead, site_given
from pipelines.ingest.resolve import is_version
from pipelines.models import Failure
from pipelines.storage.tables.article_rows import dated, decode_rights, encode_rights
from scraper import extraction
from scraper.articles import PageProfile, SiteKnowledge, read_page, survey
from scraper.errors import ScraperError
from scraper.models import Access, Article, Link
from scraper.rights import page_rights

SURVEY, PROFILES, FURNITURE, EXTRACT, ARTICLES = "survey", "profiles", "furniture", "extract", "articles"
# Pages of one site that are counted: those whose identity has the lowest hash, so an even sample of them. The
# counts of 20,000 pages take some 200 MB while they are made.
MOST_PAGES = 20_000
REPEATED, OLDER, BEFORE = "the same record again", "an older version", "published before --since"


class Profile(msgspec.Struct, array_like=True, frozen=True):
    """What a page showed before it was read: its site, its blocks, its rights; or why it cannot be read."""

    site: str = ""
    title: int = 0
    blocks: bytes = b""  # 64-bit hashes
    sentences: bytes = b""  # 1 for each block that is running text
    segments: tuple[str, ...] = ()
    rights: str = "{}"
    error: str = ""
    message: str = ""

    def page_profile(self) -> PageProfile:
        """Return the profile as the extraction takes it."""
        hashes = np.frombuffer(self.blocks, dtype="<i8").tolist()
        blocks = tuple(
            extraction.Block(hash=block, text="", sentence=bool(flag))
            for block, flag in zip(hashes, self.sentences, strict=True)
        )
        counted = extraction.PageBlocks(title=self.title, blocks=blocks)
        return PageProfile(site=self.site, blocks=counted, segments=frozenset(self.segments), metas=())


# The outlines of the pages, one a record: some 6 kB a page, a third of the packed page, for a seventh of the
# time of reading it.
OUTLINES = "outlines"
_PROFILES = msgspec.msgpack.Decoder(list[Profile])


def groups_of(folder: Folder, plan: Plan, partition: int, drops: Drops) -> Iterator[list[Record]]:
    """Yield the records of each identity, the newest first, none twice, in an order of their own."""
    records = sorted(
        records_of(folder, plan, partition), key=lambda one: (identity_hash(one.identity), one.identity)
    )
    for _, same in groupby(records, key=lambda one: one.identity):
        group: list[Record] = []
        for record in sorted(same, key=lambda one: one.newest_first, reverse=True):
            if any(record.digest == other.digest for other in group):
                drops.count(SURVEY, REPEATED)
            else:
                group.append(record)
        yield group


def survey_pages(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Count what the pages of a partition show, for their sites, and keep the profile of each."""
    drops = Drops()
    profiles: list[Profile] = []
    outlines: list[bytes] = []
    counted: list[list[Profile]] = [[] for _ in range(plan.partitions)]
    for group in groups_of(folder, plan, number, drops):
        for position, record in enumerate(group):
            profile, outline = _profile(record, plan.moment) if record.is_page else (Profile(), b"")
            profiles.append(profile)
            outlines.append(packed(outline) if outline else b"")
            if position == 0 and profile.site:
                counted[partition_of(profile.site, plan.partitions)].append(profile)
    encode = msgspec.msgpack.encode
    write_segments(folder.file(PROFILES, number), [packed(encode(profiles))])
    write_segments(folder.file(OUTLINES, number), outlines)
    write_segments(folder.file(SURVEY, number), (packed(encode(each)) if each else b"" for each in counted))
    return {"records": len(profiles), **drops.marks()}


def _profile(record: Record, as_of: datetime) -> tuple[Profile, bytes]:
    """Return the profile of a page, and its outline."""
    page, declared = record.page(as_of), record.declares()
    try:
        profile = survey(page, site=site_given(page, declared.source_id), keep=True)
    except ScraperError as error:
        return Profile(error=type(error).__name__, message=error.message), b""
    blocks = profile.blocks.blocks
    made = Profile(
        site=profile.site,
        title=profile.blocks.title,
        blocks=np.array([block.hash for block in blocks], dtype="<i8").tobytes(),
        sentences=bytes(block.sentence for block in blocks),
        segments=tuple(sorted(profile.segments)),
        rights=encode_rights(page_rights(page.url, metas=profile.metas)),
    )
    return made, profile.outline


def learn_sites(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Add up what the pages of each site repeat, in the order of their identities."""
    by_site: dict[str, list[Profile]] = {}
    for content in gathered(folder, SURVEY, range(plan.partitions), number):
        for profile in _PROFILES.decode(content) if content else ():
            by_site.setdefault(profile.site, []).append(profile)
    segments, sites = [], sorted(by_site)
    for site in sites:
        pages = map(_counted, islice(by_site[site], MOST_PAGES))
        learned = extraction.learn_furniture(site, pages)
        repeated = sorted(
            (block, count) for block, count in learned.counts.items() if count >= extraction.KNOWN_PAGES
        )
        segments.append(packed(np.array([(learned.pages, 0), *repeated], dtype="<i8").tobytes()))
    write_segments(folder.file(FURNITURE, number), [packed(msgspec.msgpack.encode(sites)), *segments])
    return {"sites": len(sites), "pages": sum(map(len, by_site.values()))}


def _counted(profile: Profile) -> extraction.PageBlocks:
    """Return the blocks of a page with the parts of its title, which count like blocks."""
    page = profile.page_profile()
    parts = (
        extraction.Block(hash=part_hash(part), text="", sentence=False) for part in sorted(page.segments)
    )
    return replace(page.blocks, blocks=(*page.blocks.blocks, *parts))


@dataclass
class Sites:
    """What the sites of a backfill repeat, read when a page asks."""

    folder: Folder
    plan: Plan
    _files: SegmentFiles = field(default_factory=SegmentFiles)
    _names: dict[int, dict[str, int]] = field(default_factory=dict)
    _counts: dict[str, Array] = field(default_factory=dict)

    def knowledge(self, profile: Profile) -> SiteKnowledge:
        """Return what is known of a page's site, as far as it concerns this page."""
        page = profile.page_profile()
        if not page.site:
            return SiteKnowledge(zone=self.plan.zone)
        rows = self._of(page.site)
        asked = np.array(sorted({*page.blocks.hashes, *map(part_hash, page.segments)}), dtype="<i8")
        known = rows[1:]
        places = np.searchsorted(known[:, 0], asked)
        hits = places < len(known)
        hits[hits] = known[places[hits], 0] == asked[hits]
        counts = dict(zip(asked[hits].tolist(), known[places[hits], 1].tolist(), strict=True))
        furniture = extraction.Furniture(site=page.site, pages=int(rows[0, 0]), counts=counts)
        return knowledge_of(page, furniture, zone=self.plan.zone)

    def _of(self, site: str) -> Array:
        if site not in self._counts:
            number = partition_of(site, self.plan.partitions)
            path = self.folder.file(FURNITURE, number)
            if number not in self._names:
                names = msgspec.msgpack.decode(self._files.read(path, 0), type=list[str])
                self._names[number] = {name: place for place, name in enumerate(names, 1)}
            content = self._files.read(path, self._names[number][site])
            self._counts[site] = np.frombuffer(content, dtype="<i8").reshape(-1, 2)
        return self._counts[site]


def extract(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Read the pages of a partition with what their sites repeat, and write its articles."""
    drops, sites = Drops(), Sites(folder, plan)
    profiles = _surveyed(folder, number)
    heads, segments = HeadRows(), []
    for group in groups_of(folder, plan, number, Drops()):
        for article, record in _kept(group, profiles, sites, plan, drops):
            row = stored_row(
                article, at=plan.moment, extractor=plan.extractor if record.is_page and article.text else ""
            )
            removed = [(each.text, each.reason) for each in article.removed]
            heads.add(row)
            segments.append(article_segment(row, removed))
    write_segments(folder.file(ARTICLES, number), segments)
    write_heads(folder.file(EXTRACT, number, "arrow"), heads)
    return {"articles": len(segments), **drops.marks()}


def _surveyed(folder: Folder, number: int) -> Iterator[tuple[Profile, bytes]]:
    """Yield the profiles of a partition, with the outlines."""
    files = SegmentFiles()
    for place, profile in enumerate(_PROFILES.decode(files.read(folder.file(PROFILES, number), 0))):
        yield profile, files.read(folder.file(OUTLINES, number), place)
    files.close()


def _kept(
    group: Sequence[Record], profiles: Iterator[tuple[Profile, bytes]], sites: Sites, plan: Plan, drops: Drops
) -> list[tuple[Article, Record]]:
    """Return the articles of one identity: the newest, and those that share nothing but its address.

    A headline is never in place of a text.
    """
    read = [(_article(record, *next(profiles), sites, plan, drops), record) for record in group]
    found = [(article, record) for article, record in read if article is not None]
    kept: list[tuple[Article, Record]] = []
    for article, record in sorted(found, key=lambda each: each[0].access is Access.HEADLINE):
        if plan.since and article.published_at and article.published_at < datetime.fromisoformat(plan.since):
            drops.count(EXTRACT, BEFORE)
        elif any(article.external_id or not article.url or is_version(article, other) for other, _ in kept):
            drops.count(EXTRACT, OLDER)
        else:
            kept.append((article, record))
    return kept


def _article(  # noqa: PLR0917 - one private call
    record: Record, profile: Profile, outline: bytes, sites: Sites, plan: Plan, drops: Drops
) -> Article | None:
    article = _read(record, profile, outline, sites, plan, drops) if record.is_page else record.ready()
    if article is None:
        return None
    article = dated(article, at=plan.moment, zone=plan.zone)
    if article.agency is None:
        article = replace(article, agency=extraction.agency_credit(article.authors, article.text))
    return article


def _read(  # noqa: PLR0917 - one private call
    record: Record, profile: Profile, outline: bytes, sites: Sites, plan: Plan, drops: Drops
) -> Article | None:
    """Return the article of a page; of one without a text the headline, if a title was given with it."""
    if profile.error:
        return _headline(record, profile.error, profile.message, drops)
    page = record.page(plan.moment)
    knowledge = replace(sites.knowledge(profile), outline=outline)
    try:
        read = read_page(page, Link(url=page.url), knowledge, now=page.fetched_at)
    except ScraperError as error:
        return _headline(record, type(error).__name__, error.message, drops)
    article = record.declares().over(read)
    if article.access is Access.FULL:
        article = replace(article, access=Access.IMPORTED)
    return replace(article, rights=decode_rights(profile.rights))


def _headline(record: Record, error: str, message: str, drops: Drops) -> Article | None:
    headline = headline_instead(record.declares(), error)
    message = f"{message}; its title is read as a headline" if headline else message
    drops.failed(_failure(record, error, message))
    return headline


def _failure(record: Record, error: str, message: str) -> Failure:
    url = None if record.url.startswith("urn:") else record.url or None
    return Failure(stage=EXTRACT, error=error, message=f"{record.place}: {message}", url=url)


def article_segment(row: Sequence[Any], removed: Iterable[tuple[str, str]]) -> bytes:
    """Return an article as a segment."""
    cleaned = [(_plain(text), _plain(why)) for text, why in removed]
    return packed(msgspec.msgpack.encode((row, cleaned)))


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def read_segment(segment: bytes) -> tuple[list[Any], list[tuple[str, str]]]:
    """Return the row and the removed blocks of a segment's content."""
    row, removed = msgspec.msgpack.decode(segment)
    return row, [tuple(each) for each in removed]

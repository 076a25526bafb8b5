"""Turn a fetched page into an article: parse it, find its site and what the site repeats, extract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scraper import extraction
from scraper.days import is_future
from scraper.decoding import decode
from scraper.discovery.follow_on import split_pages
from scraper.errors import AddressError, ExtractionError, MissingPageError, ScraperError
from scraper.languages import language_tag
from scraper.models import Access, Article, Link, Page, Provenance, Selectors
from scraper.sandbox import bounded, is_ordinary
from scraper.urls import believable_canonical, canonical_url, is_home_page, site_of

if TYPE_CHECKING:
    from scraper.extraction import Document, Furniture, PageBlocks
    from scraper.extraction.selectors import SelectedPage

DUMP_TYPE = "text/x-page-dump"  # our own name for the visible text of a page, as it is kept in the page store
UNMATCHED = "selector without a match"  # a field of `Article.origins`; its place is the key of the selector
DUMP_SITE = "dump:"
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
SHORTEST_FEED_ARTICLE = 80  # words; a feed's content below that is a teaser, whatever the feed calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProfile:
    """What a page shows before it is read: its site, its blocks, the parts of its title, its meta
    elements.
    """

    site: str
    blocks: PageBlocks
    segments: frozenset[str]
    metas: tuple[tuple[str, str], ...]
    outline: bytes = b""  # where asked for: spares `read_page` the walk over the page, a seventh of its time


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKnowledge:
    """What is known of a page's site when the page is read."""

    furniture: Furniture | None = None
    title_suffixes: tuple[str, ...] = ()
    selectors: Selectors = field(default_factory=Selectors)
    zone: tzinfo | None = None  # of the desk: that of times without a zone
    any_text: bool = False  # a person named this page: refuse it only if it has no text
    outline: bytes = b""  # of `PageProfile`, if this very page was surveyed with ``keep``


def survey(page: Page, *, site: str | None = None, keep: bool = False) -> PageProfile:
    """Return the profile of a page; ``site`` where its URL does not give it, ``keep`` to have its outline.

    Raises ``ExtractionError``.
    """
    return _survey(page, site, keep) if is_ordinary(page.body) else bounded(_survey, page, site, keep)


def _survey(page: Page, site: str | None, keep: bool) -> PageProfile:
    if is_dump(page):
        return _survey_dump(page, _site_of(page.final_url) if site is None else site)
    if _leads_home(page):
        raise MissingPageError("the address leads to the front page; the article is not there", page.url)
    first, *further = split_pages(page.body)[0]
    document = extraction.read_document(first, page.final_url, page.content_type)
    return PageProfile(
        site=_site_of(page.final_url) if site is None else site,
        blocks=extraction.page_blocks(document),
        segments=extraction.title_segments(document.root.findtext(".//title") or ""),
        metas=tuple(_metas(document)),
        outline=extraction.pack_outline(document.outline, document.root) if keep and not further else b"",
    )


def read_page(page: Page, link: Link, knowledge: SiteKnowledge, *, now: datetime) -> Article:
    """Return the article of a page under its own URL. Raises ``ExtractionError``."""
    if is_ordinary(page.body):
        return _read_page(page, link, knowledge, now)
    return bounded(_read_page, page, link, knowledge, now)


def _read_page(page: Page, link: Link, knowledge: SiteKnowledge, now: datetime) -> Article:
    address = page.final_url if _site_of(page.final_url) else None
    if is_dump(page):
        return _read_dump(page, address, knowledge, now)
    bodies, is_complete = split_pages(page.body)
    articles = _articles(page, bodies, address, link, knowledge, now)
    article = (
        _joined(articles, is_complete=is_complete) if len(bodies) > 1 or not is_complete else next(articles)
    )
    if address is None:
        return replace(article, url=None)
    url = canonical_url(page.final_url)
    canonical = believable_canonical(article.canonical_url, url) if article.canonical_url else None
    return replace(article, url=url, canonical_url=canonical or url)


def _articles(  # noqa: PLR0917
    page: Page,
    bodies: Iterable[bytes],
    address: str | None,
    link: Link,
    knowledge: SiteKnowledge,
    now: datetime,
) -> Iterator[Article]:
    """Yield what each page of an article says."""
    for body in bodies:
        selected = None
        if knowledge.selectors:
            selected = extraction.select_parts(
                decode(body, page.content_type), knowledge.selectors, host=urlsplit(page.final_url).hostname
            )
        document = extraction.read_document(selected.markup if selected else body, address, page.content_type)
        if knowledge.outline and selected is None:
            document = replace(document, kept=knowledge.outline)
        try:
            article = extraction.extract_document(
                document,
                furniture=None if selected and selected.has_body else knowledge.furniture,
                title_suffixes=knowledge.title_suffixes,
                link=link,
                now_limit=now,
                zone=knowledge.zone,
                any_text=knowledge.any_text,
            )
        except ExtractionError:
            if selected is None or not selected.has_body:
                raise
            article = Article(title=link.title, published_at=link.published_at, authors=link.authors)
        yield _with_selected(article, document, selected, knowledge, now) if selected else article


def _with_selected(
    article: Article, document: Document, selected: SelectedPage, knowledge: SiteKnowledge, now: datetime
) -> Article:
    """Return the article with the parts that the selectors picked in place of those that the rules found.

    A selector that picks nothing changes nothing; that it did not is noted among the origins.
    """
    text = "\n".join(block.text for block in document.blocks if block.text != selected.title)
    notes = tuple(Provenance(field=UNMATCHED, place=key) for key in selected.unmatched)
    published = selected.published.in_zone(knowledge.zone) if selected.published else None
    if published and not is_future(published.at, now):
        article = replace(article, published_at=published.at, published_precision=published.precision)
    return replace(
        article,
        title=selected.title or article.title,
        text=text if selected.has_body else article.text,
        authors=selected.authors or article.authors,
        removed=() if selected.has_body else article.removed,
        origins=(*article.origins, *notes),
    )


def _joined(articles: Iterator[Article], *, is_complete: bool) -> Article:
    """Return the pages of one article as one; it is a teaser when a page is missing or cannot be read."""
    article = next(articles)
    lines = dict.fromkeys(article.text.splitlines())
    try:
        for more in articles:
            lines |= dict.fromkeys(line for line in more.text.splitlines() if line != article.title)
    except ScraperError:
        is_complete = False
    article = replace(article, text="\n".join(lines))
    if is_complete:
        return article
    reason = Provenance(field="access", place="a further page of the article is missing")
    return replace(article, access=Access.TEASER, origins=(*article.origins, reason))


def is_dump(page: Page) -> bool:
    """Return whether a page is the visible text of one, imported as such."""
    return (page.content_type or "").startswith(DUMP_TYPE)


def _survey_dump(page: Page, site: str) -> PageProfile:
    """Return the profile of a dump; its lines are counted apart, because a page may be imported both
    ways.
    """
    text = page.body.decode("utf-8", "replace")
    lines = dict.fromkeys(extraction.line_blocks(text))
    blocks = extraction.PageBlocks(
        title=extraction.block_hash(f"<dump> {page.content_hash}"),
        blocks=tuple(extraction.Block(hash=line, text="", sentence=True) for line in lines),
    )
    return PageProfile(
        site=f"{DUMP_SITE}{site}" if site else "", blocks=blocks, segments=frozenset(), metas=()
    )


def _read_dump(page: Page, address: str | None, knowledge: SiteKnowledge, now: datetime) -> Article:
    furniture = knowledge.furniture
    known = {block for block in furniture.counts if furniture.is_repeated(block)} if furniture else set()
    article = extraction.extract_text(
        page.body.decode("utf-8", "replace"), url=address, furniture_lines=known, now_limit=now
    )
    return replace(article, url=address, canonical_url=address)


def _leads_home(page: Page) -> bool:
    return page.url != page.final_url and is_home_page(page.final_url) and not is_home_page(page.url)


def _site_of(url: str) -> str:
    """Return the site of a URL; empty for what was imported without one."""
    try:
        return site_of(url)
    except AddressError:
        return ""


def announced_article(link: Link, *, now: datetime) -> Article | None:
    """Return what the channel itself says of an article whose page cannot be read; ``None`` if it says
    nothing.

    A feed's full content serves as the text; else its summary is a teaser, else there is the headline
    alone.
    """
    if not link.title.strip():
        return None
    published = link.published_at
    if published and is_future(published, now):
        published = None
    whole = _content(link, now)
    text = whole.text if whole else _plain(link.summary)
    return Article(
        title=link.title,
        text=text,
        url=link.url,
        canonical_url=link.url,
        authors=link.authors,
        published_at=published,
        modified_at=link.modified_at,
        language=language_tag(link.language),
        publisher=link.publisher or None,
        agency=extraction.agency_credit(link.authors, text),
        access=Access.FULL if whole else Access.TEASER if text.strip() else Access.HEADLINE,
        removed=whole.removed if whole else (),
    )


def _plain(markup: str) -> str:
    """Return the words of a summary, which feeds give as HTML."""
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _content(link: Link, now: datetime) -> Article | None:
    if len(link.content.split()) < SHORTEST_FEED_ARTICLE:
        return None
    try:
        document = extraction.read_document(
            f"<html><body><article>{link.content}</article></body></html>", link.url
        )
        article = extraction.extract_document(document, link=link, now_limit=now)
    except ScraperError:
        return None
    return article if article.word_count >= SHORTEST_FEED_ARTICLE else None


def _metas(document: Document) -> Iterator[tuple[str, str]]:
    for element in document.root.iter("meta"):
        name, content = element.get("name") or element.get("http-equiv"), element.get("content")
        if name and content:
            yield name, content

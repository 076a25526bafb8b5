"""From a page to what is kept of it: parse, see whose it is and what it repeats, extract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from scraper.errors import NotAnArticleError, ScraperError
from scraper.extraction import Document, Furniture, PageBlocks, extract_document, page_blocks, read_document
from scraper.extraction.titles import title_segments
from scraper.models import Access, Article, Link, Page
from scraper.urls import believable_canonical, canonical_url, is_home_page, site_of

SHORTEST_FEED_ARTICLE = 80  # words; a feed's content below that is a teaser, whatever the feed calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a page shows before it is read: whose it is, its blocks, the parts of its title, its meta elements."""

    site: str
    blocks: PageBlocks
    segments: frozenset[str]
    metas: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of a page's site when the page is read."""

    furniture: Furniture | None = None
    title_suffixes: tuple[str, ...] = ()


def survey(page: Page) -> Survey:
    """The survey of a page. Raises ``ExtractionError``."""
    if is_home_page(page.final_url) and not is_home_page(page.url):
        raise NotAnArticleError("the address leads to the front page; the article is not there", page.url)
    document = read_document(page.body, page.final_url, page.content_type)
    return Survey(
        site=site_of(page.final_url),
        blocks=page_blocks(document),
        segments=title_segments(document.root.findtext(".//title") or ""),
        metas=tuple(_metas(document)),
    )


def read_page(page: Page, link: Link, knowledge: Knowledge, *, now: datetime) -> Article:
    """The article of a page, under its own address. Raises ``ExtractionError``."""
    document = read_document(page.body, page.final_url, page.content_type)
    article = extract_document(
        document,
        furniture=knowledge.furniture,
        title_suffixes=knowledge.title_suffixes,
        link=link,
        now_limit=now,
    )
    url = canonical_url(page.final_url)
    canonical = believable_canonical(article.canonical_url, url) if article.canonical_url else None
    return replace(article, url=url, canonical_url=canonical or url)


def announced_article(link: Link, *, now: datetime) -> Article | None:
    """What the channel itself tells of an article whose page is blocked; ``None`` when it tells nothing.

    A feed's full content serves as the text. Else its summary is a teaser, else there is the headline alone.
    """
    if not link.title.strip():
        return None
    whole = _content(link, now)
    text = whole.text if whole else link.summary
    return Article(
        title=link.title,
        text=text,
        url=link.url,
        canonical_url=link.url,
        authors=link.authors,
        published_at=link.published_at,
        modified_at=link.modified_at,
        language=link.language,
        access=Access.FULL if whole else Access.TEASER if text.strip() else Access.HEADLINE,
        removed=whole.removed if whole else (),
    )


def _content(link: Link, now: datetime) -> Article | None:
    if len(link.content.split()) < SHORTEST_FEED_ARTICLE:
        return None
    try:
        document = read_document(f"<html><body><article>{link.content}</article></body></html>", link.url)
        article = extract_document(document, link=link, now_limit=now)
    except ScraperError:
        return None
    return article if article.word_count >= SHORTEST_FEED_ARTICLE else None


def _metas(document: Document) -> Iterator[tuple[str, str]]:
    for element in document.root.iter("meta"):
        name, content = element.get("name") or element.get("http-equiv"), element.get("content")
        if name and content:
            yield name, content

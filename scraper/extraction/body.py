"""The body text of a page: trafilatura in its fast mode, with our rules around it."""

from __future__ import annotations

import logging
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING

from trafilatura import bare_extraction

from scraper.errors import EmptyPageError
from scraper.extraction.document import Document, read_document
from scraper.extraction.furniture import Furniture
from scraper.extraction.metadata import read_metadata
from scraper.models import Article, Link

if TYPE_CHECKING:
    from lxml.html import HtmlElement

EXTRACTOR_VERSION = "1"


def extract(html: str | bytes, url: str | None = None, *, content_type: str | None = None) -> Article:
    """The clean article of one page. Raises `ExtractionError`, whose message says why there is none."""
    return extract_document(read_document(html, url, content_type))


def extract_document(
    document: Document,
    *,
    furniture: Furniture | None = None,
    link: Link | None = None,
    now_limit: datetime | None = None,
    title_suffixes: tuple[str, ...] = (),
) -> Article:
    """The clean article of a parsed page.

    ``furniture`` is what the site is known to repeat, this page counted too. ``link`` is how a channel announced the
    article; it fills what the page does not say.
    """
    metadata = read_metadata(document, now_limit=now_limit, title_suffixes=title_suffixes)
    text = _main_text(deepcopy(document.root))
    if not text:
        raise EmptyPageError("no article text on the page", document.url or "")
    return Article(
        title=metadata.title or (link.title if link else ""),
        text=text,
        url=document.url,
        canonical_url=metadata.canonical_url,
        authors=metadata.authors or (link.authors if link else ()),
        published_at=metadata.published_at or (link.published_at if link else None),
        modified_at=metadata.modified_at or (link.modified_at if link else None),
        language=metadata.language or (link.language if link else None),
        access=metadata.access,
        publisher=metadata.publisher,
        origins=metadata.origins,
    )


def _main_text(root: HtmlElement) -> str:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = bare_extraction(root, fast=True, include_comments=False)
    return "\n".join(line for line in (found.text or "").splitlines() if line.strip()) if found else ""

"""What reading an input gives: one record for each article, or its failure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipelines.models import Failure
from scraper.models import Access, Article, DatePrecision


class InputFormat(StrEnum):
    """The format of an input; `AUTO` looks at the first bytes of each file."""

    AUTO = "auto"
    HTML = "html"
    TEXT = "text"
    JSONL = "jsonl"
    EML = "eml"
    WARC = "warc"
    NEXIS = "nexis"  # exports of Nexis Uni, Factiva and ProQuest
    URLS = "urls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the importer declares of an article; it has precedence over the page."""

    external_id: str | None = None
    url: str | None = None
    title: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_precision: DatePrecision | None = None  # of ``published_at``; None: midnight tells a day
    language: str | None = None
    source_id: str | None = None

    def over(self, article: Article) -> Article:
        """Return the article with every declared value in its place."""
        given = {
            field.name: value
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) not in (None, "", ())
        }
        if self.published_at is not None:  # of the page's own date otherwise
            given["published_precision"] = self.published_precision
        return dataclasses.replace(article, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """A saved page, still to be extracted. ``place`` says where it was read: ``file`` or ``file:line``.

    ``fetched_at`` is when an archive fetched it; ``None`` for now.
    """

    page: str | bytes
    url: str | None
    declared: Declared
    place: str
    content_type: str | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPage:
    """A page dumped as plain text, still to be extracted."""

    page_text: str
    url: str | None
    declared: Declared
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyArticle:
    """An article that needs no extraction: clean text, or a headline alone."""

    article: Article
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFetch:
    """A URL from a list, still to be fetched."""

    url: str
    source_id: str | None
    place: str


Imported = HtmlPage | PlainPage | ReadyArticle | ToFetch | Failure


def headline_or_imported(text: str) -> Access:
    """Return `Access.IMPORTED` for an article with a text, `Access.HEADLINE` for a title alone."""
    return Access.IMPORTED if text.strip() else Access.HEADLINE


def failure(message: str, *, place: str, error: str, source_id: str | None = None) -> Failure:
    """Return the failure of one input: ``place: message``, on one line."""
    return Failure(
        stage="import", error=error, message=" ".join(f"{place}: {message}".split()), source_id=source_id
    )

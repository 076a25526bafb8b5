"""What one input holds, on its way through the work files: one record for each page or article. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from pipelines.ingest.importer import page_of_record
from pipelines.ingest.inputs.records import Declared, HtmlPage, PlainPage, ReadyArticle
from pipelines.storage.rows import RowCodec
from pipelines.storage.tables.article_rows import (
    ARTICLE,
    STORED_ARTICLE,
    StoredArticle,
    article_values,
    url_key,
)
from pipelines.storage.values import moment, stamp, storable
from scraper.models import Article, Page, Removed

DECLARED = RowCodec(Declared)
_SEPARATOR = "\x1f"


class Record(msgspec.Struct, array_like=True, frozen=True):
    """One page or article of an input. Of records with one identity the newest is the article."""

    identity: str
    place: str  # file and line or number, for messages
    seen_at: str | None  # when an archive fetched it
    published: str  # as declared; empty if not
    digest: str  # of all that it says
    url: str  # of a page
    content_type: str
    body: bytes  # of a page; empty for an article that needs no extraction
    declared: Sequence[Any]
    article: Sequence[Any] | None = None  # columns of `ARTICLE`
    removed: Sequence[tuple[str, str]] = ()

    @property
    def newest_first(self) -> tuple[str, str, str]:
        """Sort by it in reverse: the newest comes first, and of equals always the same one."""
        return (self.seen_at or "", self.published, self.digest)

    @property
    def is_page(self) -> bool:
        """Whether it is a page that is still to be read."""
        return self.article is None

    def page(self, as_of: datetime) -> Page:
        """Return the page as if it had been fetched; ``as_of`` where its archive does not say when."""
        return Page(
            url=self.url,
            final_url=self.url,
            status=200,
            headers=(("content-type", self.content_type),) if self.content_type else (),
            body=self.body,
            fetched_at=moment(self.seen_at) or as_of,
        )

    def declares(self) -> Declared:
        """Return what the importer says of the article."""
        return DECLARED.record(tuple(self.declared))

    def ready(self) -> Article:
        """Return the article of a record that is not a page."""
        article = ARTICLE.record(tuple(self.article or ()))
        return replace(article, removed=tuple(Removed(text=text, reason=why) for text, why in self.removed))


def page_record(imported: HtmlPage | PlainPage, as_of: datetime) -> Record:
    """Return the record of a page."""
    page, declared = page_of_record(imported, as_of), imported.declared
    address = None if page.url.startswith("urn:") else page.url
    values = DECLARED.values(declared)
    seen_at = stamp(imported.fetched_at) if isinstance(imported, HtmlPage) else None
    return Record(
        identity=_identity(declared, declared.url or address, page.content_hash),
        place=imported.place,
        seen_at=seen_at,
        published=stamp(declared.published_at) or "",
        digest=_digest(page.content_hash, page.content_type, values),
        url=page.url,
        content_type=page.content_type or "",
        body=page.body,
        declared=values,
    )


def article_record(imported: ReadyArticle) -> Record:
    """Return the record of an article that needs no extraction."""
    article = imported.article
    values = ARTICLE.values(article)
    declared = Declared(
        external_id=article.external_id, url=article.url, title=article.title, source_id=article.source_id
    )
    return Record(
        identity=_identity(declared, article.url, article.content_hash),
        place=imported.place,
        seen_at=None,
        published=stamp(article.published_at) or "",
        digest=_digest(values),
        url=article.url or "",
        content_type="",
        body=b"",
        declared=(),
        article=values,
        removed=[(storable(each.text), storable(each.reason)) for each in article.removed],
    )


def _identity(declared: Declared, url: str | None, content_hash: str) -> str:
    """Return what two records of one article have in common: an id with its source and address, else the
    address, else the content.
    """
    key = url_key(url) or ""
    if declared.external_id is not None:
        parts: tuple[str, ...] = ("id", declared.external_id, declared.source_id or "", key)
    elif key:
        parts = ("url", key)
    else:
        parts = ("content", content_hash, declared.source_id or "")
    return storable(_SEPARATOR.join(parts))


def _digest(*parts: object) -> str:
    spelled = repr(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(spelled, digest_size=12).hexdigest()


def partition_of(identity: str, partitions: int) -> int:
    """Return the partition of an identity, the same for ever."""
    return int.from_bytes(identity_hash(identity)[:4]) * partitions >> 32


def identity_hash(identity: str) -> bytes:
    """Return the hash by which identities are put in order."""
    return hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=8).digest()


def stored_row(article: Article, *, at: datetime, extractor: str) -> tuple[Any, ...]:
    """Return the columns of an article as the database will hold them; ``at``: when it was seen."""
    values = article_values(article, at=at, page_id=None, extractor=extractor, text_use="full")
    values |= {"id": 0, "story_id": None, "copy_group": None, "first_seen_at": stamp(at)}
    return tuple(values[name] for name in STORED_ARTICLE.columns)


def stored_article(row: Sequence[Any], number: int) -> StoredArticle:
    """Return the stored article of a row, under its number."""
    return replace(STORED_ARTICLE.record(tuple(row)), id=number)

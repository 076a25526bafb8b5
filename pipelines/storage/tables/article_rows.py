"""How an article becomes a row and comes back, and by what two articles are known to be the same."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipelines.storage.tables.connection import Row, moment, stamp, storable, to_json
from scraper.errors import AddressError
from scraper.models import Access, Article, Provenance, Rights
from scraper.urls import canonical_url

SHORTEST_COPY_WORDS = (
    40  # "More to follow." is shared by chance; of gvc's 33 shared texts of 40 words most are syndication
)
FEATURES_ONLY = "features_only"  # text_use: the publisher lets the text be looked at, not kept


class Change(StrEnum):
    """What saving an article came to."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upserted:
    """The id of a saved article, and whether anything changed."""

    id: int
    outcome: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """One article as it is kept."""

    id: int
    article: Article
    story_id: int | None
    copy_group: int | None
    copy_key: str
    first_seen_at: datetime
    last_seen_at: datetime
    filed_at: datetime | None
    page_id: int | None
    extractor: str
    text_use: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What settles the order of articles and who stands for whom, without the text."""

    id: int
    copy_key: str
    published_at: str | None
    order: str  # made of content and place: settles ties, whenever the article came
    matched_as: int | None
    filed: bool

    @property
    def sorting(self) -> tuple[str, str, int]:
        """In order of publication, undated ones last; the id only between articles that agree in
        everything."""
        return (self.published_at or "~", self.order, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of an article."""

    id: int
    article_id: int
    seen_at: datetime
    title: str
    text: str
    content_hash: str


def copy_key(article: Article) -> str:
    """What articles with the same text, word for word, have in common.

    A text of a few words or none is shared by chance ("More to follow."), so there title and day must agree
    as well.
    """
    words = article.text.split()
    if len(words) >= SHORTEST_COPY_WORDS:
        parts = ["text", *words]
    else:
        parts = ["short", article.title, stamp(article.published_at) or "", *words]
    plain = unicodedata.normalize("NFC", " ".join(parts))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def url_key(url: str | None) -> str | None:
    """Our normal form of an address; the address itself where it is no http(s) address; None for none."""
    if not url:
        return None
    try:
        return canonical_url(url)
    except AddressError:
        return storable(url)


WRITTEN = (
    "external_id",
    "source_id",
    "url",
    "canonical_url",
    "url_key",
    "title",
    "authors_json",
    "publisher",
    "published_at",
    "modified_at",
    "last_seen_at",
    "language",
    "word_count",
    "access",
    "content_hash",
    "copy_key",
    "filed_at",
    "extractor",
    "page_id",
    "text_use",
    "rights_json",
    "origins_json",
    "links_json",
    "text",
)
INSERT_ARTICLE = f"INSERT INTO articles ({', '.join(WRITTEN)}, first_seen_at) VALUES ({', '.join('?' * (len(WRITTEN) + 1))})"
_KEPT = frozenset(
    {"external_id", "source_id", "published_at", "publisher"}
)  # a page that loses them has not lost them
UPDATE_ARTICLE = f"""UPDATE articles SET
    {", ".join(f"{name} = coalesce(?, {name})" if name in _KEPT else f"{name} = ?" for name in WRITTEN)} WHERE id = ?"""
HEAD_COLUMNS = "id, copy_key, published_at, content_hash, url, external_id, source_id, matched_as, filed_at"
READ_COLUMNS = """id, external_id, source_id, url, canonical_url, title, text, authors_json, publisher, published_at,
    modified_at, language, access, rights_json, origins_json, links_json, story_id, copy_group, copy_key, first_seen_at,
    last_seen_at, filed_at, page_id, extractor, text_use, content_hash"""


def article_values(
    article: Article, *, at: datetime, page_id: int | None, extractor: str, text_use: str
) -> dict[str, object]:
    """The columns of ``WRITTEN``, in their order."""
    key = url_key(article.url)
    rights = {name: value for name in Rights.__dataclass_fields__ if (value := getattr(article.rights, name))}
    return {
        "external_id": storable(article.external_id),
        "source_id": storable(article.source_id),
        "url": storable(article.url),
        "canonical_url": url_key(article.canonical_url) or key,
        "url_key": key,
        "title": storable(article.title),
        "authors_json": to_json(article.authors),
        "publisher": storable(article.publisher),
        "published_at": stamp(article.published_at),
        "modified_at": stamp(article.modified_at),
        "last_seen_at": stamp(at),
        "language": storable(article.language),
        "word_count": article.word_count,
        "access": str(article.access),
        "content_hash": article.content_hash,
        "copy_key": copy_key(article),
        "filed_at": None,
        "extractor": extractor,
        "page_id": page_id,
        "text_use": text_use,
        "rights_json": to_json(rights) if rights else "{}",
        "origins_json": to_json([(o.field, o.place) for o in article.origins]) if article.origins else "[]",
        "links_json": to_json(article.links) if article.links else "[]",
        "text": "" if text_use == FEATURES_ONLY else storable(article.text),
    }


def head(row: Row) -> Head:
    """The head of a row of ``HEAD_COLUMNS``."""
    article_id, key, published, content_hash, url, external_id, source_id, matched_as, filed = row
    order = "\x1f".join((content_hash, published or "", url or "", external_id or "", source_id or ""))
    return Head(
        id=article_id,
        copy_key=key,
        published_at=published,
        order=order,
        matched_as=matched_as,
        filed=filed is not None,
    )


def _rights(stored: str) -> Rights:
    if stored == "{}":
        return Rights()
    values = json.loads(stored)
    return Rights(**{**values, "signals": tuple(values.get("signals", ()))})


def stored_article(row: Row) -> StoredArticle:
    """The article of a row of ``READ_COLUMNS``."""
    (
        article_id,
        external_id,
        source_id,
        url,
        canonical,
        title,
        text,
        authors,
        publisher,
        published,
        modified,
        *rest,
    ) = row
    (
        language,
        access,
        rights,
        origins,
        links,
        story_id,
        group,
        key,
        first,
        last,
        filed,
        page_id,
        extractor,
        *use,
    ) = rest
    article = Article(
        title=title,
        text=text,
        url=url,
        canonical_url=canonical,
        authors=tuple(json.loads(authors)),
        published_at=moment(published),
        modified_at=moment(modified),
        language=language,
        access=Access(access),
        publisher=publisher,
        source_id=source_id,
        external_id=external_id,
        rights=_rights(rights),
        links=tuple(json.loads(links)) if links != "[]" else (),
        origins=tuple(Provenance(field=field, place=place) for field, place in json.loads(origins))
        if origins != "[]"
        else (),
    )
    return StoredArticle(
        id=article_id,
        article=article,
        story_id=story_id,
        copy_group=group,
        copy_key=key,
        first_seen_at=moment(first),
        last_seen_at=moment(last),
        filed_at=moment(filed),
        page_id=page_id,
        extractor=extractor,
        text_use=use[0],
        content_hash=use[1],
    )


def fts_expression(words: str) -> str:
    """An FTS5 expression for all of the words, each quoted: nothing a person types is an operator or an
    error."""
    plain = (storable(words) or "").replace("\0", " ")
    terms = ['"' + word.replace('"', '""') + '"' for word in plain.split() if any(map(str.isalnum, word))]
    return " ".join(terms)

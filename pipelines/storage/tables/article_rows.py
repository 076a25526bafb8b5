"""How an article becomes a row and comes back, and how two articles are known to be the same."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from pipelines.storage.rows import Converter, Row, RowCodec, insert
from pipelines.storage.values import stamp, storable, to_json
from scraper.days import is_believable, local_day
from scraper.errors import AddressError
from scraper.models import Article, DatePrecision, Provenance, Rights, in_utc
from scraper.urls import canonical_url

# "More to follow." is shared by chance; most of the 33 shared texts of 40 words in gvc are syndicated.
SHORTEST_COPY_WORDS = 40
REFUSED_DATE = "published_at refused"  # a field of `Article.origins`; its place is the date as given
FEATURES_ONLY = "features_only"  # text_use: the publisher lets the text be looked at, not kept


class Change(StrEnum):
    """What saving an article changed."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upserted:
    """The id of a saved article, and what changed."""

    id: int
    outcome: Change
    unmatched_selectors: tuple[str, ...] = ()  # keys of its source that picked nothing on its page


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """One article as it is stored."""

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
    """What decides the order of articles and which one represents its copies, without the text."""

    id: int
    copy_key: str
    published_at: str | None
    order: str  # made of content and source: decides between equals, whenever the article came
    matched_as: int | None
    filed: bool

    @property
    def sorting(self) -> tuple[str, str, int]:
        """Sort by publication, undated ones last; the id only decides between equal articles."""
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
    """Return what articles with the same text, word for word, have in common.

    Short texts are the same by chance ("More to follow."): their title and day must agree as well.
    """
    if article.word_count >= SHORTEST_COPY_WORDS:
        plain = f"text {article.plain_text}"
    else:
        parts = ["short", article.title, stamp(article.published_at) or "", *article.text.split()]
        plain = unicodedata.normalize("NFC", " ".join(parts))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def url_key(url: str | None) -> str | None:
    """Return our normal form of a URL, the URL itself where it is not http(s), None for none."""
    if not url:
        return None
    try:
        return canonical_url(url)
    except AddressError:
        return storable(url)


def encode_rights(rights: Rights) -> str:
    """Return the restrictions as JSON; ``{}`` for none."""
    restrictions = {name: value for name in Rights.__dataclass_fields__ if (value := getattr(rights, name))}
    return to_json(restrictions) if restrictions else "{}"


def decode_rights(stored: str) -> Rights:
    """Return the rights that ``encode_rights`` wrote."""
    if stored == "{}":
        return Rights()
    values = json.loads(stored)
    return Rights(**{**values, "signals": tuple(values.get("signals", ()))})


def _encode_origins(origins: tuple[Provenance, ...]) -> str:
    return to_json([(each.field, each.place) for each in origins]) if origins else "[]"


def _decode_origins(stored: str) -> tuple[Provenance, ...]:
    if stored == "[]":
        return ()
    return tuple(Provenance(field=field, place=place) for field, place in json.loads(stored))


ARTICLE = RowCodec(
    Article,
    without=["removed"],
    converters={
        "rights": Converter(encode_rights, decode_rights, "_json"),
        "origins": Converter(_encode_origins, _decode_origins, "_json"),
    },
)
STORED_ARTICLE = RowCodec(StoredArticle, nested={"article": ARTICLE})
REVISION = RowCodec(Revision)

# Of a page that no longer tells them, an article keeps these.
_KEPT = frozenset(
    {"external_id", "source_id", "published_at", "published_precision", "published_day", "publisher"}
)
_DERIVED = (
    "url_key",
    "last_seen_at",
    "word_count",
    "content_hash",
    "copy_key",
    "filed_at",
    "extractor",
    "page_id",
    "text_use",
)
_WRITTEN = tuple(dict.fromkeys((*ARTICLE.columns, *_DERIVED)))
INSERT_ARTICLE = insert("articles", (*_WRITTEN, "first_seen_at"))
_ASSIGNMENTS = (f"{name} = coalesce(?, {name})" if name in _KEPT else f"{name} = ?" for name in _WRITTEN)
UPDATE_ARTICLE = f"UPDATE articles SET {', '.join(_ASSIGNMENTS)} WHERE id = ?"
_SEEN = frozenset({"last_seen_at", "filed_at"})  # say when, not what
_HELD = " AND ".join(f"(:{name} IS NULL OR {name} IS :{name})" for name in _WRITTEN if name not in _SEEN)
_HEADLINE = ":own = 0 AND :access = 'headline' AND text <> ''"  # a text stays when a title comes
HOLDS = f"SELECT 1 FROM articles WHERE id = :id AND ({_HELD} OR {_HEADLINE})"
# The values hold the day in the stored month; that, or the time of the stored day.
_HAS_DAY = """published_precision = 'month' AND :published_precision IN ('day', 'minute')
    AND substr(published_day, 1, 7) = substr(:published_day, 1, 7)"""
IS_MORE_EXACT = f"""({_HAS_DAY} OR published_precision = 'day' AND :published_precision = 'minute'
    AND published_day = :published_day)"""
IS_FILED_AGAIN = f"({_HAS_DAY} OR published_at IS NULL AND :published_at IS NOT NULL)"
HEAD_COLUMNS = "id, copy_key, published_at, content_hash, url, external_id, source_id, matched_as, filed_at"


def article_values(
    article: Article, *, at: datetime, page_id: int | None, extractor: str, text_use: str
) -> dict[str, Any]:
    """Return the values of the written columns, by name and in their order."""
    values: dict[str, Any] = {
        "url_key": url_key(article.url),
        "last_seen_at": stamp(at),
        "word_count": article.word_count,
        "content_hash": article.content_hash,
        "copy_key": copy_key(article),
        "filed_at": None,  # what is written is to be filed
        "extractor": extractor,
        "page_id": page_id,
        "text_use": text_use,
    }
    values |= ARTICLE.by_column(article)
    values["canonical_url"] = url_key(article.canonical_url) or values["url_key"]
    if text_use == FEATURES_ONLY:
        values["text"] = ""
    return {name: values[name] for name in _WRITTEN}


COMPARED = ("external_id", "url_key", "source_id", "content_hash")


def is_same(values: Mapping[str, Any]) -> str:
    """Return the condition under which a stored row is of the same article as these values, which it names.

    "=" for the column that has an index; "IS" also finds NULL.
    """
    if values["external_id"] is not None:
        return "external_id = :external_id AND +source_id IS :source_id AND +url_key IS :url_key"
    if values["url_key"] is not None:
        return "url_key = :url_key"
    return "content_hash = :content_hash AND url_key IS NULL AND +source_id IS :source_id"


def dated(article: Article, *, at: datetime, zone: tzinfo) -> Article:
    """Return the article with its precision and its day in ``zone``.

    A date that cannot be true (an empty field's 1970, one that lies years after ``at``, when it was seen) is
    taken out and noted among the origins. Times without a zone count as UTC.
    """
    article, published = _zoned(article), article.published_at
    if published is None:
        return replace(article, published_precision=None, published_day=None)
    published = in_utc(published)
    if not is_believable(published, at):
        note = Provenance(field=REFUSED_DATE, place=stamp(published))
        return replace(
            article,
            published_at=None,
            published_precision=None,
            published_day=None,
            origins=(*article.origins, note),
        )
    precision = article.published_precision
    if precision is None:
        precision = DatePrecision.DAY if article.is_day_only else DatePrecision.MINUTE
    day = local_day(published, precision, zone)
    return replace(article, published_precision=precision, published_day=day)


def _zoned(article: Article) -> Article:
    published, modified = article.published_at, article.modified_at
    if all(moment is None or moment.tzinfo for moment in (published, modified)):
        return article
    return replace(
        article, published_at=published and in_utc(published), modified_at=modified and in_utc(modified)
    )


def head(row: Row) -> Head:
    """Return the head of a row of ``HEAD_COLUMNS``."""
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

"""Rows for a flat file. A text leaves the database only where its publisher, the purpose and a licence allow
it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.values import stamp
from scraper.models import Source
from scraper.rights import TextUse, text_use

Value = str | int | float | bool | Sequence[str] | None

ARTICLE_COLUMNS = (
    "id", "external_id", "source_id", "url", "canonical_url", "title", "authors", "publisher", "published_at",
    "modified_at", "first_seen_at", "last_seen_at", "language", "word_count", "access", "content_hash",
    "copy_group", "story_id", "rights",
)  # fmt: skip
TEXT_COLUMNS = ("text", "text_withheld")  # why a text is not there; empty when it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns, and rows that are read as they are written."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Value, ...]]


def plain_table(store: Store, name: str) -> Table:
    """The stories or the matches as they are stored; JSON stays JSON. Raises ``DatabaseError``."""
    view = store.view(name)
    return Table(columns=view.columns, rows=iter(view.rows))


def articles_table(
    store: Store,
    *,
    full_text: bool,
    purpose: str,
    since: datetime | None = None,
    source_id: str | None = None,
) -> Table:
    """The articles first seen since; with their texts as far as that is allowed. Raises ``DatabaseError``."""
    sources = {source.id: source for source in store.sources.all()}
    rows = (
        _article_row(stored, sources.get(stored.article.source_id or ""), full_text, purpose)
        for stored in store.articles.iterate(since=since, source_id=source_id)
    )
    return Table(columns=ARTICLE_COLUMNS + (TEXT_COLUMNS if full_text else ()), rows=rows)


def withheld(stored: StoredArticle, source: Source | None, purpose: str) -> str:
    """Why an article's text stays in the database; empty when it may leave."""
    licence = source.licence if source else None
    today = text_use(stored.article.rights, purpose=purpose, licence=licence)
    if today is TextUse.ANALYSIS_ONLY or (stored.text_use == TextUse.ANALYSIS_ONLY and not licence):
        return "kept for analysis only (purpose noncommercial-research)"
    if today is TextUse.FEATURES_ONLY or stored.text_use == TextUse.FEATURES_ONLY:
        return "reserved by the publisher"
    return ""


def _article_row(
    stored: StoredArticle, source: Source | None, full_text: bool, purpose: str
) -> tuple[Value, ...]:
    article = stored.article
    row: tuple[Value, ...] = (
        stored.id,
        article.external_id,
        article.source_id,
        article.url,
        article.canonical_url,
        article.title,
        article.authors,
        article.publisher,
        stamp(article.published_at),
        stamp(article.modified_at),
        stamp(stored.first_seen_at),
        stamp(stored.last_seen_at),
        article.language,
        article.word_count,
        str(article.access),
        stored.content_hash,
        stored.copy_group,
        stored.story_id,
        article.rights.signals,
    )
    if not full_text:
        return row
    reason = withheld(stored, source, purpose)
    return (*row, "" if reason else article.text, reason)

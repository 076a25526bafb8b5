"""Rows of articles, stories and reports for flat files and the command line.

A text leaves the database only where its publisher, the purpose and a licence allow it; an excerpt unless the
publisher forbids snippets. Each row names who published it, and links to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.export.columns import ColumnKind, kinds_of
from pipelines.export.digest.novelty import lead_of
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.values import stamp
from pipelines.stories.view import ReportView, StoryView, source_name, sources_by_id, view_stories
from scraper.models import Article, Source
from scraper.rights import TextUse, text_use

Value = str | int | float | bool | Sequence[str] | None

ARTICLE_COLUMNS = (
    "id", "external_id", "source_id", "url", "canonical_url", "title", "authors", "publisher", "published_at",
    "published_day", "modified_at", "first_seen_at", "last_seen_at", "language", "word_count", "access",
    "content_hash", "copy_group", "story_id", "rights", "attribution", "excerpt",
)  # fmt: skip
STORY_COLUMNS = (
    "id", "title", "first_published_at", "last_published_at", "reports", "copies", "sources", "source_names",
    "lead_url", "origin_url",
)  # fmt: skip
REPORT_COLUMNS = (
    "story_id", "article_id", "published_at", "published_day", "source", "title", "url", "access", "words",
    "lead", "copy_of", "lag_hours", "borrowed_percent", "borrowed_from", "origin_percent", "reason",
    "authors",
)  # fmt: skip
STORIES_AT_ONCE = 200  # whose reports are in memory together
TEXT_COLUMNS = ("text", "text_withheld")  # why a text is not there; empty when it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns, what they hold, and rows that are read while they are written."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Value, ...]]
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)


def plain_table(store: Store, name: str) -> Table:
    """Return the stories, matches or quotations as they are stored, with who published them and links.

    JSON stays JSON. Raises ``DatabaseError``.
    """
    flat = store.views.attributed(name)
    return Table(columns=flat.columns, rows=iter(flat.rows), kinds=kinds_of(flat.columns))


def articles_table(
    store: Store,
    *,
    full_text: bool,
    purpose: str,
    since: datetime | None = None,
    source_id: str | None = None,
) -> Table:
    """Return the articles first seen since, with texts as far as that is allowed. Raises
    ``DatabaseError``."""
    sources = sources_by_id(store)
    rows = (
        _article_row(stored, sources.get(stored.article.source_id or ""), full_text, purpose)
        for stored in store.articles.iterate(since=since, source_id=source_id)
    )
    columns = ARTICLE_COLUMNS + (TEXT_COLUMNS if full_text else ())
    return Table(columns=columns, rows=rows, kinds=kinds_of(columns))


def reports_table(store: Store) -> Table:
    """Return one row for each article of every story, latest story first. Raises ``DatabaseError``."""
    stories = store.stories.listing(limit=-1)
    batches = (stories[i : i + STORIES_AT_ONCE] for i in range(0, len(stories), STORIES_AT_ONCE))
    rows = (row for batch in batches for view in view_stories(store, batch) for row in report_rows(view))
    kinds = kinds_of(REPORT_COLUMNS, words=ColumnKind.INTEGER)
    return Table(columns=REPORT_COLUMNS, rows=rows, kinds=kinds)


def story_row(view: StoryView) -> tuple[Value, ...]:
    """Return the row of ``STORY_COLUMNS`` of a story."""
    story = view.story
    return (
        story.id,
        story.title,
        stamp(story.first_published_at),
        stamp(story.last_published_at),
        story.report_count,
        story.article_count - story.report_count,
        story.source_count,
        list(view.sources),
        view.lead.stored.article.url if view.lead else None,
        view.origin_url,
    )


def report_rows(view: StoryView) -> list[tuple[Value, ...]]:
    """Return the rows of ``REPORT_COLUMNS`` of a story, in order of publication."""
    return [_report_row(view.story.id, report) for report in view.reports]


def _report_row(story_id: int, report: ReportView) -> tuple[Value, ...]:
    article, share = report.stored.article, report.share
    return (
        story_id,
        report.id,
        stamp(article.published_at),
        _day(article),
        report.source,
        article.title,
        article.url,
        str(article.access),
        article.word_count,
        report.is_lead,
        report.copy_of,
        round(share.lag_hours, 1) if share and share.lag_hours is not None else None,
        round(100 * report.borrowed_share) if report.borrowed_share else None,
        share.borrowed_from if share and report.borrowed_share else None,
        round(100 * share.origin_share) if share and share.origin_share is not None else None,
        report.reason or None,
        article.authors,
    )


def _day(article: Article) -> str | None:
    """Return the day of publication, where the desk is."""
    return article.day.isoformat() if article.day else None


def withheld(stored: StoredArticle, source: Source | None, purpose: str) -> str:
    """Return why an article's text stays in the database; empty when it may leave."""
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
    sources = {source.id: source} if source else {}
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
        _day(article),
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
        source_name(stored, sources),
        _excerpt(stored, source, purpose),
    )
    if not full_text:
        return row
    reason = withheld(stored, source, purpose)
    return (*row, "" if reason else article.text, reason)


def may_quote(stored: StoredArticle, source: Source | None, purpose: str) -> bool:
    """Return whether sentences may be passed on: the text is not reserved, and snippets are not forbidden."""
    if source and source.licence:
        return True
    use = text_use(stored.article.rights, purpose=purpose)
    return TextUse.FEATURES_ONLY not in (use, stored.text_use) and not stored.article.rights.nosnippet


def _excerpt(stored: StoredArticle, source: Source | None, purpose: str) -> str:
    """Return the first sentences; none where they may not be passed on."""
    return lead_of(stored.article.text) if may_quote(stored, source, purpose) else ""

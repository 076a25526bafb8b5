"""Format one article for a person or a program."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pipelines.storage.tables.article_rows import FEATURES_ONLY, StoredArticle
from pipelines.storage.values import stamp
from pipelines.text import defuse_line
from scraper.days import day_words, written_date
from scraper.models import Article


class ArticleFormat(StrEnum):
    """The format in which an article is printed."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"


def article_text(article: Article, shape: ArticleFormat) -> str:
    """Return headline, byline, date and text as plain text or Markdown."""
    title = defuse_line(article.title)
    day = day_words(article.day, article.published_precision)
    parts = (", ".join(article.authors), day, article.publisher, article.url)
    byline = defuse_line(" · ".join(part for part in parts if part))
    if shape is ArticleFormat.TEXT:
        return "\n".join([title, byline, "", article.text])
    head = [f"# {title}", f"*{byline}*"] if title else [f"*{byline}*"]
    return "\n\n".join([*head, *article.text.splitlines()])


def copy_lines(stored: StoredArticle, copies: Mapping[int, StoredArticle]) -> list[str]:
    """Return one line for the articles with the same text, and one for those with nearly the same text."""
    same = [number for number, each in sorted(copies.items()) if each.copy_key == stored.copy_key]
    nearly = [number for number in sorted(copies) if number not in same]
    return [
        f"its text is {words} that of {'article' if len(numbers) == 1 else 'articles'} "
        f"{', '.join(map(str, numbers))}"
        for words, numbers in (("the same as", same), ("nearly the same as", nearly))
        if numbers
    ]


def why_without_text(stored: StoredArticle) -> str:
    """Return why the text of an article is not kept; empty where it is."""
    if stored.text_use != FEATURES_ONLY:
        return ""
    signals = defuse_line("; ".join(stored.article.rights.signals))
    return f"the text is not stored, because the publisher reserves it ({signals}); docs/law.md says more"


def article_json(article: Article) -> dict[str, object]:
    """Return the article with the keys of the import format, so that it can be imported again."""
    return {
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "authors": list(article.authors),
        "published": written_date(article.published_at, article.published_precision) or None,
        "modified": stamp(article.modified_at),
        "language": article.language,
        "access": str(article.access),
        "publisher": article.publisher,
        "source": article.source_id,
        "text": article.text,
        "word_count": article.word_count,
        "content_hash": article.content_hash,
        "rights": list(article.rights.signals),
        "origins": {origin.field: origin.place for origin in article.origins},
        "removed": [{"text": removed.text, "reason": removed.reason} for removed in article.removed],
    }

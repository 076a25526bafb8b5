"""Decisions of people as labelled pairs, which the fitting program takes beside the labelled articles."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.values import stamp


def label_lines(store: Store) -> Iterator[str]:
    """Yield a JSON object for each standing decision: ``same``, who decided, and both articles as for import.

    ``{"same": true, "decision": 3, "decided_by": "ann", "a": {"id": …, "title": …, "text": …}, "b": {…}}``
    """
    active = store.decisions.active()
    articles = store.articles.many({end for d in active for end in (d.article_a, d.article_b)})
    for decision in active:
        yield json.dumps(
            {
                "same": decision.kind == "same",
                "decision": decision.id,
                "decided_by": decision.decided_by,
                "decided_at": stamp(decision.decided_at),
                "reason": decision.reason,
                "a": _importable(articles[decision.article_a]),
                "b": _importable(articles[decision.article_b]),
            },
            ensure_ascii=False,
        )


def _importable(stored: StoredArticle) -> dict[str, object]:
    """Return an article in the form of the import format."""
    article = stored.article
    return {
        "id": article.external_id or str(stored.id),
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "published": stamp(article.published_at),
        "source": article.source_id,
        "authors": list(article.authors),
        "language": article.language,
    }

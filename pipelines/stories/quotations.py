"""Who said what: the quotations of each report, and which report of a story had the words first.

Precision before recall: a quotation whose speaker is not sure has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pipelines.matching.tokens import has_words, tokens
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.quotations import StoredQuotation
from pipelines.stories.attribution import role_of, speakers

SAME_WORDS = 0.6  # of the runs of the shorter quotation from which two quotations are of the same words
RUN_WORDS = 4
LEAST_WORDS = 5  # fewer are a phrase, which many people use
MOST_QUOTATIONS = 40  # of one article


def read_quotations(stored: StoredArticle) -> Iterator[StoredQuotation]:
    """Yield the quotations of an article, in order, with the speaker's fullest name and role in it."""
    article = stored.article
    long = ((each, by) for each, by in speakers(article.text, article.title) if is_long(each.words))
    for position, (passage, speaker) in enumerate(islice(long, MOST_QUOTATIONS), 1):
        yield StoredQuotation(
            article_id=stored.id,
            position=position,
            speaker=speaker,
            role=role_of(speaker, article.text),
            words=passage.words,
            first_article_id=stored.id,
            first_position=position,
        )


def is_long(words: str) -> bool:
    """Return whether quoted words are a quotation and not a phrase."""
    return has_words(words, LEAST_WORDS)


def first_reports(reports: Iterable[Sequence[StoredQuotation]]) -> Iterator[StoredQuotation]:
    """Yield each quotation with the first report that has its words. Give the reports in order of
    publication."""
    known: list[tuple[frozenset[tuple[str, ...]], tuple[int, int]]] = []
    for report in reports:
        for quotation in report:
            runs, own = _runs(quotation.words), (quotation.article_id, quotation.position)
            article, position = next((first for other, first in known if _same(runs, other)), own)
            known.append((runs, (article, position)))
            yield replace(quotation, first_article_id=article, first_position=position)


def _runs(words: str) -> frozenset[tuple[str, ...]]:
    stream = tokens(words).words
    return frozenset(tuple(stream[i : i + RUN_WORDS]) for i in range(max(1, len(stream) - RUN_WORDS + 1)))


def _same(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= SAME_WORDS * min(len(one), len(other))


def record_quotations(store: Store, changed: Collection[int], stories: Collection[int]) -> None:
    """Read the quotations of changed articles, and find the first report of each in these stories."""
    for batch in _batches(sorted(changed)):
        stored = store.articles.many(batch).values()
        store.quotations.replace(batch, [each for row in stored for each in read_quotations(row)])
    for story in sorted(stories):
        articles = store.stories.articles_of(story)
        quoted = store.quotations.of_articles(articles)
        before = [each for article in articles for each in quoted.get(article, ())]
        if len(quoted) > 1 or any(each.first_article_id is None for each in before):
            after = first_reports(quoted[article] for article in articles if article in quoted)
            store.quotations.set_first(new for old, new in zip(before, after, strict=True) if old != new)


def _batches(articles: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(articles), size):
        yield articles[start : start + size]

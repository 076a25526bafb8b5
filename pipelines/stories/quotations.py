"""Who said what: the quotations of each report, and which report of a story had the words first.

Precision before recall: a quotation whose speaker is not sure has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from pipelines.matching import Fingerprint
from pipelines.matching.evidence import fullest_name
from pipelines.matching.tokens import Quotation, quotations, tokens
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.quotations import StoredQuotation

SAME_WORDS = 0.6  # of the runs of the shorter quotation from which two quotations are of the same words
RUN_WORDS = 4
MOST_QUOTATIONS = 40  # of one article
_BETWEEN = frozenset(".,;:?! ")  # how text between two quotations begins
_CLAUSES = ("who", "which", "where", "whom", "aged")  # these do not begin a role
# "Hollis Crane, joint administrator of the chain, said": a role stands between commas behind the name.
_ROLE = r"{name},\s+((?:the |a |an |its |their |our )?[a-z][^,.;:“”\"\n]{{3,70}})[,.]"


def read_quotations(stored: StoredArticle, fingerprint: Fingerprint) -> Iterator[StoredQuotation]:
    """Yield the quotations of an article, in order, with the speaker's fullest name and role in it."""
    text = stored.article.text
    for position, (quotation, said_by) in enumerate(_with_speakers(text), 1):
        if position > MOST_QUOTATIONS:
            return
        speaker = fullest_name(said_by, fingerprint, fingerprint) if said_by else ""
        yield StoredQuotation(
            article_id=stored.id,
            position=position,
            speaker=speaker,
            role=role_of(speaker, text),
            words=quotation.text,
            first_article_id=stored.id,
        )


def _with_speakers(text: str) -> Iterator[tuple[Quotation, str]]:
    """Yield each quotation with its speaker, who goes on speaking to the end of the paragraph.

    Where straight quotation marks were paired wrongly, what lies between two quotations is left out.
    """
    speaker, end = "", 0
    for quotation in quotations(text):
        if quotation.text[:1] in _BETWEEN or quotation.text[-1:].isspace():
            continue
        if "\n" in text[end : quotation.start] or not end:
            speaker = ""
        speaker, end = quotation.speaker or speaker, quotation.end
        yield quotation, speaker


def role_of(speaker: str, text: str) -> str:
    """Return the role that a text gives a speaker between commas; empty without one."""
    found = re.search(_ROLE.format(name=re.escape(speaker)), text) if speaker else None
    role = found.group(1).strip() if found else ""
    return "" if role.startswith(_CLAUSES) else role


def first_reports(reports: Iterable[Sequence[StoredQuotation]]) -> Iterator[StoredQuotation]:
    """Yield each quotation with the first report that has its words. Give the reports in order of
    publication."""
    known: list[tuple[frozenset[tuple[str, ...]], int]] = []
    for report in reports:
        for quotation in report:
            runs = _runs(quotation.words)
            first = next((article for other, article in known if _same(runs, other)), quotation.article_id)
            known.append((runs, first))
            yield replace(quotation, first_article_id=first)


def _runs(words: str) -> frozenset[tuple[str, ...]]:
    stream = tokens(words).words
    return frozenset(tuple(stream[i : i + RUN_WORDS]) for i in range(max(1, len(stream) - RUN_WORDS + 1)))


def _same(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= SAME_WORDS * min(len(one), len(other))


def record_quotations(store: Store, changed: Collection[int], stories: Collection[int]) -> None:
    """Read the quotations of changed articles, and find the first report of each in these stories."""
    for batch in _batches(sorted(changed)):
        stored = store.articles.many(batch)
        standing = store.articles.matched_as(batch)
        bodies = store.fingerprints.load(set(standing.values()))
        rows = [
            quotation
            for article, row in stored.items()
            if row.article.text and (body := bodies.get(standing.get(article, article)))
            for quotation in read_quotations(row, Fingerprint.from_bytes(body))
        ]
        store.quotations.replace(batch, rows)
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

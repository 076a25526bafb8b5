"""Same-event stories of articles in memory: no database, no ids for life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pipelines.matching import (
    LINK_FLOOR,
    MemoryIndex,
    blocking_keys,
    candidates,
    cluster,
    explain,
    fingerprint,
    score,
)  # fmt: skip
from pipelines.matching.fingerprint import Fingerprint
from pipelines.models import Match, Story
from scraper.models import Article

_NEVER = datetime.max.replace(tzinfo=UTC)


def group(articles: Iterable[Article]) -> list[Story]:
    """One story for each event, earliest first; ids count from 1. The same stories whatever the order of the articles."""
    ordered = sorted(
        articles, key=lambda article: (article.published_at or _NEVER, article.content_hash, article.url or "")
    )
    prints = [fingerprint(article) for article in ordered]
    first: dict[str, int] = {}
    for i, one in enumerate(prints):
        first.setdefault(one.content_key, i)
    originals = sorted(first.values())
    edges = _edges(prints, originals)
    clusters = cluster(originals, edges, order={i: prints[i].content_key for i in originals})
    copies: dict[int, list[int]] = {i: [] for i in originals}
    for i, one in enumerate(prints):
        copies[first[one.content_key]].append(i)
    groups = sorted(sorted(i for original in members for i in copies[original]) for members in clusters)
    joined = {frozenset((a, b)) for a, b, _ in edges}
    return [_story(number, members, ordered, prints, joined) for number, members in enumerate(groups, 1)]


def _edges(prints: Sequence[Fingerprint], originals: Sequence[int]) -> list[tuple[int, int, float]]:
    index = MemoryIndex()
    pairs = []
    for i in originals:
        index.add(i, blocking_keys(prints[i]))
    for i in originals:
        pairs += [(j, i) for j in candidates(index, prints[i]) if j < i]
    return [(a, b, odds) for a, b in sorted(pairs) if (odds := score(prints[a], prints[b])) >= LINK_FLOOR]


def _story(
    number: int,
    members: list[int],
    articles: Sequence[Article],
    prints: Sequence[Fingerprint],
    joined: set[frozenset[int]],
) -> Story:
    reports = tuple(articles[i] for i in members)
    dated = [report.published_at for report in reports if report.published_at]
    lead = (
        max(reports, key=lambda report: (bool(report.title), min(report.word_count, 2000), report.content_hash))
        if reports
        else reports[0]
    )
    return Story(
        id=number,
        title=lead.title or " ".join(lead.text.split()[:12]),
        articles=reports,
        lead=lead,
        first_published_at=min(dated, default=None),
        last_published_at=max(dated, default=None),
        report_count=len({prints[i].content_key for i in members}),
        source_count=len({prints[i].source for i in members}),
        matches=_matches(members, prints, joined),
    )


def _matches(members: list[int], prints: Sequence[Fingerprint], joined: set[frozenset[int]]) -> tuple[Match, ...]:
    places = range(len(members))
    return tuple(
        explain(prints[members[a]], prints[members[b]], keys=(a, b))
        for a in places
        for b in places
        if a < b and frozenset((members[a], members[b])) in joined
    )

"""Same-event stories of articles in memory: no database, no ids for life."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pipelines.matching import (
    MemoryIndex,
    blocking_keys,
    candidates,
    cluster,
    explain,
    fingerprint,
    links,
)
from pipelines.matching.features import source_key
from pipelines.matching.fingerprint import Fingerprint
from pipelines.models import Match, Story
from pipelines.storage.tables.article_rows import copy_key
from pipelines.stories.summary import Report, StorySummary, tell
from scraper.models import Article

_NEVER = datetime.max.replace(tzinfo=UTC)


def group(articles: Iterable[Article]) -> list[Story]:
    """One story for each event, earliest first; their ids count from 1. The order of the articles changes
    nothing.

    A time without a zone counts as UTC.
    """
    given = sorted(
        articles, key=lambda one: (_zoned(one).published_at or _NEVER, one.content_hash, one.url or "")
    )
    ordered = [_zoned(one) for one in given]
    keys = list(map(copy_key, ordered))
    standing: dict[str, list[int]] = {}  # of articles with one text the earliest is compared for all
    for i, key in enumerate(keys):
        standing.setdefault(key, []).append(i)
    prints = {alike[0]: fingerprint(ordered[alike[0]]) for alike in standing.values()}
    edges = _edges(prints)
    clusters = cluster(prints, edges, order={i: ordered[i].content_hash for i in prints})
    groups = [sorted(i for original in its for i in standing[keys[original]]) for its in clusters]
    joined: defaultdict[int, list[int]] = defaultdict(list)
    for a, b, _ in edges:
        joined[a].append(b)
        joined[b].append(a)
    told = (tell(_report(i, ordered[i], keys[i]) for i in its) for its in sorted(groups))
    return [_story(number, each, given, prints, joined) for number, each in enumerate(told, 1)]


def _zoned(article: Article) -> Article:
    published = article.published_at
    if published is None or published.tzinfo is not None:
        return article
    return replace(article, published_at=published.replace(tzinfo=UTC))


def _edges(prints: Mapping[int, Fingerprint]) -> list[tuple[int, int, float]]:
    """The pairs that may be one event, with their log odds, lower position first."""
    index = MemoryIndex()
    for i, one in prints.items():
        index.add(i, blocking_keys(one))
    edges = []
    for i, one in prints.items():
        near = sorted(j for j in candidates(index, one) if j < i)
        edges += [(near[place], i, odds) for place, odds in links(one, [prints[j] for j in near])]
    return edges


def _story(
    number: int,
    told: StorySummary,
    articles: Sequence[Article],
    prints: Mapping[int, Fingerprint],
    joined: Mapping[int, Sequence[int]],
) -> Story:
    return Story(
        id=number,
        title=told.title,
        articles=tuple(articles[i] for i in told.reports),
        lead=articles[told.lead],
        first_published_at=told.first_published_at,
        last_published_at=told.last_published_at,
        report_count=told.report_count,
        source_count=told.source_count,
        matches=_matches(told, prints, joined),
    )


def _report(key: int, article: Article, text: str) -> Report:
    return Report(
        key=key, article=article, copy_key=text, order=article.content_hash, outlet=source_key(article)
    )


def _matches(
    told: StorySummary, prints: Mapping[int, Fingerprint], joined: Mapping[int, Sequence[int]]
) -> tuple[Match, ...]:
    """Why the articles of a story belong together; keys are their positions in the story."""
    places = {one: place for place, one in enumerate(told.reports)}
    pairs = sorted(
        (place, places[other])
        for one, place in places.items()
        for other in joined.get(one, ())
        if places.get(other, -1) > place
    )
    return tuple(explain(prints[told.reports[a]], prints[told.reports[b]], keys=(a, b)) for a, b in pairs)

"""Same-event stories of articles in memory: no database, and ids that count from 1."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import MAXYEAR, UTC, datetime
from functools import cache

from pipelines.config.encoders import AUTO, ENCODER_VARIABLE, MISSING, NONE
from pipelines.matching import (
    MemoryIndex,
    blocking_keys,
    candidates,
    explain,
    fingerprint,
    links,
    load_encoder,
)
from pipelines.matching.clustering import agglomerate, weighed
from pipelines.matching.decided import decided_probability
from pipelines.matching.encoder import Encoder
from pipelines.matching.explanations import desk_reason
from pipelines.matching.features import source_key
from pipelines.matching.fingerprint import Fingerprint
from pipelines.models import Match, Story
from pipelines.storage.tables.article_rows import copy_key
from pipelines.stories.cohesion import doubtful_members
from pipelines.stories.reports import Report
from pipelines.stories.summary import StorySummary, summarise
from scraper.days import OLDEST_YEAR
from scraper.models import Article, in_utc

logger = logging.getLogger(__name__)
_LATE = datetime.max.replace(tzinfo=UTC)


def group(articles: Iterable[Article]) -> list[Story]:
    """Return one story for each event, earliest first, whatever the order of the articles.

    A time without a zone counts as UTC, a date before 1600 or in the year 9999 as missing. Meaning is
    compared as well as words; CUTTINGS_ENCODER names another encoder or "none", as ``[match] encoder`` does.
    """
    pairs = [(_dated(one), one) for one in articles]
    pairs.sort(key=lambda pair: (pair[0].published_at or _LATE, pair[1].content_hash, pair[1].url or ""))
    ordered, given = [dated for dated, _ in pairs], [one for _, one in pairs]
    keys = list(map(copy_key, ordered))
    using = _encoder(os.environ.get(ENCODER_VARIABLE) or AUTO)
    same_text: dict[str, list[int]] = {}  # of articles with one text the earliest is compared for all
    for i, key in enumerate(keys):
        same_text.setdefault(key, []).append(i)
    prints = {positions[0]: fingerprint(ordered[positions[0]], using) for positions in same_text.values()}
    edges = _edges(prints)
    final = weighed(edges, desk=len(prints))
    clusters = agglomerate(prints, final, order={i: ordered[i].content_hash for i in prints})
    doubtful = doubtful_members(clusters, final)
    groups = [sorted(i for standing in members for i in same_text[keys[standing]]) for members in clusters]
    linked: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for a, b, odds in final:
        linked[a][b] = linked[b][a] = odds
    summaries = (
        summarise(_report(i, ordered[i], keys[i], i in doubtful) for i in members)
        for members in sorted(groups)
    )
    return [_story(number, summary, given, prints, linked) for number, summary in enumerate(summaries, 1)]


def _encoder(setting: str) -> Encoder | None:
    encoder = load_encoder(setting)
    if encoder is None and setting != NONE:
        _say_once(MISSING)
    return encoder


@cache
def _say_once(words: str) -> None:
    logger.warning(words)


def _dated(article: Article) -> Article:
    """Return the article with its date in UTC; without one that programs write for an empty field."""
    if article.published_at is None:
        return article
    published = in_utc(article.published_at)
    if not OLDEST_YEAR <= published.year < MAXYEAR:
        return replace(article, published_at=None, published_precision=None, published_day=None)
    return article if article.published_at.tzinfo is UTC else replace(article, published_at=published)


def _edges(prints: Mapping[int, Fingerprint]) -> list[tuple[int, int, float]]:
    """Return the pairs that may be one event, lower position first, with their natural log odds."""
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
    summary: StorySummary,
    articles: Sequence[Article],
    prints: Mapping[int, Fingerprint],
    linked: Mapping[int, Mapping[int, float]],
) -> Story:
    return Story(
        id=number,
        title=summary.title,
        articles=tuple(articles[i] for i in summary.reports),
        lead=articles[summary.lead],
        first_published_at=summary.first_published_at,
        last_published_at=summary.last_published_at,
        report_count=summary.report_count,
        source_count=summary.source_count,
        matches=_matches(summary, prints, linked),
    )


def _report(key: int, article: Article, text_key: str, doubtful: bool) -> Report:
    return Report(
        key=key,
        article=article,
        copy_key=text_key,
        order=article.content_hash,
        outlet=source_key(article),
        doubtful=doubtful,
    )


def _matches(
    summary: StorySummary, prints: Mapping[int, Fingerprint], linked: Mapping[int, Mapping[int, float]]
) -> tuple[Match, ...]:
    """Return why the articles of a story belong together; keys are their positions in the story."""
    position_of = {article: position for position, article in enumerate(summary.reports)}
    pairs = sorted(
        (position, position_of[other])
        for article, position in position_of.items()
        for other in linked.get(article, ())
        if position_of.get(other, -1) > position
    )
    reports = summary.reports
    return tuple(
        _decided(explain(prints[reports[a]], prints[reports[b]], keys=(a, b)), linked[reports[a]][reports[b]])
        for a, b in pairs
    )


def _decided(match: Match, odds: float) -> Match:
    """Return the verdict on a pair of one story; ``odds`` are those by which it was cut."""
    return replace(
        match,
        probability=decided_probability(odds, together=True),
        same_event=True,
        reason=desk_reason(match, together=True),
        pair_probability=match.probability,
    )

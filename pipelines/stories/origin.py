"""Where a story began: a report that others link to, a public body's own text, or a page that reports link
to."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files

from pipelines.stories.near_duplicates import Wording, share_in
from pipelines.stories.reports import Report, page_key, site_or_none
from scraper.errors import AddressError
from scraper.urls import article_key, canonical_url, is_home_page, site_of

LATEST_ORIGIN = timedelta(hours=36)  # a release may go up the day after an embargoed story
# Share of a report's words, two or three sentences of a release; names and phrases in common are less.
QUOTED_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRules:
    """Which sources and sites count as primary, and which links are never followed."""

    primary_kinds: frozenset[str]
    speaking_kinds: frozenset[str]
    primary_sites: tuple[str, ...]
    social_sites: frozenset[str]


@cache
def origin_rules() -> OriginRules:
    """Return the lists of ``origins.toml``."""
    table = tomllib.loads(files("pipelines.stories").joinpath("origins.toml").read_text(encoding="utf-8"))
    return OriginRules(
        primary_kinds=frozenset(table["primary_kinds"]),
        speaking_kinds=frozenset(table["speaking_kinds"]),
        primary_sites=tuple(table["primary_sites"]),
        social_sites=frozenset(table["social_sites"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOrigin:
    """Where a story comes from: ``kind`` "article" (a report of the story), "link", or "" when not known."""

    kind: str = ""
    article: int | None = None
    url: str | None = None


def find_origin(
    ordered: Sequence[Report], wordings: Sequence[Wording], firsts: Collection[int]
) -> StoryOrigin:
    """Return the origin of a story of several reports, which are in order of publication.

    ``firsts`` are the keys of reports that had their text first.
    """
    origin = _linked_or_primary(ordered, firsts)
    return origin if origin.kind else _quoted_at_length(ordered, wordings)


def _linked_or_primary(ordered: Sequence[Report], firsts: Collection[int]) -> StoryOrigin:
    """Return a report that others link to, else one by a public body, else a page that reports link to.

    A public body that speaks only days after the first report answers to the news and did not begin it. Of
    pages that as many outlets link to, the one that is linked to first counts.
    """
    url_of: dict[str, str] = {}  # of each page that is linked to
    linked_by: defaultdict[str, set[str]] = defaultdict(set)
    for report in ordered:
        for page, url in _outward_links(report).items():
            url_of.setdefault(page, url)
            linked_by[page].add(report.outlet or str(report.key))
    bodies = [report for report in ordered if report.kind in origin_rules().primary_kinds]
    for report in ordered:
        if linked_by.get(page_key(report.article)) and (report.key in firsts or report in bodies):
            return StoryOrigin(kind="article", article=report.key)
    for report in bodies:  # also where its release ran word for word elsewhere before
        if not _is_answer(report, ordered[0]):
            return StoryOrigin(kind="article", article=report.key)
    ranked = [
        (-len(outlets), not _is_primary(url_of[page]), position, page)
        for position, (page, outlets) in enumerate(linked_by.items())
        if len(outlets) > 1 or _is_primary(url_of[page])
    ]
    return StoryOrigin(kind="link", url=url_of[min(ranked)[-1]]) if ranked else StoryOrigin()


def _quoted_at_length(ordered: Sequence[Report], wordings: Sequence[Wording]) -> StoryOrigin:
    """Return the first report by somebody who speaks of their own affairs, if another outlet quotes it at
    length."""
    for position, report in enumerate(ordered):
        if report.kind in origin_rules().speaking_kinds and not _is_answer(report, ordered[0]):
            own = frozenset(wordings[position].runs)
            for later, wording in zip(ordered[position + 1 :], wordings[position + 1 :], strict=True):
                if later.outlet != report.outlet and share_in(wording.runs, own) >= QUOTED_SHARE:
                    return StoryOrigin(kind="article", article=report.key)
    return StoryOrigin()


def _is_answer(report: Report, first: Report) -> bool:
    """Return whether a report came so late after the first that the first cannot rest on it."""
    begun, published = first.article.published_at, report.article.published_at
    return begun is not None and published is not None and published - begun > LATEST_ORIGIN


def _outward_links(report: Report) -> dict[str, str]:
    """Return the pages that a report links to, key and URL, without its own site, front pages, social
    media."""
    own = {site_or_none(url) for url in (report.article.url, report.article.canonical_url)} - {""}
    pages: dict[str, str] = {}
    for link in report.article.links:
        try:
            url = canonical_url(link)
            site = site_of(url)
            if site not in own and site not in origin_rules().social_sites and not is_home_page(url):
                pages.setdefault(article_key(url), url)
        except AddressError:
            continue
    return pages


def _is_primary(url: str) -> bool:
    site = site_or_none(url)
    return any(site == primary or site.endswith("." + primary) for primary in origin_rules().primary_sites)

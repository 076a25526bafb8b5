"""Clusters of reports to stories: ids that stay, the report to read first, the title, the span, the origin.

Ids. A story goes where its lead report goes: if its articles part, the part with the lead report keeps the id
and the rest becomes a story of its own; if stories come together, the oldest keeps its id and the others
point to it. An id that was given up is never given again; it points to where its lead report is.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from statistics import median

from pipelines.stories.near_duplicates import Containment, Wording, borrowed, copies, runs_of, share_in
from scraper.errors import AddressError
from scraper.models import Access, Article
from scraper.urls import article_key, believable_canonical, canonical_url, is_home_page, site_of

READABLE_SHARE = (
    0.5  # of the median length of a story's reports: a flash of two lines is not the one to read first
)
DAY_ONLY = "(day only)"  # how scraper.extraction.metadata ends the origin of such a date
LATEST_ORIGIN = timedelta(hours=36)  # a release may go up the day after an embargoed story
QUOTED_SHARE = (
    0.1  # of a report's words: two or three sentences of a release; names and phrases in common are less
)
TITLE_WORDS = 12  # of the text, where no report has a title
_ACCESS_RANK = {Access.FULL: 0, Access.IMPORTED: 0, Access.TEASER: 1, Access.HEADLINE: 2}
_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What counts as a primary source, and where links never lead to one."""

    primary_kinds: frozenset[str]
    speaking_kinds: frozenset[str]
    primary_sites: tuple[str, ...]
    social_sites: frozenset[str]


@cache
def places() -> Places:
    """The lists of ``origins.toml``."""
    table = tomllib.loads(files("pipelines.stories").joinpath("origins.toml").read_text(encoding="utf-8"))
    return Places(
        primary_kinds=frozenset(table["primary_kinds"]),
        speaking_kinds=frozenset(table["speaking_kinds"]),
        primary_sites=tuple(table["primary_sites"]),
        social_sites=frozenset(table["social_sites"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One article as stories see it. ``order`` is made of its content: it settles ties, whenever the article
    came."""

    key: int
    article: Article
    copy_key: str
    order: str
    outlet: str  # who published it; empty when nobody says
    kind: str = ""  # of its source

    @property
    def day_only(self) -> bool:
        """Only the day of publication is known: an import says so by midnight, metadata in so many words."""
        published = self.article.published_at
        return published is not None and (
            published.astimezone(UTC).time() == time.min
            or any(o.field == "published_at" and o.place.endswith(DAY_ONLY) for o in self.article.origins)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOrigin:
    """Where a story comes from: an ``article`` among its reports, a ``link`` that reports give, or nothing
    known."""

    kind: str = ""
    article: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one report owes: hours after the beginning, share of its words from earlier reports and from the
    origin."""

    lag_hours: float | None
    borrowed: Containment
    origin: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySummary:
    """All that is said of one story; a function of its reports alone."""

    reports: tuple[int, ...]  # in order of publication
    title: str
    lead: int
    first: int | None  # the earliest dated report
    first_published_at: datetime | None
    last_published_at: datetime | None
    original: Mapping[int, int | None]  # for each report the one it is a copy of; None: no copies
    report_count: int
    source_count: int
    beginning: StoryOrigin
    shares: Mapping[int, Share]


def tell(reports: Iterable[Report]) -> StorySummary:
    """What a cluster of reports says as a story."""
    ordered = _in_order(tuple(reports))
    wordings = [_wording(report) for report in ordered] if len(ordered) > 1 else []
    original = copies(wordings) if wordings else {ordered[0].key: ordered[0].key}
    independent = [report for report in ordered if original[report.key] == report.key]
    dated = [report for report in ordered if report.article.published_at]
    lead = _lead(independent)
    spans = sorted(report.article.published_at for report in dated if report.article.published_at)
    beginning = StoryOrigin()
    if wordings:
        beginning = _beginning(ordered, set(original.values()))
        beginning = beginning if beginning.kind else _quoted(ordered, wordings)
    grouped = {found for key, found in original.items() if found != key}
    return StorySummary(
        reports=tuple(report.key for report in ordered),
        title=_title(lead, ordered),
        lead=lead.key,
        first=dated[0].key if dated else None,
        first_published_at=spans[0] if spans else None,
        last_published_at=spans[-1] if spans else None,
        original={key: found if found in grouped else None for key, found in original.items()},
        report_count=len(independent),
        source_count=len({report.outlet for report in ordered}),
        beginning=beginning,
        shares=_shares(ordered, wordings, beginning),
    )


def _in_order(reports: Sequence[Report]) -> list[Report]:
    """In order of publication, undated ones last.

    A report of which only the day is known may have come at any hour of it, so it stands just after the first
    report of that day of which more is known: it does not become the first to publish by saying less.
    """
    earliest: dict[date, datetime] = {}
    for report in reports:
        published = report.article.published_at
        if published is not None and not report.day_only:
            day = published.astimezone(UTC).date()
            earliest[day] = min(published, earliest.get(day, published))

    def sorting(report: Report) -> tuple[datetime, bool, str, int]:
        published = report.article.published_at or _LATE
        if report.day_only:
            published = earliest.get(published.astimezone(UTC).date(), published)
        return (published, report.day_only, report.order, report.key)

    return sorted(reports, key=sorting)


def place_of(article: Article) -> str:
    """The same for all addresses of one page (AMP, print, tracking); empty without a usable address.

    A front page is no address of an article: templates declare it as canonical for every page, and people
    import dumps under it.
    """
    if not article.url:
        return ""
    try:
        canonical = (
            believable_canonical(article.canonical_url, article.url) if article.canonical_url else None
        )
        url = canonical or canonical_url(article.url)
        return "" if is_home_page(url) else article_key(url)
    except AddressError:
        return ""


def _wording(report: Report) -> Wording:
    return Wording(
        key=report.key,
        copy_key=report.copy_key,
        place=place_of(report.article),
        runs=runs_of(report.article.text),
    )


def _lead(independent: Sequence[Report]) -> Report:
    """The report to read first: readable in full, of fair length, then the earliest."""
    fair = READABLE_SHARE * median(report.article.word_count for report in independent)
    return min(  # of several that are equal the first, and they are in order of publication
        independent,
        key=lambda report: (
            _ACCESS_RANK[report.article.access],
            not report.article.title.strip(),
            report.article.word_count < fair,
        ),
    )


def _title(lead: Report, ordered: Sequence[Report]) -> str:
    for report in (lead, *ordered):
        if title := " ".join(report.article.title.split()):
            return title
    words = lead.article.text.split()
    return " ".join(words[:TITLE_WORDS]) + (" …" if len(words) > TITLE_WORDS else "")


def _beginning(ordered: Sequence[Report], originals: Collection[int]) -> StoryOrigin:
    """The primary source: a report that others link to, else one by a public body, else a page that reports
    link to.

    A public body that speaks only days after the first report answers to the news; it is not where the news
    began. Of pages that as many reports link to, the one that is linked to first counts.
    """
    address: dict[str, str] = {}  # of each place that is linked to
    linked_by: defaultdict[str, set[str]] = defaultdict(set)
    for report in ordered:
        for place, url in _outward(report).items():
            address.setdefault(place, url)
            linked_by[place].add(report.outlet or str(report.key))
    bodies = [report for report in ordered if report.kind in places().primary_kinds]
    for report in ordered:
        if linked_by.get(place_of(report.article)) and (report.key in originals or report in bodies):
            return StoryOrigin(kind="article", article=report.key)
    for report in bodies:  # also where its release ran word for word elsewhere before
        if not _is_answer(report, ordered[0]):
            return StoryOrigin(kind="article", article=report.key)
    ranked = [
        (-len(outlets), not _is_primary(address[place]), position, place)
        for position, (place, outlets) in enumerate(linked_by.items())
        if len(outlets) > 1 or _is_primary(address[place])
    ]
    return StoryOrigin(kind="link", url=address[min(ranked)[-1]]) if ranked else StoryOrigin()


def _quoted(ordered: Sequence[Report], wordings: Sequence[Wording]) -> StoryOrigin:
    """The first report by somebody who tells of himself, where a later one of another outlet quotes it at
    length."""
    for position, report in enumerate(ordered):
        if report.kind in places().speaking_kinds and not _is_answer(report, ordered[0]):
            own = frozenset(wordings[position].runs)
            for later, wording in zip(ordered[position + 1 :], wordings[position + 1 :], strict=True):
                if later.outlet != report.outlet and share_in(wording.runs, own) >= QUOTED_SHARE:
                    return StoryOrigin(kind="article", article=report.key)
    return StoryOrigin()


def _is_answer(report: Report, first: Report) -> bool:
    """Published so late after the first report that this cannot rest on it."""
    begun, published = first.article.published_at, report.article.published_at
    return begun is not None and published is not None and published - begun > LATEST_ORIGIN


def _outward(report: Report) -> dict[str, str]:
    """The pages that a report links to, place and address, without its own site, front pages and social
    media."""
    own = {site for url in (report.article.url, report.article.canonical_url) if url and (site := _site(url))}
    found: dict[str, str] = {}
    for link in report.article.links:
        try:
            url = canonical_url(link)
            site = site_of(url)
            if site not in own and site not in places().social_sites and not is_home_page(url):
                found.setdefault(article_key(url), url)
        except AddressError:
            continue
    return found


def _site(url: str) -> str:
    try:
        return site_of(url)
    except AddressError:
        return ""


def _is_primary(url: str) -> bool:
    site = _site(url)
    return any(site == primary or site.endswith("." + primary) for primary in places().primary_sites)


def _shares(
    ordered: Sequence[Report], wordings: Sequence[Wording], beginning: StoryOrigin
) -> dict[int, Share]:
    if not wordings:
        return {}
    owed = borrowed(wordings)
    source = next((report for report in ordered if report.key == beginning.article), None)
    dated = [report for report in ordered if report.article.published_at]
    start = source if source and source.article.published_at else dated[0] if dated else None
    runs = {wording.key: wording.runs for wording in wordings}
    found = {}
    for report in ordered:
        origin = share_in(runs[report.key], runs[source.key]) if source and source is not report else None
        lag = _lag_hours(start, report) if start else None
        found[report.key] = Share(lag_hours=lag, borrowed=owed[report.key], origin=origin)
    return found


def _lag_hours(start: Report, report: Report) -> float | None:
    """From the one to the other; where only the day of one is known in whole days, and None on one and the
    same."""
    begun, published = start.article.published_at, report.article.published_at
    if begun is None or published is None:
        return None
    if report is start or not (start.day_only or report.day_only):
        return (published - begun).total_seconds() / 3600
    days = (published.astimezone(UTC).date() - begun.astimezone(UTC).date()).days
    return days * 24.0 if days else None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdAssignment:
    """Which story each cluster is. ``story`` is None where a new id is needed."""

    cluster: tuple[int, ...]
    story: int | None
    merged: tuple[int, ...] = ()  # stories that now point to this one
    parted_from: tuple[int, ...] = ()  # stories that lost some of these articles


def place_clusters(
    clusters: Iterable[tuple[int, ...]], story_of: Mapping[int, int], lead_of: Mapping[int, int]
) -> tuple[IdAssignment, ...]:
    """Which story each cluster continues.

    ``story_of`` is where each article was, ``lead_of`` each story's lead report. All articles of the stories
    in question must be in the clusters.
    """
    found = []
    for cluster in clusters:
        members = set(cluster)
        before = sorted({story_of[article] for article in cluster if article in story_of})
        led = [story for story in before if lead_of.get(story) in members]
        survivor = led[0] if led else None
        found.append(
            IdAssignment(
                cluster=cluster,
                story=survivor,
                merged=tuple(led[1:]),
                parted_from=tuple(story for story in before if story not in led),
            )
        )
    return tuple(found)

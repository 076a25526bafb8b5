"""What each page shows: from a store and a request to a template and its values. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from datasette.utils.asgi import Request

from pipelines.errors import UnknownStoryError
from pipelines.search import Search, parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.search import Order, SearchFilter
from pipelines.storage.tables.stories import StoredStory
from pipelines.stories.view import ReportView, StoryView, view_stories, view_story
from pipelines.web.charts import Dot, sparkline, timeline
from pipelines.web.shared_runs import lit
from pipelines.web.words import day, hours, lag, minute, percent, published
from scraper.rights import TextUse

WORDS = {
    "day": day,
    "minute": minute,
    "hours": hours,
    "lag": lag,
    "percent": percent,
    "published": published,
}  # for templates
WEEK = timedelta(days=7)
FRONT_STORIES = 40
FRONT_POOL = 300  # newest stories that are ranked; a week of a busy sector desk has fewer
SEARCH_RESULTS = 50
SOURCE_REPORTS = 50
MONTHS = 24  # two years: this year beside the last
PACE_ARTICLES = 500  # the latest ones; an older pace says little of today
EXCERPT_WORDS = 60  # of a report's opening, enough for two or three sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer: a template with its values, or a redirect."""

    template: str = "desk_message.html"
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One story in a list."""

    story: StoredStory
    publishers: int
    first_source: str
    sources: tuple[str, ...]
    topics: tuple[str, ...]
    excerpt: str
    spark: str
    latest: str


def message(status: int, title: str, text: str, links: Sequence[tuple[str, str]] = ()) -> Page:
    """Return a page that says one thing, with ways on."""
    ways = tuple(links) or (("/", "Front page"), ("/search", "Search"))
    return Page(status=status, context={"title": title, "text": text, "links": ways})


def front(store: Store, request: Request) -> Page:
    """Return the stories of the last seven days, or of the last week that has any, widest first."""
    now = datetime.now(UTC)
    since = _date(request.args.get("since"))
    wanted = SearchFilter(
        since=since or now - WEEK,
        source_id=request.args.get("source") or None,
        kind=request.args.get("kind") or None,
        topic_id=request.args.get("topic") or None,
    )
    ids = store.search.stories(parse_search(""), wanted, order=Order.NEWEST, limit=FRONT_POOL)
    is_old = not ids and since is None
    if is_old:
        ids = store.search.stories(
            parse_search(""), _without_since(wanted), order=Order.NEWEST, limit=FRONT_STORIES
        )
    if not ids and not store.articles.count():
        return message(
            200,
            "There are no articles yet",
            "Run `cuttings run` to fetch the sources, or `cuttings import` to read files; then reload.",
        )
    lines = ranked(store, ids)[:FRONT_STORIES]
    kinds = sorted({source.kind for source in store.sources.declared() if source.kind})
    return Page(
        template="desk_front.html",
        context={
            "title": "This week" if since is None else f"New since {day(since)}",
            "is_old": is_old,
            "lines": lines,
            "topics": store.topics.declared(),
            "kinds": kinds,
            "chosen": wanted,
            "today": now.date().isoformat(),
        },
    )


def ranked(store: Store, ids: Sequence[int]) -> list[StoryLine]:
    """Return stories by independent publishers, then reports, then the latest report."""
    by_id = store.stories.many(ids)
    stories = [by_id[story_id] for story_id in ids]
    publishers = store.topics.publishers(ids)
    stories.sort(
        key=lambda story: (
            publishers.get(story.id, story.source_count),
            story.report_count,
            story.last_published_at or story.created_at,
            story.id,
        ),
        reverse=True,
    )
    return story_lines(store, stories[:FRONT_STORIES], publishers)


def story_lines(
    store: Store, stories: Sequence[StoredStory], publishers: Mapping[int, int]
) -> list[StoryLine]:
    """Return stories as a list shows them, in the given order."""
    topics = store.topics.of_stories([story.id for story in stories])
    return [
        StoryLine(
            story=view.story,
            publishers=publishers.get(view.story.id, view.story.source_count),
            first_source=view.reports[0].source if view.reports else "",
            sources=view.sources,
            topics=topics.get(view.story.id, ()),
            excerpt=excerpt(view.lead.stored) if view.lead else "",
            spark=sparkline(_by_day(view)),
            latest=minute(view.story.last_published_at),
        )
        for view in view_stories(store, stories)
    ]


def story(store: Store, request: Request) -> Page:
    """Return one story with everything behind it; a merged one redirects, a forgotten one is gone."""
    story_id = int(request.url_vars["id"])
    try:
        view = view_story(store, story_id)
    except UnknownStoryError:
        return message(
            404, f"There is no story {story_id}", "The number may be mistyped. Search for words of its title."
        )
    if view.story.id != story_id:
        return Page(status=301, location=f"/story/{view.story.id}")
    if not view.reports:
        return message(410, f"Story {story_id} was withdrawn", "Its articles were removed from this desk.")
    return Page(
        template="desk_story.html",
        context={
            "title": view.story.title,
            "view": view,
            "timeline": timeline(_dots(view)),
            "reports": view.reports,
            "excerpt": excerpt,
            "words": WORDS,
            "pairs": _pairs(view),
        },
    )


def compare(store: Store, request: Request) -> Page:
    """Return two reports of a story side by side, with the runs of words that both have lit."""
    story_id = int(request.url_vars["id"])
    try:
        view = view_story(store, story_id)
    except UnknownStoryError:
        return message(404, f"There is no story {story_id}", "The number may be mistyped.")
    by_id = {report.id: report for report in view.reports}
    chosen = [by_id.get(_number(request.args.get(side))) for side in ("a", "b")]
    if chosen[0] is None or chosen[1] is None:
        back = ((f"/story/{view.story.id}", "The story"),)
        return message(404, "Name two reports of this story", "Open it and choose two of its reports.", back)
    left, right = chosen[0], chosen[1]
    if not (may_show(left.stored) and may_show(right.stored)):
        back = ((f"/story/{view.story.id}", "The story"),)
        return message(403, "These texts may not be shown", "This desk may only analyse them.", back)
    texts = lit(left.stored.article.text, right.stored.article.text)
    return Page(
        template="desk_compare.html",
        context={
            "title": view.story.title,
            "view": view,
            "sides": list(zip((left, right), texts, strict=True)),
        },
    )


def source(store: Store, request: Request) -> Page:
    """Return one source over time: reports a month, share of the coverage, latest reports."""
    source_id = str(request.url_vars["id"])
    known = {each.id: each for each in store.sources.all()}
    if source_id not in known:
        return message(
            404, "There is no such source", f"No source has the id {source_id}.", (("/sources", "Sources"),)
        )
    wanted = SearchFilter(source_id=source_id)
    hits = store.search.articles(parse_search(""), wanted, order=Order.NEWEST, limit=SOURCE_REPORTS)
    return Page(
        template="desk_source.html",
        context={
            "title": known[source_id].name,
            "source": known[source_id],
            "months": store.coverage.months(source_id, limit=MONTHS),
            "pace": store.coverage.pace(source_id, limit=PACE_ARTICLES),
            "hits": hits,
            "words": WORDS,
        },
    )


def sources(store: Store, _request: Request) -> Page:
    """Return all sources that this desk watches."""
    watched = sorted(store.sources.declared(), key=lambda each: each.name.casefold())
    return Page(template="desk_sources.html", context={"title": "Sources", "sources": watched})


def search(store: Store, request: Request) -> Page:
    """Return the stories that match the words, newest or best first."""
    typed = (request.args.get("q") or "").strip()
    order = Order.BEST if request.args.get("order") == Order.BEST else Order.NEWEST
    parsed: Search = parse_search(typed)
    lines: list[StoryLine] = []
    if not parsed.is_empty:
        wanted = SearchFilter(
            topic_id=request.args.get("topic") or None, kind=request.args.get("kind") or None
        )
        ids = store.search.stories(parsed, wanted, order=order, limit=SEARCH_RESULTS)
        by_id = store.stories.many(ids)
        lines = story_lines(store, [by_id[each] for each in ids], store.topics.publishers(ids))
    return Page(
        template="desk_search.html",
        context={
            "title": "Search",
            "typed": typed,
            "order": str(order),
            "lines": lines,
            "most": SEARCH_RESULTS,
        },
    )


def may_show(stored: StoredArticle) -> bool:
    """Return whether the rights and the desk's purpose allow the full text to be shown."""
    return stored.text_use == TextUse.FULL


def excerpt(stored: StoredArticle) -> str:
    """Return the opening words of a text that may be shown; an empty text otherwise."""
    if not may_show(stored):
        return ""
    tokens = stored.article.text.split()
    return " ".join(tokens[:EXCERPT_WORDS]) + (" …" if len(tokens) > EXCERPT_WORDS else "")


def _dots(view: StoryView) -> list[Dot]:
    origin = view.origin.id if view.origin else None
    return [
        Dot(
            at=report.stored.article.published_at,
            is_lead=report.is_lead,
            is_origin=report.id == origin,
            is_copy=report.copy_of is not None,
        )
        for report in view.reports
        if report.stored.article.published_at is not None
    ]


def _by_day(view: StoryView) -> list[int]:
    """Return reports a day from the first to the last, at most two weeks."""
    days = [published for each in view.reports if (published := each.stored.article.day) is not None]
    if not days:
        return []
    counts = Counter((each - min(days)).days for each in days)
    return [counts.get(number, 0) for number in range(min(max(counts), 13) + 1)]


def _pairs(view: StoryView) -> list[tuple[ReportView, ReportView]]:
    """Return each report with the one it borrows from, or else the first report, to compare."""
    by_id = {report.id: report for report in view.reports}
    first = view.reports[0]
    pairs = []
    for report in view.reports[1:]:
        other = by_id.get(report.share.borrowed_from or 0, first) if report.share else first
        if may_show(report.stored) and may_show(other.stored) and other.id != report.id:
            pairs.append((other, report))
    return pairs


def _without_since(wanted: SearchFilter) -> SearchFilter:
    return SearchFilter(source_id=wanted.source_id, kind=wanted.kind, topic_id=wanted.topic_id)


def _date(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else -1

"""The front page, searches and topics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from datasette.utils.asgi import Request

from pipelines.search import parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables.search import Order, SearchFilter
from pipelines.web.lists import StoryLine, newest_lines, ranked_lines
from pipelines.web.page import Page, day_start, message, named, number_of, times_of

WEEK = timedelta(days=7)
FRONT_STORIES = 40
FRONT_POOL = 300  # newest stories that are ranked; a week of a busy sector desk has fewer
SEARCH_RESULTS = 50
TOPIC_STORIES = 100
LONGEST_SEARCH = 400  # characters; what the field on the page takes
_EVERYTHING = parse_search("")


def front(store: Store, request: Request) -> Page:
    """Return the stories of the last seven days, or of the last week that has any, in the digest's order."""
    times = times_of(store)
    asked = day_start(request.args.get("since"), times)
    start = asked or day_start(f"{times.today - WEEK + timedelta(days=1)}", times) or times.now - WEEK
    chosen = _filter(request, since=start)
    ids = store.search.stories(_EVERYTHING, chosen, order=Order.NEWEST, limit=FRONT_POOL)
    last: datetime | None = None
    if not ids and asked is None:
        last = _latest(store, replace(chosen, since=None))
        if last is None and not store.articles.count():
            return _nothing_stored()
        start = (last or times.now) - WEEK
        week = replace(chosen, since=start)
        ids = store.search.stories(_EVERYTHING, week, order=Order.NEWEST, limit=FRONT_POOL)
    lines = ranked_lines(store, ids, since=start, most=FRONT_STORIES)
    midnight = day_start(f"{times.today}", times) or times.now
    fresh = [line for line in lines if _when(line) >= midnight]
    return Page(
        template="desk_front.html",
        context={
            "title": f"New since {times.day(asked)}" if asked else "The last seven days",
            "section": "front",
            "last_week_to": last,
            "today_lines": fresh if len(fresh) < len(lines) else [],
            "lines": [line for line in lines if line not in fresh] if len(fresh) < len(lines) else lines,
            "is_cut": len(lines) == FRONT_STORIES,
            "since": request.args.get("since") if asked else "",
            "today": times.today.isoformat(),
            **_choices(store, chosen),
        },
    )


def _nothing_stored() -> Page:
    return message(
        200,
        "Nothing is stored yet",
        "Run `cuttings run` to fetch the sources, or `cuttings import` to read files; then load this page "
        "again.",
        (("/sources", "Sources"),),
    )


def _when(line: StoryLine) -> datetime:
    return line.story.last_published_at or line.story.created_at


def _latest(store: Store, chosen: SearchFilter) -> datetime | None:
    """Return when the newest story of these was last reported."""
    ids = store.search.stories(_EVERYTHING, chosen, order=Order.NEWEST, limit=1)
    return next(
        (each.last_published_at or each.created_at for each in store.stories.many(ids).values()), None
    )


def search(store: Store, request: Request) -> Page:
    """Return the stories that match the words, newest or best first, with the words that were found."""
    times = times_of(store)
    typed = (request.args.get("q") or "").strip()[:LONGEST_SEARCH]
    order = Order.BEST if request.args.get("order") == Order.BEST else Order.NEWEST
    parsed = parse_search(typed)
    since = day_start(request.args.get("since"), times)
    chosen = _filter(request, since=since)
    lines: list[StoryLine] = []
    if not parsed.is_empty:
        ids = store.search.stories(parsed, chosen, order=order, limit=SEARCH_RESULTS)
        snippets = store.search.story_snippets(parsed, ids)
        lines = newest_lines(store, ids, since=since or times.now - WEEK, snippets=snippets)
    return Page(
        template="desk_search.html",
        context={
            "title": f"Stories with “{typed}”" if typed else "Search",
            "section": "search",
            "typed": typed,
            "order": str(order),
            "by_order": {str(each): _query(request, typed, each) for each in Order},
            "lines": lines,
            "most": SEARCH_RESULTS,
            "since": request.args.get("since") if since else "",
            **_choices(store, chosen),
        },
    )


def _query(request: Request, typed: str, order: Order) -> str:
    """Return the query string of the same search, with its filters, in another order."""
    filters = {name: request.args.get(name) for name in ("topic", "kind", "source", "publishers", "since")}
    asked = {"q": typed, "order": order if order is Order.BEST else None, **filters}
    return urlencode({name: value for name, value in asked.items() if value})


def topics(store: Store, _request: Request) -> Page:
    """Return the topics that the desk watches, each with its number of stories."""
    times = times_of(store)
    return Page(
        template="desk_topics.html",
        context={
            "title": "Topics",
            "section": "topics",
            "topics": store.listings.topics(since=times.now - WEEK),
        },
    )


def topic(store: Store, request: Request) -> Page:
    """Return the stories of one topic, the newest first."""
    times = times_of(store)
    key = named(request)
    found = next((each for each in store.listings.topics(since=times.now - WEEK) if each.id == key), None)
    if found is None:
        return message(
            404, "The topic was not found", f"No topic has the id {key}.", (("/topics", "Topics"),)
        )
    chosen = SearchFilter(topic_id=key)
    ids = store.search.stories(_EVERYTHING, chosen, order=Order.NEWEST, limit=TOPIC_STORIES)
    lines = newest_lines(store, ids, since=times.now - WEEK)
    return Page(
        template="desk_topic.html",
        context={
            "title": found.name,
            "section": "topics",
            "topic": found,
            "lines": lines,
            "most": TOPIC_STORIES,
        },
    )


def _filter(request: Request, *, since: datetime | None) -> SearchFilter:
    publishers = number_of(request.args.get("publishers"))
    return SearchFilter(
        since=since.astimezone(UTC) if since else None,
        source_id=request.args.get("source") or None,
        kind=request.args.get("kind") or None,
        topic_id=request.args.get("topic") or None,
        min_publishers=max(1, min(publishers, 99)),
    )


def _choices(store: Store, chosen: SearchFilter) -> dict[str, object]:
    """Return what the form of filters offers, and what is chosen."""
    sources = store.sources.labels()
    return {
        "chosen": chosen,
        "is_filtered": bool(chosen.source_id or chosen.kind or chosen.topic_id or chosen.min_publishers > 1),
        "topic_choices": [(each.id, each.name) for each in store.topics.declared()],
        "kind_choices": [(kind, kind) for kind in sorted({each.kind for each in sources if each.kind})],
        "source_choices": [(each.id, each.name) for each in sources],
    }

"""The sources: the list, and one source over time."""

from __future__ import annotations

from datetime import timedelta

from datasette.utils.asgi import Request

from pipelines.storage.store import Store
from pipelines.web.charts import weeks
from pipelines.web.page import Page, message, named, times_of

SOURCE_ARTICLES = 50
WEEKS = 52
MONTHS = timedelta(days=183)
SHARE = timedelta(days=28)  # over which the share of all reports is counted
PACE_ARTICLES = 500  # the latest ones; an older pace says little of today


def sources(store: Store, _request: Request) -> Page:
    """Return all sources that this desk watches, by kind."""
    watched = sorted(store.sources.declared(), key=lambda each: (each.kind, each.name.casefold()))
    return Page(
        template="desk_sources.html",
        context={"title": "Sources", "section": "sources", "sources": watched},
    )


def source(store: Store, request: Request) -> Page:
    """Return one source over time: volume, share of voice, pace, whom it copies, health."""
    times = times_of(store)
    key = named(request)
    found = store.sources.get(key)
    if found is None:
        text = f"No source has the id {key}."
        return message(404, "The source was not found", text, (("/sources", "Sources"),))
    latest = store.coverage.latest_at(found.id)
    until = min(latest, times.now) if latest else times.now
    by_week = store.coverage.weeks(found.id, since=until - timedelta(weeks=WEEKS))
    of_source = sum(each.reports for each in by_week if each.week >= (until - SHARE).date())
    of_all = store.coverage.reports_since(until - SHARE)
    return Page(
        template="desk_source.html",
        context={
            "title": found.name,
            "section": "sources",
            "source": found,
            "channels": store.channels.of_source(found.id),
            "months": store.coverage.months(found.id, since=until - MONTHS),
            "chart": weeks(
                [(each.week, each.reports) for each in by_week],
                until=until.astimezone(times.zone).date(),
                number=WEEKS,
            ),
            "until": until,
            "year_ago": until - timedelta(weeks=WEEKS - 1),
            "share": of_source / of_all if of_all else None,
            "share_since": until - SHARE,
            "pace": store.coverage.pace(found.id, limit=PACE_ARTICLES),
            "copied": store.coverage.copied_by(found.id, articles=PACE_ARTICLES),
            "pace_articles": PACE_ARTICLES,
            "articles": store.coverage.latest(found.id, limit=SOURCE_ARTICLES),
        },
    )

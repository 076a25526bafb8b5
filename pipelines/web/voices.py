"""Who is quoted, and what one of them said."""

from __future__ import annotations

from datetime import timedelta

from datasette.utils.asgi import Request

from pipelines.storage.store import Store
from pipelines.web.page import Page, day_start, may_show, message, times_of

MOST_SPEAKERS = 100
MOST_WORDS = 100
MOST_ARTICLES = 2_000  # the newest ones, whose quotations are counted: a month of a busy sector desk
PERIOD = timedelta(days=30)


def voices(store: Store, request: Request) -> Page:
    """Return who was quoted in the last 30 days, or since a day, by most publishers first."""
    times = times_of(store)
    typed = (request.args.get("q") or "").strip()[:200]
    asked = day_start(request.args.get("since"), times)
    since = asked or times.now - PERIOD
    speakers = store.listings.speakers(since=since, words=typed, articles=MOST_ARTICLES, limit=MOST_SPEAKERS)
    is_old = False
    if not speakers and asked is None:
        latest = store.coverage.period()[1]
        if latest is not None and latest < since:  # an archive: its last 30 days
            is_old, since = True, latest - PERIOD
            speakers = store.listings.speakers(
                since=since, words=typed, articles=MOST_ARTICLES, limit=MOST_SPEAKERS
            )
    return Page(
        template="desk_voices.html",
        context={
            "title": "Voices",
            "section": "voices",
            "speakers": speakers,
            "since": since,
            "is_old": is_old,
            "typed_name": typed,
            "since_day": request.args.get("since") if asked else "",
            "most": MOST_SPEAKERS,
            "articles": MOST_ARTICLES,
        },
    )


def voice(store: Store, request: Request) -> Page:
    """Return the latest words of one speaker, each with its story and report."""
    name = request.args.get("name") or ""
    said = store.listings.spoken(name, limit=MOST_WORDS) if name else ()
    if not said:
        return message(
            404,
            "Nobody with this name is quoted",
            "Names are shown as the articles spell them; look for a part of it among the voices.",
            (("/voices", "Voices"),),
        )
    return Page(
        template="desk_voice.html",
        context={
            "title": name,
            "section": "voices",
            "said": said,
            "role": next((each.role for each in said if each.role), ""),
            "may_show": may_show,
            "most": MOST_WORDS,
        },
    )

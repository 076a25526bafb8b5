"""The pairs of articles that most need a person's decision."""

from __future__ import annotations

from dataclasses import dataclass

from datasette.utils.asgi import Request

from pipelines.storage.store import Store
from pipelines.stories.doubts import Doubt, doubts
from pipelines.stories.explain import gathered
from pipelines.stories.view import sources_by_id
from pipelines.web.evidence import Bar, ShownText, bars_of, shown_text
from pipelines.web.page import Page, number_of

MOST_PAIRS = 20
THRESHOLD = 0.5  # probability: the pairs nearest to it are the closest verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulPair:
    """A pair to decide about, with what speaks for and against."""

    doubt: Doubt
    sides: tuple[ShownText, ...]
    bars: tuple[Bar, ...]


def review(store: Store, request: Request) -> Page:
    """Return the doubtful pairs side by side, most doubtful first."""
    found = doubts(store, limit=MOST_PAIRS, threshold=THRESHOLD)
    articles = store.articles.many({end for each in found for end in (each.match.a, each.match.b)})
    sources = sources_by_id(store)
    pairs = [
        DoubtfulPair(
            doubt=each,
            sides=tuple(shown_text(articles[end], sources) for end in (each.match.a, each.match.b)),
            bars=bars_of(gathered(each.match.evidence)[:8]),
        )
        for each in found
        if each.match.a in articles and each.match.b in articles
    ]
    number = number_of(request.args.get("decided"))
    recorded = store.decisions.get(number) if number > 0 else None
    return Page(
        template="desk_review.html",
        context={"title": "Pairs in doubt", "section": "review", "pairs": pairs, "recorded": recorded},
    )

"""Why two reports are one story, as bars; and two texts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasette.utils.asgi import Request
from markupsafe import Markup

from pipelines.errors import PipelineError, UnknownArticleError
from pipelines.models import Evidence, Match
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.stories.explain import Side, explain_pair, gathered
from pipelines.stories.view import StoryView, source_name, sources_by_id
from pipelines.web.charts import waterfall
from pipelines.web.page import Page, excerpt, may_show, message, number_of
from pipelines.web.shared_runs import Span, lit
from scraper.models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One piece of evidence. ``weight`` in log2 odds."""

    words: str
    weight: float
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What speaks for and against a report and another one of its story being one event."""

    other: int  # article
    probability: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """One of two articles side by side; ``spans`` is empty where its text may not be shown."""

    stored: StoredArticle
    source: str
    excerpt: str
    spans: tuple[Span, ...]


def bars_of(evidence: Sequence[Evidence]) -> tuple[Bar, ...]:
    """Return the evidence as a waterfall, heaviest first; the last bar is the sum."""
    pieces = gathered(evidence)
    weights = [piece.weight for piece in pieces]
    words = [*(piece.words for piece in pieces), "Together"]
    return tuple(
        Bar(words=text, weight=weight, drawing=drawing)
        for text, weight, drawing in zip(words, [*weights, sum(weights)], waterfall(weights), strict=True)
    )


def ties_of(store: Store, view: StoryView) -> dict[int, Tie]:
    """Return for each report that is not a copy its surest pair with another one of the story."""
    inside = {report.id for report in view.independent}
    surest: dict[int, Match] = {}
    for match in store.matches.explained(inside):
        if match.a in inside and match.b in inside:
            for end in (match.a, match.b):
                if end not in surest or match.probability > surest[end].probability:
                    surest[end] = match
    return {
        end: Tie(
            other=match.b if end == match.a else match.a,
            probability=match.probability,
            bars=bars_of(match.evidence),
        )
        for end, match in surest.items()
    }


def compare(store: Store, request: Request) -> Page:
    """Return two articles side by side: what both texts have, lit, and the evidence as bars."""
    a, b = (number_of(request.args.get(side)) for side in ("a", "b"))
    if a < 0 or b < 0 or a == b:
        return message(
            404, "Name two articles", "An address such as /compare?a=5&b=9 compares articles 5 and 9."
        )
    try:
        pair = [store.articles.get(each) for each in (a, b)]
    except UnknownArticleError as error:
        return message(404, "The article was not found", str(error))
    try:
        explained = explain_pair(store, *(Side(article=each.article, stored=each) for each in pair))
    except PipelineError as error:
        return message(404, "These articles cannot be compared", str(error))
    return Page(
        template="desk_compare.html",
        context={
            "title": "Two reports side by side",
            "sides": sides_of(store, pair),
            "explained": explained,
            "bars": bars_of(explained.match.evidence),
            "stories": sorted({each.story_id for each in pair if each.story_id is not None}),
        },
    )


def sides_of(store: Store, pair: Sequence[StoredArticle]) -> list[ShownText]:
    """Return two articles with what both texts have marked, where both texts may be shown."""
    sources = sources_by_id(store)
    is_free = all(may_show(each.text_use) for each in pair)
    texts = lit(*(each.article.text for each in pair)) if is_free else ((), ())
    return [shown_text(each, sources, spans) for each, spans in zip(pair, texts, strict=True)]


def shown_text(
    stored: StoredArticle, sources: Mapping[str, Source], spans: tuple[Span, ...] = ()
) -> ShownText:
    """Return an article with its source, and of its text what may be shown."""
    return ShownText(stored=stored, source=source_name(stored, sources), excerpt=excerpt(stored), spans=spans)

"""One story with everything behind it, and its citations."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from datasette.utils.asgi import Request
from markupsafe import Markup

from pipelines.errors import UnknownStoryError
from pipelines.export.citations import write_csl, write_ris
from pipelines.export.digest.novelty import new_sentences
from pipelines.export.records import REPORT_COLUMNS, Table, report_rows
from pipelines.export.story_feed import story_atom
from pipelines.storage.store import Store
from pipelines.stories.shares import Parts
from pipelines.stories.view import ReportView, StoryView, view_story
from pipelines.web.charts import Axis, Dot, axis_of, scale, track
from pipelines.web.evidence import Tie, ties_of
from pipelines.web.page import Page, excerpt, may_show, message, times_of
from pipelines.web.words import MINUTE
from pipelines.web.words import lag as lag_words

SILENCE_WINDOW = timedelta(days=8)  # the view `silences` looks at the last seven days
MOST_NEW = 2  # new sentences that are shown of a report
MOST_READ = 40  # reports whose new sentences are looked for: each is compared with all before it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEntry:
    """One report as the page shows it, with its copies folded under it."""

    number: int  # in order of publication, copies left out
    view: ReportView
    copies: tuple[ReportView, ...]
    track: Markup
    when: str  # beside the track: how long after the origin, else after the first report
    lag: str  # the same in a sentence; empty for the report that the time is counted from
    parts: Parts | None  # release, retold and own, where the story has an origin
    news: tuple[str, ...]  # sentences with a name, figure or quotation that no earlier report had
    tie: Tie | None  # its surest pair in the story
    other: int  # the number of the other report of that pair
    lender: ReportView | None  # the earlier report that most of its borrowed words stand in


def story(store: Store, request: Request) -> Page:
    """Return one story with everything behind it; a merged one redirects, a forgotten one is gone."""
    found = _found(store, request)
    if isinstance(found, Page):
        return found
    times, entries = times_of(store), _entries(store, found)
    dots = [dot for entry in entries for dot in _dots(found, entry.view, entry.copies)]
    axis = axis_of(dots)
    ids = [report.id for report in found.reports]
    last = found.story.last_published_at
    is_recent = last is not None and times.now - last < SILENCE_WINDOW
    return Page(
        template="desk_story.html",
        context={
            "title": found.story.title or f"Story {found.story.id}",
            "view": found,
            "entries": _with_tracks(found, entries, axis),
            "scale": scale(axis, times.zone) if axis else "",
            "excerpt": excerpt(found.lead.stored) if found.lead else "",
            "silences": store.coverage.silences(found.story.id) if is_recent else (),
            "revisions": store.coverage.revised(ids),
            "topics": _topics(store, found.story.id),
            "number_of": {entry.view.id: entry.number for entry in entries},
            "names": {report.id: report.source or "source unknown" for report in found.reports},
        },
    )


def citation(store: Store, request: Request) -> Page:
    """Return the reports of a story as RIS, CSL-JSON or Atom."""
    found = _found(store, request)
    form = str(request.url_vars["form"])
    if isinstance(found, Page):
        if found.location is not None:
            return Page(status=found.status, location=f"{found.location}.{form}")
        return found
    if form == "atom":
        address = f"{request.scheme}://{request.host}{request.path}"
        return Page(body=story_atom(found, address=address), content_type="application/atom+xml")
    file = io.BytesIO()
    table = Table(columns=REPORT_COLUMNS, rows=iter(report_rows(found)))
    (write_ris if form == "ris" else write_csl)(table, file)
    kind = (
        "application/x-research-info-systems" if form == "ris" else "application/vnd.citationstyles.csl+json"
    )
    return Page(body=file.getvalue().decode(), content_type=kind, file_name=f"story-{found.story.id}.{form}")


def _found(store: Store, request: Request) -> StoryView | Page:
    """Return the story of an address; else the page that says what became of it."""
    story_id = int(request.url_vars["id"])
    try:
        view = view_story(store, story_id)
    except UnknownStoryError:
        return message(
            404,
            f"Story {story_id} was not found",
            "The number may be mistyped. Search for words from its title.",
        )
    if view.story.id != story_id:
        return Page(status=301, location=f"/story/{view.story.id}")
    if not view.reports:
        return message(
            410,
            f"Story {story_id} does not have any articles",
            "They were deleted, or moved to other stories. Search for words from its title.",
        )
    return view


def _entries(store: Store, view: StoryView) -> list[ReportEntry]:
    ties = ties_of(store, view)
    numbers = {report.id: number for number, report in enumerate(view.independent, 1)}
    by_id = {report.id: report for report in view.reports}
    start = view.origin.id if view.origin else view.story.first_article_id
    entries, known = [], list[str]()
    for report in view.independent:
        text = report.stored.article.text
        is_read = known and len(known) < MOST_READ and may_show(report.stored.text_use)
        news = new_sentences(text, known, most=MOST_NEW) if is_read else []
        known.append(text)
        tie = ties.get(report.id)
        lender = report.share.borrowed_from if report.share and report.borrowed_share else None
        entries.append(
            ReportEntry(
                number=numbers[report.id],
                view=report,
                copies=view.copies_of(report),
                track=Markup(),
                when=_when(view, report),
                lag="" if report.id == start else lag_words(report.share.lag_hours if report.share else None),
                parts=view.parts(report) if len(numbers) <= MOST_READ else None,
                news=tuple(news),
                tie=tie,
                other=numbers.get(tie.other, 0) if tie else 0,
                lender=by_id.get(lender) if lender else None,
            )
        )
    return entries


def _when(view: StoryView, report: ReportView) -> str:
    """Return what a label says of the time of a report."""
    if view.origin and view.origin.id == report.id:
        return "origin"
    if report.published_at is None:
        return "no date"
    if view.origin is None and view.first and view.first.id == report.id:
        return "first"
    lag = report.share.lag_hours if report.share else None
    if lag is None or (not lag and report.stored.article.is_day_only):
        return "time unknown"
    if view.origin is None and report.id == view.story.first_article_id:
        return "first with a time"
    return "same time" if abs(lag) < MINUTE else lag_words(lag)


def _with_tracks(view: StoryView, entries: Sequence[ReportEntry], axis: Axis | None) -> list[ReportEntry]:
    if axis is None:
        return list(entries)
    return [replace(entry, track=track(axis, _dots(view, entry.view, entry.copies))) for entry in entries]


def _dots(view: StoryView, report: ReportView, copies: Sequence[ReportView]) -> list[Dot]:
    """Return the dots of a report and of its copies; those without a date that can be true have none."""
    origin = view.origin.id if view.origin else None
    return [
        Dot(
            at=each.published_at,
            is_lead=each.is_lead,
            is_origin=each.id == origin,
            is_copy=each.copy_of is not None,
        )
        for each in (report, *copies)
        if each.published_at is not None
    ]


def _topics(store: Store, story_id: int) -> list[tuple[str, str]]:
    names = {topic.id: topic.name for topic in store.topics.declared()}
    ids = store.topics.of_stories([story_id]).get(story_id, ())
    return [(key, names[key]) for key in ids if key in names]

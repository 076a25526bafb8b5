"""``cuttings stories`` and ``cuttings story``: list and search stories, show one with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import click

from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, print_wrapped
from pipelines.commands.search_options import (
    SEARCH_HELP,
    SearchCommand,
    SearchOptions,
    with_search,
)
from pipelines.export.records import REPORT_COLUMNS, STORY_COLUMNS, report_rows, story_row
from pipelines.models import RelationKind
from pipelines.storage.tables.article_rows import REFUSED_DATE
from pipelines.storage.tables.search import SearchFilter
from pipelines.storage.tables.stories import StoryChange
from pipelines.storage.values import stamp
from pipelines.stories.view import SMALLEST_SHARE, ReportView, StoryView, view_stories, view_story
from pipelines.stories.voices import SharedWords
from pipelines.text import counted, defuse_line, listed
from scraper.days import day_words, written_date
from scraper.models import Article

SHOWN_VOICES = 8  # persons who are quoted in a story, those in most reports first
SHOWN_WORDS = 20  # of a quotation
_RELATED = {
    RelationKind.STAGE: "another stage of one affair",
    RelationKind.AFFAIR: "another event of one affair",
    RelationKind.EDITION: "another edition of one series",
}


@click.command(cls=SearchCommand, help=f"List the latest stories, or search them for WORDS. {SEARCH_HELP}")
@click.argument("words", nargs=-1)
@click.option(
    "--min-sources",
    type=click.IntRange(1),
    metavar="N",
    default=1,
    help="Only stories of at least N sources.",
)
@click.option(
    "--min-publishers",
    type=click.IntRange(1),
    metavar="N",
    default=1,
    help="Only stories of at least N publishers.",
)
@with_search
@with_rows
@with_desk
def stories(
    desk: Desk,
    *,
    words: tuple[str, ...],
    min_sources: int,
    min_publishers: int,
    options: SearchOptions,
    rows: RowFormat,
) -> None:
    """Print stories: the latest first, or the best matches first."""
    search = options.search(words)
    wanted = replace(options.wanted, min_sources=min_sources, min_publishers=min_publishers)
    with desk.store(reading=True) as store:
        options.check(store)
        ids: tuple[int, ...] = ()
        if search is not None:
            ids = store.search.stories(search, wanted, order=options.order(search), limit=options.limit)
        by_id = store.stories.many(ids)
        found = [by_id[story_id] for story_id in ids]
        if rows is RowFormat.TABLE:
            columns: tuple[str, ...] = ("id", "latest", "title", "reports", "sources")
            table: list[tuple[Cell, ...]] = [
                (
                    story.id,
                    str(story.last_published_day or ""),
                    story.title,
                    story.report_count,
                    story.source_count,
                )
                for story in found
            ]
        else:
            columns, table = STORY_COLUMNS, [story_row(view) for view in view_stories(store, found)]
        print_rows(columns, table, rows)
    if not found:
        is_filtered = words or wanted != SearchFilter()
        desk.say("no story matches" if is_filtered else "there are no stories yet")


@click.command(help="Show story ID with its reports, who was first, what was copied, and the reasons.")
@click.argument("story_id", metavar="ID", type=int)
@with_rows
@with_desk
def story(desk: Desk, story_id: int, rows: RowFormat) -> None:
    """Print one story. A story that was merged into another shows that one."""
    with desk.store(reading=True) as store:
        view = view_story(store, story_id)
        if view.story.id != story_id:
            desk.say(f"story {story_id} is now part of story {view.story.id}")
        if rows is RowFormat.TABLE:
            print_wrapped(_story_lines(view))
        else:
            print_rows(REPORT_COLUMNS, report_rows(view), rows)


def _story_lines(view: StoryView) -> list[str]:
    """Return the story as a person reads it."""
    story = view.story
    if not view.reports:
        emptied = f"Story {story.id} has no articles any more: they were deleted, or moved to other stories"
        return [emptied, "", "History of this story:", *(f"  {_change_line(each)}" for each in view.changes)]
    copies = story.article_count - story.report_count
    facts = [counted(story.report_count, "report")]
    facts.append(counted(story.source_count, "source") if view.sources else "sources unknown")
    facts += [counted(copies, "copy")] if copies else []
    if first := story.first_published_day:
        facts.append(_span(first, story.last_published_day or first))
    lines = [f"Story {story.id}: {defuse_line(story.title)}", ", ".join(facts)]
    if story.origin_kind:
        lines.append(f"Origin: {defuse_line(_named(view.origin) if view.origin else str(story.origin_url))}")
    lines += [f"Note: {defuse_line(note)}" for note in view.notes]
    for report in view.reports:
        lines += ["", *_report_lines(view, report)]
    lines += _voice_lines(view)
    lines += [""] if view.related else []
    for related in view.related:
        when = "Earlier" if related.is_earlier else "Later"
        lines.append(f"{when}: story {related.story.id}, {defuse_line(related.story.title)}")
        lines.append(
            f"    {_RELATED[related.kind]} ({related.probability:.0%}). {defuse_line(related.reason)}"
        )
    lines += ["", "History of this story:"]
    return lines + [f"  {_change_line(change)}" for change in view.changes]


def _voice_lines(view: StoryView) -> list[str]:
    """Return who is quoted by several reports, else by any, and the words that several carry."""
    if not view.voices:
        return []
    lines = ["", "Quoted:"]
    for voice in view.voices[:SHOWN_VOICES]:
        role = f", {voice.role}" if voice.role else ""
        lines.append(defuse_line(f"  {voice.speaker}{role}: in {_numbers(voice.reports)}"))
        lines += [defuse_line(f"      {_shared_line(view, shared)}") for shared in voice.shared]
    more = len(view.voices) - SHOWN_VOICES
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _shared_line(view: StoryView, shared: SharedWords) -> str:
    """Return the words that several reports carry, and which of them had the words first."""
    words = shared.words.split()
    shown = " ".join(words[:SHOWN_WORDS]) + (" …" if len(words) > SHOWN_WORDS else "")
    line = f"“{shown}” ({counted(len(words), 'word')}): in {_numbers(shared.reports)}"
    return f"{line}; {_first_of(view, shared.reports)}"


def _first_of(view: StoryView, reports: Sequence[int]) -> str:
    """Return which of several reports, in order of publication, was first, as far as their dates tell."""
    dates = {each.id: each.published_at for each in view.reports}
    dated = [report for report in reports if dates.get(report)]
    undated = [report for report in reports if report not in dated]
    if not dated:
        return "it is not known which was first: they have no date"
    lacking = f"; {_numbers(undated)} {'has' if len(undated) == 1 else 'have'} no date" if undated else ""
    if len(dated) > 1 and not _is_earlier(view, dated[0], dated[1]):
        return f"it is not known which was first: {_numbers(dated[:2])} give the same time{lacking}"
    return f"first in [{dated[0]}]{lacking}"


def _is_earlier(view: StoryView, one: int, other: int) -> bool:
    """Return whether a report surely came before another: of one day, only times of both tell."""
    shown = {each.id: each for each in view.reports}
    begun, later = (shown[report].stored.article for report in (one, other))
    if begun.published_at is None or later.published_at is None:
        return False
    if begun.is_day_only or later.is_day_only:
        return begun.day is not None and later.day is not None and begun.day < later.day
    return begun.published_at < later.published_at


def _numbers(reports: Sequence[int]) -> str:
    return listed([f"[{report}]" for report in reports], len(reports))


def _change_line(change: StoryChange) -> str:
    """Return time, kind, article, detail and author of a change; do not repeat the kind in the detail."""
    about = "" if change.article_id is None else f" [{change.article_id}]"
    detail = defuse_line(change.detail)
    what = f"{about} {detail}" if detail.startswith(str(change.kind)) else f" {change.kind}{about}: {detail}"
    return f"{stamp(change.at)}{what} ({defuse_line(change.by)})"


def _named(report: ReportView) -> str:
    """Return ``[4] Minister appoints commissioner, Department for Families``."""
    source = f", {report.source}" if report.source else ""
    return f"[{report.id}] {report.stored.article.title or '(no headline)'}{source}"


def _report_lines(view: StoryView, report: ReportView) -> list[str]:
    """Return one report as a person reads it; its lag counts from the origin, else from the first."""
    start = "the origin" if view.origin else "the first"
    article = report.stored.article
    marks = ["lead"] if report.is_lead else []
    marks += [f"copy of {report.copy_of}"] if report.copy_of else []
    marks += ["in doubt"] if report.is_doubtful else []
    head = f"  [{report.id}] {defuse_line(article.title or '(no headline)')}"
    facts = [report.source or "source unknown", _published(article), f"{article.access} text"]
    facts.append(counted(article.word_count, "word"))
    if report.share and report.share.lag_hours and round(report.share.lag_hours, 1):
        lag = report.share.lag_hours
        facts.append(f"{_hours(abs(lag))} {'after' if lag > 0 else 'before'} {start}")
    lines = [head + (f" ({', '.join(marks)})" if marks else ""), f"      {defuse_line(', '.join(facts))}"]
    if article.url:
        lines.append(f"      {defuse_line(article.url)}")
    if (shares := _shares(view, report)) and not report.copy_of:
        lines.append(f"      {defuse_line(shares)}")
    if report.reason:
        lines.append(f"      {defuse_line(report.reason)}")
    return lines


def _published(article: Article) -> str:
    """Return day and time of publication; the day alone where no more is known."""
    if article.published_at:
        return written_date(article.published_at, article.published_precision)
    refused = next((each.place for each in article.origins if each.field == REFUSED_DATE), "")
    return f"no date (the page says {refused.removesuffix('T00:00:00Z')})" if refused else "no date"


def _shares(view: StoryView, report: ReportView) -> str:
    """Return how much of a report is the release, and stands in others; empty for next to nothing."""
    told = []
    parts = view.parts(report)
    if parts and view.origin and 1 - parts.own >= SMALLEST_SHARE:
        verbatim, retold = round(100 * parts.verbatim), round(100 * parts.retold)
        source = f", {view.origin.source}" if view.origin.source else ""
        own = f"{retold} % retell it, {100 - verbatim - retold} % are its own"
        told.append(f"{verbatim} % of its words are in the origin [{view.origin.id}]{source}, {own}")
    lender = report.share.borrowed_from if report.share else None
    if report.borrowed_share and not (told and lender == view.story.origin_article_id):
        share = round(100 * report.borrowed_share)
        told.append(f"{share} % of its words are in {_lenders(view, report)} reports, most in {lender}")
    return "; ".join(told)


def _lenders(view: StoryView, report: ReportView) -> str:
    """Return "earlier" where the report with most of these words surely came before, else "other"."""
    lender = next(
        (each for each in view.reports if report.share and each.id == report.share.borrowed_from), None
    )
    begun = lender.stored.article.published_at if lender else None
    published = report.stored.article.published_at
    return "earlier" if begun and published and begun < published else "other"


def _hours(hours: float) -> str:
    if hours >= 24 and hours % 24 == 0:  # whole days: for one of the two only the day is known
        return counted(round(hours / 24), "day")
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def _span(first: date, last: date) -> str:
    return f"on {day_words(first)}" if first == last else f"{day_words(first)} to {day_words(last)}"

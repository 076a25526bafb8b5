"""``cuttings stories`` and ``cuttings story``: list and search stories, show one with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import click

from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, defuse_line, print_rows, print_wrapped
from pipelines.commands.times import SINCE
from pipelines.matching.explanations import common_grounds
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.stories import ReportShare, StoredStory, StoryChange
from pipelines.storage.values import stamp
from pipelines.stories.reports import outlet_of
from pipelines.text import counted

DEFAULT_LIMIT = 50
SMALLEST_SHARE = 0.05  # of a report's words; smaller overlaps are chance and names
STORY_COLUMNS = (
    "id", "title", "first_published_at", "last_published_at", "reports", "copies", "sources", "source_names",
    "lead_url", "origin_url",
)  # fmt: skip
REPORT_COLUMNS = (
    "story_id", "article_id", "published_at", "source", "title", "url", "access", "words", "lead", "copy_of",
    "lag_hours", "borrowed_percent", "borrowed_from", "origin_percent", "reason",
)  # fmt: skip


Row = Mapping[str, Cell]


@click.command(help="List the latest stories, or search them for WORDS.")
@click.argument("words", nargs=-1)
@click.option("--since", type=SINCE, help="Only stories reported since: 7d, 24h, 2w or a date.")
@click.option(
    "--min-sources", type=click.IntRange(1), default=1, help="Only stories of at least this many sources."
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="List at most this many.",
)
@with_rows
@with_desk
def stories(
    desk: Desk,
    *,
    words: tuple[str, ...],
    since: datetime | None,
    min_sources: int,
    limit: int,
    rows: RowFormat,
) -> None:
    """Print stories: the latest first, or the best matches first."""
    with desk.store(reading=True) as store:
        found = store.stories.listing(" ".join(words), since=since, min_sources=min_sources, limit=limit)
        if rows is RowFormat.TABLE:
            columns: tuple[str, ...] = ("id", "latest", "title", "reports", "sources")
            table: list[tuple[Cell, ...]] = [
                (story.id, _day(story.last_published_at), story.title, story.report_count, story.source_count)
                for story in found
            ]
        else:
            columns, table = STORY_COLUMNS, [_story_row(store, story) for story in found]
        print_rows(columns, table, rows)
        if not found:
            desk.say(
                "no story is like that" if words or since or min_sources > 1 else "there are no stories yet"
            )


@click.command(help="Show story ID with its reports, who was first, what was copied, and the reasons.")
@click.argument("story_id", metavar="ID", type=int)
@with_rows
@with_desk
def story(desk: Desk, story_id: int, rows: RowFormat) -> None:
    """Print one story. A story that was merged into another shows that one."""
    with desk.store(reading=True) as store:
        found = store.stories.get(story_id)
        if found.id != story_id:
            desk.say(f"story {story_id} is now part of story {found.id}")
        table = _report_rows(store, found)
        if rows is RowFormat.TABLE:
            print_wrapped(_story_lines(store, found, table))
        else:
            print_rows(REPORT_COLUMNS, table, rows)


def _story_row(store: Store, story: StoredStory) -> tuple[Cell, ...]:
    articles = store.articles.many(store.stories.articles_of(story.id))
    names = list(dict.fromkeys(source_name(store, articles[a]) for a in store.stories.articles_of(story.id)))
    lead, origin = articles.get(story.lead_article_id or 0), articles.get(story.origin_article_id or 0)
    return (
        story.id,
        story.title,
        stamp(story.first_published_at),
        stamp(story.last_published_at),
        story.report_count,
        story.article_count - story.report_count,
        story.source_count,
        [name for name in names if name],
        lead.article.url if lead else None,
        origin.article.url if origin else story.origin_url,
    )


def _report_rows(store: Store, story: StoredStory) -> list[tuple[Cell, ...]]:
    """Return one row for each article of the story, in order of publication."""
    members = store.stories.articles_of(story.id)
    articles = store.articles.many(members)
    shares = store.stories.shares(story.id)
    reasons = _reasons(store, members)
    return [
        _report_row(store, story, articles[member], shares.get(member), reasons.get(member))
        for member in members
    ]


def _report_row(
    store: Store, story: StoredStory, stored: StoredArticle, share: ReportShare | None, reason: str | None
) -> tuple[Cell, ...]:
    borrowed = share is not None and share.borrowed_share >= SMALLEST_SHARE
    return (
        story.id,
        stored.id,
        stamp(stored.article.published_at),
        source_name(store, stored),
        stored.article.title,
        stored.article.url,
        str(stored.article.access),
        stored.article.word_count,
        stored.id == story.lead_article_id,
        stored.copy_group if stored.copy_group not in (None, stored.id) else None,
        round(share.lag_hours, 1) if share and share.lag_hours is not None else None,
        round(100 * share.borrowed_share) if share and borrowed else None,
        share.borrowed_from if share and borrowed else None,
        round(100 * share.origin_share) if share and share.origin_share is not None else None,
        reason,
    )


def _reasons(store: Store, members: tuple[int, ...]) -> dict[int, str]:
    """Return for each article the reason of its surest pair in the story; corrections come first."""
    inside = set(members)
    found: dict[int, tuple[float, str]] = {}
    for match in store.matches.explained(members):
        if match.a in inside and match.b in inside and (common := common_grounds(match)):
            for end, other in ((match.a, match.b), (match.b, match.a)):
                found[end] = max(found.get(end, (0.0, "")), (match.probability, f"with {other}: {common}"))
    for decision in store.decisions.active():
        ends = (decision.article_a, decision.article_b)
        if decision.kind == "same" and inside.issuperset(ends):
            for end, other in (ends, ends[::-1]):
                found[end] = (2.0, f"with {other}: {decision.decided_by} decided so (decision {decision.id})")
    return {article: reason for article, (_, reason) in found.items()}


def source_name(store: Store, stored: StoredArticle) -> str:
    """Return the name of an article's source; its site if no source is known."""
    source = store.sources.get(stored.article.source_id) if stored.article.source_id else None
    return source.name if source else outlet_of(stored.article)


def _story_lines(store: Store, story: StoredStory, reports: list[tuple[Cell, ...]]) -> list[str]:
    """Return the story as a person reads it."""
    copies = story.article_count - story.report_count
    known = any(row[REPORT_COLUMNS.index("source")] for row in reports)
    facts = [counted(story.report_count, "report")]
    facts.append(counted(story.source_count, "source") if known else "sources unknown")
    facts += [counted(copies, "copy")] if copies else []
    if story.first_published_at:
        facts.append(_span(story.first_published_at, story.last_published_at or story.first_published_at))
    lines = [f"Story {story.id}: {defuse_line(story.title)}", ", ".join(facts)]
    rows = [dict(zip(REPORT_COLUMNS, row, strict=True)) for row in reports]
    origin = next((row for row in rows if row["article_id"] == story.origin_article_id), None)
    if story.origin_kind:
        lines.append(f"Origin: {defuse_line(_named(origin) if origin else str(story.origin_url))}")
    for row in rows:
        lines += ["", *_report_lines(row, "the origin" if origin else "the first")]
    changes = store.stories.changes(story.id)
    lines += ["", "History of this story:"]
    return lines + [f"  {_change_line(change)}" for change in changes]


def _change_line(change: StoryChange) -> str:
    """Return time, kind, article, detail and author of a change; do not repeat the kind in the detail."""
    about = "" if change.article_id is None else f" [{change.article_id}]"
    detail = defuse_line(change.detail)
    what = f"{about} {detail}" if detail.startswith(str(change.kind)) else f" {change.kind}{about}: {detail}"
    return f"{stamp(change.at)}{what} ({defuse_line(change.by)})"


def _named(row: Row) -> str:
    """Return ``[4] Minister appoints commissioner, Department for Families``."""
    source = f", {row['source']}" if row["source"] else ""
    return f"[{row['article_id']}] {row['title'] or '(no headline)'}{source}"


def _report_lines(row: Row, start: str) -> list[str]:
    """Return one report as a person reads it; its lag counts from ``start``."""
    marks = [
        mark
        for mark, wanted in (("lead", row["lead"]), (f"copy of {row['copy_of']}", row["copy_of"]))
        if wanted
    ]
    head = f"  [{row['article_id']}] {defuse_line(str(row['title'] or '(no headline)'))}"
    published = str(row["published_at"] or "no date").removesuffix(
        "T00:00:00Z"
    )  # midnight: only the day is known
    facts = [str(row["source"] or "source unknown"), published, f"{row['access']} text"]
    facts.append(f"{row['words']} words")
    if isinstance(row["lag_hours"], float) and row["lag_hours"]:
        facts.append(
            f"{_hours(abs(row['lag_hours']))} {'after' if row['lag_hours'] > 0 else 'before'} {start}"
        )
    lines = [head + (f" ({', '.join(marks)})" if marks else ""), f"      {defuse_line(', '.join(facts))}"]
    if row["url"]:
        lines.append(f"      {defuse_line(str(row['url']))}")
    if (shares := _shares(row)) and not row["copy_of"]:
        lines.append(f"      {shares}")
    if row["reason"]:
        lines.append(f"      {defuse_line(str(row['reason']))}")
    return lines


def _shares(row: Row) -> str:
    """Return how much of a report also stands in others; empty for next to nothing."""
    of_origin = row["origin_percent"] if isinstance(row["origin_percent"], int) else 0
    if of_origin == row["borrowed_percent"]:  # all of it is from there
        of_origin = 0
    in_origin = (
        f"{of_origin} % " + ("" if row["borrowed_percent"] else "of its words stand ") + "in the origin"
    )
    parts = [in_origin] if of_origin >= 100 * SMALLEST_SHARE else []
    if row["borrowed_percent"]:
        others = "earlier" if row["published_at"] else "other"
        share = f"{row['borrowed_percent']} % of its words stand in {others} reports"
        share += f", most in {row['borrowed_from']}"
        parts.insert(0, share)
    return "; ".join(parts)


def _hours(hours: float) -> str:
    if hours >= 24 and hours % 24 == 0:  # whole days: for one of the two only the day is known
        return counted(round(hours / 24), "day")
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def _span(first: datetime, last: datetime) -> str:
    return f"on {day(first)}" if first.date() == last.date() else f"{day(first)} to {day(last)}"


def day(moment: datetime) -> str:
    """Return ``1 March 2026``."""
    return f"{moment.day} {moment:%B %Y}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""

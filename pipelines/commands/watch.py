"""``watch``, ``tag`` and ``note``: the stories of topics, and what people say about stories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import click

from pipelines.commands.corrections import login
from pipelines.commands.desk import LOCK_SECONDS, Desk, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, print_wrapped
from pipelines.commands.times import SINCE
from pipelines.errors import ConfigError
from pipelines.operations.topics import MARK_PREFIX, TopicNews, mark_told, topic_news, update_topics
from pipelines.storage.store import Store
from pipelines.storage.tables.topics import MarkKind, StoryMark
from pipelines.storage.values import stamp
from pipelines.stories.view import StoryView, view_stories
from pipelines.text import counted, defuse_line

COLUMNS = (
    "topic",
    "why",
    "story_id",
    "title",
    "publishers",
    "reports",
    "sources",
    "url",
    "last_published_at",
)
WATCHED_DAYS = 7


@click.command(
    help="Print the stories that newly match a [[topic]]: once when they match, again when they reach its "
    "min_publishers."
)
@click.option(
    "--since", type=SINCE, help=f"Only stories reported since WHEN: 24h or a date. [{WATCHED_DAYS}d]"
)
@click.option("--dry-run", is_flag=True, help="Print the stories, but print them again next time.")
@with_rows
@with_desk
def watch(desk: Desk, *, since: datetime | None, dry_run: bool, rows: RowFormat) -> None:
    """Print headlines, sources and links of what was not told yet."""
    if not desk.config.topics:
        raise ConfigError(
            "the config has no [[topic]]; add one with id and search", str(desk.config.path or "")
        )
    now = datetime.now(UTC)
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        update_topics(store, desk.config.topics, now=now)
        news = topic_news(store, since=since or now - timedelta(days=WATCHED_DAYS))
        by_id = store.stories.many(each.story_id for each in news)
        views = {view.story.id: view for view in view_stories(store, list(by_id.values()))}
        _print(desk, news, views, rows)
        if not dry_run:
            mark_told(store, news, now=now)


def _print(desk: Desk, news: tuple[TopicNews, ...], views: dict[int, StoryView], rows: RowFormat) -> None:
    if rows is not RowFormat.TABLE:
        print_rows(COLUMNS, [_row(each, views[each.story_id]) for each in news], rows)
    else:
        for each in news:
            print_wrapped(news_lines(each, views[each.story_id]))
    if not news:
        desk.say("nothing new on any topic")


def news_lines(news: TopicNews, view: StoryView) -> list[str]:
    """Return headline, counts, sources and links of a story as a person reads them."""
    publishers = counted(news.publishers, "publisher") if news.publishers else "publisher unknown"
    counts = f"{publishers}, {counted(view.story.report_count, 'report')}"
    lines = [
        f"{news.topic.name} ({news.kind}): {defuse_line(view.story.title)}",
        f"  story {view.story.id}, {counts}",
    ]
    for report in view.independent:
        url = f": {report.stored.article.url}" if report.stored.article.url else ""
        lines.append(f"  {defuse_line(report.source or 'source unknown')}{defuse_line(url)}")
    return [*lines, ""]


def _row(news: TopicNews, view: StoryView) -> tuple[Cell, ...]:
    lead = view.lead
    return (
        news.topic.id,
        str(news.kind),
        view.story.id,
        view.story.title,
        news.publishers,
        view.story.report_count,
        list(view.sources),
        lead.stored.article.url if lead else None,
        stamp(view.story.last_published_at),
    )


@click.command(help="Give story STORY the topic TOPIC, whatever its search says, for all later runs.")
@click.argument("story_id", metavar="STORY", type=int)
@click.argument("topic_id", metavar="TOPIC")
@click.option("--remove", is_flag=True, help="Take the topic from the story instead.")
@click.option("--by", "name", metavar="NAME", help="Record NAME as who decided. [login name]")
@with_desk
def tag(desk: Desk, *, story_id: int, topic_id: str, remove: bool, name: str | None) -> None:
    """Store what a person says about a story's topic."""
    if topic_id not in {topic.id for topic in desk.config.topics}:
        known = ", ".join(topic.id for topic in desk.config.topics) or "none"
        raise ConfigError(f"the config has no [[topic]] with this id; it has: {known}", topic_id)
    kind = MarkKind.NOT_TOPIC if remove else MarkKind.TOPIC
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        marked = _mark(store, story_id, kind, topic_id, name)
        update_topics(store, desk.config.topics, now=datetime.now(UTC))
    _report(
        desk, marked, f"story {marked.story_id} {'no longer has' if remove else 'has'} the topic {topic_id}"
    )


@click.command(help="Add a note to story STORY, such as its tone; `story`, its page and digests show it.")
@click.argument("story_id", metavar="STORY", type=int)
@click.argument("text")
@click.option("--by", "name", metavar="NAME", help="Record NAME as the author. [login name]")
@with_desk
def note(desk: Desk, *, story_id: int, text: str, name: str | None) -> None:
    """Store a note."""
    if not text.strip():
        raise ConfigError("expected a note, got an empty text")
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        marked = _mark(store, story_id, MarkKind.NOTE, " ".join(text.split()), name)
    _report(desk, marked, f"added a note to story {marked.story_id}")


class _Marked(NamedTuple):
    """The story of a mark, the mark's number, and whether it is new."""

    story_id: int
    number: int
    is_new: bool


def _mark(store: Store, story_id: int, kind: MarkKind, value: str, name: str | None) -> _Marked:
    """Store a mark of a story, or of the one it was merged into, unless it has the same mark already."""
    story = store.stories.get(story_id)
    made_by, now = name or login(), datetime.now(UTC)
    mark = StoryMark(story_id=story.id, kind=kind, value=value, made_by=made_by, made_at=now)
    with store.transaction():
        known = store.topics.same_mark(mark)
        return _Marked(story.id, store.topics.mark(mark) if known is None else known, is_new=known is None)


def _report(desk: Desk, marked: _Marked, said: str) -> None:
    """Say what was stored, or that it was stored before, and how to undo it."""
    if not marked.is_new:
        said = f"nothing to do: this is already stored for story {marked.story_id}"
    desk.say(f"{said} (undo with `cuttings undo {MARK_PREFIX}{marked.number}`)")

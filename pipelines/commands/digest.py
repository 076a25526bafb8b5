"""``cuttings digest``: the brief of a window of time, stored, so that "new" means new to its readers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import click

from pipelines.commands.desk import LOCK_SECONDS, Desk, OneOf, with_desk
from pipelines.commands.times import SINCE, check_window
from pipelines.config.settings import DigestList
from pipelines.errors import ConfigError, PipelineError
from pipelines.export.digest.build import LATE_DAYS, DigestRequest, as_of_today, build_digest, entries_of
from pipelines.export.digest.content import Digest, from_json, to_json
from pipelines.export.digest.documents import as_html, as_markdown, as_text
from pipelines.export.digest.feeds import as_atom, as_csv, as_json_feed, as_mail
from pipelines.operations.topics import update_topics
from pipelines.text import defuse

DEFAULT_HOURS = 24


class DigestFormat(StrEnum):
    """The format of a printed digest."""

    MARKDOWN = "md"
    TEXT = "text"
    HTML = "html"
    MAIL = "eml"
    ATOM = "atom"
    JSON_FEED = "jsonfeed"
    CSV = "csv"


_WRITERS: dict[DigestFormat, Callable[[Digest], str]] = {
    DigestFormat.MARKDOWN: as_markdown,
    DigestFormat.TEXT: as_text,
    DigestFormat.HTML: as_html,
    DigestFormat.ATOM: as_atom,
    DigestFormat.JSON_FEED: as_json_feed,
    DigestFormat.CSV: as_csv,
}


@click.command(
    help="Print a brief of the stories with news: top stories first, then topics and kinds of sources, with "
    "what is new, changed, corrected and removed. Articles that were published more than "
    f"{LATE_DAYS} days before --since are not news. Each digest is stored."
)
@click.option(
    "--since",
    type=SINCE,
    help="Start here: 24h or a date. [the end of the last digest of the same list, else 24h]",
)
@click.option("--until", type=SINCE, help="End here: 2h or a date. [now]")
@click.option("--topic", "topic_id", default="", metavar="ID", help="Only stories of this [[topic]].")
@click.option(
    "--to", "list_name", default="", metavar="NAME", help="Make the digest for this list of readers."
)
@click.option("--links-only", is_flag=True, help="Print outlets, dates and links, but no publisher's text.")
@click.option("--show", "number", type=int, metavar="N", help="Print digest N again, as it was.")
@click.option(
    "--format",
    "shape",
    type=OneOf(DigestFormat),
    default=DigestFormat.MARKDOWN.value,
    show_default=True,
    help="Print the digest in this format.",
)
@with_desk
def digest(
    desk: Desk,
    *,
    since: datetime | None,
    until: datetime | None,
    topic_id: str,
    list_name: str,
    links_only: bool,
    number: int | None,
    shape: DigestFormat,
) -> None:
    """Make, store and print a digest, or print a stored one."""
    check_window(since, until)
    readers = _readers(desk, list_name, links_only=links_only)
    if list_name and list_name not in (known := [each.name for each in desk.config.digest.list]) and known:
        desk.say(f"the config has no [[digest.list]] named {list_name}; it has: {', '.join(known)}")
    if number is not None:
        if since or until or topic_id:
            message = "--show prints a stored digest as it was; leave out --since, --until and --topic"
            raise click.UsageError(message)
        shown = _stored(desk, number)
        readers = _readers(desk, list_name or shown.list, links_only=links_only)
        if readers.is_links_only:
            headlines = shown.has_headlines and readers.headlines
            shown = replace(shown, is_links_only=True, has_headlines=headlines)
    else:
        topic = topic_id or readers.topic
        if topic and topic not in {each.id for each in desk.config.topics}:
            raise ConfigError("the config has no [[topic]] with this id", topic)
        shown = _made(desk, readers, topic, since=since, until=until)
    _print(desk, shown, readers, shape)


def _readers(desk: Desk, name: str, *, links_only: bool) -> DigestList:
    """Return the list of that name in the config; one without settings if the config has none."""
    lists = {each.name: each for each in desk.config.digest.list}
    known = lists.get(name, DigestList(name=name))
    if not links_only or known.is_links_only:
        return known
    return DigestList(name=name, address=known.address, topic=known.topic, licence="none", headlines=True)


def _made(
    desk: Desk, readers: DigestList, topic: str, *, since: datetime | None, until: datetime | None
) -> Digest:
    now = datetime.now(UTC)
    end = until or now
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        update_topics(store, desk.config.topics, now=now)
        last = store.digests.last_until(readers.name) if readers.name else None
        start = since or last or end - timedelta(hours=DEFAULT_HOURS)
        check_window(start, end)
        request = DigestRequest(since=start, until=end, made_at=now, readers=readers, topic=topic)
        made = build_digest(store, desk.config, request)
        store.digests.save(
            made.id,
            to_json(made),
            entries_of(made),
            list_name=readers.name,
            made_at=now,
            since=start,
            until=end,
        )
    desk.detail(f"stored as digest {made.id}; `cuttings digest --show {made.id}` prints it again")
    return made


def _stored(desk: Desk, number: int) -> Digest:
    with desk.store(reading=True) as store:
        content = store.digests.content(number)
        if content is None:
            message = "no digest has this number; the table `digests` lists them"
            raise PipelineError(message, str(number))
        return as_of_today(store, from_json(content))


def _print(desk: Desk, shown: Digest, readers: DigestList, shape: DigestFormat) -> None:
    if shape is DigestFormat.MAIL:
        text = as_mail(shown, sender=desk.config.contact, address=readers.address)
    else:
        text = _WRITERS[shape](shown)
    sys.stdout.write(defuse(text))

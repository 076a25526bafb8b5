"""The options of commands that search stories or articles."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import click

from pipelines.commands.desk import OneOf
from pipelines.commands.times import SINCE, check_window
from pipelines.errors import ConfigError
from pipelines.search import Search, parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables.search import Order, SearchFilter

DEFAULT_LIMIT = 50
SEARCH_HELP = (
    'A search is words (all must occur), "quoted phrases", -word to exclude a word, '
    "OR between alternatives, and inspect* for words that begin this way."
)

_NOT = "NOT "
_EXCLUDED = re.compile(r"-(?:\"|[^\W_]{2})")

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """The filter, order and number of results that a person asked for."""

    wanted: SearchFilter
    sort: Order | None
    limit: int

    def search(self, words: tuple[str, ...]) -> Search | None:
        """Return the search in the arguments; None if they hold no word, so that nothing can match."""
        is_split = len(words) > 1  # the shell took the quotes from: stories "care leavers" -housing
        text = " ".join(f'"{word}"' if is_split and _needs_quotes(word) else word for word in words)
        search = parse_search(text)
        return None if text.strip() and search.is_empty else search

    def check(self, store: Store) -> None:
        """Raise ``ConfigError`` for a topic or a source that the desk does not have: nothing could match."""
        wanted = self.wanted
        if wanted.topic_id is not None and wanted.topic_id not in {t.id for t in store.topics.declared()}:
            raise ConfigError(
                "no topic has this id; a run finds the stories of each [[topic]]", wanted.topic_id
            )
        if wanted.source_id is not None and wanted.source_id not in store.sources.names():
            message = "no source has this id; `cuttings sources list` shows the ids"
            raise ConfigError(message, wanted.source_id)

    def order(self, search: Search) -> Order:
        """Return the order of results: the best first if there are words to rank by."""
        return self.sort or (Order.BEST if search.include else Order.NEWEST)


def _needs_quotes(word: str) -> bool:
    return " " in word.strip() and '"' not in word and not word.startswith(_NOT)


class SearchCommand(click.Command):
    """A command whose ``-word`` is a word that must not occur, not a row of short options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments with ``-word`` as ``NOT word``."""
        return super().parse_args(ctx, [_NOT + each[1:] if _EXCLUDED.match(each) else each for each in args])


def with_search(command: Command) -> Command:
    """Add ``--since --until --source --kind --topic --sort --limit`` and pass them as ``options``."""

    @click.option("--since", type=SINCE, help="Only what was published since WHEN: 7d, 24h, 2w or a date.")
    @click.option("--until", type=SINCE, help="Only what was published before WHEN: 7d, 24h, 2w or a date.")
    @click.option("--source", "source_id", metavar="ID", help="Only what this source published.")
    @click.option("--kind", metavar="KIND", help="Only what sources of this kind published: press, charity …")
    @click.option("--topic", "topic_id", metavar="ID", help="Only stories of this [[topic]].")
    @click.option(
        "--sort",
        type=OneOf(Order),
        help="Print the newest or the best matches first. [default: best if there are words]",
    )
    @click.option(
        "--limit",
        type=click.IntRange(1),
        metavar="N",
        default=DEFAULT_LIMIT,
        show_default=True,
        help="Print at most N.",
    )
    @functools.wraps(command)
    def with_options(
        *arguments: Any,
        since: datetime | None,
        until: datetime | None,
        source_id: str | None,
        kind: str | None,
        topic_id: str | None,
        sort: Order | None,
        limit: int,
        **others: Any,
    ) -> Any:
        check_window(since, until)
        wanted = SearchFilter(since=since, until=until, source_id=source_id, kind=kind, topic_id=topic_id)
        options = SearchOptions(wanted=wanted, sort=sort, limit=limit)
        return command(*arguments, options=options, **others)

    return with_options  # type: ignore[return-value]

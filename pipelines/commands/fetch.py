"""``cuttings fetch``: print the clean article at a URL, store it and name its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.articles import (
    ArticleFormat,
    article_json,
    article_text,
    copy_lines,
    why_without_text,
)
from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.output import RowFormat, print_record, print_text, say
from pipelines.ingest.frontier import UNMATCHED, address_key
from pipelines.ingest.one_off import fetch_article, fetch_links
from pipelines.ingest.ownership import source_of
from pipelines.ingest.run_log import recorded
from pipelines.matching.explanations import common_grounds
from pipelines.models import Failure
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.text import counted
from scraper.client import Client
from scraper.errors import ScraperError
from scraper.models import Article, Link, Source
from scraper.urls import canonical_url


@click.command(help="Print the clean article at each URL, store it, and say which story it joins and why.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--no-save", is_flag=True, help="Print the article, but do not store it.")
@click.option(
    "--format",
    "shape",
    type=OneOf(ArticleFormat),
    default=ArticleFormat.TEXT.value,
    show_default=True,
    help="Print the articles in this format; json is one object a line, as `import` reads it.",
)
@with_desk
def fetch(desk: Desk, urls: tuple[str, ...], no_save: bool, shape: ArticleFormat) -> None:
    """Print the article to stdout; its story, and with -v the text removed from the page, to stderr."""
    failed = _print_only(desk, urls, shape) if no_save else _fetch_and_file(desk, urls, shape)
    if failed:
        click.get_current_context().exit(EXIT_PARTIAL if failed < len(urls) else EXIT_FAILED)


def _print_only(desk: Desk, urls: tuple[str, ...], shape: ArticleFormat) -> int:
    """Print each article; return how many failed."""
    failed = 0
    with Client(desk.config.fetch, shared=open_shared_hosts(desk.database)) as client:
        for url in urls:
            try:
                article = fetch_article(url, client, now=datetime.now(UTC))
            except ScraperError as error:
                say(f"cuttings: {error}")
                failed += 1
            else:
                _show(desk, article, shape)
    return failed


def _fetch_and_file(desk: Desk, urls: tuple[str, ...], shape: ArticleFormat) -> int:
    """Store, file and print each article; return how many failed."""
    wanted, failed = [], 0
    for url in urls:
        try:
            wanted.append((source_of(url, desk.config.sources), Link(url=canonical_url(url))))
        except ScraperError as error:
            say(f"cuttings: {error}")
            failed += 1
    with desk.store(create=True) as store:
        desk.mention_encoder(store)
        for failure in _fetch_links(desk, store, wanted):
            say(f"cuttings: {failure.message}: {failure.url}")
        for source, link in wanted:
            seen = store.links.get(source.id, address_key(link.url))
            if (
                seen is None
                or seen.article_id is None
                or seen.last_outcome not in ("new", "revised", "unchanged", UNMATCHED)
            ):
                failed += 1
            else:
                stored = store.articles.get(seen.article_id)
                _show(desk, replace(stored.article, removed=store.articles.removals(stored.id)), shape)
                if reason := why_without_text(stored):
                    desk.say(reason)
                _print_story(desk, store, stored)
    return failed


def _fetch_links(desk: Desk, store: Store, wanted: list[tuple[Source, Link]]) -> Sequence[Failure]:
    """Fetch, store and file the links as one run; return what failed and what has to wait."""
    with (
        recorded(store, desk.config, "fetch", now=lambda: datetime.now(UTC)) as record,
        Client(desk.config.fetch, hosts=store.hosts.all(), shared=open_shared_hosts(store.path)) as client,
    ):
        counts = fetch_links(
            wanted,
            store=store,
            pages=desk.pages(),
            config=desk.config,
            client=client,
            record=record,
        )
    return (*counts.failures, *counts.resting)


def _show(desk: Desk, article: Article, shape: ArticleFormat) -> None:
    if shape is ArticleFormat.JSON:
        print_record(article_json(article), RowFormat.NL)
    else:
        print_text(article_text(article, shape))
    for removed in article.removed:
        desk.detail(f"removed ({removed.reason}): {removed.text}")


def _print_story(desk: Desk, store: Store, stored: StoredArticle) -> None:
    """Print the article's story and the reason of its surest pair with an independent report there."""
    if stored.story_id is None:
        return
    story = store.stories.get(stored.story_id)
    others = store.articles.many(other for other in store.stories.articles_of(story.id) if other != stored.id)
    if not others:
        desk.say(f"article {stored.id} starts story {story.id}; no other report is in it yet")
        return
    desk.say(
        f"article {stored.id} is in story {story.id}, {counted(len(others), 'other article')}: {story.title}"
    )
    original = stored.copy_group
    copies = {other for other, each in others.items() if original is not None and each.copy_group == original}
    independent = others.keys() - copies
    matches = [match for match in store.matches.explained([stored.id]) if {match.a, match.b} & independent]
    if matches:
        match = max(matches, key=lambda match: match.probability)
        other = match.b if match.a == stored.id else match.a
        desk.say(f"because, with article {other}: {common_grounds(match) or match.reason}")
    for line in copy_lines(stored, {other: others[other] for other in copies}):
        desk.say(line)

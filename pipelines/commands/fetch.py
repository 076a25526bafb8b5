"""``cuttings fetch``: one-off, the clean article on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.articles import ArticleFormat, article_json, article_text
from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.output import print_json, print_text, say
from pipelines.ingest.frontier import address_key
from pipelines.ingest.one_off import fetch_article, fetch_links, source_of
from pipelines.ingest.run_log import recorded
from pipelines.matching.explanations import common_grounds
from pipelines.models import Failure
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from scraper.client import Client
from scraper.errors import ScraperError
from scraper.models import Article, Link, Source
from scraper.urls import canonical_url


@click.command(help="Print the clean article at each URL, store it, and say which story it joined and why.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--no-save", is_flag=True, help="Only print; store nothing.")
@click.option(
    "--format", "shape", type=OneOf(ArticleFormat), default=ArticleFormat.TEXT.value, help="What to print."
)
@with_desk
def fetch(desk: Desk, urls: tuple[str, ...], no_save: bool, shape: ArticleFormat) -> None:
    """The article goes to stdout; the story, and with -v what was removed from the page, to stderr."""
    failed = _print_only(desk, urls, shape) if no_save else _fetch_and_file(desk, urls, shape)
    if failed:
        click.get_current_context().exit(EXIT_PARTIAL if failed < len(urls) else EXIT_FAILED)


def _print_only(desk: Desk, urls: tuple[str, ...], shape: ArticleFormat) -> int:
    """How many failed."""
    failed = 0
    with Client(desk.config.fetch) as client:
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
    """How many failed."""
    now = datetime.now(UTC)
    wanted, failed = [], 0
    for url in urls:
        try:
            wanted.append((source_of(url, desk.config.sources), Link(url=canonical_url(url))))
        except ScraperError as error:
            say(f"cuttings: {error}")
            failed += 1
    desk.database.parent.mkdir(parents=True, exist_ok=True)
    with desk.store(create=True) as store:
        for failure in _take(desk, store, wanted, now):
            say(f"cuttings: {failure.message}: {failure.url}")
        for source, link in wanted:
            seen = store.links.get(source.id, address_key(link.url))
            if (
                seen is None
                or seen.article_id is None
                or seen.last_outcome not in ("new", "revised", "unchanged")
            ):
                failed += 1
            else:
                stored = store.articles.get(seen.article_id)
                _show(desk, replace(stored.article, removed=store.articles.removals(stored.id)), shape)
                _tell(desk, store, stored)
    return failed


def _take(desk: Desk, store: Store, wanted: list[tuple[Source, Link]], now: datetime) -> Sequence[Failure]:
    """What could not be had; the rest is stored and filed, as one run."""
    with (
        recorded(store, desk.config, "fetch", now=lambda: datetime.now(UTC)) as record,
        Client(desk.config.fetch, hosts=store.hosts.all()) as client,
    ):
        tally = fetch_links(
            wanted,
            store=store,
            pages=desk.pages(),
            config=desk.config,
            client=client,
            now=now,
            run_id=record.id,
        )
        record.tally.add(tally)
    return tally.failures


def _show(desk: Desk, article: Article, shape: ArticleFormat) -> None:
    if shape is ArticleFormat.JSON:
        print_json(article_json(article))
    else:
        print_text(article_text(article, shape))
    for removed in article.removed:
        desk.detail(f"removed ({removed.reason}): {removed.text}")


def _tell(desk: Desk, store: Store, stored: StoredArticle) -> None:
    """Which story the article is in, and the reason of its surest pair there."""
    if stored.story_id is None:
        return
    story = store.stories.get(stored.story_id)
    others = [other for other in store.stories.articles_of(story.id) if other != stored.id]
    if not others:
        desk.say(f"article {stored.id} is story {story.id} of its own so far")
        return
    desk.say(f"article {stored.id} is in story {story.id} with {len(others)} more: {story.title}")
    matches = [match for match in store.matches.explained([stored.id]) if {match.a, match.b} & set(others)]
    if matches:
        match = max(matches, key=lambda match: match.probability)
        other = match.b if match.a == stored.id else match.a
        desk.say(f"because, with article {other}: {common_grounds(match) or match.reason}")

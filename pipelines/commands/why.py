"""``cuttings why``: show the evidence of a pair as a waterfall of weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import (
    Cell,
    RowFormat,
    print_rows,
    print_wrapped,
    terminal_columns,
)
from pipelines.errors import UnknownArticleError
from pipelines.models import Evidence, Match
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.storage.store import Store
from pipelines.stories.explain import PairExplanation, Side, explain_pair, gathered
from pipelines.stories.reports import outlet_of
from pipelines.stories.view import source_name, sources_by_id
from pipelines.text import defuse_line
from scraper.days import day_words

COLUMNS = ("feature", "level", "weight", "words")
BAR_WIDTH = 24  # characters of the heaviest weight of a pair
NARROW = 80  # columns; a narrower terminal gets no bars
LIGHTEST_BAR = 4.0  # log2 odds; the full bar means at least this much, so that small weights look small


@click.command(help="Show the evidence for and against articles A and B (ids or URLs) being one story.")
@click.argument("a")
@click.argument("b")
@with_rows
@with_desk
def why(desk: Desk, a: str, b: str, rows: RowFormat) -> None:
    """Print the evidence, strongest first."""
    with _store(desk, a, b) as store:
        explained = explain_pair(store, _side(desk, store, a), _side(desk, store, b))
        if rows is RowFormat.TABLE:
            columns = terminal_columns()
            print_wrapped(waterfall(store, explained, bars=columns is None or columns >= NARROW))
        else:
            print_rows(COLUMNS, evidence_rows(explained), rows)


@contextmanager
def _store(desk: Desk, *references: str) -> Iterator[Store]:
    """Open the desk's database; for two URLs without a database, an empty one."""
    if desk.database.exists() or not all(map(_is_address, references)):
        with desk.store(reading=True) as store:
            yield store
    else:
        with (
            TemporaryDirectory(prefix="cuttings-why-") as folder,
            Store(Path(folder) / "empty.db", encoder=desk.encoder) as store,
        ):
            yield store


def _is_address(reference: str) -> bool:
    return reference.startswith(("http://", "https://"))


def _side(desk: Desk, store: Store, reference: str) -> Side:
    """Return the article of an id or URL; fetch a URL that is not stored, without storing it."""
    try:
        return find_side(store, reference)
    except UnknownArticleError:
        if not _is_address(reference):
            raise
    from pipelines.ingest.one_off import fetch_article  # noqa: PLC0415 - stored articles need no network
    from scraper.client import Client  # noqa: PLC0415

    desk.say(f"fetching {reference}, which is not in the database")
    with Client(desk.config.fetch, hosts=store.hosts.all(), shared=open_shared_hosts(store.path)) as client:
        return Side(article=fetch_article(reference, client, store=store, now=datetime.now(UTC)))


def find_side(store: Store, reference: str) -> Side:
    """Return the stored article of an id or URL. Raises ``UnknownArticleError``."""
    stored = store.articles.find(reference)
    return Side(article=stored.article, stored=stored)


def evidence_rows(explained: PairExplanation) -> list[tuple[Cell, ...]]:
    """Return a row for each piece of evidence, their total and the decisions of people."""
    match = explained.match
    table: list[tuple[Cell, ...]] = [
        (e.feature, e.level, round(e.weight, 4), e.words) for e in match.evidence
    ]
    table.append(
        (
            "total",
            f"{match.probability:.4f}",
            round(explained.total, 4),
            f"{_verdict(match)}: {explained.grounds}",
        )
    )
    if explained.copies:
        table.append(("copies", "", None, explained.copies))
    table += [
        (
            "decision",
            str(d.kind),
            None,
            f"decision {d.id} by {d.decided_by}" + (f": {d.reason}" if d.reason else ""),
        )
        for d in explained.decisions
    ]
    return table


def waterfall(store: Store, explained: PairExplanation, *, bars: bool = True) -> list[str]:
    """Return the pair and its evidence as a person reads it."""
    match = explained.match
    lines = [_named(store, explained.a), _named(store, explained.b), ""]
    reason = defuse_line(explained.grounds)
    judge = "desk" if explained.is_overruled else "matcher"
    lines.append(f"The {judge} says: {_verdict(match)}, probability {match.probability:.3f}: {reason}")
    lines += [_filed(explained)] if explained.together is not None else []
    lines += [f"{explained.copies[0].upper()}{explained.copies[1:]}."] if explained.copies else []
    for decision in explained.decisions:
        reason = f": {defuse_line(decision.reason)}" if decision.reason else ""
        lines.append(
            f"{defuse_line(decision.decided_by)} decided: {decision.kind} (decision {decision.id}{reason})"
        )
    pieces = gathered(match.evidence)
    heaviest = max([LIGHTEST_BAR, *(abs(piece.weight) for piece in pieces)])
    lines += ["", f"{'bits':>7}"]
    lines += [_bar(piece, heaviest, bars=bars) for piece in pieces]
    after = Evidence(
        feature="total", level="", weight=explained.total, words=f"probability {match.probability:.3f}"
    )
    rule = [f"{'':7} {'─' * BAR_WIDTH}"] if bars else []
    return [*lines, *rule, _bar(after, heaviest, bars=bars)]


def _verdict(match: Match) -> str:
    if not match.same_event:
        return "different events"
    return "one event" if match.probability >= 0.5 else "one event, in doubt"


def _bar(piece: Evidence, heaviest: float, *, bars: bool) -> str:
    if not bars:
        return f"{piece.weight:+7.2f} {defuse_line(piece.words)} ({piece.feature})"
    length = min(BAR_WIDTH, round(BAR_WIDTH * abs(piece.weight) / heaviest))
    bar = ("█" if piece.weight >= 0 else "░") * length
    return f"{piece.weight:+7.2f} {bar:<{BAR_WIDTH}} {defuse_line(piece.words)} ({piece.feature})"


def _named(store: Store, side: Side) -> str:
    title = defuse_line(side.article.title) or "(no headline)"
    published = day_words(side.article.day, side.article.published_precision) or "no date"
    if side.stored is None:
        outlet = defuse_line(outlet_of(side.article)) or "source unknown"
        return f"[not stored] {title} ({outlet}, {published})"
    outlet = defuse_line(source_name(side.stored, sources_by_id(store))) or "source unknown"
    return f"[{side.stored.id}] {title} ({outlet}, {published}, story {side.stored.story_id})"


def _filed(explained: PairExplanation) -> str:
    if explained.together == explained.match.same_event or explained.decisions:
        return "They are in one story." if explained.together else "They are in different stories."
    if explained.together:
        return "They are in one story all the same: other reports link them, or neither has a better match."
    return "They are in different stories all the same: at least one of them has a better match."

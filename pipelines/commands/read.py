"""``cuttings articles`` and ``cuttings article``: search articles, read one, see how it changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

import click

from pipelines.commands.articles import (
    ArticleFormat,
    article_json,
    article_text,
    copy_lines,
    why_without_text,
)
from pipelines.commands.desk import Desk, rows_options, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_record, print_rows, print_text, print_wrapped
from pipelines.commands.search_options import (
    SEARCH_HELP,
    SearchCommand,
    SearchOptions,
    with_search,
)
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Revision, StoredArticle
from pipelines.storage.tables.search import ArticleHit, SearchFilter
from pipelines.storage.values import stamp
from pipelines.text import adds_correction, counted, defuse_line, is_correction

COLUMNS = (
    "id", "published_at", "source", "title", "snippet", "story_id", "access", "words", "first_seen_at", "url",
)  # fmt: skip
REVISION_COLUMNS = ("article_id", "revision", "seen_at", "title", "changes", "correction")
CONTEXT_WORDS = 6  # around a change


@click.command(cls=SearchCommand, help=f"List the latest articles, or search them for WORDS. {SEARCH_HELP}")
@click.argument("words", nargs=-1)
@with_search
@with_rows
@with_desk
def articles(desk: Desk, *, words: tuple[str, ...], options: SearchOptions, rows: RowFormat) -> None:
    """Print articles: the latest first, or the best matches first."""
    search = options.search(words)
    with desk.store(reading=True) as store:
        options.check(store)
        hits: tuple[ArticleHit, ...] = ()
        if search is not None:
            order = options.order(search)
            hits = store.search.articles(search, options.wanted, order=order, limit=options.limit)
    if rows is RowFormat.TABLE:
        columns = ("id", "date", "source", "title") + (("snippet",) if search and search.include else ())
        print_rows(columns, [_short_row(hit)[: len(columns)] for hit in hits], rows)
    else:
        print_rows(COLUMNS, [_row(hit) for hit in hits], rows)
    if not hits:
        is_filtered = words or options.wanted != SearchFilter()
        desk.say("no article matches" if is_filtered else "there are no articles yet")


def _short_row(hit: ArticleHit) -> tuple[Cell, ...]:
    moment = hit.published_at or hit.first_seen_at
    return (hit.id, f"{moment:%Y-%m-%d}", hit.source, hit.title or "(no headline)", hit.snippet)


def _row(hit: ArticleHit) -> tuple[Cell, ...]:
    times = {"published_at": stamp(hit.published_at), "first_seen_at": stamp(hit.first_seen_at)}
    return tuple(times[name] if name in times else getattr(hit, name) for name in COLUMNS)


@click.command(help="Print article A (an id or URL): its text, where each part came from, and its story.")
@click.argument("reference", metavar="A")
@click.option("--history", is_flag=True, help="Print what each revision changed, word by word.")
@rows_options(json="Print one JSON object; with --history one JSON array.")
@with_desk
def article(desk: Desk, *, reference: str, history: bool, rows: RowFormat) -> None:
    """Print one article for a person or a program."""
    with desk.store(reading=True) as store:
        stored = store.articles.find(reference)
        if history:
            _print_history(store.articles.revisions(stored.id), rows)
        elif rows is RowFormat.TABLE:
            print_text(article_text(stored.article, ArticleFormat.TEXT))
            print_text("")
            print_wrapped(_facts(store, stored))
        else:
            revisions = len(store.articles.revisions(stored.id))
            ids = {"id": stored.id, "story_id": stored.story_id, "revisions": revisions}
            print_record(ids | article_json(stored.article), rows)


def _facts(store: Store, stored: StoredArticle) -> Iterator[str]:
    """Yield where the parts of an article came from, and where it belongs."""
    revisions = store.articles.revisions(stored.id)
    words = counted(stored.article.word_count, "word")
    yield f"article {stored.id}, story {stored.story_id}, {stored.article.access} text, {words}"
    if reason := why_without_text(stored):
        yield reason
    yield f"first seen {stamp(stored.first_seen_at)}, {counted(len(revisions), 'revision')}"
    if stored.copy_group not in (None, stored.id):
        yield from copy_lines(stored, store.articles.many([stored.copy_group]))
    if corrections := [line for line in stored.article.text.splitlines() if is_correction(line)]:
        yield f"correction: {defuse_line(corrections[0])}"
    for origin in stored.article.origins:
        yield f"{origin.field}: from {defuse_line(origin.place)}"
    removed = store.articles.removals(stored.id)
    if removed:
        yield f"{counted(len(removed), 'part')} of the page left out (`cuttings fetch -v URL` lists them)"


def _print_history(revisions: Sequence[Revision], rows: RowFormat) -> None:
    pairs = list(zip((None, *revisions), revisions, strict=False))
    if rows is not RowFormat.TABLE:
        print_rows(REVISION_COLUMNS, [_revision_row(old, new) for old, new in pairs], rows)
        return
    for old, new in pairs:
        kind = "first version" if old is None else "changed"
        print_text(f"{stamp(new.seen_at)}  {kind}: {defuse_line(new.title)}")
        if old is not None:
            print_wrapped(f"  {line}" for line in word_changes(old, new))
            if adds_correction(old.text, new.text):
                print_text("  This revision adds a correction or clarification.")


def _revision_row(old: Revision | None, new: Revision) -> tuple[Cell, ...]:
    changes = word_changes(old, new) if old else []
    return (
        new.article_id,
        new.id,
        stamp(new.seen_at),
        new.title,
        changes,
        old is not None and adds_correction(old.text, new.text),
    )


def word_changes(old: Revision, new: Revision) -> list[str]:
    """Return one line for each change: ``[-removed words-] {+added words+}`` in context."""
    lines = [f"headline: [-{old.title}-] {{+{new.title}+}}"] if old.title != new.title else []
    before, after = old.text.split(), new.text.split()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        went = f"[-{' '.join(before[start:end])}-]" if end > start else ""
        came = f"{{+{' '.join(after[new_start:new_end])}+}}" if new_end > new_start else ""
        lead = " ".join(before[max(0, start - CONTEXT_WORDS) : start])
        tail = " ".join(before[end : end + CONTEXT_WORDS])
        lines.append(defuse_line(" ".join(part for part in (f"… {lead}", went, came, f"{tail} …") if part)))
    return lines

"""``cuttings backup``, ``restore``, ``prune``, ``forget`` and ``vacuum``: care of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.desk import LOCK_SECONDS, Desk, with_desk
from pipelines.commands.output import say
from pipelines.errors import DatabaseError
from pipelines.files import is_one_file
from pipelines.operations.backup import BackupReport, verify
from pipelines.operations.backup import backup as write_backup
from pipelines.operations.backup import restore as restore_backup
from pipelines.operations.forget import forget as forget_articles
from pipelines.operations.forget import forget_again, remove_noted
from pipelines.operations.retention import Pruned, collect_orphans
from pipelines.operations.retention import prune as prune_store
from pipelines.storage.page_store import pages_of
from pipelines.storage.store import Store
from pipelines.text import counted

NAMED_PAGES = 20  # of a database that was moved without its pages all are missing
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(help="Copy the database to FILE and the raw pages to FILE-pages, even during a run.")
@click.argument("file", type=_FILE, metavar="FILE")
@click.option("--no-pages", is_flag=True, help="Leave out the raw pages.")
@click.option("--verify", "only_verify", is_flag=True, help="Check the backup in FILE; write nothing.")
@with_desk
def backup(desk: Desk, *, file: Path, no_pages: bool, only_verify: bool) -> None:
    """Print what the backup holds; exit with 3 if raw pages are missing, with 1 if it is damaged."""
    if only_verify:
        report = verify(file, with_pages=not no_pages)
        for fault in report.faults:
            say(f"cuttings: {file}: {fault}")
    else:
        _check_other(desk, file)
        report = write_backup(desk.database, file, with_pages=not no_pages)
    _print_report(desk, report, "checked" if only_verify else "backed up")


@click.command(help="Replace the database with the backup in FILE; the old one is kept as DATABASE.replaced.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
@with_desk
def restore(desk: Desk, *, file: Path) -> None:
    """Check the backup first; a damaged one changes nothing."""
    _check_other(desk, file)
    desk.database.parent.mkdir(parents=True, exist_ok=True)
    said: list[str] = []
    with desk.locked():
        report, aside = restore_backup(
            file, desk.database, prepare=lambda staged: said.extend(_delete_again(desk, staged))
        )
        if aside is not None:
            desk.say(f"the previous database is now {aside}")
        for line in said:
            desk.say(line)
        if desk.pages().noted_removals():
            with desk.store() as store:
                _name_undeleted(remove_noted(store, desk.pages()))
    _print_report(desk, report, "restored")


def _check_other(desk: Desk, file: Path) -> None:
    """Raise ``UsageError`` if a backup is the database itself, also by another name of it."""
    if is_one_file(file, desk.database):
        raise click.UsageError("FILE is the database itself; name another file")


def _delete_again(desk: Desk, staged: Path) -> Iterator[str]:
    """Delete from a backup what was deleted for good in the database that it is to replace; yield lines."""
    if not desk.database.exists():
        return
    try:
        with Store(desk.database, read_only=True) as before:
            tombstones = before.tombstones.all()
    except DatabaseError:
        say(
            "cuttings: the previous database cannot be read; articles that `cuttings forget` deleted "
            "after the backup may be back"
        )
        return
    if not tombstones:
        return
    with replace(desk, database=staged).store() as store:
        # The raw pages of the staged backup are nowhere: those of the desk are removed when it is in place.
        now, threshold = datetime.now(UTC), desk.config.match.log_odds
        report = forget_again(store, pages_of(staged), tombstones, now=now, threshold=threshold)
    for article_id, title in report.articles:
        yield f"deleted article {article_id} again: {title}"


def _name_undeleted(undeleted: Iterable[tuple[Path, str]]) -> None:
    """Name the raw pages of deleted articles that are still on the disk, each with the reason."""
    for file, cause in undeleted:
        say(f"cuttings: a raw page could not be deleted ({cause}); delete it by hand: {file}")


def _print_report(desk: Desk, report: BackupReport, verb: str) -> None:
    for content_hash in report.missing[:NAMED_PAGES]:
        say(f"cuttings: raw page {content_hash} is missing or damaged")
    if len(report.missing) > NAMED_PAGES:
        more = len(report.missing) - NAMED_PAGES
        say(f"cuttings: so are {more} more; `cuttings doctor --deep` says which of the desk's are")
    held = f"{report.pages - len(report.missing)} of " if report.missing else ""
    desk.say(f"{verb} {report.database} with {held}{counted(report.pages, 'raw page')}")
    if report.faults:
        click.get_current_context().exit(EXIT_FAILED)
    if report.missing:
        click.get_current_context().exit(EXIT_PARTIAL)


@click.command(help="Remove what [retention] no longer keeps, and raw pages that nothing refers to.")
@with_desk
def prune(desk: Desk) -> None:
    """Print what was removed; name what could not be, with status 1."""
    with desk.locked(), desk.store() as store:
        pruned = prune_store(store, desk.pages(), desk.config.retention, now=datetime.now(UTC))
        orphans = collect_orphans(store, desk.pages())
        undeleted = remove_noted(store, desk.pages())
    desk.say(f"removed {_removed(pruned)}, {counted(orphans, 'orphan page')}")
    _name_undeleted(undeleted)
    if undeleted:
        click.get_current_context().exit(EXIT_FAILED)


def _removed(pruned: Pruned) -> str:
    return ", ".join(
        (
            counted(pruned.pages, "raw page"),
            counted(pruned.revisions, "revision"),
            counted(pruned.failures, "failure"),
            counted(pruned.runs, "run"),
            counted(pruned.links, "link"),
            counted(pruned.matches, "verdict"),
        )
    )


@click.command(
    help="Delete articles for good: texts, revisions, raw pages and all that was made of them. "
    "They do not come back."
)
@click.argument("articles", metavar="URL|ARTICLE...", nargs=-1, required=True)
@click.option("--copies", is_flag=True, help="Delete the articles with the same text too.")
@click.option("--reason", metavar="WORDS", default="", help="Store this reason with the deletion.")
@with_desk
def forget(desk: Desk, *, articles: tuple[str, ...], copies: bool, reason: str) -> None:
    """Print the ids of the deleted articles."""
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        report = forget_articles(
            store,
            desk.pages(),
            articles,
            copies=copies,
            reason=reason,
            now=datetime.now(UTC),
            threshold=desk.config.match.log_odds,
        )
    for article_id, title in report.articles:
        desk.say(f"deleted article {article_id}: {title}")
    for url in report.urls:
        desk.say(f"{url} is not stored; it will not be fetched or imported")
    if report.copies and not copies:
        verb, them = ("stays", "it") if report.copies == 1 else ("stay", "them")
        kept = f"{counted(report.copies, 'article')} with the same text {verb}"
        desk.say(f"{kept}; delete {them} too with --copies")
    _name_undeleted(report.undeleted)
    if report.undeleted:
        click.get_current_context().exit(EXIT_FAILED)


@click.command(help="Return unused space in the database file to the disk.")
@with_desk
def vacuum(desk: Desk) -> None:
    """Print the size before and after."""
    with desk.locked(), desk.store() as store:
        before = desk.database.stat().st_size
        store.vacuum()
        after = desk.database.stat().st_size
    desk.say(f"{desk.database}: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB now")

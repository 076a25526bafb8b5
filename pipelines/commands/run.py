"""``cuttings run``: fetch and file what is new, once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import RowFormat, print_rows, say
from pipelines.commands.progress import run_progress
from pipelines.models import RunCounts
from pipelines.run import choose_sources, preview
from pipelines.run import run as run_pass
from pipelines.storage.lock import locked
from pipelines.storage.store import Store

PLAN_COLUMNS = ("source", "why", "url", "title")


@click.command(
    help="Fetch new articles from every source that is due, clean and store them, and file them into stories."
)
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Fetch only this source, due or not; repeatable."
)
@click.option(
    "--dry-run", is_flag=True, help="Fetch only the channels; list what would be fetched; store nothing."
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Start no new requests after SECONDS.",
)
@with_rows
@with_desk
def run(
    desk: Desk, *, only: tuple[str, ...], dry_run: bool, max_seconds: float | None, rows: RowFormat
) -> None:
    """Print nothing if everything worked, so that cron sends no mail; name failures on stderr."""
    if dry_run:
        _print_plan(desk, only, rows)
        return
    if not desk.database.exists():
        choose_sources(desk.config, desk.config.sources, only)  # nothing to fetch: create no database
        desk.check_folder()
    desk.check_owner()
    with locked(desk.database), desk.store(create=True) as store, run_progress(desk) as progress:
        report = run_pass(
            store, desk.config, pages=desk.pages(), only=only, max_seconds=max_seconds, progress=progress
        )
    for failure in report.failures:
        say(f"{failure.source_id or '-'}: {failure.stage}: {failure.message}: {failure.url or ''}")
    desk.detail(summary(report))
    if report.failures:
        click.get_current_context().exit(EXIT_PARTIAL)


def _print_plan(desk: Desk, only: tuple[str, ...], row_format: RowFormat) -> None:
    with TemporaryDirectory() as folder:
        is_new = not desk.database.exists()
        with Store(Path(folder) / "empty.db") if is_new else Store(desk.database, read_only=True) as store:
            plan = preview(store, desk.config, pages=desk.pages(), only=only)
    rows = [
        (source.id, "check for changes" if each.seen else "new", each.link.url, each.link.title)
        for source, each in plan
    ]
    print_rows(PLAN_COLUMNS, rows, row_format)


def summary(report: RunCounts) -> str:
    """Return what a run did, as one line."""
    return (
        f"{report.sources} sources, {report.fetched} pages fetched, {report.new} new articles, "
        f"{report.revised} revised, {report.unchanged} unchanged, stories: {report.stories_created} new, "
        f"{report.stories_changed} changed, {len(report.failures)} failures"
    )

"""``cuttings run``: one scheduled pass."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, with_desk
from pipelines.commands.output import RowFormat, print_rows, say
from pipelines.commands.progress import run_progress
from pipelines.models import RunReport
from pipelines.run import preview
from pipelines.run import run as run_pass
from pipelines.storage.lock import locked
from pipelines.storage.store import Store


@click.command(
    help="One scheduled pass over every due source: discover, fetch, clean, store, match, file into stories."
)
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Only this source, due or not; may be repeated."
)
@click.option("--dry-run", is_flag=True, help="Ask the channels, say what would be taken, store nothing.")
@click.option(
    "--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Begin nothing new after so long."
)
@with_desk
def run(desk: Desk, only: tuple[str, ...], dry_run: bool, max_seconds: float | None) -> None:
    """Quiet when all went well, so that cron sends no mail; what failed is named on stderr."""
    if dry_run:
        _show_plan(desk, only)
        return
    desk.database.parent.mkdir(parents=True, exist_ok=True)
    with locked(desk.database), desk.store(create=True) as store, run_progress(desk) as progress:
        report = run_pass(
            store, desk.config, pages=desk.pages(), only=only, max_seconds=max_seconds, progress=progress
        )
    for failure in report.failures:
        say(f"{failure.source_id or '-'}: {failure.stage}: {failure.message}: {failure.url or ''}")
    desk.detail(summary(report))
    if report.failures:
        click.get_current_context().exit(EXIT_PARTIAL)


def _show_plan(desk: Desk, only: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder:
        is_new = not desk.database.exists()
        with Store(Path(folder) / "empty.db") if is_new else Store(desk.database, read_only=True) as store:
            plan = preview(store, desk.config, pages=desk.pages(), only=only)
    rows = [
        (source.id, "look again" if each.seen else "new", each.link.url, each.link.title)
        for source, each in plan
    ]
    print_rows(("source", "why", "url", "title"), rows, RowFormat.TABLE)


def summary(report: RunReport) -> str:
    """What a run did, in one line."""
    return (
        f"{report.sources} sources, {report.fetched} pages taken, {report.new} new articles, {report.revised} revised, "
        f"{report.unchanged} unchanged, stories: {report.stories_created} new, {report.stories_changed} changed, "
        f"{len(report.failures)} failures"
    )

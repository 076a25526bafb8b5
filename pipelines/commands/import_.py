"""``cuttings import``: take in files that people already have."""

from __future__ import annotations

import sys

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.output import say
from pipelines.ingest.importer import import_records
from pipelines.ingest.inputs import InputFormat, read_inputs
from pipelines.models import RunCounts
from pipelines.storage.lock import locked

WAIT_SECONDS = 600  # for a scheduled run that is under way


@click.command("import", help="Import saved pages, text dumps, JSON Lines, newsletters and lists of URLs.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--source", "source_id", metavar="ID", help="Assign articles without a source to this one.")
@click.option(
    "--format",
    "shape",
    type=OneOf(InputFormat),
    default=InputFormat.AUTO.value,
    show_default=True,
    help="Read the files in this format.",
)
@with_desk
def import_(desk: Desk, paths: tuple[str, ...], source_id: str | None, shape: InputFormat) -> None:
    """Import PATH: a file, a directory, or - for stdin. Name on stderr what failed; import the rest."""
    if not desk.database.exists():
        desk.check_folder()
    records = read_inputs(paths, format=shape, source_id=source_id, stdin=sys.stdin.buffer)
    with locked(desk.database, wait=WAIT_SECONDS), desk.store(create=True) as store:
        report = import_records(
            records, store=store, config=desk.config, pages=desk.pages(), progress=_name_failures
        )
    desk.say(
        f"{report.new} new articles, {report.revised} revised, {report.unchanged} unchanged, "
        f"{len(report.failures)} failed; "
        f"stories: {report.stories_created} new, {report.stories_changed} changed"
    )
    if report.failures:
        has_done_something = report.new or report.revised or report.unchanged
        click.get_current_context().exit(EXIT_PARTIAL if has_done_something else EXIT_FAILED)


def _name_failures(counts: RunCounts) -> None:
    for failure in counts.failures:
        say(f"cuttings: {failure.message}{f': {failure.url}' if failure.url else ''}")

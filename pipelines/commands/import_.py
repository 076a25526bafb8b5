"""``cuttings import``: what people have already."""

from __future__ import annotations

import sys

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, OneOf, with_desk
from pipelines.commands.output import say
from pipelines.ingest.commit import IngestCounts
from pipelines.ingest.importer import import_records
from pipelines.ingest.inputs import InputFormat, read_inputs
from pipelines.storage.lock import locked

WAIT_SECONDS = 600  # for a scheduled run that is under way


@click.command(
    "import", help="Take in saved pages, text dumps, JSON lines, newsletters and lists of addresses."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--source", "source_id", metavar="ID", help="The source they are of, where they do not say.")
@click.option(
    "--format",
    "shape",
    type=OneOf(InputFormat),
    default=InputFormat.AUTO.value,
    show_default=True,
    help="What they are.",
)
@with_desk
def import_(desk: Desk, paths: tuple[str, ...], source_id: str | None, shape: InputFormat) -> None:
    """PATH is a file, a directory, or - for stdin. What cannot be used is named on stderr; the rest is
    imported."""
    desk.database.parent.mkdir(parents=True, exist_ok=True)
    records = read_inputs(paths, format=shape, source_id=source_id, stdin=sys.stdin.buffer)
    with locked(desk.database, wait=WAIT_SECONDS), desk.store(create=True) as store:
        report = import_records(
            records, store=store, config=desk.config, pages=desk.pages(), progress=_name_failures
        )
    desk.say(
        f"{report.new} new articles, {report.revised} revised, {report.unchanged} unchanged, "
        f"{len(report.failures)} failed; stories: {report.stories_created} new, {report.stories_changed} changed"
    )
    if report.failures:
        click.get_current_context().exit(EXIT_PARTIAL)


def _name_failures(tally: IngestCounts) -> None:
    for failure in tally.failures:
        say(f"cuttings: {failure.message}{f': {failure.url}' if failure.url else ''}")

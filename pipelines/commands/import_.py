"""``cuttings import``: take in files that people already have."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.desk import LOCK_SECONDS, Desk, OneOf, with_desk
from pipelines.commands.output import say
from pipelines.ingest.importer import import_records
from pipelines.ingest.inputs import InputFormat, read_inputs
from pipelines.models import RunCounts
from pipelines.text import counted
from scraper.errors import AddressError
from scraper.urls import canonical_url


@click.command(
    "import", help="Import saved pages, texts, JSON Lines, newsletters, archives, exports and lists of URLs."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--source", "source_id", metavar="ID", help="Assign articles without a source to this one.")
@click.option("--url", metavar="URL", help="Store the page of a single file under this URL.")
@click.option(
    "--format",
    "shape",
    type=OneOf(InputFormat),
    default=InputFormat.AUTO.value,
    show_default=True,
    help="Read the files in this format.",
)
@with_desk
def import_(
    desk: Desk, paths: tuple[str, ...], *, source_id: str | None, url: str | None, shape: InputFormat
) -> None:
    """Import PATH: a file, a directory, or - for stdin. Name on stderr what failed; import the rest."""
    if "" in paths:  # an unset variable of a script; Path("") is the present folder
        raise click.BadParameter("the path is empty; `.` is the present folder", param_hint="PATH")
    if not desk.database.exists():
        desk.check_folder()
    if url is not None:
        url = _url_of_one(url, paths)
    records = read_inputs(paths, format=shape, source_id=source_id, stdin=sys.stdin.buffer, url=url)
    with desk.locked(wait=LOCK_SECONDS), desk.store(create=True) as store:
        desk.mention_encoder(store)
        report = import_records(
            records, store=store, config=desk.config, pages=desk.pages(), progress=_name_failures
        )
    desk.say(
        f"{counted(report.new, 'new article')}, {report.revised} revised, {report.unchanged} unchanged, "
        f"{len(report.failures)} failed; "
        f"stories: {report.stories_created} new, {report.stories_changed} changed"
    )
    if report.failures:
        has_done_something = report.new or report.revised or report.unchanged
        click.get_current_context().exit(EXIT_PARTIAL if has_done_something else EXIT_FAILED)


def _url_of_one(url: str, paths: tuple[str, ...]) -> str:
    """Return the URL of the one page that is imported. Raises ``click.BadParameter``."""
    if len(paths) > 1 or Path(paths[0]).is_dir():
        raise click.BadParameter("give it with a single file", param_hint="--url")
    try:
        return canonical_url(url)
    except AddressError as error:
        raise click.BadParameter(error.message, param_hint="--url") from None


def _name_failures(counts: RunCounts) -> None:
    for failure in counts.failures:
        say(f"cuttings: {failure.message}{f': {failure.url}' if failure.url else ''}")

"""``cuttings doctor``: check the installation, the config, the database and the raw pages."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.health_words import explanation, next_step
from pipelines.commands.output import RowFormat, print_rows, print_wrapped
from pipelines.errors import PipelineError
from pipelines.operations.doctor import Check, CheckState, assess_sources, examine

COLUMNS = ("check", "state", "message", "next_step")


@click.command(
    help="Check config, database, raw pages, runs, clock, disk and sources; say what to do. "
    "Exit status: 0 all is well; 1 something is broken; 3 something needs attention."
)
@click.option("--deep", is_flag=True, help="Read every page of the database and every raw page.")
@with_rows
@with_desk
def doctor(desk: Desk, *, deep: bool, rows: RowFormat) -> None:
    """Print one line for each check. Nothing is fetched or written."""
    now = datetime.now(UTC)
    checks = [
        *examine(desk.config, desk.database, desk.pages(), deep=deep, now=now, encoder=desk.encoder),
        *_sources(desk, now),
    ]
    if rows is RowFormat.TABLE:
        for check in checks:
            step = f". Next: {check.next_step}" if check.next_step else ""
            print_wrapped([f"{check.state:<8} {check.name}: {check.message}{step}"])
    else:
        print_rows(COLUMNS, [(c.name, str(c.state), c.message, c.next_step) for c in checks], rows)
    states = {check.state for check in checks}
    if states != {CheckState.OK}:
        click.get_current_context().exit(EXIT_FAILED if CheckState.ERROR in states else EXIT_PARTIAL)


def _sources(desk: Desk, now: datetime) -> list[Check]:
    """Return one check for each source that needs attention."""
    try:
        with desk.store(reading=True) as store:
            assessments = assess_sources(store, now=now)
    except PipelineError:
        return []  # the check of the database says why
    return [
        Check(
            name=f"source {assessment.record.id}",
            state=CheckState.WARNING,
            message=f"{assessment.verdict}: {explanation(assessment)}",
            next_step=next_step(assessment),
        )
        for assessment in assessments
        if assessment.verdict.is_ill
    ]

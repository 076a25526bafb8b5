"""``cuttings status``: show the last runs, and how each source does by its own record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click

from pipelines.commands import EXIT_FAILED, EXIT_PARTIAL
from pipelines.commands.desk import Desk, OneOf, rows_options, with_desk
from pipelines.commands.health_words import explanation, next_step
from pipelines.commands.output import Cell, RowFormat, print_json, print_rows, print_text, print_wrapped
from pipelines.models import RunStatus
from pipelines.operations.doctor import Check, CheckState, assess_sources, check_runs
from pipelines.operations.verdicts import Assessment, Verdict
from pipelines.storage.lock import is_locked
from pipelines.storage.tables.runs import StoredRun
from pipelines.storage.tables.views import Rows
from pipelines.storage.values import stamp
from pipelines.text import counted

COUNTS = ("sources", "fetched", "new", "revised", "unchanged", "stories_created", "stories_changed")
RUN_COLUMNS = ("id", "command", "started_at", "finished_at", "status", *COUNTS, "failures")
SHOWN_HEALTH = ("source_id", "verdict", "last_ok_at", "articles", "articles_7_days", "failures_7_days")
JUDGED_RUNS = 20


class Part(StrEnum):
    """One of the two tables of `status`."""

    RUNS = "runs"
    SOURCES = "sources"


@click.command(
    help="Show the last runs and the health of each source, with what to do. "
    "Exit status: 0 all is well; 1 runs fail or stopped; 3 a source needs attention."
)
@click.option(
    "--runs",
    "number",
    type=click.IntRange(1),
    metavar="N",
    default=5,
    show_default=True,
    help="Show the last N runs.",
)
@click.option(
    "--only", type=OneOf(Part), metavar="runs|sources", help="Print only the runs, or only the sources."
)
@rows_options(json="Print one JSON object; with --only one JSON array.")
@with_desk
def status(desk: Desk, *, number: int, only: Part | None, rows: RowFormat) -> None:
    """Print runs and sources: as a table, as one JSON object, or one of them as CSV or JSON Lines."""
    now = datetime.now(UTC)
    with desk.store(reading=True) as store:
        latest = store.runs.latest(max(number, JUDGED_RUNS))
        health = store.view("source_health")
        assessments = assess_sources(store, now=now)
        articles, unfiled = store.articles.count(), len(store.articles.unfiled())
    runs = [_run_row(run) for run in _without_dead(latest[:number], desk.database)]
    sources = _with_assessments(health, assessments)
    checks = tuple(check_runs(latest, desk.database, now=now))
    if only is Part.RUNS:
        print_rows(RUN_COLUMNS, runs, rows)
    elif only is Part.SOURCES:
        print_rows(sources.columns, sources.rows, rows)
    elif rows is RowFormat.JSON:
        print_json(
            {
                **_sizes(desk),
                "articles": articles,
                "unfiled": unfiled,
                "checks": [{"name": c.name, "state": c.state, "message": c.message} for c in checks],
                "runs": [dict(zip(RUN_COLUMNS, run, strict=True)) for run in runs],
                "sources": [dict(zip(sources.columns, row, strict=True)) for row in sources.rows],
            }
        )
    elif rows is RowFormat.TABLE:
        print_text(f"{_contents(desk, articles, unfiled)}\n")
        print_rows(RUN_COLUMNS, runs, rows)
        print_text("")
        indexes = [sources.columns.index(column) for column in SHOWN_HEALTH]
        print_rows(SHOWN_HEALTH, [[row[index] for index in indexes] for row in sources.rows], rows)
        print_text("")
        print_wrapped(_findings(checks, assessments))
    else:
        print_rows(sources.columns, sources.rows, rows)
        desk.say(f"these are the sources; `cuttings status --{rows} --only runs` prints the runs")
    _exit(checks, assessments)


def _sizes(desk: Desk) -> dict[str, str | int]:
    return {
        "database": str(desk.database),
        "database_bytes": desk.database.stat().st_size,
        "raw_pages_bytes": desk.pages().size(),
    }


def _contents(desk: Desk, articles: int, unfiled: int) -> str:
    """Return how much the desk holds: articles, and the sizes of the database and of the raw pages."""
    waiting = f", {unfiled} not filed yet" if unfiled else ""
    database, pages = desk.database.stat().st_size / 1e6, desk.pages().size() / 1e6
    contents = f"{desk.database}: {counted(articles, 'article')}{waiting}"
    return f"{contents}, {database:.1f} MB and {pages:.1f} MB of raw pages"


def _with_assessments(health: Rows, assessments: Sequence[Assessment]) -> Rows:
    """Return the rows of the view with our verdict in place of its own, and with detail and next step."""
    by_source = {assessment.record.id: assessment for assessment in assessments}
    verdict, source = health.columns.index("verdict"), health.columns.index("source_id")
    rows: list[tuple[Cell, ...]] = []
    for row in health.rows:
        assessment = by_source[row[source]]
        cells = (*row[:verdict], str(assessment.verdict), *row[verdict + 1 :])
        rows.append((*cells, explanation(assessment), next_step(assessment)))
    return Rows(columns=(*health.columns, "detail", "next_step"), rows=rows)


def _findings(checks: Sequence[Check], assessments: Sequence[Assessment]) -> list[str]:
    """Return what is wrong and what to do about it, and how many sources are well."""
    lines = []
    for check in checks:
        step = f". Next: {check.next_step}" if check.next_step else ""
        lines.append(f"{check.name}: {check.message}{step}")
    for assessment in assessments:
        if assessment.verdict.is_ill:
            facts = f"{assessment.record.id}: {assessment.verdict}: {explanation(assessment)}"
            lines.append(f"{facts}. Next: {next_step(assessment)}")
    numbers = Counter(assessment.verdict for assessment in assessments)
    ill = sum(number for verdict, number in numbers.items() if verdict.is_ill)
    lines.append(f"{counted(numbers[Verdict.WELL], 'source')} well, {ill} to look at")
    return lines


def _exit(checks: Sequence[Check], assessments: Sequence[Assessment]) -> None:
    """Exit with 1 if runs fail or have stopped, 3 if a source needs attention."""
    if any(check.state is CheckState.ERROR for check in checks):
        click.get_current_context().exit(EXIT_FAILED)
    is_late = any(check.state is CheckState.WARNING for check in checks)
    if is_late or any(assessment.verdict.is_ill for assessment in assessments):
        click.get_current_context().exit(EXIT_PARTIAL)


def _without_dead(runs: Sequence[StoredRun], database: Path) -> Sequence[StoredRun]:
    """Return the runs, those as interrupted that are marked as running while nobody holds the lock.

    A run that was killed, or that a signal ended while the database was locked, could not mark itself.
    """
    if all(run.status is not RunStatus.RUNNING for run in runs) or is_locked(database) is not False:
        return runs
    return [
        replace(run, status=RunStatus.INTERRUPTED) if run.status is RunStatus.RUNNING else run for run in runs
    ]


def _run_row(run: StoredRun) -> tuple[str | int | None, ...]:
    times = (stamp(run.started_at), stamp(run.finished_at))
    counts = tuple(getattr(run.counts, name) for name in COUNTS)
    return (run.id, run.command, *times, str(run.status), *counts, run.failures)

"""``cuttings status``: show the last runs and the health of the sources."""

from __future__ import annotations

from enum import StrEnum

import click

from pipelines.commands.desk import Desk, OneOf, with_desk, with_rows
from pipelines.commands.output import RowFormat, print_json, print_rows, print_text
from pipelines.storage.tables.runs import StoredRun
from pipelines.storage.values import stamp

RUN_COLUMNS = (
    "id", "command", "started_at", "finished_at", "status", "sources", "fetched", "new", "revised",
    "unchanged", "stories_created", "stories_changed", "failures",
)  # fmt: skip
SHOWN_HEALTH = (
    "source_id",
    "verdict",
    "last_ok_at",
    "articles",
    "articles_7_days",
    "failures_7_days",
    "last_failure",
)


class Part(StrEnum):
    """One of the two tables of `status`."""

    RUNS = "runs"
    SOURCES = "sources"


@click.command(help="Show the last runs and the health of each source.")
@click.option(
    "--runs", "number", type=click.IntRange(1), default=5, show_default=True, help="Show this many runs."
)
@click.option(
    "--only", type=OneOf(Part), metavar="runs|sources", help="Print only the runs, or only the sources."
)
@with_rows
@with_desk
def status(desk: Desk, *, number: int, only: Part | None, rows: RowFormat) -> None:
    """Print runs and sources: as a table, as one JSON object, or one of them as CSV or JSON Lines."""
    with desk.store(reading=True) as store:
        runs = [_run_row(run) for run in store.runs.latest(number)]
        health = store.view("source_health")
        articles, unfiled = store.articles.count(), len(store.articles.unfiled())
    if only is Part.RUNS:
        print_rows(RUN_COLUMNS, runs, rows)
    elif only is Part.SOURCES:
        print_rows(health.columns, health.rows, rows)
    elif rows is RowFormat.JSON:
        print_json(
            {
                "database": str(desk.database),
                "articles": articles,
                "unfiled": unfiled,
                "runs": [dict(zip(RUN_COLUMNS, run, strict=True)) for run in runs],
                "sources": [dict(zip(health.columns, row, strict=True)) for row in health.rows],
            }
        )
    elif rows is RowFormat.TABLE:
        unfiled_text = f", {unfiled} not filed yet" if unfiled else ""
        print_text(f"{desk.database}: {articles} articles{unfiled_text}\n")
        print_rows(RUN_COLUMNS, runs, rows)
        print_text("")
        indexes = [health.columns.index(column) for column in SHOWN_HEALTH]
        print_rows(SHOWN_HEALTH, [[row[index] for index in indexes] for row in health.rows], rows)
    else:
        print_rows(health.columns, health.rows, rows)
        desk.say(f"these are the sources; `cuttings status --{rows} --only runs` prints the runs")


def _run_row(run: StoredRun) -> tuple[str | int | None, ...]:
    return (
        run.id,
        run.command,
        stamp(run.started_at),
        stamp(run.finished_at),
        run.status,
        run.counts.sources,
        run.counts.fetched,
        run.counts.new,
        run.counts.revised,
        run.counts.unchanged,
        run.counts.stories_created,
        run.counts.stories_changed,
        run.failures,
    )

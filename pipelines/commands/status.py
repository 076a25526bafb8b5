"""``cuttings status``: are the runs running, and are the sources well?"""

from __future__ import annotations

import click

from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import RowFormat, print_json, print_rows, print_text
from pipelines.storage.tables.connection import stamp
from pipelines.storage.tables.runs import StoredRun

RUN_COLUMNS = (
    "id", "command", "started_at", "finished_at", "status", "sources", "fetched", "new", "revised", "unchanged",
    "stories_created", "stories_changed", "failures",
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


@click.command(help="Health of sources and runs.")
@click.option(
    "--runs", "number", type=click.IntRange(1), default=5, show_default=True, help="How many runs to show."
)
@with_rows
@with_desk
def status(desk: Desk, *, number: int, rows: RowFormat) -> None:
    """The last runs, then the sources; as JSON one object with both, in the other formats the sources
    alone."""
    with desk.store(reading=True) as store:
        runs = [_run_row(run) for run in store.runs.latest(number)]
        health = store.view("source_health")
        articles, unfiled = store.articles.count(), len(store.articles.unfiled())
    if rows is RowFormat.JSON:
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
        print_text(
            f"{desk.database}: {articles} articles" + (f", {unfiled} not filed yet" if unfiled else "")
        )
        print_text("")
        print_rows(RUN_COLUMNS, runs, rows)
        print_text("")
        places = [health.columns.index(column) for column in SHOWN_HEALTH]
        print_rows(SHOWN_HEALTH, [[row[place] for place in places] for row in health.rows], rows)
    else:
        print_rows(health.columns, health.rows, rows)


def _run_row(run: StoredRun) -> tuple[str | int | None, ...]:
    return (
        run.id,
        run.command,
        stamp(run.started_at),
        stamp(run.finished_at),
        run.status,
        run.sources,
        run.fetched,
        run.new,
        run.revised,
        run.unchanged,
        run.stories_created,
        run.stories_changed,
        run.failures,
    )

"""``cuttings reprocess``: extract the texts of stored pages again, by the current rules."""

from __future__ import annotations

from datetime import datetime

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import RowFormat, print_rows, say
from pipelines.commands.times import SINCE
from pipelines.ingest.reextract import TextChange
from pipelines.ingest.reextract import reprocess as rebuild
from pipelines.text import counted

COLUMNS = ("article_id", "title", "words_before", "words_now", "changes")


@click.command(
    help="Rebuild texts from stored pages with the current rules, without the network, and list what changed."
)
@click.option("--since", type=SINCE, help="Only articles first seen since WHEN: 7d, 24h, 2w or a date.")
@with_rows
@with_desk
def reprocess(desk: Desk, *, since: datetime | None, rows: RowFormat) -> None:
    """Print the changed articles. A text changed by our rules is not stored as the publisher's revision."""
    changes: list[TextChange] = []
    with desk.locked(), desk.store() as store:
        desk.mention_encoder(store)
        report = rebuild(store, desk.config, pages=desk.pages(), since=since, changed=changes.append)
    table = [(each.article_id, each.title, each.words_before, each.words_now, each.lines) for each in changes]
    if rows is RowFormat.TABLE:
        print_rows(COLUMNS[:4], [row[:4] for row in table], rows)
        for each in changes:
            for line in each.lines:
                desk.detail(f"{each.article_id}: {line}")
    else:
        print_rows(COLUMNS, table, rows)
    for failure in report.failures:
        say(f"cuttings: {failure.message}: {failure.url}")
    changed = counted(report.revised, "text")
    desk.say(f"{changed} changed, {report.unchanged} unchanged, {len(report.failures)} failed")
    if report.failures:
        click.get_current_context().exit(EXIT_PARTIAL)

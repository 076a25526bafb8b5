"""Show progress on stderr, only on a terminal and without ``-q``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.commands.desk import Desk
from pipelines.models import RunCounts
from pipelines.run import Progress, unseen
from pipelines.text import counted, defuse_line
from scraper.models import Source


@contextmanager
def run_progress(desk: Desk) -> Iterator[Progress]:
    """Update a line that counts the finished sources."""
    if desk.quiet or not sys.stderr.isatty():
        yield unseen
        return
    from rich.console import Console  # noqa: PLC0415 - not under cron

    with Console(stderr=True, markup=False, highlight=False).status("fetching the sources") as status:
        done = 0

        def show(source: Source, counts: RunCounts) -> None:
            nonlocal done
            done += 1
            status.update(
                f"{counted(done, 'source')} done; {defuse_line(source.name)}: "
                f"{counts.new} new, {counts.revised} revised"
            )

        yield show

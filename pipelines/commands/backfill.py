"""``cuttings backfill``: archives of years into stories, on one machine or many."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.backfill.driver import Progress, Shard, run_stages
from pipelines.backfill.drops import SHOWN
from pipelines.backfill.engines import engine_of
from pipelines.backfill.folder import Folder
from pipelines.backfill.inputs import check_readers, find_inputs, require
from pipelines.backfill.loading import load
from pipelines.backfill.plan import PLAN, Plan, read_domains, settle
from pipelines.backfill.report import failures_of
from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import LOCK_SECONDS, Desk, with_desk
from pipelines.commands.output import say
from pipelines.config.encoders import NONE, name_of
from pipelines.ingest.signals import raised_signals
from pipelines.storage.lock import locked
from pipelines.storage.values import stamp
from pipelines.stories.encoders import check_named_file
from pipelines.text import counted, defuse_line

_SHARD = re.compile(r"(\d+)/(\d+)")
# A day, not "7d": the same command must mean the same when it is started again.
DAY = click.DateTime(["%Y-%m-%d"])
LINE_SECONDS = 60.0  # between two lines of progress where stderr is not a terminal
SHOWN_FAILURES = 10


def _shard(_context: click.Context, _option: click.Parameter, given: str | None) -> Shard | None:
    if given is None:
        return None
    found = _SHARD.fullmatch(given)
    if not found or not int(found[1]) < int(found[2]):
        raise click.BadParameter("write i/n with i from 0 to n - 1, for example 0/4")
    return Shard(int(found[1]), int(found[2]))


@click.command(
    help="Turn archives (WARC, JSON Lines, Parquet, exports) into articles and stories, in parallel. "
    "A killed backfill continues when you start it again."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--out", metavar="DIR", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="Write the result (Parquet) and the work files to DIR.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Work in processes on this machine, or on Ray.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Use N processes. [all cores]")
@click.option("--address", metavar="ADDRESS", help="Join this Ray cluster, for example auto.")
@click.option(
    "--shard", callback=_shard, metavar="I/N", help="Do share I of N; other processes do the other shares."
)
@click.option(
    "--domains", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Keep only pages of the domains in FILE, one per line.",
)  # fmt: skip
@click.option(
    "--since", type=DAY, metavar="DATE", help="Drop articles published before DATE, such as 2020-01-31."
)
@click.option("--as-of", type=DAY, metavar="DATE", help="Refuse dates after this day. [now]")
@click.option("--source", "source_id", metavar="ID", help="Assign articles without a source to this one.")
@with_desk
@raised_signals()
def backfill(
    desk: Desk,
    paths: tuple[str, ...],
    *,
    out: Path,
    engine: str,
    workers: int | None,
    address: str | None,
    shard: Shard | None,
    **options: Any,
) -> None:
    """Run all stages, then load the result into the database that ``--db`` names."""
    if address and engine != "ray":
        raise click.BadParameter("give it with --engine ray", param_hint="--address")
    require("pyarrow", "scale", "backfill needs")
    loads = click.get_current_context().params.get("db") is not None
    if loads:
        _check_database(desk)
    folder = Folder(out)
    plan = _settled(desk, folder, paths, options)
    count = workers or os.cpu_count() or 1
    with (
        nullcontext() if shard else locked(out / PLAN),
        engine_of(engine, workers=count, address=address) as chosen,
        _progress(desk) as progress,
    ):
        report = run_stages(folder, plan, chosen, shard=shard, progress=progress)
    _say_report(desk, report)
    if loads and (shard is None or shard.index == 0):
        _load(desk, folder, plan, report)
    if any(name.startswith("failed") for name in report["dropped"]):
        click.get_current_context().exit(EXIT_PARTIAL)


def _settled(desk: Desk, folder: Folder, paths: tuple[str, ...], options: dict[str, Any]) -> Plan:
    """Return the plan of the folder. Raises ``BackfillError`` if it was begun with another."""
    domains: Path | None = options["domains"]
    inputs = find_inputs(paths, apart_from=[folder.path, *([domains] if domains else ())])
    check_readers(inputs)
    check_named_file(desk.encoder)
    as_of, since = _in_utc(options["as_of"]), _in_utc(options["since"])
    plan = Plan(
        inputs=inputs,
        as_of=stamp(as_of or datetime.now(UTC)),
        encoder=desk.encoder if name_of(desk.encoder) else NONE,
        domains=read_domains(domains) if domains else (),
        since=stamp(since) or "",
        source=options["source_id"] or "",
        timezone=str(desk.config.timezone),
        threshold=desk.config.match.log_odds,
        purpose=desk.config.purpose,
        licensed=tuple(sorted(source.id for source in desk.config.sources if source.licence)),
    )
    return settle(folder, plan, as_of_given=as_of is not None)


def _in_utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _check_database(desk: Desk) -> None:
    """Raise ``DatabaseError`` for a database that could not be loaded into, before hours of work."""
    if desk.database.exists():
        with desk.store(reading=True):
            return
    desk.check_folder()


def _load(desk: Desk, folder: Folder, plan: Plan, report: dict[str, Any]) -> None:
    _check_database(desk)
    with desk.locked(wait=LOCK_SECONDS), desk.store(create=True) as store, _progress(desk) as progress:
        desk.mention_encoder(store)
        failures = failures_of(report)
        counts = load(folder, plan, store=store, config=desk.config, progress=progress, failures=failures)
    articles, stories = counted(counts.new, "new article"), counted(counts.stories_created, "new story")
    desk.say(f"{articles}, {stories} in {desk.database}")


def _say_report(desk: Desk, report: dict[str, Any]) -> None:
    stages = report["stages"]
    records, articles = stages["read"].get("records", 0), stages["extract"].get("articles", 0)
    stories = counted(stages["assign"].get("stories", 0), "story")
    desk.say(f"{counted(records, 'record')}, {counted(articles, 'article')}, {stories}")
    for reason, count in report["dropped"].items():
        desk.say(f"dropped {count}: {reason}")
    for error, messages in report["examples"].items():
        for message in messages[:SHOWN_FAILURES]:
            say(f"cuttings: {message}")
        more = report["dropped"][f"failed: {error}"] - SHOWN_FAILURES
        if more > 0:
            say(f"cuttings: {more} more of this kind; the first {SHOWN} are in report.json")


@contextmanager
def _progress(desk: Desk) -> Iterator[Progress]:
    """Give what shows progress: bars on a terminal, else a line a minute."""
    if desk.quiet:
        yield _unseen
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich import progress as bar  # noqa: PLC0415 - only on a terminal
    from rich.console import Console  # noqa: PLC0415

    columns = (
        bar.TextColumn("{task.description}"),
        bar.BarColumn(),
        bar.MofNCompleteColumn(),
        bar.TimeRemainingColumn(),
    )
    with bar.Progress(*columns, console=Console(stderr=True)) as bars:
        of_stage: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in of_stage:
                of_stage[stage] = bars.add_task(defuse_line(stage), total=total)
            bars.update(of_stage[stage], completed=done, total=total)

        yield show


def _unseen(_stage: str, _done: int, _total: int) -> None:
    """Show nothing."""


class _Lines:
    """A line when a minute has passed, with the rate of the stage and the time it has left."""

    def __init__(self) -> None:
        self._stage, self._begun, self._first, self._said = "", 0.0, 0, time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Print a line if it is time."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._begun, self._first = stage, now, done
        if now - self._said < LINE_SECONDS:
            return
        self._said = now
        rate = (done - self._first) / (now - self._begun) if now > self._begun else 0.0
        left = f", {(total - done) / rate / 60:.0f} minutes left" if rate else ""
        say(f"{stage}: {done} of {total}, {rate * 60:.1f} a minute{left}")

"""``cuttings run``: fetch and file what is new, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from click.core import ParameterSource

from pipelines.commands import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PARTIAL, EXIT_UNFINISHED
from pipelines.commands.desk import Desk, Seconds, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, say
from pipelines.commands.progress import run_progress
from pipelines.commands.urls import monitor_url
from pipelines.models import Failure, RunCounts
from pipelines.operations.topics import update_topics
from pipelines.run import Preview, choose_sources, preview
from pipelines.run import run as run_pass
from pipelines.storage.store import Store
from pipelines.storage.tables.health import KnownFailure
from pipelines.text import counted, listed
from pipelines.version import VERSION

KNOWN_FOR = timedelta(days=30)  # a failure that was not seen for so long is named again
NAMED_SOURCES = 5  # of those that have only known failures
PLAN_COLUMNS = ("source", "why", "url", "title")
SOURCE_COUNTS = ("fetched", "new", "revised", "unchanged", "postponed")
SOURCE_COLUMNS = ("source", *SOURCE_COUNTS, "failures", "first_failure")


@click.command(
    help="Fetch new articles from every source that is due, clean, store and file them into stories. "
    "With --json, --nl, --csv or --table, print one row for each of these sources, with what was done."
)
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Fetch only this source, due or not; repeatable."
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="List what would be fetched; fetch only the channels, store and send nothing.",
)
@click.option(
    "--max-seconds",
    type=Seconds(min=0, min_open=True),
    metavar="SECONDS",
    help="Start no new requests after SECONDS.",
)
@click.option("--force", is_flag=True, help="Fetch all channels now, due or not.")
@click.option("--notify", is_flag=True, help="Send the stories that newly match a topic, as [notify] says.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Report all failures, not only new ones; so do --force and --source.",
)
@click.option(
    "--ping",
    "ping_url",
    callback=monitor_url,
    metavar="URL",
    help="Tell the monitor at URL (such as healthchecks.io) when the run starts, and how it ends.",
)
@click.option("--strict", is_flag=True, help="Exit with status 4 if requests are left for the next run.")
@with_rows
@with_desk
def run(
    desk: Desk,
    *,
    only: tuple[str, ...],
    dry_run: bool,
    max_seconds: float | None,
    force: bool,
    notify: bool,
    everything: bool,
    ping_url: str | None,
    strict: bool,
    rows: RowFormat,
) -> None:
    """Print rows only if they are asked for, so that cron sends no mail; name new failures on stderr."""
    context = click.get_current_context()
    options = PassOptions(
        only=only,
        max_seconds=max_seconds,
        force=force,
        notify=notify,
        everything=everything or force or bool(only),  # a person calls; cron does not give these
        rows=rows,
        prints_rows=context.get_parameter_source("rows") is ParameterSource.COMMANDLINE,
    )
    if dry_run:
        if notify or ping_url:
            raise click.UsageError(f"a dry run sends nothing; leave out {'--notify' if notify else '--ping'}")
        context.exit(_status(_print_plan(desk, options), strict=strict))
    if notify and desk.config.notify.stdout and options.prints_rows and rows is not RowFormat.TABLE:
        raise click.UsageError(f"[notify] prints the news to stdout; leave out --notify or --{rows}")
    messages: list[str] = []
    with _pinged(ping_url, messages, proxy=desk.config.fetch.proxy) as set_status:
        report = _run_pass(desk, options, messages)
        set_status(_status(report, strict=strict))
    context.exit(_status(report, strict=strict))


def _status(report: RunCounts | Preview, *, strict: bool) -> int:
    """Return the exit status of a run, or of a dry run."""
    if report.failures:
        return EXIT_PARTIAL
    return EXIT_UNFINISHED if strict and report.postponed else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOptions:
    """What a pass fetches, for how long, and what it tells. ``prints_rows``: a format of rows was named."""

    only: tuple[str, ...]
    max_seconds: float | None
    force: bool
    notify: bool
    everything: bool
    rows: RowFormat
    prints_rows: bool


def _run_pass(desk: Desk, options: PassOptions, messages: list[str]) -> RunCounts:
    """Run one pass; print and collect its messages; print its rows."""
    sources: dict[str, RunCounts] = {}
    if not desk.database.exists():
        choose_sources(desk.config, desk.config.sources, options.only)  # nothing to fetch: create no database
        desk.check_folder()
        _mention_earlier_pages(desk)
    desk.check_owner()
    with desk.locked(), desk.store(create=True) as store, run_progress(desk) as progress:
        desk.mention_encoder(store)
        _mention_missing_pages(desk, store)
        failing_before = store.health.failing_channels()
        report = run_pass(
            store,
            desk.config,
            pages=desk.pages(),
            only=options.only,
            force=options.force,
            max_seconds=options.max_seconds,
            progress=progress,
            tell=sources.__setitem__,
        )
        _update_topics(desk, store, is_notifying=options.notify)
        known: frozenset[KnownFailure] = frozenset() if options.everything else _known_failures(store)
        recovered = failing_before - store.health.failing_channels()
    _say_failures(desk, report.failures, known, messages)
    for source_id in sorted({source_id for source_id, _ in recovered}):
        messages.append(f"{source_id}: works again")
        desk.say(messages[-1])
    _say_what_is_left(desk, report, messages)
    messages.append(summary(report))
    desk.detail(messages[-1])
    if options.prints_rows:
        print_rows(SOURCE_COLUMNS, [_source_row(*each) for each in sources.items()], options.rows)
    return report


def _source_row(source_id: str, counts: RunCounts) -> tuple[Cell, ...]:
    """Return what a run did of a source, with its first failure in words."""
    first = next((f"{each.stage}: {each.message}: {each.url or ''}" for each in counts.failures), None)
    return (source_id, *(getattr(counts, name) for name in SOURCE_COUNTS), len(counts.failures), first)


def _say_what_is_left(desk: Desk, report: RunCounts, messages: list[str]) -> None:
    """Say how many requests are left for later runs; with ``-v`` also those that wait for a resting host."""
    if report.resting:
        waiting = counted(len(report.resting), "request")
        messages.append(f"{waiting} left for a later run: the host asked to be left alone until then")
        desk.detail(messages[-1])
    if report.postponed > len(report.resting):
        left = counted(report.postponed - len(report.resting), "request")
        messages.append(f"this run has used its time or its requests; {left} left for the next run")
        desk.say(messages[-1])


def _mention_earlier_pages(desk: Desk) -> None:
    """Say, also with ``-q``, that the database may have been lost: its raw pages are there."""
    pages = desk.pages()
    if next(pages.hashes(), None) is not None:
        say(
            f"cuttings: the database {desk.database} is new, but {pages.folder} holds raw pages of an "
            "earlier one; if that was lost, restore a backup with `cuttings restore`"
        )


def _mention_missing_pages(desk: Desk, store: Store) -> None:
    """Say that a database was moved without its raw pages. Once: the run then creates the folder."""
    folder = desk.pages().folder
    if not folder.exists() and (needed := len(store.health.article_pages())):
        desk.say(
            f"none of the {counted(needed, 'raw page')} is in {folder}: the database was moved without them; "
            "put the folder beside it, or `cuttings reprocess` cannot read the articles again"
        )


def _update_topics(desk: Desk, store: Store, *, is_notifying: bool) -> None:
    """Find the topics of new and changed stories; send the news if that is wanted."""
    if desk.config.topics:
        update_topics(store, desk.config.topics, now=datetime.now(UTC))
    if is_notifying:
        from pipelines.commands.notify import notify  # noqa: PLC0415 - few runs notify

        notify(desk, store)


def _known_failures(store: Store) -> frozenset[KnownFailure]:
    """Return the failures that earlier runs named already."""
    [latest] = store.runs.latest(1)
    return store.health.known_failures(before_run=latest.id, since=latest.started_at - KNOWN_FOR)


def _say_failures(
    desk: Desk, failures: Iterable[Failure], known: frozenset[KnownFailure], messages: list[str]
) -> None:
    """Name the new failures; without ``-q`` also the other sources that fail: status 3 is explained."""
    failures = tuple(failures)
    for line in failure_lines(failures, known=known):
        messages.append(line)
        say(line)
    if reminder := known_failures_line(failures, known=known):
        messages.append(reminder)
        desk.say(reminder)


def known_failures_line(failures: Iterable[Failure], *, known: frozenset[KnownFailure]) -> str:
    """Return one line that names the sources all of whose failures are known; "" if there is none."""
    is_known: dict[str, bool] = {}
    for failure in failures:
        name = failure.source_id or failure.url or failure.stage
        is_known[name] = is_known.get(name, True) and _key(failure) in known
    names = sorted(name for name, known_only in is_known.items() if known_only)
    if not names:
        return ""
    others = len(names) - NAMED_SOURCES
    shown = [*names[:NAMED_SOURCES], counted(others, "more source")] if others > 0 else names
    have = "has" if len(names) == 1 else "have"
    return (
        f"{listed(shown, len(shown))} still {have} failures that earlier runs named; "
        "see `cuttings status` and the table `failures`"
    )


def _key(failure: Failure) -> KnownFailure:
    return KnownFailure(source_id=failure.source_id, url=failure.url, error=failure.error)


def failure_lines(failures: Iterable[Failure], *, known: frozenset[KnownFailure]) -> list[str]:
    """Return one line for each source with unknown failures, which names the first of them."""
    new: dict[str, list[Failure]] = {}
    for failure in failures:
        if _key(failure) not in known:
            new.setdefault(failure.source_id or "-", []).append(failure)
    lines = []
    for source_id, group in new.items():
        first = group[0]
        others = counted(len(group) - 1, "more failure")
        more = f" (and {others}; see the table `failures`)" if group[1:] else ""
        lines.append(f"{source_id}: {first.stage}: {first.message}: {first.url or ''}{more}")
    return lines


@contextmanager
def _pinged(url: str | None, messages: list[str], *, proxy: str) -> Iterator[Callable[[int], None]]:
    """Ping ``url`` at the start and at the end; pass on a function that sets the exit status."""
    status = EXIT_FAILED

    def set_status(value: int) -> None:
        nonlocal status
        status = value

    if url is None:
        yield set_status
        return
    from scraper.net.monitor import Pinger  # noqa: PLC0415 - few runs ping

    pinger = Pinger(url, agent=f"cuttings/{VERSION}", proxy=proxy)
    pinger.start()
    try:
        yield set_status
    except BaseException as error:
        interrupted = EXIT_INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_FAILED
        set_status(getattr(error, "exit_status", getattr(error, "exit_code", interrupted)))
        is_signal = isinstance(error, KeyboardInterrupt)
        messages.append("interrupted; everything stored so far is kept" if is_signal else str(error))
        raise
    finally:
        pinger.finish(status, "\n".join(messages))


def _print_plan(desk: Desk, options: PassOptions) -> Preview:
    """Print and return what a run would fetch; name the channels that could not be read on stderr."""
    with TemporaryDirectory() as folder:
        is_new = not desk.database.exists()
        with Store(Path(folder) / "empty.db") if is_new else Store(desk.database, read_only=True) as store:
            plan = preview(
                store,
                desk.config,
                pages=desk.pages(),
                only=options.only,
                force=options.force,
                max_seconds=options.max_seconds,
            )
    rows = [
        (source.id, "check for changes" if each.seen else "new", each.link.url, each.link.title)
        for source, each in plan.fetches
    ]
    print_rows(PLAN_COLUMNS, rows, options.rows)
    for line in failure_lines(plan.failures, known=frozenset()):
        say(line)
    if plan.postponed:
        desk.say(f"{counted(plan.postponed, 'channel')} not read: the host rests, or the time was up")
    return plan


def summary(report: RunCounts) -> str:
    """Return what a run did, as one line."""
    return (
        f"{counted(report.sources, 'source')}, {counted(report.fetched, 'page')} fetched, "
        f"{counted(report.new, 'new article')}, "
        f"{report.revised} revised, {report.unchanged} unchanged, stories: {report.stories_created} new, "
        f"{report.stories_changed} changed, {counted(len(report.failures), 'failure')}"
    )

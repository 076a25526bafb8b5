"""Check an installation: config, database, raw pages, runs, clock, disk and versions."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from statistics import median

from pipelines.config.encoders import AUTO, MISSING, NONE, name_of
from pipelines.config.settings import Config
from pipelines.errors import ConfigError, NewerDatabaseError, OlderDatabaseError, PipelineError
from pipelines.files import real_file
from pipelines.matching.encoder import check_weights
from pipelines.operations.verdicts import RECORD_DAYS, RECORD_OUTCOMES, Assessment, assess_all
from pipelines.storage.invariants import Invariant
from pipelines.storage.lock import is_locked
from pipelines.storage.maintenance import are_indexes_whole
from pipelines.storage.page_store import PageStore
from pipelines.storage.store import Store
from pipelines.storage.tables.health import sqlite_version
from pipelines.storage.tables.runs import StoredRun
from pipelines.stories.encoders import CHANGED
from pipelines.text import counted
from pipelines.version import VERSION

LOW_DISK_BYTES = 500_000_000  # a run of a large sector stores some tens of megabytes
FULL_DISK_BYTES = 50_000_000
NAMED_ROWS = 20  # that break a rule, in one line
INVARIANT_WORDS = {  # what is wrong, before the ids, and what to do
    Invariant.REVISION: ("articles that differ from their latest revision: ", "run `cuttings reprocess`"),
    Invariant.STORY: ("filed articles in no story: ", "run `cuttings recluster`"),
    Invariant.ARTICLES_OF_STORY: ("stories that miscount their articles: ", "run `cuttings recluster`"),
    Invariant.VERDICT: ("articles whose pairs contradict their stories: ", "run `cuttings recluster`"),
    Invariant.LINK_OF_PAGE: ("pages to be read that have no link: ", "restore a backup"),
    Invariant.SEARCH_INDEX: ("a full-text index differs from its table", "restore a backup"),
}
NAMED_FILES = 10  # missing or damaged raw pages in one line
CLOCK_TOLERANCE = timedelta(hours=1)  # what is stored may be this far in the future
JUDGED_RUNS = 20  # by which the usual interval between runs is measured
LATE_FACTOR = 3  # runs are late after three usual intervals
LEAST_LATENESS = timedelta(hours=2)
LIBRARIES = ("requests", "trafilatura", "lxml", "beautifulsoup4", "rapidfuzz", "sqlite-utils", "feedparser")
GOOD_RUNS = frozenset({"ok", "partial"})


class CheckState(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: what was looked at, how it is, and what to do."""

    name: str
    state: CheckState
    message: str
    next_step: str = ""


def _ok(name: str, message: str) -> Check:
    return Check(name=name, state=CheckState.OK, message=message)


def _warning(name: str, message: str, next_step: str) -> Check:
    return Check(name=name, state=CheckState.WARNING, message=message, next_step=next_step)


def _error(name: str, message: str, next_step: str) -> Check:
    return Check(name=name, state=CheckState.ERROR, message=message, next_step=next_step)


def examine(
    config: Config, database: Path, pages: PageStore, *, deep: bool, now: datetime, encoder: str = AUTO
) -> tuple[Check, ...]:
    """Return every check of an installation. A database that cannot be read is a check that failed."""
    checks = [*check_config(config), check_versions(), check_disk(database)]
    if not database.exists():
        step = "`cuttings init` or `cuttings run` creates it"
        return (*checks, _error("database", f"{database} does not exist", step))
    try:
        with Store(database, read_only=True, encoder=encoder) as store:
            checks += check_database(store, deep=deep)
            checks.append(check_encoder(store))
            checks += check_runs(store.runs.latest(JUDGED_RUNS), database, now=now)
            checks += [
                check_clock(store.health.newest_time(), now=now),
                check_pages(store, pages, config, deep=deep),
            ]
    except OlderDatabaseError as error:
        checks.append(_warning("database", str(error), "run `cuttings run`, then `cuttings doctor` again"))
    except NewerDatabaseError as error:
        checks.append(_error("database", str(error), "update cuttings with `pip install -U cuttings`"))
    except PipelineError as error:
        checks.append(_error("database", str(error), "restore a backup, or name another file with --db"))
    return tuple(checks)


def assess_sources(store: Store, *, now: datetime) -> tuple[Assessment, ...]:
    """Return the assessment of every source."""
    records = store.health.sources(since=now - timedelta(days=RECORD_DAYS), outcomes=RECORD_OUTCOMES)
    return assess_all(records, now=now)


def check_config(config: Config) -> Iterator[Check]:
    """Check that there is a config, with a contact and sources."""
    if config.path is None:
        yield _warning("config", "no config file; the defaults apply", "write one with `cuttings init`")
        return
    enabled = sum(source.enabled for source in config.sources)
    message = f"{config.path}: {counted(len(config.sources), 'source')}, {enabled} enabled"
    if enabled:
        yield _ok("config", message)
    else:
        yield _warning("config", message, "add one with `cuttings sources add URL`, or enable one")
    if not config.contact:
        step = f"set `contact` in {config.path}"
        yield _warning("contact", "[cuttings] contact is empty; only this computer is fetched", step)


def check_versions() -> Check:
    """Name the versions that a report of a fault needs."""
    libraries = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    message = (
        f"cuttings {VERSION}, Python {platform.python_version()}, SQLite {sqlite_version()}, {libraries}"
    )
    return _ok("versions", message)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def check_disk(database: Path) -> Check:
    """Check that the disk of the database has room for the next runs."""
    folder = next((each for each in real_file(database).absolute().parents if each.is_dir()), Path.cwd())
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:.1f} GB free on the disk of {folder}"
    if free < FULL_DISK_BYTES:
        return _error("disk", message, "free some space; the next run would fail")
    if free < LOW_DISK_BYTES:
        return _warning("disk", message, "free some space, or set [retention] pages")
    return _ok("disk", message)


def check_database(store: Store, *, deep: bool) -> Iterator[Check]:
    """Check the file: quickly, or with ``deep`` every page, index and reference of it."""
    faults = store.health.deep_faults() if deep else store.health.quick_faults()
    kind = "integrity check" if deep else "quick check"
    for fault in faults:
        yield _error("database", f"{kind}: {fault}", "restore a backup; do not write to this file")
    broken = store.health.broken_invariants() if deep and not faults else {}
    if deep and not faults and not are_indexes_whole(store.path):
        broken[Invariant.SEARCH_INDEX] = ()
    for invariant, ids in broken.items():
        words, step = INVARIANT_WORDS[invariant]
        more = f" and {len(ids) - NAMED_ROWS} more" if len(ids) > NAMED_ROWS else ""
        yield _error("database", f"{words}{', '.join(map(str, ids[:NAMED_ROWS]))}{more}", step)
    if not faults and not broken:
        size = store.path.stat().st_size / 1e6
        yield _ok(
            "database",
            f"{store.path}: {counted(store.articles.count(), 'article')}, {size:.1f} MB, {kind} passed",
        )


def check_encoder(store: Store) -> Check:
    """Check that the articles were filed with the sentence encoder that the config names."""
    name = name_of(store.encoder)
    if not name and store.encoder != NONE:
        return _warning("encoder", *MISSING.rsplit(": ", 1))
    try:
        check_weights(store.encoder)
    except ConfigError as error:
        problem, step = error.message.rsplit("; ", 1)
        return _error("encoder", f"{problem}: {error.subject}", step)
    if store.fingerprints.encoders() - {name}:
        return _warning("encoder", *CHANGED.rsplit(": ", 1))
    return _ok("encoder", name or "none: articles are matched by their words alone")


def check_runs(runs: Sequence[StoredRun], database: Path, *, now: datetime) -> Iterator[Check]:
    """Check when the last good run was, and whether one is running or was killed. Newest run first."""
    passes = [run for run in runs if run.command == "run"]
    if not passes:
        yield _ok(
            "runs", "no run yet; `cuttings run` starts one, `cuttings schedule` prints how to schedule it"
        )
        return
    if passes[0].status == "running":
        yield _running(passes[0], database)
    good = next((run for run in passes if run.status in GOOD_RUNS), None)
    if good is None:
        yield _error("runs", f"the last {counted(len(passes), 'run')} failed", "run `cuttings run -v`")
    elif late := _lateness(passes, now):
        message = f"the last good run, {good.id}, began {_ago(now - good.started_at)}; usual: every {late}"
        yield _warning("runs", message, "look at the scheduler (cron, systemd) and its log")
    else:
        yield _ok("runs", f"the last good run, {good.id}, began {_ago(now - good.started_at)}: {good.status}")


def _running(run: StoredRun, database: Path) -> Check:
    held = is_locked(database)
    if held is None:
        return _warning("lock", f"run {run.id} is marked as running", "check from an account that may write")
    if held:
        return _ok("lock", f"run {run.id} is in progress")
    return _warning("lock", f"run {run.id} was killed", "the next run continues where it ended")


def _lateness(passes: Sequence[StoredRun], now: datetime) -> str:
    """Return the usual interval between runs if the last good one is far longer ago; else nothing."""
    good = [run.started_at for run in passes if run.status in GOOD_RUNS]
    starts = [run.started_at for run in passes]
    gaps = [later - earlier for later, earlier in pairwise(starts)]
    if not gaps:
        return ""
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    return _span(usual) if now - good[0] > max(LATE_FACTOR * usual, LEAST_LATENESS) else ""


def _ago(span: timedelta) -> str:
    return f"{_span(span)} ago"


def _span(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 120:
        return counted(minutes, "minute")
    hours = round(minutes / 60)
    return counted(hours, "hour") if hours < 48 else counted(round(hours / 24), "day")


def check_clock(newest: datetime | None, *, now: datetime) -> Check:
    """Check that nothing was stored in the future."""
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        message = (
            f"something was stored at {newest:%Y-%m-%d %H:%M} UTC, but the clock says {now:%Y-%m-%d %H:%M}"
        )
        return _warning("clock", message, "set the clock of this computer; then run `cuttings run --force`")
    return _ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def check_pages(store: Store, pages: PageStore, config: Config, *, deep: bool) -> Check:
    """Check that the raw pages of all articles are there; with ``deep`` that each can be read."""
    needed = store.health.article_pages()
    present = needed & set(pages.hashes())
    if config.retention.pages and present != needed:
        message = f"{len(present)} of {counted(len(needed), 'raw page')}; [retention] removed the others"
        return _ok("pages", message)
    if needed and not present:
        step = "move the folder of raw pages beside the database; without it `reprocess` cannot work"
        return _warning("pages", f"none of the {counted(len(needed), 'raw page')} is in {pages.folder}", step)
    damaged = [each for each in sorted(present) if deep and not _is_readable(pages, each)]
    missing = sorted(needed - present)
    if missing or damaged:
        files = [str(pages.path(each)) for each in (*missing, *damaged)]
        more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
        message = (
            f"{len(missing)} missing and {len(damaged)} damaged of {counted(len(needed), 'raw page')}: "
            f"{', '.join(files[:NAMED_FILES])}{more}"
        )
        step = "`cuttings reprocess` names all and lets the next run fetch them again; or restore a backup"
        return _warning("pages", message, step)
    unnamed = len(set(pages.hashes()) - store.pages.hashes()) if deep else 0
    more = f", and {unnamed} that nothing names (`cuttings prune` removes them)" if unnamed else ""
    return _ok("pages", f"{counted(len(needed), 'raw page')} in {pages.folder}{more}")


def _is_readable(pages: PageStore, content_hash: str) -> bool:
    try:
        return pages.get(content_hash) is not None
    except (PipelineError, OSError):
        return False

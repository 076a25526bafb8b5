"""What every test file shares: where the evaluation data is, and that nothing leaves this machine."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from click.testing import CliRunner

from pipelines.commands.demo import demo
from pipelines.storage import store
from tests.acceptance.rounds import Tally
from tests.cli import CommandLine
from tests.site import Site

# A busy machine is no defect: what hypothesis would report as a missed deadline is measured in
# tests/benchmarks.
hypothesis.settings.register_profile("house", deadline=None, max_examples=15)
hypothesis.settings.register_profile(
    "thorough", deadline=None, max_examples=200
)  # with the slow ones in .ci/run
hypothesis.settings.load_profile("house")

# Python looks for garbage after 700 new objects, a twentieth of the suite's CPU.
gc.set_threshold(50_000, 10, 10)

# Tests start the command line some 150 times. Where an image turns bytecode off, each start compiles every module
# anew: 1.6 s of CPU instead of .5.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A commit waits for the disk, and the default suite makes thousands: in memory it takes a third less time. What is
# there is real files; a full disk is tried on disks of its own.
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 2**31
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A shell without job control starts its background jobs with SIGINT ignored, and so the commands that tests signal.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Loading the sentence encoder takes seconds, and each text milliseconds: tests of meaning ask for it by name.
os.environ["CUTTINGS_ENCODER"] = "none"

# Files of 2 s of CPU and more (November 2026), the slowest first. The first makes the demo's database, for which
# others wait.
SLOWEST = (
    "test_demo.py", "test_run.py", "acceptance/test_short.py", "test_filing.py", "test_commands.py", "test_web.py",
    "test_health.py", "test_queries.py", "test_care.py", "test_architecture.py", "backfill/test_backfill.py",
    "test_damage.py", "test_schedule_command.py", "test_fault_server.py", "test_notices.py", "test_digest.py",
)  # fmt: skip

# What these test is how a database is made, opened, found damaged or full.
TESTS_OF_FILES = frozenset(
    (
        "test_care.py",
        "test_command_faults.py",
        "test_damage.py",
        "test_health.py",
        "test_migrations.py",
        "test_schema.py",
        "test_store.py",
    )
)

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each file to one process: what a file makes once (404 faults over HTTP, say) is made once."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # files with most tests first: a file with one of 15 s came last
    return LoadFileScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In several processes, begin with the slowest files, so that all processes end at about one time."""
    if hasattr(config, "workerinput"):
        ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(SLOWEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Leave modules and collected tests out of later garbage collections."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with seeds and labelled data; a user's clone lacks it."""
    if not (SHARED / "CONTRACT.md").is_file():
        pytest.skip(f"needs the evaluation data of the project's own machines in {SHARED}")
    return SHARED


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own CUTTINGS_DB or proxy must not change a test."""
    for name in ("CUTTINGS_DB", "CUTTINGS_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty site on 127.0.0.1."""
    with Site() as running:
        yield running


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    """The command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys, monkeypatch)


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the program makes a new one."""
    path = tmp_path_factory.mktemp("new") / "new.db"
    store.Store(path).close()
    return path


@pytest.fixture(autouse=True)
def _cheap_openings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, new_database: Path
) -> None:
    """Let a new database be a copy of one that the program made, and look for damage only where files are
    damaged.

    The default suite makes a thousand databases, at 20 ms of CPU each (10 as a copy), and opens each four times,
    at 7 ms (3 without looking for damage).
    """
    if request.path.name in TESTS_OF_FILES:
        return
    connect = store._connect

    def copied(path: Path, mode: str, busy_seconds: float, *, is_for_any_thread: bool = False) -> Any:
        if mode == "mode=rwc" and not path.exists():
            with suppress(OSError):  # the program says what is wrong with the folder or the disk
                shutil.copyfile(new_database, path)
        return connect(path, mode, busy_seconds, is_for_any_thread=is_for_any_thread)

    monkeypatch.setattr(store, "_connect", copied)
    monkeypatch.setattr(store, "check_unless_known", lambda *_: None)


@dataclass(frozen=True, kw_only=True)
class Played:
    """The database that one demo left, and what it printed."""

    database: Path
    stdout: str
    stderr: str
    exit_code: int
    reader: sqlite3.Connection

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.reader.execute(sql, values).fetchall()


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Played]:
    """One demo for all tests that only look at what it left, shared by the processes of pytest-xdist."""
    folder = (
        tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    )
    database, printed = folder / "demo.db", folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            outcome = CliRunner().invoke(demo, ["--db", str(database), "--nl"])
            assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
            printed.write_text(json.dumps([outcome.stdout, outcome.stderr, outcome.exit_code]))
    stdout, stderr, exit_code = json.loads(printed.read_text())
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as reader:
        yield Played(database=database, stdout=stdout, stderr=stderr, exit_code=exit_code, reader=reader)


def tallies(reporter: pytest.TerminalReporter) -> list[Tally]:
    """Return what the acceptance suite counted, also where its tests ran in several processes."""
    reports = [report for group in ("", "passed", "failed", "error") for report in reporter.getreports(group)]
    found = {
        each.nodeid: Tally(**value)
        for each in reports
        for name, value in getattr(each, "user_properties", ())  # a report of collecting has none
        if name == Tally.PROPERTY and each.when == "teardown"
    }
    return sorted(found.values(), key=lambda tally: tally.disturbance)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the acceptance suite counted."""
    if counted := tallies(terminalreporter):
        terminalreporter.section("acceptance: rounds and violations")
        total = Tally.sum_of(counted)
        for line in (Tally.HEADER, *(each.line() for each in (*counted, total))):
            terminalreporter.write_line(line)
        if total.ratio > Tally.MOST_REQUESTS:
            terminalreporter.write_line(
                f"failed: {total.requests} requests, more than {Tally.MOST_REQUESTS} of the twins' {total.of_twin}"
            )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if the disturbed runs together made too many requests."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and Tally.sum_of(tallies(reporter)).ratio > Tally.MOST_REQUESTS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

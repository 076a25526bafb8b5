"""What may not be written, and what somebody else holds: each command says so in one line, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.rounds import (
    IS_FULL,
    Case,
    Tally,
    check_disturbed,
    check_recovered,
    log_size,
    prepare,
)
from tests.desk import Desk
from tests.site import Site
from tests.survival import ROOT, Ended, command, start, start_run, violations, whole_run

READING = (("stories",), ("story", "1"), ("articles",), ("export", "articles"), ("status",))
LOCK_SECONDS = (20, 45, 120)  # an exclusive lock is held for so long, each on a desk of its own
MOST_END_SECONDS = 6  # after a signal; the process ends itself after 4.5
READER_SECONDS = 120
READER_PAUSE_SECONDS = 5 if IS_FULL else 25  # between two runs beside the reader
LARGEST_LOG = 10_000_000  # bytes of the write-ahead log once readers leave


def unprivileged() -> tuple[str, ...]:
    """The start of a command that may write only what the permissions of files let their owner write.

    Root ignores permissions by two capabilities; without them it is like any user that owns the files.
    """
    if os.geteuid() != 0:
        return ()
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("root ignores permissions; setpriv (util-linux) would change that")
    dropped = "-dac_override,-dac_read_search,-sys_admin"
    return (program, f"--bounding-set={dropped}", f"--inh-caps={dropped}")


def ended(desk: Desk, *arguments: str, under: tuple[str, ...] = ()) -> Ended:
    process = start(desk, *arguments, under=under)
    _, stderr = process.communicate(timeout=300)
    return Ended(process.returncode, 0.0, stderr)


@contextmanager
def without_write(*paths: Path) -> Iterator[None]:
    """Take the right to write away from files and folders."""
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextmanager
def read_only_mount(folder: Path) -> Iterator[None]:
    """Mount a folder over itself, read-only."""
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting needs root")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def run_read_only(desk: Desk, tally: Tally, when: str) -> Ended:
    """Check that commands that read work, and that a run fails in one line; return how the run ended."""
    for arguments in READING:
        said = ended(desk, *arguments, under=unprivileged())
        if said.status not in (0, 3) or "Traceback" in said.stderr:
            tally.check([f"`{' '.join(arguments)}` ended with {said.status}: {said.stderr}"], when)
    said = whole_run(desk, under=unprivileged())
    if said.status != 1 or said.stderr.strip().count("\n"):
        tally.check([f"run ended with {said.status}: {said.stderr}"], when)
    return said


@pytest.mark.slow
def test_what_may_not_be_written(settled: Case, tmp_path: Path, tally: Tally) -> None:
    case = settled
    for kind in ("file", "folder", "file and folder", "pages", "mount"):
        desk = case.copy(tmp_path / kind.replace(" ", "-"))
        folder, database = desk.config.database.parent, desk.config.database
        paths = {
            "file": [database],
            "folder": [folder],
            "file and folder": [database, folder],
            "pages": [desk.pages.folder, *desk.pages.folder.iterdir()],
        }
        with read_only_mount(folder) if kind == "mount" else without_write(*paths[kind]):
            if kind == "pages":  # read only by `reprocess`
                said = whole_run(desk, under=unprivileged())
                assert said.status == 1, said.stderr
            else:
                said = run_read_only(desk, tally, f"read-only {kind}")
        check_disturbed(case, desk, said, tally, f"read-only {kind}")
        check_recovered(case, desk, tally, f"read-only {kind}")


def hold(case: Case, desk: Desk, seconds: float) -> Ended:
    """A run while another program holds the database exclusively for so long."""
    holder = sqlite3.connect(desk.config.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    run = start_run(desk)
    time.sleep(seconds)
    is_waiting = run.poll() is None
    holder.execute("ROLLBACK")
    holder.close()
    _, stderr = run.communicate(timeout=300)
    assert is_waiting, stderr
    return Ended(run.returncode, 0.0, stderr)


def stop_while_held(desk: Desk, number: signal.Signals) -> Ended:
    """A run that gets a signal while another program holds the database; and what `status` says of it then."""
    run = start_run(desk)
    holder = sqlite3.connect(desk.config.database, isolation_level=None, timeout=30)
    while not holder.execute("SELECT 1 FROM runs WHERE status = 'running'").fetchone():
        assert run.poll() is None
        time.sleep(0.01)
    holder.execute("BEGIN IMMEDIATE")
    run.send_signal(number)
    sent = time.monotonic()
    _, stderr = run.communicate(timeout=30)
    seconds = time.monotonic() - sent
    status = command(desk, "status", "--only", "runs", "--nl")
    said = subprocess.run(status, cwd=ROOT, capture_output=True, timeout=60, check=False).stdout
    holder.execute("ROLLBACK")
    holder.close()
    assert json.loads(said.splitlines()[0])["status"] == "interrupted", said
    assert "Traceback" not in stderr
    return Ended(run.returncode, seconds, stderr)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_database_is_held(
    settled: Case, tmp_path: Path, tally: Tally, number: signal.Signals
) -> None:
    desk = settled.copy(tmp_path / "desk")
    said = stop_while_held(desk, number)
    when = f"{number.name} during a lock"
    if said.status != 128 + number or said.seconds_after_signal > MOST_END_SECONDS:
        tally.check(
            [f"it ended with {said.status} after {said.seconds_after_signal:.1f} s: {said.stderr}"], when
        )
    check_disturbed(settled, desk, said, tally, when)
    check_recovered(settled, desk, tally, when)


def read_for(desk: Desk, seconds: float) -> Ended:
    """A run while another program reads one state of the database for so long."""
    reader = sqlite3.connect(desk.config.database, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM articles").fetchone()
    began = time.monotonic()
    ends = [whole_run(desk)]
    while time.monotonic() < began + seconds:
        time.sleep(READER_PAUSE_SECONDS)
        ends.append(ended(desk, "run", "--force"))
    assert reader.execute("SELECT count(*) FROM articles").fetchone() == before
    reader.execute("COMMIT")
    reader.close()
    return max(ends, key=lambda each: each.status not in (0, 3))


@pytest.mark.slow
def test_locks_and_readers(tmp_path: Path, tally: Tally) -> None:
    """Each on a desk and a site of its own, all at once."""

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        with Site() as site:
            case = prepare(site, folder)
            desk = case.copy(folder / "desk")
            if number < len(LOCK_SECONDS):
                when = f"a lock of {LOCK_SECONDS[number]} s"
                said = hold(case, desk, LOCK_SECONDS[number])
                if "waiting" not in said.stderr:
                    tally.check([f"no word of waiting: {said.stderr}"], when)
            else:
                when = f"a reader of {READER_SECONDS} s"
                said = read_for(desk, READER_SECONDS)
            if said.status not in (0, 3) or "locked" in said.stderr:
                tally.check([f"the run ended with {said.status}: {said.stderr}"], when)
            tally.check(violations(desk.config.database, settled=True), when)
            check_disturbed(case, desk, said, tally, when)
            requests = len(site.log)
            if number < len(LOCK_SECONDS):
                tally.requests += requests
                tally.of_twin += case.requests
            ended(desk, "run")
            if (size := log_size(desk.config.database)) > LARGEST_LOG:
                tally.check([f"the log has {size} bytes"], when)

    with ThreadPoolExecutor(len(LOCK_SECONDS) + 1) as pool:
        list(pool.map(one, range(len(LOCK_SECONDS) + 1)))

"""System calls that fail, files that may not grow, disks without room.

strace lets the k-th call of one kind in each thread fail, whoever makes it: SQLite's own writes too, which no change
of Python functions reaches. It does not reach what is written through memory maps (the index of the log) nor reads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.rounds import IS_FULL, Case, Tally, check_disturbed, check_recovered
from tests.desk import Desk, make_desk
from tests.survival import Ended, start_run, whole_run

# Of each kind: the calls, and the error that a disk gives.
CALLS = {
    "write": ("write,writev", "ENOSPC"),
    "pwrite": ("pwrite64", "EIO"),
    "fsync": ("fsync,fdatasync", "EIO"),
    "rename": ("rename,renameat,renameat2", "EIO"),
    "truncate": ("ftruncate", "EIO"),
}
GROWTH = 2 if IS_FULL else 3  # from one failing call to the next
LAST_CALL = 8192  # a run of the update makes fewer calls of any kind
WRITABLE_KIB = (16, 64, 256, 1024, 4096, 16384)  # bounds on the size of a file
FREE_KIB = (40, 120, 250, 400, 600, 900, 1300, 2000, 3000)
DISK_MIB = (4, 8, 16)


def strace() -> str:
    program = shutil.which("strace")
    if program is None or subprocess.run([program, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs strace and the right to trace (Debian: apt-get install strace)")
    return program


def fail(case: Case, desk: Desk, tally: Tally, kind: str, number: int) -> bool:
    """Let the call with that number fail in a run; return whether the run made so many calls."""
    calls, error = CALLS[kind]
    fault = f"inject={calls}:error={error}:when={number}"
    log = desk.folder / "calls"
    under = (strace(), "-f", "-qq", "--seccomp-bpf", "-o", str(log), "-e", f"trace={calls}", "-e", fault)
    run = start_run(desk, under=under)
    _, stderr = run.communicate(timeout=300)
    has_failed = "(INJECTED)" in log.read_text(errors="replace")
    if has_failed:
        check_disturbed(case, desk, Ended(run.returncode, 0.0, stderr), tally, f"{kind} {number}")
    return has_failed


@pytest.mark.slow
@pytest.mark.parametrize("kind", CALLS)
def test_the_kth_call_fails(settled: Case, tmp_path: Path, tally: Tally, kind: str) -> None:
    strace()
    number = 1
    while fail(settled, desk := settled.copy(tmp_path / f"desk{number}"), tally, kind, number):
        check_recovered(settled, desk, tally, f"{kind} {number}")
        shutil.rmtree(desk.folder)
        number *= GROWTH
        assert number <= LAST_CALL


@pytest.mark.slow
def test_files_that_may_not_grow(settled: Case, tmp_path: Path, tally: Tally) -> None:
    case = settled
    for kib in WRITABLE_KIB:
        desk = case.copy(tmp_path / f"limit{kib}")
        ended = whole_run(
            desk,
            under=(
                "/bin/bash",
                "-c",
                f'export PYTHONDONTWRITEBYTECODE=1; ulimit -f {kib}; exec "$@"',
                "bash",
            ),
        )
        check_disturbed(case, desk, ended, tally, f"ulimit -f {kib}")
        check_recovered(case, desk, tally, f"ulimit -f {kib}")


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A disk of that size, mounted in a folder."""
    mount = folder / f"disk{mib}"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", mount]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("mib", DISK_MIB)
def test_a_disk_that_fills(settled: Case, tmp_path: Path, tally: Tally, mib: int) -> None:
    """A file takes all but a little of the disk, the run fills the rest; then the file goes."""
    case = settled
    with small_disk(tmp_path, mib) as mount:
        for kib in FREE_KIB if IS_FULL else FREE_KIB[DISK_MIB.index(mib) :: len(DISK_MIB)]:
            desk = case.copy(mount / "desk")
            ballast = mount / "ballast"
            space = shutil.disk_usage(mount).free - kib * 1024
            ballast.write_bytes(bytes(max(space, 0)))
            ended = whole_run(desk)
            check_disturbed(
                case,
                make_desk(mount / "desk", case.site).with_(database=desk.config.database),
                ended,
                tally,
                f"{kib} KiB free",
            )
            ballast.unlink()
            check_recovered(case, desk, tally, f"{kib} KiB free")
            shutil.rmtree(mount / "desk")

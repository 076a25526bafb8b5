"""Kill -9 of workers and of the driver, wherever they are: the next start goes on, and the bytes are the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.backfill.archives import line_of, result_bytes, run, write_lines
from tests.invented import corpus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the processes of Linux"),
]
AS_OF = "2026-11-01"
IS_FULL = os.environ.get("CUTTINGS_ACCEPTANCE") == "full"
DRIVER_KILLS, WORKER_KILLS = (10, 20) if IS_FULL else (4, 6)
PATIENCE = 240.0  # seconds for one start to end on a loaded machine


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of some two hundred articles."""
    return write_lines(tmp_path_factory.mktemp("lines") / "a.jsonl", map(line_of, corpus(50, seed=11)))


@pytest.fixture(scope="module")
def undisturbed(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The result of one run without any disturbance, in the slices of the command."""
    out = tmp_path_factory.mktemp("once") / "out"
    run(out, lines, slice_articles=2000)
    return result_bytes(out)


def start(lines: Path, out: Path, *options: str, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipelines", "backfill", str(lines), "--out", str(out), "--as-of", AS_OF]
    return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, start_new_session=start_new_session)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, told = process.communicate(timeout=PATIENCE)
    return process.returncode, told.decode()


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that these started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, frontier = [], [pid]
    while frontier:
        frontier = [child for child, parent in parents.items() if parent in frontier]
        found += frontier
    return found


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The workers of a driver: what the server that it keeps has forked."""
    return [pid for pid in descendants(process.pid) if "forkserver" in command_of(pid)][1:]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def test_a_driver_that_is_killed_again_and_again_goes_on(
    lines: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    chance, kills, rounds = random.Random(7), 0, 0
    while kills < DRIVER_KILLS:
        out = tmp_path / f"out{rounds}"
        rounds += 1
        while kills < DRIVER_KILLS:
            process = start(lines, out, "--workers", "2")
            time.sleep(chance.uniform(0.5, 4.0))
            workers = workers_of(process)
            has_ended = process.poll() is not None
            process.kill()
            process.communicate(timeout=PATIENCE)  # closes its pipes, too
            if has_ended:
                break
            kills += 1
            deadline = time.monotonic() + 20
            while any("forkserver" in command_of(worker) for worker in workers):
                assert time.monotonic() < deadline, "a worker outlives its driver"
                time.sleep(0.1)
        status, told = ended(start(lines, out, "--workers", "2"))
        assert status == 0, told
        assert result_bytes(out) == undisturbed


def test_workers_that_are_killed_again_and_again_are_replaced(
    lines: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    chance, kills, rounds = random.Random(8), 0, 0
    while kills < WORKER_KILLS:
        out = tmp_path / f"out{rounds}"
        rounds += 1
        process = start(lines, out, "--workers", "2")
        while process.poll() is None and kills < WORKER_KILLS:
            time.sleep(chance.uniform(0.3, 1.5))
            workers = workers_of(process)
            kills += bool(workers) and kill(chance.choice(workers))
        status, told = ended(process)
        if "workers died" in told:  # three deaths without a task between: said, and the next start goes on
            status, told = ended(start(lines, out, "--workers", "2"))
        assert status == 0, told
        assert result_bytes(out) == undisturbed


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("to_group", [False, True], ids=["driver", "group"])  # a terminal signals the group
def test_a_signal_ends_a_backfill_without_a_word_of_python(
    lines: Path, undisturbed: dict[str, bytes], tmp_path: Path, number: int, status: int, *, to_group: bool
) -> None:
    chance, signalled = random.Random(9), 0
    while signalled < 5:
        process = start(lines, tmp_path, "--workers", "2", start_new_session=True)
        deadline = time.monotonic() + PATIENCE
        while not workers_of(process) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        # at once: the server is still loading, or the first workers start
        time.sleep(chance.uniform(0.0, 1.0) if signalled else 0.0)
        if process.poll() is not None:
            assert signalled, process.communicate()
            break  # the starts before have done all
        begun = time.monotonic()
        (os.killpg if to_group else os.kill)(process.pid, number)
        ended_with, told = ended(process)
        if ended_with == 0:
            break  # it had done all when the signal came
        assert (ended_with, told) == (status, "\ncuttings: interrupted; everything stored so far is kept\n")
        assert time.monotonic() - begun < 5
        signalled += 1
    assert signalled > 1
    final, told = ended(start(lines, tmp_path, "--workers", "2"))
    assert final == 0, told
    assert result_bytes(tmp_path) == undisturbed


def test_a_worker_of_ray_that_is_killed_is_replaced(
    lines: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    out = tmp_path / "out"
    process = start(lines, out, "--engine", "ray", "--workers", "2")
    killed, deadline, pause = (
        0,
        time.monotonic() + PATIENCE,
        0.5,
    )  # looking all the time keeps Ray from starting
    while process.poll() is None and killed < 2 and time.monotonic() < deadline:
        time.sleep(pause)
        workers = {pid: told for pid in descendants(process.pid) if "ray::" in (told := command_of(pid))}
        pause = 0.02 if workers else pause
        busy = [pid for pid, told in workers.items() if "ray::run_task" in told]
        killed += bool(busy) and kill(busy[0])
    status, told = ended(process)
    assert status == 0, told
    assert killed == 2, "no task was seen to be killed"
    assert result_bytes(out) == undisturbed


def test_a_signal_while_ray_starts_ends_the_backfill_with_a_word(lines: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    process = start(lines, tmp_path / "out", "--engine", "ray", "--workers", "1")
    deadline = time.monotonic() + PATIENCE
    while not any("gcs_server" in command_of(pid) for pid in descendants(process.pid)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.terminate()
    assert ended(process) == (143, "\ncuttings: interrupted; everything stored so far is kept\n")

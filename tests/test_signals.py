"""SIGTERM and SIGINT: where they raise, where they wait, and that none is dropped."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.ingest.signals import Interrupted, StopSignals, stop_signals
from pipelines.interrupts import MESSAGE
from pipelines.storage.connection import Connection
from tests.survival import ROOT

# A statement that counts to ten million million.
ENDLESS = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e13) SELECT count(*) FROM n"
)


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    raw = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    raw.execute("CREATE TABLE t (x)")
    return Connection(raw, "x.db", busy_seconds=60)


def arrived(signals: StopSignals) -> None:
    """Wait until a signal that was sent has been noticed."""
    deadline = time.monotonic() + 5
    while signals.number is None and time.monotonic() < deadline:
        time.sleep(0.001)


def signal_soon() -> subprocess.Popen[bytes]:
    """Let another process send SIGTERM while this one is in a call of SQLite."""
    return subprocess.Popen(["/bin/sh", "-c", "sleep .1; kill -TERM $PPID"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_raises_at_the_next_statement_and_rolls_back(
    connection: Connection, number: signal.Signals
) -> None:
    signals = StopSignals()

    def work() -> None:
        with stop_signals(signals), connection.stopped_by(signals), connection.transaction():
            connection.execute("INSERT INTO t VALUES (1)")
            signal.raise_signal(number)
            arrived(signals)
            connection.execute("INSERT INTO t VALUES (2)")

    with pytest.raises(Interrupted) as end:
        work()
    assert end.value.exit_status == 128 + number
    assert connection.execute("SELECT count(*) FROM t") == [(0,)]
    connection.close()


def test_a_signal_ends_a_long_statement(connection: Connection) -> None:
    signals = StopSignals()
    with stop_signals(signals), connection.stopped_by(signals):
        sender = signal_soon()
        with pytest.raises(Interrupted):
            connection.execute(ENDLESS)
        sender.wait()
    connection.close()


def test_a_signal_ends_the_wait_for_another_program(tmp_path: Path, connection: Connection) -> None:
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    signals, began = StopSignals(), time.monotonic()
    with stop_signals(signals), connection.stopped_by(signals):
        sender = signal_soon()
        with pytest.raises(Interrupted), connection.transaction():
            pass
        sender.wait()
    assert time.monotonic() - began < 10, "it would wait for 60 s"
    other.close()
    connection.close()


def test_what_is_deferred_is_stored_and_the_signal_raises_at_its_end(connection: Connection) -> None:
    signals, stopped = StopSignals(), []

    def work() -> None:
        with signals.deferred(lambda: stopped.append(True)):
            signal.raise_signal(signal.SIGTERM)
            arrived(signals)
            connection.execute("INSERT INTO t VALUES (1)")
            with signals.immediate(), pytest.raises(Interrupted):
                connection.execute("INSERT INTO t VALUES (2)")
            connection.execute("INSERT INTO t VALUES (3)")

    with stop_signals(signals), connection.stopped_by(signals):
        with pytest.raises(Interrupted):
            work()
        connection.execute("INSERT INTO t VALUES (4)")  # it raises once: what follows is the clearing up
    assert stopped
    assert connection.execute("SELECT x FROM t") == [(1,), (3,), (4,)]
    connection.close()


def test_a_signal_that_nothing_noticed_raises_at_the_end() -> None:
    signals = StopSignals()
    with pytest.raises(Interrupted), stop_signals(signals):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def ended(code: str) -> subprocess.CompletedProcess[bytes]:
    """A process that runs this code, with the names of the modules under test."""
    names = "import os, signal, sys, weakref; from pipelines import interrupts; from pipelines.ingest import signals\n"
    return subprocess.run(
        [sys.executable, "-c", names + code], cwd=ROOT, capture_output=True, timeout=30, check=False
    )


def test_a_run_that_comes_to_no_safe_place_is_ended() -> None:
    end = ended(
        "signals.END_SECONDS = 0.05\n"
        "with signals.stop_signals(signals.StopSignals()):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    while True: pass\n"
    )
    assert (end.returncode, end.stderr) == (143, MESSAGE)


def test_a_command_is_interrupted_after_an_import_that_is_under_way() -> None:
    end = ended(
        "import tempfile; f = tempfile.mkdtemp(); sys.path.append(f)\n"
        "open(f + '/m.py', 'w').write('import os, signal; os.kill(os.getpid(), signal.SIGTERM); done = 1')\n"
        "try:\n"
        "    with signals.raised_signals():\n"
        "        import m\n"
        "        while True: pass\n"
        "except signals.Interrupted as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"  # ignored: the first one ends the process
        "    sys.exit(stop.exit_status + m.done)\n"
    )
    assert (end.returncode, end.stderr) == (144, b"")


def test_a_command_is_ended_if_an_import_takes_too_long_after_a_signal() -> None:
    end = ended(
        "import tempfile; f = tempfile.mkdtemp(); sys.path.append(f); signals.END_SECONDS = 0.05\n"
        "open(f + '/m.py', 'w').write('import os, signal; os.kill(os.getpid(), signal.SIGTERM)\\nwhile True: pass')\n"
        "with signals.raised_signals():\n"
        "    import m\n"
    )
    assert (end.returncode, end.stderr) == (143, MESSAGE)


def test_a_signal_is_told_though_a_library_raises_an_error_of_its_own() -> None:
    end = ended(
        "try:\n"
        "    with signals.raised_signals():\n"
        "        try: os.kill(os.getpid(), signal.SIGTERM)\n"
        "        except KeyboardInterrupt: pass\n"
        "        raise KeyboardInterrupt\n"
        "except signals.Interrupted as stop: sys.exit(stop.exit_status)\n"
    )
    assert (end.returncode, end.stderr) == (143, b"")


START = "signal.signal(signal.SIGINT, signal.default_int_handler); interrupts.end_on_sigint()\n"
BODY = START + "interrupts.raise_in_command(); sys.unraisablehook = interrupts.end_if_dropped\n"
KILL = "os.kill(os.getpid(), signal.SIGINT)"
DROPPED = f"class A: pass\na = A()\nr = weakref.ref(a, lambda _: {KILL})\ndel a\n"
IMPORTING = (
    f"import tempfile; f = tempfile.mkdtemp(); open(f + '/m.py', 'w').write('import os, signal; {KILL}')\n"
)


@pytest.mark.parametrize(
    "code",
    [
        START + KILL,
        BODY + DROPPED + "print('goes on', file=sys.stderr)",
        BODY
        + IMPORTING
        + "sys.path.append(f)\ntry:\n    import m\nexcept BaseException: print('raised', file=sys.stderr)",
        BODY + "interrupts.end_after_command()\n" + KILL,
    ],
    ids=["while it starts", "dropped by Python", "in an import", "after the command"],
)
def test_sigint_ends_a_command_without_a_traceback(code: str) -> None:
    end = ended(code)
    assert (end.returncode, end.stderr) == (130, MESSAGE)


def test_sigint_raises_in_the_body_of_a_command() -> None:
    end = ended(BODY + f"try:\n    {KILL}\nexcept KeyboardInterrupt: sys.exit(9)")
    assert (end.returncode, end.stderr) == (9, b"")

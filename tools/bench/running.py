"""Peers as running processes that answer one request at a time."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tools.bench.environments import ROOT, Environment, Peer

DEADLINE = 120.0  # seconds for a page
CHUNK = 1 << 20
LAST_LINE = 200  # characters


class Running:
    """One peer's process. It is started at the first request, and anew after one that it did not answer."""

    def __init__(self, peer: Peer, python: Path | None = None, deadline: float = DEADLINE) -> None:
        module = f"tools.bench.peers.{peer.script}"
        self._command = [str(python or sys.executable), "-m", module, *peer.arguments]
        self._deadline = deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Running:
        """Return it; the process is not started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.end()

    def end(self) -> None:
        """End the process if there is one."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        if self._errors:
            self._errors.close()
        self._process, self._rest, self._errors = None, b"", None

    def ask(self, request: Mapping[str, Any], deadline: float | None = None) -> dict[str, Any]:
        """Return the reply, or one with `error` if the process died or did not answer in time (seconds)."""
        seconds = deadline or self._deadline
        process = self._started()
        assert process.stdin
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return {"error": self._failed("the process had ended")}
        line = self._line(seconds)
        if line is None:
            return {"error": self._failed(f"no answer in {seconds:.0f} s, or the process died")}
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _failed(self, what: str) -> str:
        """End the process; return what happened, with the last line that it wrote to standard error."""
        last = b""
        if self._errors:
            self._errors.seek(0)
            last = (self._errors.read().strip().splitlines() or [b""])[-1]
        self.end()
        return f"{what}: {last.decode('utf-8', 'replace')[:LAST_LINE]}" if last else what

    def _started(self) -> subprocess.Popen[bytes]:
        if not self._process:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
            environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        return self._process

    def _line(self, seconds: float) -> bytes | None:
        assert self._process
        assert self._process.stdout
        pipe, until = self._process.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            more = os.read(pipe, CHUNK) if ready else b""
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line


@contextmanager
def running(
    peers: Sequence[Peer], known: Mapping[str, Environment], deadline: float = DEADLINE
) -> Iterator[dict[str, Running]]:
    """Give the processes of the peers that are installed, by name."""
    with ExitStack() as stack:
        yield {
            peer.name: stack.enter_context(Running(peer, known[peer.name].python, deadline))
            for peer in peers
            if not known[peer.name].reason
        }

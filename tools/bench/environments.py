"""The environments of the peers: one virtual environment for each set of pinned packages, kept on disk."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("peers.toml")
ROOT = Path(__file__).resolve().parents[2]
INSTALL_SECONDS = 900
REASON_CHARACTERS = 160
# Words of pip's lines that name a cause; its last lines are advice.
CAUSES = re.compile(r"No matching distribution|Failed building|Failed to build|conflict|Timeout|error:", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One row of `peers.toml`."""

    name: str
    bench: str
    packages: tuple[str, ...]
    script: str
    arguments: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    days: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a peer runs, or why it does not."""

    python: Path | None
    versions: tuple[str, ...] = ()
    reason: str = ""


def read_peers(table: Path = TABLE) -> tuple[Peer, ...]:
    """Return the peers in the order of the table."""
    rows = tomllib.loads(table.read_text(encoding="utf-8"))["peer"]
    return tuple(
        Peer(
            name=row["name"],
            bench=row["bench"],
            packages=tuple(row["packages"]),
            script=row["script"],
            arguments=tuple(row.get("arguments", ())),
            thresholds=tuple(row.get("thresholds", ())),
            days=tuple(row.get("days", (0,))),
        )
        for row in rows
    )


def default_cache() -> Path:
    """Return the folder of the environments: below ``XDG_CACHE_HOME``, or ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "cuttings-bench"


def environment(packages: Iterable[str], cache: Path) -> Environment:
    """Return the environment with these packages, made on first use; a failure is kept too.

    To try a failed one again, delete its folder.
    """
    wanted = sorted(packages)
    digest = hashlib.sha256(" ".join((sys.version, *wanted)).encode()).hexdigest()[:12]
    first = re.split(r"[=<>]", wanted[0])[0] if wanted else "bare"
    folder = cache / f"{first}-{digest}"
    python, ready, failed = folder / "bin" / "python", folder / "ready", folder / "failed"
    if not ready.is_file() and not failed.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        venv.create(folder, with_pip=True, clear=True)
        reason = installed(python, wanted)
        (failed if reason else ready).write_text(reason or frozen(python), encoding="utf-8")
    if failed.is_file():
        return Environment(python=None, reason=failed.read_text(encoding="utf-8"))
    return Environment(python=python, versions=tuple(ready.read_text(encoding="utf-8").split()))


def installed(python: Path, packages: list[str]) -> str:
    """Install the packages from PyPI; return an empty text, or in one line why it failed."""
    if not packages:
        return ""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"pip did not end in {INSTALL_SECONDS} s"
    return "" if done.returncode == 0 else cause(done.stderr)


def cause(errors: str) -> str:
    """Return the line of pip's errors that names the cause, cut short."""
    lines = [line.strip().removeprefix("ERROR: ") for line in errors.splitlines() if line.strip()]
    named = [line for line in lines if CAUSES.search(line)]
    return (named or lines or ["pip gave no reason"])[-1][:REASON_CHARACTERS]


def frozen(python: Path) -> str:
    """Return the installed versions, a line each, as pip names them."""
    command = [str(python), "-m", "pip", "freeze", "--disable-pip-version-check"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def environments(peers: Iterable[Peer], cache: Path) -> dict[str, Environment]:
    """Return the environment of each peer, by the peer's name."""
    return {peer.name: environment(peer.packages, cache) for peer in peers}

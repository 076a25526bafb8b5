"""What `cuttings --help` costs over Python itself: CPU against `python -c "import argparse"`.

python tests/benchmarks/startup.py
"""

from __future__ import annotations

import resource
import subprocess
import sys

ROUNDS = 20
TARGET = 3.0


def main() -> None:
    for _ in range(2):  # once to warm the caches
        ours = _cpu([sys.executable, "-m", "pipelines", "--help"])
        plain = _cpu([sys.executable, "-c", "import argparse"])
    print(f"  cuttings --help {ours * 1000:.1f} ms CPU, python with argparse {plain * 1000:.1f} ms")
    print(f"cuttings --help: CPU / python -c 'import argparse'  {ours / plain:.2f}  target <= {TARGET}")


def _cpu(command: list[str]) -> float:
    """Mean seconds of CPU of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(ROUNDS):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / ROUNDS


if __name__ == "__main__":
    main()

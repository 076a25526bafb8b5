"""Readers beside a run: ``python -m tests.benchmarks.page_load DESK.db [--readers 50] [--seconds 20]``.

A copy of the database is served by ``cuttings serve``; each reader asks for page after page over one connection, with
a pause (``--pause``, 1 s: the least that a person looks at a page; 0: as fast as they come). Meanwhile a process imports and files articles, as a run writes them; it does the same work before, alone.
Prints the errors, the times of the pages in seconds, and how much longer the work took beside the readers.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

from tests.benchmarks.page_timings import paths, percentile
from tests.served import serve

KINDS = ("front", "story", "source", "search, newest first")


class Reader(threading.Thread):
    """One person who reads page after page."""

    def __init__(self, url: str, addresses: list[str], pause: float, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.addresses, self.pause, self.stop = url, addresses, pause, stop
        self.times: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self.stop.is_set():
                for address in self.addresses:
                    if self.stop.wait(self.pause * random.uniform(0.5, 1.5)):
                        return
                    self._read(session, address)

    def _read(self, session: requests.Session, address: str) -> None:
        start = time.perf_counter()
        try:
            status = session.get(self.url + address, timeout=30).status_code
        except requests.RequestException as error:
            self.errors.append(str(error))
            return
        self.times.append(time.perf_counter() - start)
        if status not in {200, 404, 410}:
            self.errors.append(f"{status} {address}")


def write_for(database: Path, folder: Path, seconds: float, marker: str) -> tuple[float, float]:
    """Import portions of articles for some seconds; return seconds of wall and of CPU for a portion."""
    start, portions, used = time.perf_counter(), 0, cpu_of_children()
    while time.perf_counter() - start < seconds:
        lines = folder / f"{marker}{portions}.jsonl"
        lines.write_text("\n".join(json.dumps(article(marker, portions, n)) for n in range(20)))
        command = [sys.executable, "-m", "pipelines", "import", str(lines), "--db", str(database), "-q"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        portions += 1
    return (time.perf_counter() - start) / portions, (cpu_of_children() - used) / portions


def cpu_of_children() -> float:
    """Return the seconds of CPU of the child processes that have ended: the server is none of them yet."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def article(marker: str, portion: int, number: int) -> dict[str, str]:
    place = f"{marker.title()}{portion}x{number}"
    text = f"The council of {place} closed {number + 3} homes on Monday, its leader said. " * 6
    return {"id": place, "title": f"{place} closes homes", "text": text, "published": "2026-11-28"}


def main(database: Path, readers: int, seconds: float, pause: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy = folder / "desk.db"
        shutil.copy(database, copy)
        alone = write_for(copy, folder, seconds, "alone")
        by_kind = paths(str(copy), 40, 1)
        with serve(copy) as site:
            stop = threading.Event()
            crowd = []
            for number in range(readers):
                addresses = [by_kind[kind][(number + turn) % 40] for turn in range(40) for kind in KINDS]
                crowd.append(Reader(site.url, addresses, pause, stop))
            for reader in crowd:
                reader.start()
            beside = write_for(copy, folder, seconds, "beside")
            stop.set()
            for reader in crowd:
                reader.join()
            used = cpu_of_children()
        used = cpu_of_children() - used  # of the server: it has ended
    times = [each for reader in crowd for each in reader.times]
    errors = [each for reader in crowd for each in reader.errors]
    print(f"{len(times)} pages, {len(errors)} errors {errors[:3] or ''}")
    print(f"the server used {1000 * used / max(1, len(times)):.1f} ms of CPU a page, its start included")
    print(f"p50 {percentile(times, 0.5):.2f} s, p95 {percentile(times, 0.95):.2f} s")
    wall, cpu = (after / before for before, after in zip(alone, beside, strict=True))
    print(f"the writer took {wall:.2f} times as long and {cpu:.2f} times the CPU beside {readers} readers")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=1)
    chosen = parser.parse_args()
    main(chosen.database, chosen.readers, chosen.seconds, chosen.pause)

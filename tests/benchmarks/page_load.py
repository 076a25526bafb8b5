"""Readers beside a run: ``python -m tests.benchmarks.page_load DESK.db [--readers 50] [--turns 8]``.

A copy of the database is served by ``cuttings serve``; each reader asks for page after page over one connection, with
a pause (``--pause``, 1 s: the least that a person looks at a page; 0: as fast as they come). A process imports and files
20 articles of unlike events, as a run writes them, while the readers wait and while they read, in turn: then neither
what else the machine does nor the growing database favours one of the two. Prints the errors, the times of the pages in
seconds, and how much longer the work took beside the readers: the median over the turns.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

from scraper.models import Article
from tests.benchmarks.page_timings import paths, percentile
from tests.invented import report
from tests.served import serve

PORTION = 20  # articles imported at once
SETTLING = 2.0  # seconds until all readers read, or none does
KINDS = ("front", "story", "source", "search, newest first")


class Reader(threading.Thread):
    """One person who reads page after page while ``open`` is set, until ``stop``."""

    def __init__(
        self, url: str, addresses: list[str], pause: float, open_: threading.Event, stop: threading.Event
    ) -> None:
        super().__init__()
        self.url, self.addresses, self.pause, self.open, self.stop = url, addresses, pause, open_, stop
        self.times: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            self.open.wait()
            with requests.Session() as session:
                session.trust_env = False
                self._read_on(session)

    def _read_on(self, session: requests.Session) -> None:
        for address in self.addresses:
            if self.stop.wait(self.pause * random.uniform(0.5, 1.5)) or not self.open.is_set():
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


def write_once(database: Path, lines: Path, portion: int) -> tuple[float, float]:
    """Import a portion of articles; return its seconds of wall and of CPU."""
    articles = [report(PORTION * portion + number, outlet=1) for number in range(PORTION)]
    lines.write_text("\n".join(json.dumps(line_of(article)) for article in articles))
    start, used = time.perf_counter(), cpu_of_children()
    command = [sys.executable, "-m", "pipelines", "import", str(lines), "--db", str(database), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start, cpu_of_children() - used


def line_of(article: Article) -> dict[str, str]:
    title, text = article.title, article.text
    return {"id": f"load {title}", "title": title, "text": text, "published": "2026-11-28"}


def cpu_of_children() -> float:
    """Return the seconds of CPU of the child processes that have ended: the server is none of them yet."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(database: Path, readers: int, turns: int, pause: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        copy, lines = Path(name) / "desk.db", Path(name) / "portion.jsonl"
        shutil.copy(database, copy)
        by_kind = paths(str(copy), 40, 1)
        open_, stop = threading.Event(), threading.Event()
        with serve(copy) as site:
            crowd = []
            for number in range(readers):
                addresses = [by_kind[kind][(number + turn) % 40] for turn in range(40) for kind in KINDS]
                crowd.append(Reader(site.url, addresses, pause, open_, stop))
                crowd[-1].start()
            ratios = measure(copy, lines, turns, open_)
            stop.set()
            open_.set()
            for reader in crowd:
                reader.join()
            used = cpu_of_children()
        used = cpu_of_children() - used  # of the server: it has ended
    times = [each for reader in crowd for each in reader.times]
    errors = [each for reader in crowd for each in reader.errors]
    print(f"{len(times)} pages, {len(errors)} errors {errors[:3] or ''}")
    print(f"the server used {1000 * used / max(1, len(times)):.1f} ms of CPU a page, its start included")
    print(f"p50 {percentile(times, 0.5):.2f} s, p95 {percentile(times, 0.95):.2f} s")
    wall, cpu = (statistics.median(each) for each in zip(*ratios, strict=True))
    print(f"the writer took {wall:.2f} times as long and {cpu:.2f} times the CPU beside {readers} readers")


def measure(database: Path, lines: Path, turns: int, open_: threading.Event) -> list[tuple[float, float]]:
    """Return how many times the wall and CPU time a portion took beside the readers, a pair a turn."""
    write_once(database, lines, 0)
    ratios = []
    for turn in range(turns):
        took = {}
        for reading in (False, True) if turn % 2 else (True, False):
            open_.set() if reading else open_.clear()
            time.sleep(SETTLING)
            took[reading] = write_once(database, lines, 1 + 2 * turn + reading)
        ratios.append((took[True][0] / took[False][0], took[True][1] / took[False][1]))
    return ratios


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--pause", type=float, default=1)
    chosen = parser.parse_args()
    main(chosen.database, chosen.readers, chosen.turns, chosen.pause)

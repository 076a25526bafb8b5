"""A desk of 12 sources through a simulated year: python -m tests.benchmarks.simulated_year [DAYS] [--profile DAY...] [--keep FILE]

One run a day over real HTTP on 127.0.0.1, with a clock of its own and no sleeping. The sites are served by another
process, so that the CPU is that of the runs alone. The articles are those of
../shared/eval/clustering, 13 a day, the reports of an event on one day at different sources; each week every source
adds a sentence to one, some are removed, one source dies, one moves its feed. The feeds are full from the first day, so
that a run reads as much of them in the first days as in the last. Prints for every 30th day: articles, kilobytes of database and of raw
pages an article, and the CPU seconds of a run, the median of the last 15; beside it the same in units of a fixed piece
of work that is measured each day, because a busy machine makes all work dearer. At the end: the drift of that from the
first 15 days to the last, and what the largest tables take an article.
"""

from __future__ import annotations

import cProfile
import gzip
import json
import pstats
import random
import re
import shutil
import sqlite3
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from pipelines.config.settings import parse_config
from pipelines.run import run
from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.storage.store import Store
from tests.desk import page
from tests.site import Entry, Site

SOURCES = 12
A_DAY = 13  # articles of all sources
ON_FEED = 20
JUDGED_DAYS = 15  # runs whose median CPU is compared
START = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "eval" / "clustering"
SETS = ("gvc", "allsides_full", "ecbplus")


def reports() -> list[dict[str, str]]:
    """The articles of the labelled sets, the reports of one event beside each other, events in random order."""
    rows = []
    for name in SETS:
        with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    by_event: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_event.setdefault(row["event"], []).append(row)
    events = sorted(by_event.values(), key=lambda event: event[0]["id"])
    random.Random(1).shuffle(events)
    return [row for event in events for row in event[:SOURCES]]


Call = tuple[int, str, tuple[object, ...], dict[str, object]]  # number of a site, method, arguments


def serve(control: Connection, count: int) -> None:
    """Serve sites until ``None`` comes: send their hosts, then make the calls of each list that comes."""
    with ExitStack() as stack:
        sites = [stack.enter_context(Site()) for _ in range(count)]
        control.send([site.host for site in sites])
        while (calls := control.recv()) is not None:
            for number, method, arguments, named in calls:
                getattr(sites[number], method)(*arguments, **named)
            control.send(len(calls))


class Sites:
    """Sites in a process of their own; what is asked of them is done when ``apply`` is called."""

    def __init__(self, count: int) -> None:
        context = get_context("spawn")
        self._control, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, count), daemon=True)
        self._process.start()
        theirs.close()  # so that waiting for a process that has ended is an error
        self.calls = list[Call]()
        self.all = [RemoteSite(host, number, self.calls) for number, host in enumerate(self._control.recv())]

    def apply(self) -> None:
        """Let the sites serve what they were given since the last time."""
        self._control.send(list(self.calls))
        assert self._control.recv() == len(self.calls)
        self.calls.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.send(None)
        self._process.join()


@dataclass(frozen=True, slots=True)
class RemoteSite:
    """One of ``Sites``, with the methods of ``Site`` that a newsroom needs."""

    host: str
    number: int
    calls: list[Call]

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def page(self, path: str, body: str, **named: object) -> None:
        self.calls.append((self.number, "page", (path, body), named))

    def feed(self, path: str, entries: list[Entry]) -> None:
        self.calls.append((self.number, "feed", (path, entries), {}))


class Newsroom:
    """One source: what it publishes on each day, what it edits and removes."""

    def __init__(self, site: RemoteSite, number: int) -> None:
        self.site, self.number, self.entries = site, number, list[Entry]()
        self.rows: list[dict[str, str]] = []  # of the entries

    def publish(self, day: int, rows: list[dict[str, str]]) -> None:
        for row in rows:
            path, title = f"/{day}/{len(self.entries)}", row["title"] or "Untitled"
            self.entries.append(Entry(path=path, title=title, published=START + timedelta(days=day)))
            self.rows.append(row)
            self._put(-1)
        if day % 7 == 3 and len(self.entries) > 4:  # an edit
            title = self.entries[-4].title
            self._put(
                -4, f"On day {day} nobody could say what will follow from “{title}”, a witness told us."
            )
        if day % 11 == 5 and len(self.entries) > 6:  # a removal
            self.site.page(self.entries[-6].path, "gone", status=410)
        self.announce(day)

    def _put(self, place: int, *added: str) -> None:
        """Serve one of the articles, with paragraphs that were added to it."""
        entry, text = self.entries[place], self.rows[place]["text"] or ""
        around = (
            "<footer><p>Sign up to our newsletter for the best of our reporting every Friday.</p></footer>"
        )
        paragraphs = map(escape, (*text.split("\n"), *added))
        self.site.page(entry.path, page(escape(entry.title), *paragraphs, around=around))

    def announce(self, day: int) -> None:
        """Serve the feed."""
        feed = "/feed" if self.number != 3 or day < 100 else "/new-feed"
        self.site.feed(feed, self.entries[-ON_FEED:])


@dataclass(frozen=True, slots=True)
class Day:
    """What one printed day shows."""

    day: int
    articles: int
    database: int  # bytes
    raw: int  # bytes of raw pages
    seconds: float  # CPU of a run
    relative: float  # CPU of a run in units of the yardstick

    def line(self) -> str:
        each = max(self.articles, 1) * 1000
        return (
            f"day {self.day:3d}  {self.articles:5d} articles  database {self.database / 1e6:6.1f} MB, "
            f"{self.database / each:5.1f} KB each  raw pages {self.raw / each:5.2f} KB each  "
            f"CPU {self.seconds:5.2f} s, {self.relative:5.2f} yardsticks"
        )


def yardstick() -> float:
    """CPU seconds of a fixed piece of work of the kinds that a run does: Python, regular expressions, SQLite."""
    began = time.process_time()
    text = "The council of Alder opens a family hub in the old library, 7 years after it was promised. " * 20
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY, number INTEGER) STRICT")
    for number in range(150):
        counts = Counter(re.findall(r"\w+", f"{text} {number}"))
        connection.executemany("INSERT OR REPLACE INTO words VALUES (?, ?)", counts.items())
    connection.close()
    return time.process_time() - began


def largest_tables(database: Path, articles: int) -> list[str]:
    """What the largest tables and indexes take an article, in kilobytes."""
    connection = sqlite3.connect(database)
    rows = connection.execute(
        "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 14"
    ).fetchall()
    connection.close()
    return [f"  {name:32} {size / articles / 1000:6.2f} KB an article" for name, size in rows]


def simulate(days: int, profiled: frozenset[int] = frozenset(), keep: Path | None = None) -> list[Day]:
    """Run the desk and print a line for each 30th day; the database is copied to ``keep``."""
    rows, cpu, relative, rows_left = list[Day](), list[float](), list[float](), reports()
    with Sites(SOURCES) as served, tempfile.TemporaryDirectory() as folder:
        sites = served.all
        newsrooms = [Newsroom(site, number) for number, site in enumerate(sites)]
        hosts = ", ".join(f'"{site.host}"' for site in sites)
        text = f"[fetch]\ndelay = 0.0\nallow_private = [{hosts}]\n" + "".join(
            f'[[source]]\nid = "s{n}"\nname = "Site {n}"\nfeeds = ["{site.url("/feed")}"]\n'
            for n, site in enumerate(sites)
        )
        config = parse_config(text, Path(folder) / "cuttings.toml", version="1")
        database = Path(folder) / "cuttings.db"
        pages = PageStore(pages_folder(database))
        for newsroom in newsrooms:
            for day in range(1 - ON_FEED, 1):
                newsroom.publish(day, [rows_left.pop()])
        for day in range(1, days + 1):
            now = START + timedelta(days=day)
            todays = rows_left[:A_DAY]
            del rows_left[:A_DAY]
            for newsroom in newsrooms:
                if newsroom.number != 5 or day < 50:
                    newsroom.publish(day, todays[newsroom.number :: SOURCES])
            if day == 50:
                sites[5].page("/feed", "down", status=500)
            served.apply()
            began, profile = time.process_time(), cProfile.Profile(time.thread_time)
            with Store(database) as store:
                if day in profiled:
                    profile.enable()
                run(store, config, pages=pages, now=lambda now=now: now)  # type: ignore[misc]
                profile.disable()
            cpu.append(time.process_time() - began)
            relative.append(cpu[-1] / yardstick())
            if day in profiled:
                print(f"--- day {day}")
                pstats.Stats(profile).sort_stats("tottime").print_stats(18)
                pstats.Stats(profile).sort_stats("cumtime").print_stats("pipelines/", 45)
            if day % 30 == 0 or day in (JUDGED_DAYS, days):
                with Store(database, read_only=True) as store:
                    articles = store.articles.count()
                rows.append(
                    Day(
                        day=day,
                        articles=articles,
                        database=database.stat().st_size,
                        raw=sum(path.stat().st_size for path in pages.folder.rglob("*.zst")),
                        seconds=median(cpu[-JUDGED_DAYS:]),
                        relative=median(relative[-JUDGED_DAYS:]),
                    )
                )
                print(rows[-1].line(), flush=True)
        first, last = median(relative[1 : JUDGED_DAYS + 1]), median(relative[-JUDGED_DAYS:])
        print(
            f"drift: CPU of the last {JUDGED_DAYS} runs / of runs 2 to {JUDGED_DAYS + 1}: {last / first:.2f}"
        )
        print(*largest_tables(database, rows[-1].articles), f"CPU of all runs: {sum(cpu):.0f} s", sep="\n")
        if keep is not None:
            shutil.copy(database, keep)
    return rows


if __name__ == "__main__":
    parser = ArgumentParser(description="Run a desk through a simulated year.")
    parser.add_argument("days", type=int, nargs="?", default=365)
    parser.add_argument("--profile", type=int, nargs="*", default=(), metavar="DAY")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="copy the database to FILE at the end")
    given = parser.parse_args()
    simulate(given.days, frozenset(given.profile), given.keep)

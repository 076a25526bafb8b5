"""A desk of 12 sources through a simulated year: python -m tests.benchmarks.simulated_year [DAYS] [--profile DAY...]

One run a day over real HTTP on 127.0.0.1, with a clock of its own and no sleeping. The articles are those of
../shared/eval/clustering, 13 a day, the reports of an event on one day at different sources; some are edited, some
removed, one source dies, one moves its feed. Prints for every 30th day: articles, size of the database and of the
raw pages, CPU seconds of a run (median of five).
"""

from __future__ import annotations

import cProfile
import gzip
import json
import pstats
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from statistics import median

from pipelines.config.settings import parse_config
from pipelines.run import run
from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.storage.store import Store
from tests.desk import page
from tests.site import Entry, Site

SOURCES = 12
A_DAY = 13  # articles of all sources
ON_FEED = 20
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


class Newsroom:
    """One source: what it publishes on each day, what it edits and removes."""

    def __init__(self, site: Site, number: int) -> None:
        self.site, self.number, self.entries = site, number, list[Entry]()

    def publish(self, day: int, rows: list[dict[str, str]]) -> None:
        for row in rows:
            path = f"/{day}/{len(self.entries)}"
            title, body = row["title"] or "Untitled", (row["text"] or "").split("\n")
            around = "<footer><p>Sign up to our newsletter for the best of our reporting every Friday.</p></footer>"
            self.site.page(path, page(escape(title), *map(escape, body), around=around))
            self.entries.append(Entry(path=path, title=title, published=START + timedelta(days=day)))
        if day % 7 == 3 and len(self.entries) > 4:  # an edit
            old = self.entries[-4]
            self.site.page(
                old.path, page(escape(old.title), "This report was corrected later that day.", "It is short.")
            )
        if day % 11 == 5 and len(self.entries) > 6:  # a removal
            self.site.page(self.entries[-6].path, "gone", status=410)
        feed = "/feed" if self.number != 3 or day < 100 else "/new-feed"
        self.site.feed(feed, self.entries[-ON_FEED:])


def simulate(days: int, profiled: frozenset[int] = frozenset()) -> list[tuple[int, int, float, float, float]]:
    """Run the desk; a row for each 30th day: day, articles, MB of database, MB of pages, CPU seconds of a run."""
    rows, cpu, rows_left = [], list[float](), reports()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        sites = [stack.enter_context(Site()) for _ in range(SOURCES)]
        newsrooms = [Newsroom(site, number) for number, site in enumerate(sites)]
        hosts = ", ".join(f'"{site.host}"' for site in sites)
        text = f"[fetch]\ndelay = 0.0\nallow_private = [{hosts}]\n" + "".join(
            f'[[source]]\nid = "s{n}"\nname = "Site {n}"\nfeeds = ["{site.url("/feed")}"]\n'
            for n, site in enumerate(sites)
        )
        config = parse_config(text, Path(folder) / "cuttings.toml", version="1")
        database = Path(folder) / "cuttings.db"
        pages = PageStore(pages_folder(database))
        for day in range(1, days + 1):
            now = START + timedelta(days=day)
            todays = rows_left[:A_DAY]
            del rows_left[:A_DAY]
            for newsroom in newsrooms:
                if newsroom.number != 5 or day < 50:
                    newsroom.publish(day, todays[newsroom.number :: SOURCES])
            if day == 50:
                sites[5].page("/feed", "down", status=500)
            began, profile = time.process_time(), cProfile.Profile()
            with Store(database) as store:
                if day in profiled:
                    profile.enable()
                run(store, config, pages=pages, now=lambda now=now: now)  # type: ignore[misc]
                profile.disable()
            cpu.append(time.process_time() - began)
            if day in profiled:
                print(f"--- day {day}")
                pstats.Stats(profile).sort_stats("tottime").print_stats(18)
            if day % 30 == 0 or day == 5:
                with Store(database, read_only=True) as store:
                    articles = store.articles.count()
                raw = sum(path.stat().st_size for path in pages.folder.rglob("*.zst"))
                rows.append((day, articles, database.stat().st_size / 1e6, raw / 1e6, median(cpu[-5:])))
                print(
                    "day {:3d}  {:5d} articles  database {:6.1f} MB  raw pages {:5.1f} MB  CPU {:.2f} s".format(
                        *rows[-1]
                    ),
                    flush=True,
                )
    return rows


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    simulate(
        wanted, frozenset(int(each) for each in sys.argv[3:]) if "--profile" in sys.argv else frozenset()
    )

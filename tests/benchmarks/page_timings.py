"""Server time of the pages: ``python -m tests.benchmarks.page_timings DESK.db [--rounds 20]``.

Prints milliseconds of wall and CPU time a page, median and 95th percentile, with requests one after another in this
process: each round takes another story, source and word. The file is opened read-only and immutable.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import time
from collections.abc import Callable

from datasette.app import Datasette

from pipelines.web.server import SETTINGS

WORDS = ("council", "children", "homes", "inquiry", "fire", "strike", "report", "minister")


def paths(database: str, rounds: int, seed: int) -> dict[str, list[str]]:
    """Return the addresses of each kind of page."""
    chance = random.Random(seed)
    connection = sqlite3.connect(f"file:{database}?immutable=1", uri=True)
    (last,) = connection.execute("SELECT max(id) FROM stories").fetchone()
    sources = [row[0] for row in connection.execute("SELECT id FROM sources WHERE declared = 1")]
    wide = [row[0] for row in connection.execute(
        "SELECT id FROM stories WHERE article_count > 3 AND id > ? LIMIT 200", (last // 2,)
    )] or [last]  # fmt: skip
    words = [
        word
        for (title,) in connection.execute("SELECT title FROM articles ORDER BY id DESC LIMIT 40")
        for word in title.split()
        if word.isalpha() and len(word) > 4
    ] or list(WORDS)
    connection.close()
    makers: dict[str, Callable[[], str]] = {
        "front": lambda: "/",
        "front, one source": lambda: f"/?source={chance.choice(sources)}",
        "story": lambda: f"/story/{chance.randint(1, last)}",
        "story of several reports": lambda: f"/story/{chance.choice(wide)}",
        "source": lambda: f"/source/{chance.choice(sources)}",
        "search, newest first": lambda: f"/search?q={chance.choice(words)}",
        "search, best first": lambda: f"/search?q={chance.choice(words)}&order=best",
        "voices": lambda: "/voices",
        "topics": lambda: "/topics",
        "digests": lambda: "/digests",
        "review": lambda: "/review",
    }
    return {name: [make() for _ in range(rounds)] for name, make in makers.items()}


async def measure(database: str, rounds: int, seed: int) -> None:
    """Print the table."""
    datasette = Datasette(files=[], immutables=[database], settings=SETTINGS)
    await datasette.invoke_startup()
    print(f"{'page':26}{'wall p50':>9}{'p95':>8}{'CPU p50':>9}{'p95':>8}  ms")
    for name, addresses in paths(database, rounds, seed).items():
        await datasette.client.get(addresses[0])
        walls, cpus, bad = [], [], set()
        for number, plain in enumerate(addresses):
            address = f"{plain}{'&' if '?' in plain else '?'}round={number}"  # no page that is kept
            wall, cpu = time.perf_counter(), time.process_time()
            answer = await datasette.client.get(address)
            walls.append(1000 * (time.perf_counter() - wall))
            cpus.append(1000 * (time.process_time() - cpu))
            if answer.status_code not in {200, 301, 410}:
                bad.add((address, answer.status_code))
        cells = [percentile(times, share) for times in (walls, cpus) for share in (0.5, 0.95)]
        print(f"{name:26}{cells[0]:9.0f}{cells[1]:8.0f}{cells[2]:9.0f}{cells[3]:8.0f}  {bad or ''}")


def percentile(times: list[float], share: float) -> float:
    return (
        statistics.quantiles(times, n=100, method="inclusive")[round(share * 100) - 1]
        if len(times) > 1
        else times[0]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.database, chosen.rounds, chosen.seed))

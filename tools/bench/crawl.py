"""Crawling of local sites: what a page costs without a delay, and how long a polite crawl takes.

The sites are those of `tests/benchmarks/local_web.py`: many hosts on 127.0.0.1 in a process of their own,
which notes when each request came.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.local_web import Asked, LocalWeb, local_web
from tools.bench.environments import Environment, Peer
from tools.bench.running import running

OURS = Peer(name="cuttings", bench="crawl", packages=(), script="crawl_cuttings")
YARDSTICK = "requests, one session"  # whose CPU time is 1
ROUNDS = 2
PAGE = b"<p>The council said on Monday that the hub would open in March.</p>" * 1_230  # 80 KB
COST_HOSTS, COST_PAGES = 50, 10  # pages a host
POLITE_HOSTS, POLITE_PAGES, DELAY = 20, 120, 0.25  # pages in all, seconds
POLITE = ("cuttings", "Scrapy")  # those that keep a delay for each host and work on several
DEADLINE = 600.0


def uneven(hosts: int, pages: int) -> list[int]:
    """Return how many pages each host has: by Zipf's law with a half, as sources of a sector are."""
    weights = [1 / math.sqrt(rank) for rank in range(1, hosts + 1)]
    counts = [max(1, round(pages * weight / sum(weights))) for weight in weights]
    counts[0] += pages - sum(counts)
    return counts


def addresses(web: LocalWeb, counts: Sequence[int], round_: int) -> list[str]:
    """Return the pages of all hosts, new ones in each round."""
    return [
        f"http://127.0.0.1:{port}/{round_}/{page}"
        for port, count in zip(web.ports, counts, strict=True)
        for page in range(count)
    ]


def least_gap(log: Sequence[Asked]) -> float:
    """Return the least time between two pages of one host, in seconds; robots.txt is not a page."""
    last: dict[int, float] = {}
    gaps = [math.inf]
    for asked in log:
        if asked.path != "/robots.txt":
            gaps.append(asked.at - last.get(asked.port, -math.inf))
            last[asked.port] = asked.at
    return min(gaps)


def cost(peers: Sequence[Peer], known: Mapping[str, Environment]) -> dict[str, Any]:
    """Return CPU a page without a delay, the best of the rounds in turns, as ratios."""
    counts = [COST_PAGES] * COST_HOSTS
    best: dict[str, float] = {}
    got: dict[str, int] = {}
    reasons: dict[str, str] = {}
    with local_web(hosts=COST_HOSTS, body=PAGE) as web, running(peers, known, DEADLINE) as processes:
        for round_ in range(ROUNDS):
            for name, process in processes.items():
                request = {"urls": addresses(web, counts, round_), "size": len(PAGE), "delay": 0.0}
                reply = process.ask(request)
                if "error" in reply:
                    reasons[name] = reply["error"]
                else:
                    best[name] = min(best.get(name, math.inf), reply["cpu"])
                    got[name] = reply["pages"]
    yard = best[YARDSTICK]
    rows = [
        {"name": name, "cpu": round(seconds / yard, 2), "pages": got[name], "asked": sum(counts)}
        for name, seconds in best.items()
    ]
    rows += [{"name": name, "reason": reason} for name, reason in reasons.items() if name not in best]
    title = f"{COST_HOSTS} hosts of {COST_PAGES} pages of 80 KB, no delay"
    return {"set": title, "rows": rows}


def polite(peers: Sequence[Peer], known: Mapping[str, Environment]) -> dict[str, Any]:
    """Return the time of a polite crawl beside the least possible, and the least gap that a host saw."""
    counts = uneven(POLITE_HOSTS, POLITE_PAGES)
    ideal = (max(counts) - 1) * DELAY
    rows = []
    for peer in peers:
        if peer.name not in POLITE or known[peer.name].reason:
            continue
        with local_web(hosts=POLITE_HOSTS, body=PAGE, latency=0.02) as web:
            with running([peer], known, DEADLINE) as processes:
                urls = addresses(web, counts, 0)
                began = time.monotonic()
                reply = processes[peer.name].ask({"urls": urls, "size": len(PAGE), "delay": DELAY})
                seconds = time.monotonic() - began
            rows.append({
                "name": peer.name, "time": round(seconds / ideal, 2),
                "least_gap": round(least_gap(web.log()), 3),
                "pages": reply.get("pages", 0), "asked": len(urls),
            })  # fmt: skip
    return {
        "set": f"{POLITE_HOSTS} hosts, {POLITE_PAGES} pages, {DELAY} s between two pages of a host",
        "ideal": ideal,
        "rows": rows,
    }


def crawl_bench(peers: Sequence[Peer], known: Mapping[str, Environment]) -> list[dict[str, Any]]:
    """Return the figures of both."""
    everyone = (OURS, *peers)
    environments = {OURS.name: Environment(python=None), **known}
    return [cost(everyone, environments), polite(everyone, environments)]

"""Crawling of local sites: what a page costs without a delay.

The sites are those of `tests/benchmarks/local_web.py`: many hosts on 127.0.0.1 in a process of their own. How
long a polite crawl takes beside the least possible is measured by `tests/benchmarks/network.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.local_web import LocalWeb, local_web
from tools.bench.environments import Environment, Peer
from tools.bench.running import running

OURS = Peer(name="cuttings", bench="crawl", packages=(), script="crawl_cuttings")
YARDSTICK = "requests, one session"  # whose CPU time is 1
ROUNDS = 2
PAGE = b"<p>The council said on Monday that the hub would open in March.</p>" * 1_230  # 80 KB
COST_HOSTS, COST_PAGES = 50, 10  # pages a host
DEADLINE = 600.0


def addresses(web: LocalWeb, counts: Sequence[int], round_: int) -> list[str]:
    """Return the pages of all hosts, new ones in each round."""
    return [
        f"http://127.0.0.1:{port}/{round_}/{page}"
        for port, count in zip(web.ports, counts, strict=True)
        for page in range(count)
    ]


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


def crawl_bench(peers: Sequence[Peer], known: Mapping[str, Environment]) -> list[dict[str, Any]]:
    """Return the figures of the one set."""
    everyone = (OURS, *peers)
    environments = {OURS.name: Environment(python=None), **known}
    return [cost(everyone, environments)]

"""How polite, how fast and how cheap the client is: ratios of two things measured in this run, beside their
targets.

python tests/benchmarks/network.py [polite] [extraction] [unchanged] [throughput]
"""

from __future__ import annotations

import http.client
import math
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import requests
from local_web import Asked, LocalWeb, local_web

from scraper.client import Client
from scraper.crawl import Crawl, Fetched, Request
from scraper.models import FetchSettings, HostState, NotModified, Page, Validators

DELAY = 0.25
LATENCY = 0.25


def main(names: list[str]) -> None:
    for name, measure in (
        ("polite", lambda: polite(extraction=False)),
        ("extraction", lambda: polite(extraction=True)),
        ("unchanged", unchanged),
        ("throughput", throughput),
    ):
        if not names or name in names:
            measure()


def show(what: str, value: float, target: float) -> None:
    print(f"{what:<88} {value:6.3f}  target <= {target}  {'ok' if value <= target else 'MISSED'}", flush=True)


def client_for(web: LocalWeb, *, delay: float, workers: int, known_robots: bool) -> Client:
    allowed = frozenset(f"127.0.0.1:{port}" for port in web.ports)
    now = datetime.now(UTC)
    states = [
        HostState(host=host, updated_at=now, robots_status=404, robots_expires_at=now + timedelta(hours=1))
        for host in allowed
    ]
    settings = FetchSettings(delay=delay, workers=workers, allow_private=allowed)
    return Client(settings, hosts=states if known_robots else ())


def crawl(client: Client, requests_: Iterable[Request], *, extraction: bool = False) -> list[Fetched]:
    work = Crawl(client)
    for request in requests_:
        work.add(request)
    if not extraction:
        return list(work)
    from scraper import extract

    done = []
    for fetched in work:
        assert isinstance(fetched.outcome, Page)
        extract(fetched.outcome.body, fetched.outcome.url)
        done.append(fetched)
    return done


def uneven(hosts: int, pages: int) -> list[int]:
    """How many pages each host has: by Zipf's law with a half, as sources of a sector are."""
    weights = [1 / math.sqrt(rank) for rank in range(1, hosts + 1)]
    counts = [max(1, round(pages * weight / sum(weights))) for weight in weights]
    counts[0] += pages - sum(counts)
    return counts


def polite(*, extraction: bool) -> None:
    paragraph = "<p>The council said on Monday that the hub would open in March, after a year of works.</p>"
    body = f"<html><title>Council opens hub</title><body><article>{paragraph * 40}</article></body></html>".encode()
    counts = uneven(30, 313)
    with local_web(hosts=30, body=body, latency=0.02) as web:
        wanted = [
            Request(url=f"http://127.0.0.1:{port}/{page}")
            for port, count in zip(web.ports, counts, strict=True)
            for page in range(count)
        ]
        with client_for(web, delay=DELAY, workers=16, known_robots=True) as client:
            began, cpu = time.monotonic(), time.process_time()
            done = crawl(client, wanted, extraction=extraction)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        assert len(done) == 313
        assert all(isinstance(each.outcome, Page) for each in done)
        gap = smallest_gap(web.log())
    ideal = (max(counts) - 1) * DELAY
    print(
        f"  largest host {max(counts)} pages, {seconds:.2f} s of {ideal:.2f}; CPU {cpu:.2f} s; least gap {gap:.4f} s"
    )
    if gap < DELAY * 0.95:  # as the server saw it, which on a busy machine is late to look
        print(f"  a gap was {DELAY - gap:.3f} s short, as the server saw it")
    what = "polite crawl with extraction" if extraction else "polite crawl"
    show(
        f"{what}: 30 hosts, 313 pages, {DELAY} s, 16 workers: time / ideal",
        seconds / ideal,
        1.05 if extraction else 1.02,
    )


def smallest_gap(log: list[Asked]) -> float:
    last: dict[int, float] = {}
    gaps = []
    for asked in log:
        if asked.port in last:
            gaps.append(asked.at - last[asked.port])
        last[asked.port] = asked.at
    return min(gaps)


def unchanged() -> None:
    """Each at its best of three, in turns, since one run lasts two seconds."""
    with local_web(hosts=200, latency=LATENCY, tls=True) as web:
        os.environ["SSL_CERT_FILE"] = str(web.ca_file)
        ours, bare, walls = [], [], []
        for _ in range(3):
            with client_for(web, delay=5.0, workers=32, known_robots=True) as client:
                assert (
                    client._transport.adapter.tls
                )  # loaded before the clock starts, as http.client's shared one is
                wanted = [
                    Request(url=f"https://127.0.0.1:{port}/feed", validators=Validators(etag='"a"'))
                    for port in web.ports
                ]
                began, cpu = time.monotonic(), time.process_time()
                done = crawl(client, wanted)
                walls.append(time.monotonic() - began)
                ours.append(time.process_time() - cpu)
            assert all(isinstance(each.outcome, NotModified) for each in done), Counter(map(str, done))
            bare.append(bare_cpu(web))
    ideal = math.ceil(200 / 32) * LATENCY
    print(
        f"  CPU a host: {min(ours) * 5:.2f} ms, http.client {min(bare) * 5:.2f} ms; {min(walls):.2f} s of {ideal:.2f}"
    )
    show("200 https hosts, all 304, 32 workers: wall / ideal", min(walls) / ideal, 1.35)
    show("200 https hosts, all 304, 32 workers: CPU / bare http.client", min(ours) / min(bare), 1.8)


def bare_cpu(web: LocalWeb) -> float:
    context = ssl.create_default_context(cafile=web.ca_file)
    cpu = time.process_time()
    for port in web.ports:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.request("GET", "/feed", headers={"If-None-Match": '"a"', "User-Agent": "bare"})
        reply = connection.getresponse()
        assert reply.status == 304
        reply.read()
        connection.close()
    return time.process_time() - cpu


def throughput() -> None:
    body = b"<p>The council said on Monday that the hub would open in March.</p>" * 1_230  # 80 KB
    with local_web(hosts=50, body=body) as web:
        urls = [f"http://127.0.0.1:{port}/{page}" for port in web.ports for page in range(40)]
        ours, theirs = [], []
        for _ in range(3):
            with client_for(web, delay=0.0, workers=16, known_robots=True) as client:
                cpu = time.process_time()
                done = crawl(client, [Request(url=url) for url in urls])
                ours.append(time.process_time() - cpu)
            assert all(isinstance(each.outcome, Page) and each.outcome.body == body for each in done)
            cpu = time.process_time()
            with requests.Session() as session:
                for url in urls:
                    assert session.get(url).content == body
            theirs.append(time.process_time() - cpu)
    print(f"  CPU a page: ours {min(ours) / 2:.3f} ms, requests {min(theirs) / 2:.3f} ms")
    show("50 hosts x 40 pages of 80 KB, plain HTTP: CPU / one requests.Session", min(ours) / min(theirs), 1.2)


if __name__ == "__main__":
    main(sys.argv[1:])

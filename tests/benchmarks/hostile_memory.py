"""Peak memory while every hostile body of the tests, and the largest that may be sent, are taken at once.

    python tests/benchmarks/hostile_memory.py

The server runs in a process of its own. Bodies are as large as the default limits let in; each row has its
own host, so that all workers are busy with one at the same time.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import zlib
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import brotli
import zstandard

sys.path.insert(0, str(Path(__file__).parents[2]))

from scraper.client import Client, Kind
from scraper.crawl import Crawl, Request
from scraper.models import DEFAULT_MAX_BYTES, FetchSettings
from tests.fault_moves import move_faults
from tests.fault_pages import page_faults
from tests.fault_server import Fault, FaultServer, Repeat, chunks, http, zipped
from tests.fault_sites import site_faults

TARGET_MB = 300
WORKERS = 16


def largest() -> list[Fault]:
    """Bodies at and past the default limits, four of each."""
    text = b"<p>The council met on Monday.</p>\n"
    fits = (text * (DEFAULT_MAX_BYTES // len(text) + 1))[:DEFAULT_MAX_BYTES]
    chunked = http("200 OK", "Transfer-Encoding: chunked", length=None)
    bomb = bytes(200_000_000)
    sent: dict[str, tuple[bytes | Repeat, ...]] = {
        "fits": (http(body=fits),),
        "fits-until-close": (http(body=fits, length=None),),
        "fits-chunked": (chunked + chunks(fits, 100_000),),
        "tiny-chunks": (chunked, Repeat(data=b"1\r\nx\r\n" * 1_000)),
        "two-byte-chunks": (chunked, Repeat(data=b"2\r\nxy\r\n" * 1_000)),
        "endless": (http(length=None), Repeat(data=text * 1_000)),
        "bomb-gzip": (_packed("gzip", zipped(bomb)),),
        "bomb-gzip-honest-ratio": (_packed("gzip", zipped(bomb) + bytes(200_000)),),
        "bomb-deflate": (_packed("deflate", zlib.compress(bomb)),),
        "bomb-br": (_packed("br", brotli.compress(bomb, quality=5)),),
        "bomb-zstd": (_packed("zstd", zstandard.compress(bomb)),),
        "bomb-twice": (_packed("gzip, gzip", zipped(zipped(bomb))),),
        "stored-gzip": (_packed("gzip", _stored(fits)),),
    }
    return [
        Fault(name=f"largest-{name}-{copy}", sends=steps, own_host=True)
        for name, steps in sent.items()
        for copy in range(4)
    ]


def _packed(encoding: str, body: bytes) -> bytes:
    return http("200 OK", f"Content-Encoding: {encoding}", body=body)


def _stored(body: bytes) -> bytes:
    packer = zlib.compressobj(level=0, wbits=16 + zlib.MAX_WBITS)
    return packer.compress(body[: DEFAULT_MAX_BYTES - 10_000]) + packer.flush()


def serve(pipe: Connection) -> None:
    """The server's process: sends the addresses, then waits to be told to stop."""
    rows = [*page_faults(), *move_faults(), *site_faults()]
    with FaultServer([*(replace(row, own_host=True) for row in rows), *largest()]) as server:
        asked = [(row.name, server.url(row), row.channel) for row in server.faults.values()]
        pipe.send(json.dumps({"rows": asked, "hosts": sorted(server.hosts)}))
        pipe.recv()


def main() -> None:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    told = json.loads(ours.recv())
    settings = FetchSettings(delay=0.0, timeout=3.0, workers=WORKERS, allow_private=frozenset(told["hosts"]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    outcomes: dict[str, str] = {}
    with Client(settings) as client:
        crawl = Crawl(client)
        for name, url, is_channel in told["rows"]:
            crawl.add(Request(url=url, context=name, kind=Kind.CHANNEL if is_channel else Kind.PAGE))
        for fetched in crawl:
            outcomes[fetched.request.context] = type(fetched.outcome).__name__
    ours.send("stop")
    server.join(10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name, outcome in sorted(outcomes.items()):
        if name.startswith("largest") and name.endswith("0"):
            print(f"  {name:<40} {outcome}")
    verdict = "ok" if peak <= TARGET_MB else "MISSED"
    print(
        f"peak memory over {len(outcomes)} hostile bodies: {peak} MB ({before} at start)  "
        f"target <= {TARGET_MB}  {verdict}"
    )


if __name__ == "__main__":
    main()

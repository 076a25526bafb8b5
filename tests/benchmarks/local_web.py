"""Many small hosts on 127.0.0.1 in a process of their own, so that their CPU time is not counted as the
client's.

with local_web(hosts=30, body=b"...", latency=0.05) as web: ... web.ports ... web.log()
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as a host saw it; ``at`` in seconds of time.monotonic."""

    port: int
    path: str
    at: float


@dataclass(slots=True)
class LocalWeb:
    """The hosts' ports, and the process that serves them."""

    ports: tuple[int, ...]
    process: subprocess.Popen[str]
    ca_file: str | None = None

    def log(self) -> list[Asked]:
        """Every request so far."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("log\n")
        self.process.stdin.flush()
        return [
            Asked(port=port, path=path, at=at)
            for port, path, at in json.loads(self.process.stdout.readline())
        ]


@contextmanager
def local_web(
    *, hosts: int, body: bytes = b"<p>hello</p>", latency: float = 0.0, tls: bool = False
) -> Iterator[LocalWeb]:
    """That many hosts; each answers every path with the body, or 304 to a conditional request; no
    robots.txt."""
    with tempfile.TemporaryDirectory() as folder:
        ca_file = _certificate(Path(folder)) if tls else None
        options = {"hosts": hosts, "latency": latency, "ca": ca_file, "folder": folder}
        Path(folder, "body").write_bytes(body)
        process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            yield LocalWeb(tuple(json.loads(process.stdout.readline())), process, ca_file)
        finally:
            process.kill()
            process.communicate()


def _certificate(folder: Path) -> str:
    """A certificate for 127.0.0.1 that is its own authority."""
    command = [
        *[
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ],
        *["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        *["-keyout", f"{folder}/key", "-out", f"{folder}/cert"],
    ]
    subprocess.run(command, check=True, capture_output=True)
    return f"{folder}/cert"


async def _serve(options: dict[str, object]) -> None:
    folder = Path(str(options["folder"]))
    body = (folder / "body").read_bytes()
    context = None
    if options["ca"]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert", folder / "key")
    log: list[tuple[int, str, float]] = []
    head = b'HTTP/1.1 %s\r\nContent-Type: text/html\r\nETag: "a"\r\nContent-Length: %d\r\n\r\n'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode()
                log.append((port, path, time.monotonic()))
                if options["latency"]:
                    await asyncio.sleep(float(str(options["latency"])))
                if path == "/robots.txt":
                    writer.write(head % (b"404 Not Found", 0))
                elif b"If-None-Match" in request:
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n')
                else:
                    writer.write(head % (b"200 OK", len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    servers = [
        await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context, limit=65_536)
        for _ in range(int(str(options["hosts"])))
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "log":
            print(json.dumps(log), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))

"""Every behaviour of the fault server through `cuttings run`, three times: what should be stored is, nothing
else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.database import opened
from tests.fault_channels import faulty_sites
from tests.fault_moves import move_faults
from tests.fault_pages import TEST_MAX_BYTES, page_faults
from tests.fault_server import Fault, FaultServer
from tests.fault_sites import certificates, site_faults, tls_faults

pytestmark = pytest.mark.slow

ROWS = (*page_faults(), *move_faults(), *site_faults(), *tls_faults())
SITES = faulty_sites()
SOME_FAILED = 3  # exit status


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """What three passes left behind. ``texts``: the words of each article's text, by the address that
    announced it."""

    server: FaultServer
    statuses: tuple[int, ...]
    messages: str
    counts: tuple[dict[str, int], ...]
    requests: tuple[int, ...]
    texts: dict[str, int]


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passes]:
    folder = tmp_path_factory.mktemp("desk")
    contexts, authority = certificates(folder)
    with FaultServer([*ROWS, *(site.fault for site in SITES)], certificates=contexts) as server:
        (folder / "cuttings.toml").write_text(_config(server))
        environment = {**os.environ, "SSL_CERT_FILE": str(authority), "OMP_NUM_THREADS": "1"}
        statuses, messages, counts, requests = [], "", [], []
        for _ in range(3):
            before = len(server.log)
            command = [sys.executable, "-m", "pipelines", "run", "--config", str(folder / "cuttings.toml")]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=240
            )
            assert done.returncode in (0, SOME_FAILED), done.stderr[-2_000:]
            statuses.append(done.returncode)
            messages += done.stdout + done.stderr
            counts.append(_counts(folder / "desk.db"))
            requests.append(len(server.log) - before)
        yield Passes(
            server=server,
            statuses=tuple(statuses),
            messages=messages,
            counts=tuple(counts),
            requests=tuple(requests),
            texts=_texts(folder / "desk.db"),
        )


def _config(server: FaultServer) -> str:
    allowed = ", ".join(f'"{host}"' for host in sorted(server.hosts))
    lines = ["[cuttings]", 'database = "desk.db"', 'contact = "desk@example.org"', "[fetch]", "delay = 0.0"]
    lines += [
        "timeout = 2.0",
        "workers = 40",
        f"max_bytes = {TEST_MAX_BYTES}",
        f"allow_private = [{allowed}]",
    ]
    channels = {server.site(fault): ("feeds", "/feed") for fault in ROWS}
    channels |= {server.site(site.fault): (site.kind, site.channel) for site in SITES}
    for root, (kind, path) in channels.items():
        name = root.rpartition(":")[2]
        lines.append(
            f'[[source]]\nid = "s{name}"\nname = "s{name}"\nhomepage = "{root}/"\nmax_articles = 1000'
        )
        lines.append(f'{kind} = ["{root}{path}"]')
    return "\n".join(lines) + "\n"


def _counts(path: Path) -> dict[str, int]:
    with opened(path) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("articles", "revisions", "stories", "story_changes", "matches", "pages")
        }


def _texts(path: Path) -> dict[str, int]:
    query = """
        SELECT a.url, a.word_count FROM articles a WHERE a.access = 'full'
        UNION SELECT l.url, a.word_count FROM _links l JOIN articles a ON a.id = l.article_id WHERE a.access = 'full'
    """
    with opened(path) as database:
        return {url: words for url, words in database.execute(query) if words}


def test_failures_are_named_and_nothing_breaks(passes: Passes) -> None:
    assert passes.statuses[0] == SOME_FAILED
    assert "Traceback" not in passes.messages
    assert "\x1b" not in passes.messages


@pytest.mark.parametrize(
    "fault", [fault for fault in ROWS if not fault.channel], ids=lambda fault: fault.name
)
def test_stored(fault: Fault, passes: Passes) -> None:
    is_stored = passes.texts.get(passes.server.url(fault), 0) > 50
    assert is_stored == (fault.is_stored and fault.name != "size-just-fits")


@pytest.mark.parametrize("name", [site.name for site in SITES])
def test_stored_of_a_site(name: str, passes: Passes) -> None:
    site = next(site for site in SITES if site.name == name)
    root = passes.server.site(site.fault)
    stored = {url.removeprefix(root) for url in passes.texts if url.startswith(f"{root}/")}
    assert stored == site.stored


def test_later_passes_change_nothing(passes: Passes) -> None:
    assert passes.counts[0]["articles"] > 150
    assert passes.counts[0] == passes.counts[1] == passes.counts[2]
    assert passes.requests[1] < passes.requests[0]
    assert passes.requests[2] < passes.requests[1] / 2


def test_nowhere_forbidden_and_nothing_carried_along(passes: Passes) -> None:
    assert not [asked for asked in passes.server.log if asked.path in ("/", "/x", "/etc/passwd")]
    for asked in passes.server.log:
        assert not {"cookie", "authorization", "referer"} & asked.headers.keys()
        assert asked.headers["user-agent"].startswith("cuttings/")

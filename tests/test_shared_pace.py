"""Several processes with one database keep one pace and one rest for each server."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.storage.shared_hosts import DatabaseHosts, open_shared_hosts
from pipelines.storage.store import Store
from scraper.client import Client
from scraper.errors import PostponedError, RateLimitedError
from scraper.models import FetchSettings, HostState, Page
from tests.site import Site

HTML = "<p>Something happened.</p>"
NOW = datetime(2026, 9, 7, 12, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        for path in ("/a", "/b", "/c", "/d"):
            site.page(path, HTML)
        yield site


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    Store(path).close()
    return path


def make_client(site: Site, database: Path, *, delay: float = 0.0) -> Client:
    settings = FetchSettings(delay=delay, timeout=5.0, allow_private=frozenset({site.host}), version="1")
    return Client(settings, shared=open_shared_hosts(database))


def gaps(site: Site) -> list[float]:
    times = sorted(asked.at for asked in site.log)
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.slow
def test_two_clients_share_the_pace(site: Site, database: Path) -> None:
    def fetch(*paths: str) -> None:
        with make_client(site, database, delay=0.5) as client:
            for path in paths:
                client.get(site.url(path))

    threads = [threading.Thread(target=fetch, args=paths) for paths in (("/a", "/b"), ("/c", "/d"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.log) == 6
    assert min(gaps(site)) > 0.4, gaps(site)  # as the server saw it, on a busy machine


@pytest.mark.slow
def test_two_processes_share_the_pace(site: Site, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").write_text(f'[fetch]\ndelay = 0.6\nallow_private = ["{site.host}"]\n')
    Store(tmp_path / "cuttings.db").close()
    command = [sys.executable, "-m", "pipelines", "fetch", "--config", str(tmp_path / "cuttings.toml")]
    running = [
        subprocess.Popen([*command, site.url(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in ("/a", "/b")
    ]
    for process in running:
        process.wait(timeout=60)
    assert {asked.path for asked in site.log} >= {"/a", "/b"}
    assert min(gaps(site)) > 0.45, gaps(site)


def test_a_retry_after_rests_the_host_for_other_processes_at_once(site: Site, database: Path) -> None:
    site.page("/busy", "later", status=429, headers={"Retry-After": "4000"})
    with make_client(site, database) as other, make_client(site, database) as client:
        assert isinstance(other.get(site.url("/a")), Page)
        with pytest.raises(RateLimitedError):
            client.get(site.url("/busy"))
        with pytest.raises(PostponedError, match="left alone until"):
            other.get(site.url("/b"))
    assert site.count("/b") == 0


def test_slots_follow_each_other(database: Path) -> None:
    one, other = DatabaseHosts(database), DatabaseHosts(database)
    keys = ("news.example:443", "news.example:80")
    first = one.reserve(keys, now=NOW, pause=2.0)
    second = other.reserve(keys, now=NOW + timedelta(seconds=0.5), pause=5.0)
    assert first.starts_at == NOW
    assert second.starts_at == NOW + timedelta(seconds=2.0)
    other.settle(second, second.starts_at + timedelta(seconds=1.0))
    assert one.reserve(keys, now=NOW, pause=2.0).starts_at == NOW + timedelta(seconds=3.0)
    one.close()
    other.close()


def test_a_slot_that_another_process_took_is_not_moved(database: Path) -> None:
    hosts = DatabaseHosts(database)
    first = hosts.reserve(("a:443",), now=NOW, pause=2.0)
    hosts.reserve(("a:443",), now=NOW, pause=2.0)
    hosts.settle(first, NOW)
    assert hosts.reserve(("a:443",), now=NOW, pause=2.0).starts_at == NOW + timedelta(seconds=4.0)
    hosts.close()


def test_a_slot_without_a_pause_is_not_written_until_another_pause_follows(database: Path) -> None:
    hosts = DatabaseHosts(database)
    writing = sqlite3.connect(database, isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")  # as the run itself does for each source
    first = hosts.reserve(("a:443",), now=NOW, pause=0.0)
    writing.execute("ROLLBACK")
    writing.close()
    hosts.settle(first, NOW + timedelta(seconds=3.0))  # the server asked for it
    assert hosts.reserve(("a:443",), now=NOW, pause=0.0).starts_at == NOW + timedelta(seconds=3.0)
    hosts.settle(first, NOW)
    assert hosts.reserve(("a:443",), now=NOW, pause=2.0).starts_at == NOW + timedelta(seconds=3.0)
    hosts.close()


def test_times_stored_while_the_clock_was_ahead_do_not_count(database: Path) -> None:
    hosts = DatabaseHosts(database)
    ahead = NOW + timedelta(days=3_650)
    hosts.reserve(("a:443",), now=ahead, pause=2.0)
    hosts.rest(("a:443",), HostState(host="a:443", updated_at=ahead, not_before=ahead, failures=1))
    slot = hosts.reserve(("a:443",), now=NOW, pause=2.0)
    assert slot.starts_at == NOW
    assert slot.rests_until is None
    hosts.close()


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["DROP TABLE _hosts", "BEGIN EXCLUSIVE"])
def test_without_the_table_a_process_keeps_its_own_pace(
    statement: str, site: Site, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.storage.shared_hosts.BUSY_SECONDS", 0.05)
    blocking = sqlite3.connect(database, isolation_level=None)
    blocking.execute(statement)
    with make_client(site, database, delay=0.2) as client:
        client.get(site.url("/a"))
        client.get(site.url("/b"))
    blocking.close()
    assert min(gaps(site)) > 0.18


def test_without_a_database_nothing_is_shared(tmp_path: Path) -> None:
    assert open_shared_hosts(tmp_path / "none.db") is None
    assert not list(tmp_path.iterdir())

"""Files that are damaged, in the way or cannot be written: each is named, none is made worse, and runs go on."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.ingest.reextract import reprocess
from pipelines.storage import soundness
from pipelines.storage.store import Store
from tests.cli import CommandLine
from tests.desk import Desk, make_desk
from tests.factories import NOON
from tests.served import get, serve
from tests.site import Site
from tests.survival import ROOT, fill, outcome, violations


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    fill(site, 10)
    database = tmp_path / "desk" / "cuttings.db"
    database.parent.mkdir()
    made = make_desk(tmp_path, site).with_(database=database)
    assert made.run().new == 10
    return made


def cuttings(desk: Desk, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments, "--db", str(desk.config.database)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# -- raw pages -----------------------------------------------------------------------------------------------


def paths_of_articles(desk: Desk) -> list[Path]:
    with desk.store() as store:
        rows = [store.pages.get(stored.page_id or 0) for stored in store.articles.iterate()]
    return [desk.pages.path(row.content_hash) for row in rows if row is not None]


def test_each_damaged_page_is_named_and_fetched_again(desk: Desk, site: Site, cli: CommandLine) -> None:
    paths = paths_of_articles(desk)
    paths[0].write_bytes(b"damaged")
    paths[1].unlink()
    paths[2].unlink()
    paths[2].mkdir()
    shutil.copy(paths[4], paths[3])  # swapped
    before = outcome(desk.config.database)
    said = cli("reprocess", "--db", desk.config.database)
    assert said.status == 3
    for path in paths[:4]:
        assert str(path) in said.err
    assert str(paths[5]) not in said.err
    site.forget()
    again = desk.run(later=timedelta(minutes=10))
    assert (again.new, again.revised, again.failures) == (0, 0, ())
    assert sum(asked.path.startswith("/news/") for asked in site.log) == 4
    assert all("if-none-match" not in asked.headers for asked in site.log if asked.path.startswith("/news/"))
    assert cli("reprocess", "--db", desk.config.database).status == 0
    assert outcome(desk.config.database) == before
    assert violations(desk.config.database) == []


def test_a_page_that_retention_removed_is_not_missing(desk: Desk) -> None:
    with desk.store() as store:
        hashes = store.pages.hashes()
        store.pages.mark_removed(hashes, at=desk.now)
        for content_hash in hashes:
            desk.pages.remove(content_hash)
        counts = reprocess(store, desk.config, pages=desk.pages, now=lambda: desk.now, changed=lambda _: None)
    assert counts.failures == ()


def test_a_small_file_does_not_unpack_without_end(desk: Desk) -> None:
    import zstandard

    (path, *_) = paths_of_articles(desk)
    path.write_bytes(zstandard.ZstdCompressor().compress(bytes(200_000_000)))
    assert path.stat().st_size < 50_000
    content_hash = path.parent.name + path.name.removesuffix(".zst")
    assert desk.pages.get(content_hash) is None


# -- the database --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, *range(2, 16)))]
)
def test_a_malformed_file_is_never_written_to(
    desk: Desk, tmp_path: Path, cli: CommandLine, seed: int
) -> None:
    """A run ends with an error and leaves the file as it was, or the damage was in no page of a tree."""
    chance = random.Random(seed)
    database, log = desk.config.database, desk.config.database.with_name("cuttings.db-wal")
    writer = sqlite3.connect(database)
    writer.executescript("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0;")
    writer.execute("UPDATE runs SET version = 'x'")
    writer.commit()
    shutil.copy(log, tmp_path / "log")
    writer.close()
    if seed % 2:  # with a log beside it, as after a kill: closing the file would copy it into it
        shutil.copy(tmp_path / "log", log)
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(16)
        page = int.from_bytes(file.read(2))  # bytes of a page; sqlite.org/fileformat.html
        for _ in range(3):
            file.seek(chance.randrange(1, size // page) * page)
            file.write(bytes(chance.randrange(256) for _ in range(64)))
    before = desk.config.database.read_bytes()
    said = cli("run", "--config", desk.config.path, "--db", desk.config.database)
    assert said.status == 1, said.err
    assert "damaged" in said.err
    assert said.err.count("\n") == 1
    assert desk.config.database.read_bytes() == before


def read_only_mount(folder: Path) -> bool:
    """Mount a small file system there; False where that is not allowed."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, check=False
    )
    return made.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("with_log", [False, True])
def test_a_read_only_mount_is_readable(desk: Desk, tmp_path: Path, with_log: bool) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    if os.geteuid() != 0 or not read_only_mount(mount):
        pytest.skip("mounting needs root")
    try:
        if with_log:  # as after a kill: the newest article is in the log alone
            writer = sqlite3.connect(desk.config.database)
            writer.execute("PRAGMA wal_autocheckpoint = 0")
            writer.execute("UPDATE stories SET title = 'Only in the log'")
            writer.commit()
            for path in desk.config.database.parent.glob("cuttings.db*"):
                if path.is_file() and not path.name.endswith("-shm"):
                    shutil.copy(path, mount / path.name)
            writer.close()
        else:
            shutil.copy(desk.config.database, mount / "cuttings.db")
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        there = desk.with_(database=mount / "cuttings.db")
        for command in (
            ["stories"],
            ["story", "1"],
            ["export", "articles"],
            ["decisions"],
            ["why", "1", "2"],
        ):
            said = cuttings(there, *command)
            assert (said.returncode, said.stdout != "" or command == ["decisions"]) == (0, True), said.stderr
        assert ("Only in the log" in cuttings(there, "stories").stdout) is with_log
        if find_spec("datasette"):  # of the extra `web`
            with serve(mount / "cuttings.db") as site:
                pages = [get(site.url + path) for path in ("/", "/story/1", "/search?q=council", "/review")]
            assert [page.status_code for page in pages] == [200] * 4, pages[0].text
            assert ("Only in the log" in pages[1].text) is with_log
        refused = cuttings(there, "join", "1", "2")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_nothing_and_the_next_run_goes_on(site: Site, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    if os.geteuid() != 0 or not read_only_mount(mount):
        pytest.skip("mounting needs root")
    try:
        subprocess.run(["mount", "-o", "remount,size=1m", mount], check=True)
        fill(site, 60)
        desk = make_desk(tmp_path, site).with_(database=mount / "cuttings.db")
        said = cuttings(desk, "run", "--config", str(desk.config.path))
        assert said.returncode == 1
        assert "disk" in said.stderr
        assert "Traceback" not in said.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
        said = cuttings(desk, "run", "--config", str(desk.config.path))
        assert said.returncode == 0, said.stderr
        assert violations(desk.config.database, settled=True) == []
        with Store(desk.config.database) as store:
            assert store.articles.count() == 60
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.slow
def test_a_check_that_is_cut_short_calls_no_sound_file_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short, SQLite's check may report the pages that it has not come to as never used."""
    path = tmp_path / "large.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE analyst_notes (words BLOB)")
        connection.executemany("INSERT INTO analyst_notes VALUES (randomblob(3000))", [()] * 8_000)
    connection.close()
    for seconds in (0.0, 0.001, 0.002, 0.004, 0.008):
        monkeypatch.setattr("pipelines.storage.soundness.CHECK_SECONDS", seconds)
        Store(path).close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs the list of locks of Linux")
def test_a_large_file_that_others_have_open_is_not_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundness, "ALWAYS_CHECKED_BYTES", 0)
    checked: list[Path] = []
    monkeypatch.setattr(soundness, "_check", lambda path, _: checked.append(path))
    path, left = tmp_path / "desk.db", tmp_path / "left.db"
    Store(path).close()
    with Store(path) as store:  # the last one ended well: no log
        store.runs.start(command="run", at=NOON)
        for suffix in ("", "-wal", "-shm"):  # by another process: closing a file here would end its locks
            subprocess.run(["cp", f"{path}{suffix}", f"{left}{suffix}"], check=True)
        Store(path).close()
        assert checked == []
    Store(left).close()  # what a kill leaves
    assert checked == [left]
    Store(left).close()
    assert checked == [left]

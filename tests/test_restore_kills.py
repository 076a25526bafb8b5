"""A restore that is killed at any step leaves the old desk or the restored one, whole, and can be repeated."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.storage.store import Store
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import Desk, make_desk
from tests.site import Site
from tests.survival import ROOT, fill, outcome, violations

# Kills a restore before the n-th change of a file or use of a database, for each n until one comes to its end.
KILLER = """
import os, shutil, signal, sys
from pathlib import Path
from pipelines.commands import main
import pipelines.commands.care, pipelines.stories.filing, pipelines.web  # so that no child imports for long
WATCHED = {"os.rename", "os.link", "os.remove", "os.mkdir", "shutil.copyfile", "sqlite3.connect"}
folder, rounds = Path(sys.argv[1]), Path(sys.argv[2])
number = 0
while True:
    number += 1
    here = rounds / str(number)
    shutil.copytree(folder, here)
    child = os.fork()
    if child == 0:
        left = number
        def watch(event, arguments):
            global left
            writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
            if event in WATCHED or writes or (event == "open" and arguments[2] & os.O_CREAT):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        main(["restore", str(here / "copy.db"), "--db", str(here / "cuttings.db"), "--quiet"])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(number, status, flush=True)
    if status != -signal.SIGKILL:
        break
"""


def sources_of(database: Path) -> list[Any]:
    with opened(database) as connection:
        return connection.execute("SELECT name FROM sources").fetchall()


def prepared(site: Site, folder: Path, cli: CommandLine) -> Desk:
    """A desk beside its backup, of which a page was removed since, an article deleted, and a change is in the log."""
    fill(site, 4)
    desk = make_desk(folder, site).with_(database=folder / "cuttings.db")
    assert desk.run().new == 4
    assert cli("backup", folder / "copy.db", "--db", desk.config.database).status == 0
    assert cli("forget", "1", "--db", desk.config.database).status == 0
    with opened(desk.config.database) as connection:
        [[content_hash]] = connection.execute(
            "SELECT content_hash FROM pages WHERE id = (SELECT page_id FROM articles WHERE id = 2)"
        )
        connection.execute("UPDATE pages SET removed_at = fetched_at WHERE content_hash = ?", (content_hash,))
    PageStore(pages_folder(desk.config.database)).remove(content_hash)
    return desk


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_a_whole_desk(
    site: Site, tmp_path: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rounds = tmp_path / "desk", tmp_path / "rounds"
    folder.mkdir()
    desk = prepared(site, folder, cli)
    writer = sqlite3.connect(desk.config.database)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("UPDATE sources SET name = 'only in the log'")
    writer.commit()
    killed = subprocess.run(
        [sys.executable, "-c", KILLER, str(folder), str(rounds)],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=True,
    )  # fmt: skip
    shutil.copytree(folder, tmp_path / "old")
    writer.close()
    statuses = [int(line.split()[1]) for line in killed.stdout.splitlines()]
    assert statuses[-1] == 0, killed.stderr
    assert len(statuses) > 20
    with Store(tmp_path / "old" / "cuttings.db"):
        pass
    old = (outcome(tmp_path / "old" / "cuttings.db"), sources_of(tmp_path / "old" / "cuttings.db"))
    last = rounds / str(len(statuses)) / "cuttings.db"
    new = (outcome(last), sources_of(last))
    assert (old[1], new[1]) == ([("only in the log",)], [("Site 1",)])
    assert len(old[0]["articles"]) == len(new[0]["articles"]) == 3  # type: ignore[arg-type]
    seen = set()
    for number in range(1, len(statuses)):
        here = rounds / str(number)
        database = here / "cuttings.db"
        found = (outcome(database), sources_of(database))
        assert found in (old, new), f"killed at step {number}"
        assert violations(database) == [], f"killed at step {number}"
        seen.add(json.dumps(found[1]))
        again = cli("restore", here / "copy.db", "--db", database)
        assert again.status == 0, again.err
        assert (outcome(database), sources_of(database)) == new
        assert violations(database, settled=True) == []
        asides = sorted(here.glob("cuttings.db.replaced*"))
        assert asides, f"killed at step {number}"
        assert not any(each.samefile(database) for each in asides)
        assert sources_of(here / "cuttings.db.replaced") == old[1]
        assert not [*here.glob(".cuttings.db.*"), *here.rglob(".*.part*")]
    assert len(seen) == 2, "no kill came before the change, or none after it"

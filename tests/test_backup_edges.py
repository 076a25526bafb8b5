"""Backups that meet what is unusual: other files, other names, a read-only disk, damage, an empty database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.storage import maintenance
from pipelines.storage.lock import locked
from pipelines.storage.page_store import pages_folder, pages_of
from pipelines.storage.schema import APPLICATION_ID
from tests.cli import CommandLine, Said
from tests.database import opened
from tests.desk import Desk, make_desk
from tests.site import Site
from tests.survival import fill

Command = Callable[..., Said]


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    fill(site, 2)
    made = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    assert made.run().new == 2
    return made


@pytest.fixture
def cuttings(cli: CommandLine, desk: Desk) -> Command:
    """A command on the database of the desk."""
    return lambda *arguments: cli(*arguments, "--db", desk.config.database)


def test_only_an_earlier_backup_is_overwritten(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    database = desk.config.database
    (tmp_path / "notes.txt").write_text("not a backup")
    said = cuttings("backup", tmp_path / "notes.txt")
    assert (said.status, (tmp_path / "notes.txt").read_text()) == (2, "not a backup")
    assert "not overwritten; name another file" in said.err
    (tmp_path / "link.db").symlink_to(database)
    for command in ("backup", "restore"):
        for name in (database, tmp_path / "link.db"):
            assert "the database itself" in cuttings(command, name).err
    (tmp_path / "copy.db").touch()  # as `mktemp` makes one
    assert [cuttings("backup", tmp_path / "copy.db").status for _ in range(2)] == [0, 0]


def test_an_empty_database_replaces_no_backup(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    target = tmp_path / "copy.db"
    assert cuttings("backup", target).status == 0
    whole = target.read_bytes()
    desk.config.database.write_bytes(b"")
    assert cuttings("backup", target).status == 1
    assert target.read_bytes() == whole
    for command in ("run", "status", "doctor"):  # none of them begins a new desk in it
        said = cuttings(command)
        assert said.status == 1
        assert "restore a backup" in said.out + said.err
    assert desk.config.database.stat().st_size == 0
    assert cuttings("restore", target).status == 0
    assert set(desk.articles()) == {"news/0", "news/1"}


def test_a_second_restore_keeps_what_the_first_one_replaced(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    target = tmp_path / "copy.db"
    cuttings("backup", target)
    with sqlite3.connect(desk.config.database) as connection:
        connection.execute("UPDATE sources SET name = 'only the first database has this'")
    connection.close()
    first = desk.config.database.read_bytes()
    for _ in range(2):
        assert cuttings("restore", target).status == 0
    assert (tmp_path / "cuttings.db.replaced").read_bytes() == first
    assert (tmp_path / "cuttings.db.replaced-2").exists()


def test_a_backup_is_mended_by_the_next_one_and_mends_the_desk(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    target = tmp_path / "copy.db"
    cuttings("backup", target)
    for folder, other in ((target, "backup"), (desk.config.database, "restore")):
        cut, gone, *_ = sorted(pages_folder(folder).rglob("*.zst"))
        cut.write_bytes(b"")
        gone.unlink()
        assert cuttings(other, target).status == 0
        assert cuttings("backup", "--verify", target).status == 0
    assert cuttings("reprocess").status == 0  # every page of the desk is sound again
    cut.write_bytes(b"")
    said = cuttings("backup", tmp_path / "other.db")  # damaged bytes are not copied
    assert said.status == 3
    assert "is missing or damaged" in said.err
    assert not list(pages_folder(tmp_path / "other.db").rglob(cut.name))


def test_a_read_only_disk_can_be_backed_up(
    desk: Desk, tmp_path: Path, cuttings: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere, so that SQLite's refusal to read without its files is made here."""
    database, connect = desk.config.database, sqlite3.connect
    writer = connect(database)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("UPDATE sources SET name = 'only in the log'")
    writer.commit()

    def refusing(name: object, **options: object) -> sqlite3.Connection:
        if str(name) == f"{database.as_uri()}?mode=ro":
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return connect(name, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite3, "connect", refusing)
    said = cuttings("backup", tmp_path / "copy.db")
    assert said.status == 0, said.err
    writer.close()
    with connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT name FROM sources").fetchall() == [("only in the log",)]
    assert sorted(path.name for path in tmp_path.glob("copy.db*")) == ["copy.db", "copy.db-pages"]


def test_a_database_and_a_link_to_it_have_one_lock(desk: Desk, tmp_path: Path, cli: CommandLine) -> None:
    (tmp_path / "link.db").symlink_to(desk.config.database)
    with locked(desk.config.database):
        assert cli("vacuum", "--db", tmp_path / "link.db").status == 75


def test_raw_pages_are_beside_the_file_that_a_link_leads_to(
    desk: Desk, tmp_path: Path, cli: CommandLine, cuttings: Command
) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.db"
    link.symlink_to(desk.config.database)
    beside_file, beside_link = pages_folder(desk.config.database), link.with_name("link.db-pages")
    assert pages_folder(link) == beside_file
    assert (cuttings("reprocess").status, cli("reprocess", "--db", link).status) == (0, 0)
    beside_file.rename(beside_link)  # as earlier versions had it
    assert pages_folder(link) == beside_link
    assert cli("reprocess", "--db", link).status == 0
    whole = desk.config.database.read_bytes()
    desk.config.database.write_bytes(b"")
    assert "holds its raw pages" in cli("status", "--db", link).err
    desk.config.database.write_bytes(whole)
    first = next(beside_link.rglob("*.zst"))  # a command that named the file has made the other folder since
    (moved := beside_file / first.relative_to(beside_link)).parent.mkdir(parents=True)
    first.rename(moved)
    assert cli("reprocess", "--db", link).status == 0
    assert cli("backup", tmp_path / "copy.db", "--db", link).status == 0
    assert len(set(pages_of(link).hashes())) == len(list((tmp_path / "copy.db-pages").rglob("*.zst")))


def test_a_restore_through_a_link_replaces_the_file(
    desk: Desk, tmp_path: Path, cli: CommandLine, cuttings: Command
) -> None:
    assert cuttings("backup", tmp_path / "copy.db").status == 0
    (tmp_path / "link.db").symlink_to(desk.config.database)
    assert cli("restore", tmp_path / "copy.db", "--db", tmp_path / "link.db").status == 0
    assert (tmp_path / "link.db").readlink() == desk.config.database
    assert (tmp_path / "cuttings.db.replaced").is_file()
    assert set(desk.articles()) == {"news/0", "news/1"}


def test_the_log_of_a_lost_database_is_set_aside(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    database = desk.config.database
    assert cuttings("backup", tmp_path / "copy.db").status == 0
    database.unlink()
    for suffix in ("-wal", "-journal"):
        database.with_name(f"{database.name}{suffix}").write_bytes(suffix.encode())
    database.with_name("cuttings.db.replaced-wal").write_bytes(b"of an earlier restore")
    said = cuttings("restore", tmp_path / "copy.db")
    assert (said.status, "previous database" in said.err) == (0, False)
    assert set(desk.articles()) == {"news/0", "news/1"}
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("cuttings.db.replaced*[!m]")}  # not -shm
    assert kept == {
        "cuttings.db.replaced-wal": b"of an earlier restore",
        "cuttings.db.replaced-2-wal": b"-wal",
        "cuttings.db.replaced-2-journal": b"-journal",
    }


def test_a_lost_database_is_mentioned(desk: Desk, cuttings: Command) -> None:
    desk.config.database.unlink()
    said = cuttings("run", "--quiet", "--config", desk.config.path)
    assert said.status == 0
    assert "holds raw pages of an earlier one" in said.err
    assert cuttings("run", "--quiet", "--config", desk.config.path).err == ""


def test_a_backup_that_is_not_there_is_said(cuttings: Command, tmp_path: Path) -> None:
    said = cuttings("backup", "--verify", tmp_path / "none.db")
    assert said.status == 1
    assert "the file does not exist" in said.err


def test_a_refused_migration_is_not_called_a_matter_of_permissions(tmp_path: Path, cli: CommandLine) -> None:
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as connection:  # says that it is ours and of no version, yet has a table
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("CREATE TABLE sources (id TEXT)")
    connection.close()
    said = cli("vacuum", "--db", path)
    assert said.status == 1
    assert "table sources already exists" in said.err


def test_many_missing_pages_are_counted(
    desk: Desk, tmp_path: Path, cuttings: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.commands.care.NAMED_PAGES", 1)
    pages_folder(desk.config.database).rename(tmp_path / "elsewhere")
    said = cuttings("backup", tmp_path / "copy.db")
    assert said.status == 3
    assert said.err.count("is missing or damaged") == 1
    assert "so are " in said.err
    assert "copy.db with 0 of " in said.err


def no_second_name(_name: Path, _file: Path) -> None:
    raise OSError("as on a disk that is formatted with FAT")


@pytest.mark.parametrize("has_links", [True, False])
def test_a_restore_waits_for_a_reader_and_keeps_what_is_in_the_log(
    desk: Desk, tmp_path: Path, cuttings: Command, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    monkeypatch.setattr(maintenance, "LOG_SECONDS", 0.1)
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", no_second_name)
    database = desk.config.database
    assert cuttings("backup", tmp_path / "copy.db").status == 0
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sources").fetchone()
    writer = sqlite3.connect(database)
    writer.execute("UPDATE sources SET name = 'only in the log'")
    writer.commit()
    refused = cuttings("restore", tmp_path / "copy.db")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "which was not replaced; end it and try again" in refused.err
    assert not list(tmp_path.glob("cuttings.db.replaced*"))
    reader.close()
    assert cuttings("restore", tmp_path / "copy.db").status == 0
    writer.close()
    for name, found in ((database, "Site 1"), (tmp_path / "cuttings.db.replaced", "only in the log")):
        with opened(name) as connection:
            assert connection.execute("SELECT name FROM sources").fetchall() == [(found,)]


def test_the_second_name_that_a_killed_restore_left_is_removed(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    assert cuttings("backup", tmp_path / "copy.db").status == 0
    (tmp_path / "cuttings.db.replaced").hardlink_to(desk.config.database)
    assert cuttings("restore", tmp_path / "copy.db").status == 0
    assert [each.name for each in tmp_path.glob("cuttings.db.replaced*")] == ["cuttings.db.replaced"]
    assert not (tmp_path / "cuttings.db.replaced").samefile(desk.config.database)

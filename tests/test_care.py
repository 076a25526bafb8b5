"""Backup, restore, prune, forget and vacuum, by the command line and on real files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.operations.forget import forget
from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.stories.filing import recluster
from tests.cli import CommandLine, Said
from tests.desk import Desk, make_desk, page, report
from tests.site import Entry, Site
from tests.survival import fill, outcome, start_run, violations, whole_run


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    fill(site, 12)
    made = make_desk(tmp_path, site)
    database = tmp_path / "desk" / "cuttings.db"
    database.parent.mkdir()
    made = made.with_(database=database)
    assert made.run().new == 12
    return made


Command = Callable[..., Said]


@pytest.fixture
def cuttings(cli: CommandLine) -> Command:
    """A command on the database of a desk."""
    return lambda desk, *arguments: cli(*arguments, "--db", desk.config.database)


# -- backup and restore --------------------------------------------------------------------------------------


def test_a_backup_is_restored_after_the_disk_was_lost(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    before, target = outcome(desk.config.database), tmp_path / "backup" / "copy.db"
    target.parent.mkdir()
    made = cuttings(desk, "backup", target)
    assert (made.status, made.out) == (0, "")
    assert cuttings(desk, "backup", "--verify", target).status == 0
    for path in sorted(desk.config.database.parent.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    restored = cuttings(desk, "restore", target)
    assert restored.status == 0, restored.err
    assert outcome(desk.config.database) == before
    assert violations(desk.config.database, settled=True) == []
    again = desk.run(later=timedelta(minutes=1))
    assert (again.new, again.revised, again.failures) == (0, 0, ())


@pytest.mark.slow
def test_a_second_backup_copies_only_new_pages_and_replaces_the_first(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    target = tmp_path / "copy.db"
    cuttings(desk, "backup", target)
    pages = {path: path.stat().st_mtime_ns for path in pages_folder(target).rglob("*.zst")}
    cuttings(desk, "backup", target)
    assert {path: path.stat().st_mtime_ns for path in pages_folder(target).rglob("*.zst")} == pages
    assert outcome(target) == outcome(desk.config.database)
    assert not list(tmp_path.glob(".*.part*"))


def test_a_backup_without_pages_has_none(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    assert cuttings(desk, "backup", "--no-pages", tmp_path / "copy.db").status == 0
    assert not pages_folder(tmp_path / "copy.db").exists()
    assert cuttings(desk, "backup", "--verify", "--no-pages", tmp_path / "copy.db").status == 0
    assert cuttings(desk, "backup", "--verify", tmp_path / "copy.db").status == 3


@pytest.mark.slow
def test_a_damaged_backup_is_named_and_restores_nothing(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    target = tmp_path / "copy.db"
    cuttings(desk, "backup", target)
    before = outcome(desk.config.database)
    (first, *_) = sorted(pages_folder(target).rglob("*.zst"))
    first.write_bytes(b"not a page")
    checked = cuttings(desk, "backup", "--verify", target)
    assert checked.status == 3
    assert first.parent.name + first.name.removesuffix(".zst") in checked.err
    with target.open("r+b") as file:
        for start in range(4096 * 3, target.stat().st_size - 4096, 4096 * 2):
            file.seek(start)
            file.write(b"\xff" * 4096)
    assert cuttings(desk, "backup", "--verify", target).status == 1
    assert cuttings(desk, "restore", target).status == 1
    assert outcome(desk.config.database) == before


@pytest.mark.slow
def test_a_restore_brings_nothing_back_that_was_deleted_for_good(
    desk: Desk, tmp_path: Path, cuttings: Command
) -> None:
    target = tmp_path / "copy.db"
    cuttings(desk, "backup", target)
    with desk.store() as store:
        first = store.articles.get(1).article
    assert cuttings(desk, "forget", "1").status == 0
    after = outcome(desk.config.database)
    restored = cuttings(desk, "restore", target)
    assert restored.status == 0
    assert f"deleted article 1 again: {first.title}" in restored.err
    assert outcome(desk.config.database) == after
    assert violations(desk.config.database, settled=True) == []
    again = desk.run(later=timedelta(minutes=1))
    assert (again.new, again.revised) == (0, 0)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 not a database" * 99])
def test_what_is_not_a_backup_restores_nothing(
    desk: Desk, tmp_path: Path, content: bytes, cuttings: Command
) -> None:
    (tmp_path / "copy.db").write_bytes(content)
    before = outcome(desk.config.database)
    refused = cuttings(desk, "restore", tmp_path / "copy.db")
    assert refused.status in (1, 2)
    assert refused.err.count("\n") == 1
    assert outcome(desk.config.database) == before


def test_a_restore_keeps_the_database_that_was_there(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    target = tmp_path / "copy.db"
    cuttings(desk, "backup", target)
    desk.config.database.write_bytes(b"damaged beyond recognition")
    said = cuttings(desk, "restore", target)
    assert said.status == 0, said.err
    kept = desk.config.database.with_name("cuttings.db.replaced")
    assert str(kept) in said.err
    assert kept.read_bytes() == b"damaged beyond recognition"
    assert len(outcome(desk.config.database)["articles"]) == 12  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_backup_beside_a_run_is_whole(site: Site, tmp_path: Path, cuttings: Command) -> None:
    fill(site, 40, delay=0.03)
    desk = make_desk(tmp_path, site)
    desk = desk.with_(database=tmp_path / "cuttings.db")
    run = start_run(desk)
    while not desk.config.database.exists() and run.poll() is None:
        pass
    for number in range(3):
        target = tmp_path / f"copy{number}.db"
        said = cuttings(desk, "backup", target)
        if said.status:  # the run had not made its tables yet
            early = ("empty", "not a cuttings database", "no such table")
            assert number == 0 or any(words in said.err for words in early)
            continue
        assert violations(target) == []
    assert run.wait(60) == 0
    run.stderr.close()  # type: ignore[union-attr]
    assert len(outcome(desk.config.database)["articles"]) == 40  # type: ignore[arg-type]


# -- forget --------------------------------------------------------------------------------------------------

SECRET = "the pseudonymised child of Quillfeather Lane"


def desk_with_secret(site: Site, folder: Path) -> Desk:
    """Two sources with one event; the first report holds what must go. A third article is its copy."""
    first = page("Hub opens in Quillfeather Lane", f"{SECRET} was named in court.", *report("Alder", 3))
    second = page("Family hub opens in Alder", *report("Alder", 3), "Another outlet says more about it all.")
    site.page("/secret", first)
    site.page("/other", second)
    site.feed("/feed", [Entry(path="/secret", title="Hub opens in Quillfeather Lane"), Entry(path="/other")])
    desk = make_desk(folder, site).with_(database=folder / "cuttings.db")
    desk.run()
    return desk


def bytes_of(desk: Desk) -> bytes:
    """Everything of a desk on the disk, raw pages unpacked."""
    files = [path for path in desk.config.database.parent.glob("cuttings.db*") if path.is_file()]
    pages = PageStore(pages_folder(desk.config.database))
    return b"".join(
        [*(path.read_bytes() for path in files), *(pages.get(each) or b"" for each in pages.hashes())]
    )


def test_a_forgotten_article_is_gone_from_the_disk_and_does_not_come_back(
    site: Site, tmp_path: Path, cuttings: Command
) -> None:
    desk = desk_with_secret(site, tmp_path)
    assert SECRET.encode() in bytes_of(desk)
    assert b"Quillfeather" in bytes_of(desk)
    said = cuttings(desk, "forget", site.url("/secret"), "--reason", "court order")
    assert said.status == 0, said.err
    assert SECRET.encode() not in bytes_of(desk)
    assert b"Quillfeather" not in bytes_of(desk)
    assert violations(desk.config.database) == []
    assert set(desk.articles()) == {"other"}
    site.forget()
    for _ in range(2):
        assert desk.run(later=timedelta(days=1)).new == 0
    assert site.count("/secret") == 0
    assert set(desk.articles()) == {"other"}
    assert b"Quillfeather" not in bytes_of(desk)
    fetched = cuttings(desk, "fetch", site.url("/secret"), "--config", str(desk.config.path))
    assert fetched.status == 1
    assert "forget" in fetched.err
    assert site.count("/secret") == 0


def test_the_stories_that_remain_are_those_of_a_recluster(site: Site, tmp_path: Path) -> None:
    fill(site, 12)
    desk = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    desk.run()
    with desk.store() as store:
        pages = PageStore(pages_folder(desk.config.database))
        gone = forget(store, pages, ["1", "4"], copies=False, now=desk.now)
        assert [article_id for article_id, _ in gone.articles] == [1, 4]
    after = outcome(desk.config.database)
    with desk.store() as store:
        recluster(store, now=desk.now)
    assert outcome(desk.config.database) == after
    assert violations(desk.config.database, settled=True) == []


def test_an_import_does_not_bring_it_back(site: Site, tmp_path: Path, cuttings: Command) -> None:
    desk = desk_with_secret(site, tmp_path)
    rows = [
        {"id": "x1", "title": "Imported", "text": SECRET, "source": "herald"},
        {
            "url": site.url("/secret"),
            "title": "Hub opens",
            "html": page("Hub opens", SECRET, *report("Alder", 3)),
        },
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert cuttings(desk, "import", tmp_path / "rows.jsonl").status == 0
    assert cuttings(desk, "forget", "x1", site.url("/secret")).status == 0
    assert SECRET.encode() not in bytes_of(desk)
    (tmp_path / "again.jsonl").write_text("\n".join(map(json.dumps, rows)))
    again = cuttings(desk, "import", tmp_path / "again.jsonl")
    assert again.status == 0, again.err
    assert SECRET.encode() not in bytes_of(desk)
    assert len(desk.articles()) == 1


def test_an_article_is_forgotten_by_a_url_that_redirects_to_it(
    site: Site, tmp_path: Path, cuttings: Command
) -> None:
    site.page("/story", page("Hub opens in Alder", *report("Alder", 3)))
    site.redirect("/short", "/story")
    site.feed("/feed", [Entry(path="/short", title="Hub opens in Alder")])
    desk = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    desk.run()
    said = cuttings(desk, "forget", site.url("/short"))
    assert said.err == "deleted article 1: Hub opens in Alder\n"
    assert desk.articles() == {}
    site.redirect("/other", "/story")
    for path in ("/short", "/story", "/other"):
        fetched = cuttings(desk, "fetch", site.url(path), "--config", str(desk.config.path))
        assert fetched.status == 1
        assert "deleted for good by `cuttings forget`" in fetched.err
    assert desk.articles() == {}


def test_a_link_is_called_deleted_only_where_its_page_came(
    site: Site, tmp_path: Path, cuttings: Command
) -> None:
    site.page("/story", page("Hub opens in Alder", *report("Alder", 3)))
    desk = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    assert cuttings(desk, "fetch", site.url("/story"), "--config", str(desk.config.path)).status == 0
    assert cuttings(desk, "forget", site.url("/story")).status == 0
    site.redirect("/other", "/story")
    site.feed("/feed", [Entry(path="/other", title="Hub opens in Alder")])
    desk.run()
    assert desk.articles() == {}
    site.page("/busy", "slow down", status=429, headers={"Retry-After": "600"})
    cuttings(desk, "fetch", site.url("/busy"), "--config", str(desk.config.path))
    said = cuttings(desk, "fetch", site.url("/other"), "--config", str(desk.config.path))
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "left alone until" in said.err


def test_a_raw_page_that_cannot_be_deleted_is_named(
    site: Site, tmp_path: Path, cuttings: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site, 2)
    desk = make_desk(tmp_path, site).with_(database=tmp_path / "cuttings.db")
    desk.run()

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        said = cuttings(desk, "forget", "1")
    assert said.status == 1
    assert said.err.count("a raw page could not be deleted (Permission denied); delete it by hand: ") == 1
    assert set(desk.articles()) == {"news/1"}

    with monkeypatch.context() as patch:
        patch.setattr(PageStore, "erase", lambda _pages, name: refuse(Path(name)))
        said = cuttings(desk, "prune")
    assert (said.status, "a raw page could not be deleted (Permission denied)" in said.err) == (1, True)


@pytest.mark.parametrize(
    "then",
    ["run", pytest.param("forget", marks=pytest.mark.slow), pytest.param("prune", marks=pytest.mark.slow)],
)
def test_what_a_killed_forget_left_is_deleted_by_the_next_command(
    site: Site, tmp_path: Path, cuttings: Command, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    desk = desk_with_secret(site, tmp_path)
    [secret] = [each for each in desk.pages.hashes() if SECRET.encode() in (desk.pages.get(each) or b"")]
    page_file = desk.pages.path(secret)
    for name in (f".{page_file.name}-0123456789abcdef", f"{page_file.name}.unusable"):  # of a kill, of damage
        page_file.with_name(name).write_bytes(page_file.read_bytes())

    def killed(_pages: PageStore, _content_hash: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PageStore, "erase", killed)
        assert cuttings(desk, "forget", site.url("/secret")).status == 130
    before = set(desk.pages.hashes())
    with desk.store() as store:
        named = store.pages.hashes()
        desk.pages.note_removals(list(named)[:1])  # as by a `forget` that was killed before its commit
    assert before - named
    arguments = {
        "run": ["--config", str(desk.config.path)],
        "forget": ["https://other.example/"],
        "prune": [],
    }
    assert cuttings(desk, then, *arguments[then]).status == 0
    assert named <= set(desk.pages.hashes())
    assert not (before - named) & set(desk.pages.hashes())
    assert desk.pages.noted_removals() == frozenset()
    assert list(page_file.parent.glob(f"*{page_file.name}*")) == []
    assert SECRET.encode() not in bytes_of(desk)


@pytest.mark.slow
def test_copies_go_only_if_asked(desk: Desk, tmp_path: Path, cuttings: Command) -> None:
    text = " ".join(report("Rowan", 9))
    rows = [{"id": name, "title": "Rowan", "text": text, "source": name} for name in ("one", "two", "three")]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    cuttings(desk, "import", tmp_path / "rows.jsonl")
    said = cuttings(desk, "forget", "one")
    assert "2 articles with the same text stay" in said.err
    assert cuttings(desk, "forget", "two", "--copies").status == 0
    with desk.store() as store:
        assert store.articles.count() == 12
    cuttings(desk, "import", tmp_path / "rows.jsonl")
    with desk.store() as store:
        assert store.articles.count() == 12


def test_forgetting_what_is_not_there_changes_nothing(desk: Desk, cuttings: Command) -> None:
    before = outcome(desk.config.database)
    assert cuttings(desk, "forget", "1", "4711").status == 1
    assert outcome(desk.config.database) == before


# -- prune and vacuum ----------------------------------------------------------------------------------------

KEPT = ("pages", "revisions", "failures", "runs", "links", "matches")


@pytest.mark.slow
def test_prune_removes_what_retention_says_and_the_desk_goes_on(
    site: Site, tmp_path: Path, cuttings: Command
) -> None:
    fill(site, 6)
    retention = "[retention]\n" + "".join(f"{key} = 864000\n" for key in KEPT)
    desk = make_desk(tmp_path, site, extra=retention).with_(database=tmp_path / "cuttings.db")
    desk.run()
    for edition in (2, 3):
        site.page("/news/0", page("Alder council opens family hub number 1", *report("Alder", edition)))
        desk.run(later=timedelta(days=edition - 1))
    assert len(desk.revisions()) == 8
    desk.run(later=timedelta(days=30))
    assert len(desk.revisions()) == 7, "the first and the newest one stay"
    assert violations(desk.config.database) == []
    assert set(desk.articles()) == {f"news/{number}" for number in range(6)}
    with desk.store() as store:
        assert len(list(desk.pages.hashes())) < len(store.pages.hashes())
    orphan = PageStore(pages_folder(desk.config.database)).put(b"left by a kill")
    assert "1 orphan page" in cuttings(desk, "prune").err
    assert not desk.pages.has(orphan)


@pytest.mark.slow
def test_vacuum_gives_space_back(desk: Desk, cuttings: Command) -> None:
    connection = sqlite3.connect(desk.config.database)
    connection.executescript(
        "CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(3000000)); DROP TABLE ballast"
    )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = desk.config.database.stat().st_size
    assert cuttings(desk, "vacuum").status == 0
    assert desk.config.database.stat().st_size < before - 2_000_000
    assert violations(desk.config.database) == []
    assert whole_run(desk).status == 0

"""Raw pages that are written while others are fetched: a row names a page only when its bytes are on the disk."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from pipelines.errors import DatabaseError
from pipelines.files import write_atomically
from pipelines.ingest.batch import BatchBuilder
from pipelines.storage.page_store import PageState, PageStore
from pipelines.storage.page_writes import page_writes
from tests.desk import make_desk, page, report
from tests.site import Entry, Site
from tests.survival import violations

BODIES = tuple(f"<p>{number}</p>".encode() * 500 for number in range(24))


def test_pages_are_written_at_once_and_whole(tmp_path: Path) -> None:
    pages = PageStore(tmp_path)
    with page_writes(pages) as put:
        written = [put(body) for body in (*BODIES, *BODIES)]
    hashes = [each.result() for each in written]
    assert hashes[: len(BODIES)] == hashes[len(BODIES) :]
    assert {pages.state(each) for each in hashes} == {PageState.OK}
    assert not list(tmp_path.rglob(".*")), "unfinished files"


def test_files_get_the_rights_that_the_umask_leaves_whoever_writes_beside(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files = [tmp_path / f"{number}" for number in range(40)]
        threads = [
            threading.Thread(target=lambda some: [write_atomically(each, b"x") for each in some], args=[some])
            for some in (files[::2], files[1::2])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {each.stat().st_mode & 0o777 for each in files} == {0o640}
    finally:
        assert os.umask(before) == 0o027


def test_a_page_that_cannot_be_written_gets_no_row_and_the_others_do(site: Site, tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(8)]
    bodies = [page(f"Report {number}", *report("Alder", number + 1)) for number in range(8)]
    for path, body in zip(paths, bodies, strict=True):
        site.page(path, body)
    site.feed("/feed", [Entry(path=path, title=f"Report {path[1:]}") for path in paths])
    desk = make_desk(tmp_path, site)
    in_the_way = desk.pages.path(hashlib.sha256(bodies[3].encode()).hexdigest()).parent
    desk.pages.folder.mkdir(parents=True)
    in_the_way.write_text("a file where a folder should be")
    with pytest.raises(FileExistsError):
        desk.run()
    assert not violations(desk.config.database)
    asked = {path for path in paths if site.count(path)}
    with desk.store() as store:
        [run] = store.runs.latest(1)
    assert run.counts.fetched == len(asked), "the feed and every page that could be kept"
    in_the_way.unlink()
    assert desk.run().failures == ()
    assert len(desk.articles()) == 8
    assert {path for path in asked if site.count(path) > 1} == {"/3"}, "what was stored is asked for again"
    assert not violations(desk.config.database, settled=True)


def test_what_was_not_committed_is_not_read(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is refused takes the others of its transaction with it: none of their pages is collected."""
    paths = [f"/{number}" for number in range(6)]
    for number, path in enumerate(paths):
        site.page(path, page(f"Report {number}", *report("Alder", number + 1)))
    site.feed("/feed", [Entry(path=path, title=f"Report {path[1:]}") for path in paths])
    desk = make_desk(tmp_path, site)
    with desk.store():
        pass
    refusing = sqlite3.connect(desk.config.database)
    refusing.execute(
        "CREATE TRIGGER refused BEFORE INSERT ON pages WHEN NEW.url LIKE '%/4' BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    refusing.commit()
    collected: list[str] = []
    add = BatchBuilder.add
    monkeypatch.setattr(
        BatchBuilder, "add", lambda self, *given: (collected.append(given[1].page.url), add(self, *given))
    )
    with pytest.raises(DatabaseError, match="refused a statement"):
        desk.run()
    stored = {url for (url,) in refusing.execute("SELECT url FROM pages")}
    refusing.close()
    assert not set(collected) - stored

"""Backfill gives what filing gives, in the same bytes however it is cut, ordered or interrupted."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.backfill import folder as work
from pipelines.backfill import ordering, pairing
from pipelines.backfill.driver import POLL, Others, Shard
from pipelines.backfill.engines import Done, InProcess
from pipelines.backfill.folder import Folder
from pipelines.backfill.loading import load
from pipelines.backfill.plan import Plan, settle
from pipelines.backfill.stages import STAGES
from pipelines.config.settings import RESEARCH_PURPOSE, read_config
from pipelines.errors import BackfillError
from pipelines.matching import MAX_BLOCK
from pipelines.storage.store import Store
from pipelines.storage.tables.tombstones import Tombstone
from pipelines.stories.filing import recluster
from scraper.rights import TextUse
from tests.backfill.archives import (
    Capture,
    line_of,
    make_plan,
    page_of,
    result_bytes,
    rows,
    run,
    unseen,
    warc,
    write_lines,
)
from tests.factories import NOON
from tests.invented import corpus, report

CONFIG = read_config(None, version="0")
TABLES = {  # all that filing writes; stories by their lead, since their ids may differ
    "articles": "SELECT id, matched_as, copy_group FROM articles ORDER BY id",
    "fingerprints": "SELECT article_id, version, body, keys FROM _fingerprints ORDER BY 1",
    "postings": "SELECT key, article_id FROM _postings ORDER BY 1, 2",
    "crowded": "SELECT key FROM _crowded ORDER BY 1",
    "matches": """SELECT article_a, article_b, probability, same_event, reason, evidence_json, pair_probability,
        linked FROM matches ORDER BY 1, 2""",
    "members": """SELECT a.id, s.lead_article_id FROM articles AS a JOIN stories AS s ON s.id = a.story_id
        ORDER BY 1""",
    "stories": """SELECT lead_article_id, title, first_published_at, last_published_at, article_count,
        report_count, source_count, origin_kind, origin_article_id FROM stories WHERE merged_into IS NULL
        ORDER BY 1""",
    "reports": "SELECT article_id, lag_hours, borrowed_share, borrowed_from, doubtful FROM reports ORDER BY 1",
    "quotations": "SELECT article_id, position, speaker, words, first_article_id FROM quotations ORDER BY 1, 2",
    "relations": """SELECT a.lead_article_id, b.lead_article_id, r.kind, r.probability, r.reason
        FROM related_stories AS r JOIN stories AS a ON a.id = r.story_a JOIN stories AS b ON b.id = r.story_b
        ORDER BY min(a.lead_article_id, b.lead_article_id), max(a.lead_article_id, b.lead_article_id)""",
}


def contents(database: Path) -> dict[str, list[Any]]:
    """All that filing wrote."""
    with sqlite3.connect(database) as connection:
        found = {name: connection.execute(sql).fetchall() for name, sql in TABLES.items()}
    connection.close()
    found["relations"] = [(*sorted(row[:2]), *row[2:]) for row in found["relations"]]
    return found


def load_into(database: Path, out: Path, plan: Plan) -> None:
    with Store(database) as store:
        load(Folder(out), plan, store=store, config=CONFIG, now=lambda: NOON, progress=unseen)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with copies, undated reports and bare headlines."""
    made = map(line_of, corpus(10, seed=3))
    return write_lines(tmp_path_factory.mktemp("lines") / "archive.jsonl", made)


@pytest.fixture(scope="module")
def once(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of one run without any disturbance."""
    out = tmp_path_factory.mktemp("once") / "out"
    run(out, lines)
    return out


def test_the_stories_of_a_backfill_are_those_of_recluster(lines: Path, once: Path, tmp_path: Path) -> None:
    database = tmp_path / "desk.db"
    load_into(database, once, make_plan(lines))
    loaded = contents(database)
    with Store(database) as store:
        recluster(store, now=NOON)
    assert len(loaded["stories"]) >= 10
    assert contents(database) == loaded


def test_the_tables_of_the_result_are_those_of_the_database(lines: Path, once: Path, tmp_path: Path) -> None:
    database = tmp_path / "desk.db"
    load_into(database, once, make_plan(lines))
    loaded = contents(database)
    lead_of = dict(rows(once, "stories", "id", "lead_article_id"))
    members = [(article, lead_of[story]) for article, story in rows(once, "articles", "id", "story_id")]
    assert sorted(members) == loaded["members"]
    columns = ("article_a", "article_b", "probability", "same_event", "reason", "evidence_json")
    matches = [(*row[:3], bool(row[3]), *row[4:6]) for row in loaded["matches"]]
    assert sorted(rows(once, "matches", *columns)) == matches
    counted = ("lead_article_id", "article_count", "report_count", "source_count", "origin_kind")
    stories = [(row[0], *row[4:8]) for row in loaded["stories"]]
    assert sorted(rows(once, "stories", *counted)) == stories


@pytest.mark.slow
def test_order_and_size_of_inputs_and_of_what_is_compared_at_once_do_not_matter(
    lines: Path, once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST_EARLIER", 4)
    monkeypatch.setattr(ordering, "LEAST_SHARED", 4)  # a slice is scored by several tasks
    shuffled = lines.read_text(encoding="utf-8").splitlines(keepends=True)
    random.Random(5).shuffle(shuffled)
    for number in range(3):
        (tmp_path / f"{number}.jsonl").write_text("".join(shuffled[number::3]), encoding="utf-8")
    run(tmp_path / "out", tmp_path / "*.jsonl")
    assert result_bytes(tmp_path / "out") == result_bytes(once)
    done = Folder(tmp_path / "out")
    assert len(done.done("score")) == 2 * len(done.done("cluster")) > 2


class Dying:
    """An engine that does its tasks backwards and dies after some."""

    def __init__(self, tasks: int) -> None:
        self.left = tasks

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        for number in sorted(numbers, reverse=True):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            InProcess().run(folder, stage, [number], done)


@pytest.mark.slow
def test_a_backfill_that_dies_again_and_again_ends_with_the_same_bytes(
    lines: Path, once: Path, tmp_path: Path
) -> None:
    out, deaths = tmp_path / "out", 0
    while True:
        try:
            report = run(out, lines, engine=Dying(7))
        except KeyboardInterrupt:
            deaths += 1
            (out / "work" / "read" / ".000000.seg-half").parent.mkdir(parents=True, exist_ok=True)
            (out / "work" / "read" / ".000000.seg-half").write_bytes(b"half")
        else:
            break
    assert deaths > 3
    assert report["stages"]["assign"]["without a story"] == 0
    assert result_bytes(out) == result_bytes(once)


@pytest.mark.slow
def test_shards_wait_for_each_other_and_do_the_tasks_of_one_that_never_comes(
    lines: Path, once: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with ThreadPoolExecutor() as pool:
        shards = [pool.submit(run, out, lines, shard=Shard(index, 3), patience=0.2) for index in (0, 2)]
        first, second = (shard.result() for shard in shards)
    assert first == second
    assert result_bytes(out) == result_bytes(once)


class _Marks:
    """An engine that marks tasks as done."""

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        for number in numbers:
            Folder(folder).finish(stage, number, {})
            done(number)


def test_a_shard_that_never_comes_is_waited_for_once_not_in_each_stage(tmp_path: Path) -> None:
    waits: list[float] = []
    others = Others(folder=Folder(tmp_path), shard=Shard(0, 2), patience=6.0, sleep=waits.append)
    with others.seeing_us():
        for stage in STAGES[:4]:
            _Marks().run(tmp_path, stage.name, (0, 2), lambda _number: None)
            others.finish(stage, 4, _Marks(), unseen)
    assert waits == [POLL] * 3


@pytest.mark.slow
def test_a_load_that_dies_goes_on(
    lines: Path, once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken, plan = tmp_path / "whole.db", tmp_path / "broken.db", make_plan(lines)
    load_into(whole, once, plan)
    monkeypatch.setattr("pipelines.backfill.loading.PORTION", 9)
    monkeypatch.setattr("pipelines.backfill.loading.RELATED_AT_ONCE", 4)
    for number in (2, 5, 6, 7, 8):
        with pytest.raises(KeyboardInterrupt), Store(broken) as store:
            load(Folder(once), plan, store=store, config=CONFIG, now=lambda: NOON, progress=_Stops(number))
    load_into(broken, once, plan)
    assert contents(broken) == contents(whole)


class _Stops:
    """Ends a load after so many portions."""

    def __init__(self, portions: int) -> None:
        self.portions = portions

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.portions -= 1
        if not self.portions:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_database_with_articles_of_its_own_gets_the_archive_as_new_articles(
    lines: Path, once: Path, tmp_path: Path
) -> None:
    database = tmp_path / "desk.db"
    with Store(database) as store:
        store.articles.save(report(3, 1), at=NOON)
        recluster(store, now=NOON)
    load_into(database, once, make_plan(lines))
    filed = contents(database)
    with Store(database) as store:
        recluster(store, now=NOON)
    assert contents(database)["members"] == filed["members"]


def test_the_texts_may_be_used_as_those_of_an_import(lines: Path, once: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, purpose=RESEARCH_PURPOSE)
    with Store(tmp_path / "desk.db") as store:
        load(Folder(once), make_plan(lines), store=store, config=config, now=lambda: NOON, progress=unseen)
        assert {stored.text_use for stored in store.articles.iterate()} == {TextUse.ANALYSIS_ONLY}


@pytest.mark.slow
def test_a_text_is_in_the_result_only_where_it_may_be_passed_on(tmp_path: Path) -> None:
    reserved = page_of("Saltby").replace(b"<head>", b'<head><meta name="robots" content="noarchive">')
    pages = [
        Capture("https://www.a.example/1", page_of("Otterham")),
        Capture("https://www.b.example/2", reserved),
    ]
    (tmp_path / "a.warc.gz").write_bytes(warc(pages))
    for purpose, licensed, uses in (
        ("monitoring", (), {"/1": "full", "/2": "features_only"}),
        (RESEARCH_PURPOSE, (), {"/1": "analysis_only", "/2": "analysis_only"}),
        (RESEARCH_PURPOSE, ("b",), {"/1": "full", "/2": "full"}),
    ):
        out = tmp_path / "_".join((purpose, *licensed))
        run(out, tmp_path / "a.warc.gz", purpose=purpose, licensed=licensed, source="b")
        found = rows(out, "articles", "url", "text_use", "text", "id")
        assert {row[0][-2:]: row[1] for row in found} == uses
        assert all((row[2] is not None) == (row[1] == "full") for row in found)
        kept = {row[3] for row in found if row[1] == "analysis_only"}
        assert not kept or {row[0] for row in rows(out, "texts", "id", "text") if "boiler" in row[1]} == kept
        assert (out / "texts").exists() == bool(kept)


@pytest.mark.slow
def test_an_article_that_was_deleted_for_good_does_not_come_back(
    lines: Path, once: Path, tmp_path: Path
) -> None:
    known = rows(once, "articles", "external_id", "source_id")
    gone = next(each for each in known if each[0])
    with Store(tmp_path / "desk.db") as store:
        store.sources.ensure(gone[1], name=gone[1], at=NOON)
        store.tombstones.add(Tombstone(external_id=gone[0], source_id=gone[1], forgotten_at=NOON))
    load_into(tmp_path / "desk.db", once, make_plan(lines))
    with Store(tmp_path / "desk.db") as store:
        stored = [each.article for each in store.articles.iterate()]
    kept = {(article.external_id, article.source_id) for article in stored}
    assert kept == set(known) - {gone}


@pytest.mark.slow
def test_a_key_that_too_many_share_finds_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pipelines.backfill.pairing", "pipelines.backfill.loading", "pipelines.stories.linking"):
        monkeypatch.setattr(f"{module}.MAX_BLOCK", 3)
    made = write_lines(tmp_path / "few.jsonl", map(line_of, corpus(5, seed=8)))
    counts = run(tmp_path / "out", made)["stages"]["block"]
    assert 0 < counts["crowded"] < counts["keys"]
    assert counts["largest"] <= MAX_BLOCK
    load_into(tmp_path / "desk.db", tmp_path / "out", make_plan(made))
    loaded = contents(tmp_path / "desk.db")
    with Store(tmp_path / "desk.db") as store:
        recluster(store, now=NOON)
    assert loaded["crowded"]
    assert contents(tmp_path / "desk.db") == loaded


def test_a_folder_of_another_plan_is_refused_by_name(lines: Path, once: Path, tmp_path: Path) -> None:
    begun = Folder(once)
    for options, named in (
        ({"since": "2026-01-01T00:00:00Z"}, "--since was not set, now 2026-01-01"),
        ({"domains": ("first.example",)}, "--domains differ"),
        ({"extractor": "1.0"}, "the version of the extraction rules was"),
    ):
        with pytest.raises(BackfillError, match=named):
            settle(begun, make_plan(lines, **options), as_of_given=False)
    with pytest.raises(BackfillError, match=r"the inputs differ \(.*more\.jsonl"):
        settle(
            begun, make_plan(lines, write_lines(tmp_path / "more.jsonl", [{"title": "x"}])), as_of_given=False
        )
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(BackfillError, match="not empty and does not belong to a backfill"):
        settle(Folder(tmp_path / "photos"), make_plan(lines), as_of_given=False)


def test_a_shard_that_starts_while_another_begins_takes_its_plan(
    lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one writes the plan and goes on to its first task between two looks of this one."""
    folder, plan, look = Folder(tmp_path / "out"), make_plan(lines), Path.iterdir

    def look_after_the_other_began(path: Path) -> Iterator[Path]:
        monkeypatch.setattr(Path, "iterdir", look)
        settle(folder, plan, as_of_given=False)
        (folder.path / "read").mkdir()
        return look(path)

    folder.path.mkdir()
    monkeypatch.setattr(Path, "iterdir", look_after_the_other_began)
    assert settle(folder, make_plan(lines), as_of_given=False) == plan


@pytest.mark.slow
def test_a_full_disk_is_told_in_one_line_and_the_next_start_goes_on(
    lines: Path, once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = work.write_atomically

    def full(path: Path, content: bytes) -> None:
        if path.parent.name == "fingerprint" and path.suffix == ".seg":
            raise OSError(28, "No space left on device", str(path))
        written(path, content)

    monkeypatch.setattr(work, "write_atomically", full)
    with pytest.raises(BackfillError, match="no space left on the disk; free some space and start the same"):
        run(tmp_path / "out", lines)
    monkeypatch.undo()
    run(tmp_path / "out", lines)
    assert result_bytes(tmp_path / "out") == result_bytes(once)


def test_an_empty_archive_has_no_stories(tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "empty.jsonl", [{"text": ""}])
    report = run(tmp_path / "out", empty)
    assert report["stages"]["extract"]["articles"] == 0
    assert report["dropped"] == {"failed: NothingToImport": 1}
    load_into(tmp_path / "desk.db", tmp_path / "out", make_plan(empty))
    assert contents(tmp_path / "desk.db")["stories"] == []

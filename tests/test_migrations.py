"""Every database that an earlier commit made comes to the present schema, with its rows, or stays as it was."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.storage.migrations import STEPS, schema_sql, statements
from pipelines.storage.schema import APPLICATION_ID, schema_version
from pipelines.storage.store import Store

SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
FIRST = next(path for path in SCHEMAS if path.stem == "v1_c27c074")

# SHA-256 of each step's file, first 12 digits. A file that was pushed is never edited: add a step instead.
FROZEN = {
    "v1_tables": "6fcd57e7b4d9",
    "v1_search": "ca788412a8b7",
    "v3_owner_gone_precision": "9e17ef324800",
    "v4_brought_stories": "762cf141eaed",
    "v5_unread_pages": "f033e69b9126",
    "v6_tombstones": "0372f33b27b4",
    "v7_search_topics_digests": "12119e15662a",
    "v8_gone_index": "0cb767110b4e",
    "v9_shared_pace": "abdd97af52ee",
    "v10_related_stories": "fe03e7c43651",
    "v11_quotations": "8719cdfeab54",
    "v12_bookkeeping_apart": "a90942faeeab",
    "v13_analysts_views": "582986b60355",
    "v14_archive_indexes": "ff69bdde117c",
    "v15_decided_pairs": "952fa598b9ec",
    "v16_local_days": "97bd956f4c14",
    "v17_encoder": "8608d0327882",
    "v18_agency_notices": "6d2edce13bc0",
    "v19_channel_answers": "d649073f63c9",
    "v20_archive_totals": "571e2d335812",
    "v21_moved_channels": "a4a61dc5accd",
    "v22_related_kinds": "3e85c14d4f25",
    "v23_totals_in_one_step": "da9c3d4b4be3",
    "v24_summaries": "9cbd9f7cee09",
    "v25_doubts": "504fb2756d44",
    "v26_announced_apart": "35e0c08c7d83",
    "v27_delivered": "56ac47170d07",
    "v28_compact": "263f3031178c",
}

ROWS = """
INSERT INTO sources (id, name, added_at) VALUES ('first', 'The First', '2026-03-01T09:00:00Z');
INSERT INTO pages (id, url, final_url, purpose, source_id, fetched_at, checked_at, status, content_hash, size)
    VALUES (1, 'https://a.example/1', 'https://a.example/1', 'article', 'first', '2026-03-01T09:00:00Z',
    '2026-03-01T09:00:00Z', 200, 'abc', 3);
INSERT INTO stories (id, title, article_count, created_at, updated_at)
    VALUES (1, 'Hub opens', 3, '2026-03-01T09:00:00Z', '2026-03-01T09:00:00Z');
INSERT INTO articles (id, source_id, story_id, url, url_key, title, published_at, first_seen_at, last_seen_at,
    word_count, access, content_hash, copy_key, page_id, text) VALUES
    (1, 'first', 1, 'https://a.example/1', 'https://a.example/1', 'Hub opens', '2026-03-01T00:00:00Z',
    '2026-03-01T09:00:00Z', '2026-03-01T09:00:00Z', 3, 'full', 'x', 'k', 1, 'The ocelot escaped'),
    (2, 'first', 1, 'https://a.example/2', 'https://a.example/2', 'Hub opened', '2026-03-01T10:30:00Z',
    '2026-03-01T09:00:00Z', '2026-03-01T09:00:00Z', 3, 'full', 'y', 'l', NULL, 'The leopard escaped'),
    (3, 'first', 1, 'https://a.example/3', 'https://a.example/3', 'Undated', NULL,
    '2026-03-01T09:00:00Z', '2026-03-01T09:00:00Z', 3, 'full', 'z', 'm', NULL, 'Nothing escaped');
INSERT INTO revisions (article_id, seen_at, title, text, content_hash)
    VALUES (1, '2026-03-01T09:00:00Z', 'Hub opens', 'The ocelot escaped', 'x');
INSERT INTO removals VALUES (1, 0, 'advert', 'Subscribe');
INSERT INTO matches VALUES (1, 2, 0.75, 1, 'both escaped', '[]');
INSERT INTO reports VALUES (1, 1, 0.0, 0.1, NULL, NULL);
INSERT INTO decisions (kind, article_a, article_b, decided_by, decided_at)
    VALUES ('same', 1, 2, 'Ann', '2026-03-01T09:00:00Z');
INSERT INTO runs (id, started_at, status) VALUES (1, '2026-03-01T09:00:00Z', 'ok');
INSERT INTO fingerprints (article_id, version, body) VALUES (1, '1', x'00');
"""


def make_database(path: Path, schema: Path) -> dict[str, int]:
    """A database as that commit made it, with some rows; gives the number of rows in each table."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(schema.read_text(encoding="utf-8"))
    database.executescript(ROWS)
    database.executescript(
        f"""CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);
        CREATE UNIQUE INDEX idx__sqlite_migrations_migration_set_name ON _sqlite_migrations (migration_set, name);
        INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('cuttings', 'v1_first_schema', '2026');
        PRAGMA application_id = {APPLICATION_ID};
        PRAGMA user_version = 1;"""
    )
    database.commit()
    counted = rows_of(database)
    database.close()
    return counted


def rows_of(database: sqlite3.Connection) -> dict[str, int]:
    names = [
        row[1] for row in database.execute("PRAGMA table_list") if row[0] == "main" and row[2] == "table"
    ]
    return {
        name.lstrip("_"): database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        for name in names
        if not name.startswith(("sqlite_", "_sqlite")) and "_fts" not in name
    }


def shape_of(path: Path) -> dict[str, object]:
    """Columns, foreign keys, indexes, triggers and views, whatever their order."""
    database = sqlite3.connect(path)
    tables = {row[1]: row[4:] for row in database.execute("PRAGMA table_list") if row[0] == "main"}
    shape: dict[str, object] = {
        name: (
            options,
            sorted(row[1:] for row in database.execute(f"PRAGMA table_info({name})")),
            sorted(row[2:] for row in database.execute(f"PRAGMA foreign_key_list({name})")),
        )
        for name, options in tables.items()
        if not name.startswith("sqlite_")
    }
    for kind, name, sql in database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL"
    ):
        shape[f"{kind} {name}"] = " ".join(sql.replace('"', "").split())
    database.close()
    return shape


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.stem)
def test_a_database_of_every_earlier_schema_comes_to_the_present_one(tmp_path: Path, schema: Path) -> None:
    path, fresh = tmp_path / "old.db", tmp_path / "new.db"
    before = make_database(path, schema)
    Store(path).close()
    Store(fresh).close()
    assert shape_of(path) == shape_of(fresh)
    database = sqlite3.connect(path)
    after = rows_of(database)
    assert {name: after[name] for name in before} == before
    assert database.execute("PRAGMA user_version").fetchone()[0] == schema_version()
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute(
        "SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'ocelot'"
    ).fetchall() == [(1,)]
    precisions = database.execute("SELECT published_precision FROM articles ORDER BY id").fetchall()
    assert precisions == [("day",), ("minute",), (None,)]
    assert database.execute("SELECT probability, reason FROM matches").fetchall() == [(0.75, "both escaped")]
    database.close()


def test_every_column_of_a_migrated_table_keeps_its_comment(tmp_path: Path) -> None:
    make_database(tmp_path / "old.db", FIRST)
    Store(tmp_path / "old.db").close()
    database = sqlite3.connect(tmp_path / "old.db")
    tables = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    database.close()
    for table, column in (
        ("articles", "matched_as"),
        ("sources", "owner"),
        ("articles", "published_precision"),
    ):
        assert re.search(rf"{column} /\* \w.+? \*/", tables[table]), f"{table}.{column} lost its comment"


def test_a_migration_that_fails_or_is_killed_leaves_the_old_version_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.db"
    make_database(path, FIRST)
    before = shape_of(path)

    def fail(_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("pipelines.storage.migrations.STEPS", (*STEPS, ("v99_fails", fail)))
    monkeypatch.setattr("pipelines.storage.schema.STEPS", (*STEPS, ("v99_fails", fail)))
    with pytest.raises(RuntimeError, match="in the middle"):
        Store(path)
    assert shape_of(path) == before
    monkeypatch.undo()
    Store(path).close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone()[0] == schema_version()
    database.close()


@pytest.mark.slow
def test_a_migration_killed_at_any_moment_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    make_database(whole, FIRST)
    old = shape_of(whole)
    Store(whole).close()
    new = shape_of(whole)
    for number in range(20):
        path = tmp_path / f"{number}.db"
        make_database(path, FIRST)
        opener = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pipelines.storage.store import Store; Store(sys.argv[1])",
                path,
            ]
        )
        time.sleep(0.1 + 0.02 * number)
        opener.kill()
        opener.wait()
        assert shape_of(path) in (old, new)
        Store(path).close()
        assert shape_of(path) == new


def test_an_analyst_s_own_view_survives(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    make_database(path, SCHEMAS[-1])
    database = sqlite3.connect(path)
    database.execute("CREATE VIEW my_titles AS SELECT title FROM articles")
    database.execute("CREATE VIEW my_stories AS SELECT title FROM story_coverage")
    database.execute("DROP VIEW story_why")
    database.commit()
    database.close()
    Store(path).close()
    database = sqlite3.connect(path)
    assert len(database.execute("SELECT * FROM my_titles").fetchall()) == 3
    assert database.execute("SELECT title FROM my_stories").fetchall() == [("Hub opens",)]
    assert database.execute("SELECT count(*) FROM story_why").fetchone()[0] == 1
    database.close()


def test_the_last_statement_counts_without_its_semicolon() -> None:
    assert statements("CREATE TABLE a (x TEXT);\n-- words\nALTER TABLE a ADD COLUMN y TEXT\n")[1] == (
        "ALTER TABLE a ADD COLUMN y TEXT"
    )
    assert statements("-- nothing but words\n") == []


def test_a_step_that_was_pushed_is_never_edited() -> None:
    digests = {name: hashlib.sha256(schema_sql(name).encode()).hexdigest()[:12] for name in FROZEN}
    assert digests == FROZEN
    assert [int(re.match(r"v(\d+)_", name)[1]) for name, _ in STEPS] == list(range(1, len(STEPS) + 1))  # type: ignore[index]
    files = {path.stem for path in (Path(__file__).parents[1] / "pipelines/storage/sql").glob("v*_*.sql")}
    assert files == set(FROZEN), "add the file of a new step to FROZEN"

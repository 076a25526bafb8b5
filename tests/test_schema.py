"""Laws of the schema: what the contract promises of every table, and the page that describes it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.storage.schema import APPLICATION_ID, schema_version, statements
from pipelines.storage.store import Store
from tests.schema_page import PAGE, PRESENT, page, present_schema

CONTRACT_COLUMNS = {
    "sources": "id name homepage kind owner enabled",
    "articles": "id external_id source_id url canonical_url title text authors_json published_at first_seen_at "
    "language word_count access content_hash copy_group story_id gone_at published_precision",
    "revisions": "id article_id seen_at title text content_hash",
    "pages": "id url fetched_at status etag last_modified content_hash",
    "stories": "id title first_published_at last_published_at article_count report_count source_count lead_article_id "
    "merged_into",
    "matches": "article_a article_b probability same_event reason evidence_json",
    "story_changes": "id story_id run_id kind detail at",
    "decisions": "id kind article_a article_b decided_by reason decided_at undone_at",
    "runs": "id started_at finished_at status",
    "failures": "id run_id source_id url stage error message at",
}
CONTRACT_VIEWS = {
    "story_coverage",
    "story_why",
    "first_to_publish",
    "share_of_voice",
    "coverage_gaps",
    "source_health",
    "recent_changes",
    "voices",
    "story_publishers",
    "syndication",
    "release_only",
    "weekly_volume",
    "silences",
    "stale_figures",
    "topic_coverage",
    "altered_quotations",
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "cuttings.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def own_tables(database: sqlite3.Connection) -> list[str]:
    rows = database.execute("PRAGMA table_list").fetchall()
    return [
        name
        for schema, name, kind, *_ in rows
        if schema == "main" and kind == "table" and not name.startswith("_sqlite")
    ]


def test_the_file_says_what_it_is(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert database.execute("PRAGMA user_version").fetchone()[0] == schema_version() >= 1
    recorded = [name for (name,) in database.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert len(recorded) == schema_version()
    assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_the_contract_s_columns_are_there(database: sqlite3.Connection) -> None:
    for table, columns in CONTRACT_COLUMNS.items():
        found = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        assert set(columns.split()) <= found, table


def test_the_contract_s_views_and_indexes_answer(database: sqlite3.Connection) -> None:
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'view' AND name NOT GLOB '[_]*'")
    views = {name for (name,) in rows}
    assert views == CONTRACT_VIEWS
    for view in views:
        assert database.execute(f"SELECT * FROM {view}").fetchall() == []
    for table in ("articles_fts", "stories_fts"):
        assert database.execute(f"SELECT * FROM {table} WHERE {table} MATCH 'x'").fetchall() == []


def test_every_table_is_strict_and_every_reference_declared(database: sqlite3.Connection) -> None:
    strict = {row[1]: row[5] for row in database.execute("PRAGMA table_list") if row[0] == "main"}
    tables = [name for name in own_tables(database) if not name.startswith("sqlite_") and "_fts" not in name]
    assert len(tables) > 15
    for table in tables:
        assert strict[table] == 1, f"{table} is not STRICT"
        declared = {row[3] for row in database.execute(f"PRAGMA foreign_key_list({table})")}
        columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        references = {
            c for c in columns if re.fullmatch(r"(\w+_)?(article|story|source|run|page)_id|article_[ab]", c)
        }
        references.discard("external_id")
        if table != "_postings":  # the matcher's index: a reference would cost as much as the index
            assert references <= declared, f"{table}: {references - declared}"


def test_names_and_times_and_json_keep_to_the_rules(database: sqlite3.Connection) -> None:
    for table in own_tables(database):
        if "_fts" in table or table.startswith("sqlite_"):
            continue
        assert re.fullmatch(r"_?[a-z]+(_[a-z]+)*", table)
        for _, name, kind, *_ in database.execute(f"PRAGMA table_info({table})"):
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
            if name.endswith(("_at", "_json", "not_before")):
                assert kind == "TEXT", f"{table}.{name}"


def test_a_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cuttings.db"
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO matches VALUES (1, 2, 0.5, 1, '', '[]', 0.5, 0)")
    database.close()


def test_a_statement_ends_where_sqlite_says() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\nEND;\n"
    sql = f"-- a comment\n\nCREATE TABLE a (x TEXT);  -- after\n{trigger}"
    assert [statement.split("(")[0].split()[1] for statement in statements(sql)] == ["TABLE", "TRIGGER"]


def test_a_new_database_is_what_the_steps_make() -> None:
    assert PRESENT.read_text(encoding="utf-8") == present_schema(), "run `python -m tests.schema_page`"


def test_the_schema_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.schema_page`"


def test_the_schema_page_names_every_table_and_column(database: sqlite3.Connection) -> None:
    text = page()
    for table in own_tables(database):
        if "_fts" in table or table.startswith("sqlite_"):
            continue
        assert f"### {table}\n" in text
        section = text.split(f"### {table}\n")[1].split("\n### ")[0]
        assert not section.startswith("\n"), f"{table} has no description"
        for _, column, *_ in database.execute(f"PRAGMA table_info({table})"):
            assert f"`{column}`" in section, f"{table}.{column}"


def test_a_database_is_opened_while_another_program_holds_it(tmp_path: Path) -> None:
    """Its views are those of this program, character for character: there is nothing to write."""
    Store(tmp_path / "a.db").close()
    holder = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    Store(tmp_path / "a.db", busy_seconds=0).close()
    holder.execute("ROLLBACK")
    holder.close()

"""The views of a result in DuckDB give what the views of the same names give in the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipelines.backfill.folder import Folder
from pipelines.backfill.loading import load
from pipelines.config.settings import read_config
from pipelines.storage.store import Store
from tests.backfill.archives import line_of, make_plan, run, unseen, write_lines
from tests.factories import NOON
from tests.invented import corpus

duckdb = pytest.importorskip("duckdb", reason="comes with the extra `dev`")
pytestmark = pytest.mark.slow  # where the extra `dev` is

# Stories by their lead, whose id is the same in both; articles without a date have no month in the archive.
VIEWS = {
    "story_coverage": """SELECT s.lead_article_id, v.title, v.span_hours, v.reports, v.copies, v.sources,
        v.first_source, v.source_names, v.lead_url, v.origin_url
        FROM story_coverage AS v JOIN stories AS s ON s.id = v.story_id""",
    "story_why": """SELECT s.lead_article_id, v.article_a, v.source_a, v.article_b, v.source_b, v.probability,
        v.reason FROM story_why AS v JOIN stories AS s ON s.id = v.story_id""",
    "first_to_publish": """SELECT s.lead_article_id, v.place, v.source, v.hours_after_first, v.url
        FROM first_to_publish AS v JOIN stories AS s ON s.id = v.story_id""",
    "share_of_voice": """SELECT month, source, articles, reports, stories, shared_stories, only_here,
        percent_of_reports, words FROM share_of_voice WHERE month < '2026-10'""",
    "weekly_volume": """SELECT CAST(week AS text), source, articles, reports, stories, words
        FROM weekly_volume WHERE week < '2026-10-01'""",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A result, and the database that it was loaded into."""
    folder = tmp_path_factory.mktemp("views")
    lines = write_lines(folder / "archive.jsonl", map(line_of, corpus(30, seed=4)))
    out, database = folder / "out", folder / "desk.db"
    run(out, lines)
    with Store(database) as store:
        config = read_config(None, version="0")
        load(Folder(out), make_plan(lines), store=store, config=config, now=lambda: NOON, progress=unseen)
    return out, database


def _rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    cells = [
        tuple(round(float(cell), 3) if isinstance(cell, int | float) else cell for cell in row)
        for row in rows
    ]
    return sorted(cells, key=str)


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_that_of_the_database(
    view: str, result: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, database = result
    monkeypatch.chdir(out)
    with duckdb.connect() as archive:
        archive.execute((out / "views.sql").read_text(encoding="utf-8"))
        found = _rounded(archive.execute(VIEWS[view]).fetchall())
    with sqlite3.connect(database) as connection:
        expected = _rounded(connection.execute(VIEWS[view]).fetchall())
    connection.close()
    assert found == expected
    assert len(found) >= 5

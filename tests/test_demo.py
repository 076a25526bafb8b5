"""`cuttings demo`, the whole of it: real HTTP, real files, the real run; its stories are those of
expected.json."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from pipelines.commands.demo import demo
from pipelines.demo.articles import Report
from pipelines.demo.stage import Stage
from pipelines.errors import ConfigError
from pipelines.storage.store import Store
from pipelines.stories.view import view_story
from tests.conftest import Played
from tests.demo_truth import EXPECTED, edition, furniture, place, site_of

TOLD: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
BY_PLACE: dict[str, Report] = {place(report): report for report in edition().reports}
STORIES = TOLD["stories"]


def ids_by_place(played: Played, column: str) -> dict[str, Any]:
    rows = played.rows(f"SELECT source_id, url, {column} FROM articles")
    return {f"{source} /{url.split('/', 3)[3]}": value for source, url, value in rows}


def test_the_demo_ends_well_and_says_what_to_type_next(played: Played) -> None:
    assert played.exit_code == 0, played.stderr
    rows = [json.loads(line) for line in played.stdout.splitlines()]
    assert len(rows) == len(STORIES)
    assert str(played.database) in played.stderr
    for command in ("stories", "story", "why", "export"):
        assert f"{command} " in played.stderr
    assert "Traceback" not in played.stderr


def test_every_article_is_there_once(played: Played) -> None:
    assert sorted(ids_by_place(played, "id")) == sorted(BY_PLACE)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["event"])
def test_reports_of_one_event_are_one_story(played: Played, story: dict[str, Any]) -> None:
    filed = ids_by_place(played, "story_id")
    pages = {article["page"] for article in story["articles"]}
    numbers = {filed[page] for page in pages}
    assert len(numbers) == 1
    assert {page for page, number in filed.items() if number in numbers} == pages


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["event"])
def test_copies_count_once(played: Played, story: dict[str, Any]) -> None:
    groups = ids_by_place(played, "copy_group")
    texts: dict[str, set[str]] = defaultdict(set)
    for article in story["articles"]:
        texts[article.get("copy_of", article["page"])].add(article["page"])
    for pages in texts.values():
        if len(pages) > 1:
            assert len({groups[page] for page in pages}) == 1
            assert groups[min(pages)] is not None
    number = ids_by_place(played, "story_id")[story["articles"][0]["page"]]
    told = played.rows("SELECT article_count, report_count, source_count FROM stories WHERE id = ?", number)
    assert told == [
        (len(story["articles"]), len(texts), len({page.split()[0] for t in texts.values() for page in t}))
    ]


def test_a_story_names_who_is_quoted_and_the_words_that_several_carry(played: Played) -> None:
    filed = ids_by_place(played, "story_id")
    pages = next(story["articles"] for story in STORIES if story["event"] == "wrenbury-inspection")
    with Store(played.database, read_only=True) as store:
        view = view_story(store, filed[pages[0]["page"]])
    voice = view.voices[0]
    assert voice.speaker == "Odile Marchbank"
    assert "cabinet member" in voice.role or "councillor" in voice.role.lower()
    assert len(voice.reports) >= 3
    words = next(each for each in voice.shared if "would not accept for my own children" in each.words)
    assert len(words.reports) >= 3
    texts = dict(played.rows("SELECT id, text FROM articles"))
    assert all("would not accept for my own children" in texts[report] for report in words.reports)


@pytest.mark.parametrize("page", sorted(BY_PLACE))
def test_the_text_is_the_article_and_nothing_else(played: Played, page: str) -> None:
    report = BY_PLACE[page]
    texts = played.rows(
        "SELECT r.title, r.text FROM revisions r JOIN articles a ON a.id = r.article_id WHERE a.source_id = ? "
        "AND a.url LIKE ? ORDER BY r.id LIMIT 1",
        report.site,
        "%" + page.split(" ", 1)[1],
    )
    title, text = texts[0]
    lines = [" ".join(line.split()).removeprefix("- ").removeprefix("• ") for line in text.splitlines()]
    assert title == report.title
    assert [block.text for block in report.blocks if block.text not in lines] == []
    assert [line for line in furniture(report) if line in text] == []
    wanted = sum(len(block.text) for block in report.blocks) + len(report.standfirst)
    assert sum(map(len, lines)) <= wanted * 1.02 + 20


def test_dates_and_people_are_those_of_the_page(played: Played) -> None:
    days = ids_by_place(played, "published_at")
    people = ids_by_place(played, "authors_json")
    for page, report in BY_PLACE.items():
        told = datetime.fromisoformat(days[page]).astimezone(report.date.tzinfo or UTC)
        assert told.date() == report.date.date(), page
        allowed = [[report.byline]] if report.byline else [[], [site_of(report).name]]
        if report.agency:
            allowed.append([])  # "Union Press reporter" is nobody's name
        assert json.loads(people[page]) in allowed, page


def test_the_article_behind_the_wall_is_a_teaser(played: Played) -> None:
    access = ids_by_place(played, "access")
    walled = {page for page, report in BY_PLACE.items() if report.free_blocks}
    assert {page for page, value in access.items() if value == "teaser"} == walled
    assert {value for page, value in access.items() if page not in walled} == {"full"}


def test_the_second_pass_adds_revisions_and_no_duplicates(played: Played) -> None:
    revised = played.rows(
        "SELECT a.source_id, a.url FROM revisions r JOIN articles a ON a.id = r.article_id "
        "GROUP BY a.id HAVING count(*) > 1"
    )
    assert (
        sorted(f"{source} /{url.split('/', 3)[3]}" for source, url in revised)
        == TOLD["second_pass"]["revised"]
    )
    assert played.rows("SELECT count(*) FROM revisions") == [(len(BY_PLACE) + len(revised),)]
    gone = TOLD["second_pass"]["gone"][0]
    assert ids_by_place(played, "text")[gone]
    assert played.rows("SELECT count(*) FROM runs") == [(2,)]
    assert len(STORIES) == played.rows("SELECT count(*) FROM stories")[0][0]


def test_the_reasons_can_be_read(played: Played) -> None:
    reasons = [reason for (reason,) in played.rows("SELECT reason FROM matches WHERE same_event = 1")]
    assert len(reasons) >= 40
    assert all(len(reason.split()) >= 3 for reason in reasons)


def test_a_database_that_exists_is_left_alone(played: Played) -> None:
    before = played.database.stat().st_mtime_ns
    outcome = CliRunner().invoke(demo, ["--db", str(played.database)])
    assert isinstance(outcome.exception, ConfigError)
    assert str(played.database) in str(outcome.exception)
    assert played.database.stat().st_mtime_ns == before


def test_the_database_of_the_environment_is_not_touched(
    played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUTTINGS_DB", str(played.database))
    (tmp_path / "demo.db").touch()
    before = played.database.stat().st_mtime_ns
    outcome = CliRunner().invoke(demo, ["--dir", str(tmp_path)])
    assert isinstance(outcome.exception, ConfigError)
    assert str(tmp_path / "demo.db") in str(outcome.exception)
    assert (tmp_path / "demo.db").stat().st_size == 0
    assert played.database.stat().st_mtime_ns == before


def test_the_stage_closes_its_ports() -> None:
    with Stage(edition()) as stage:
        address = stage.root("kindred") + "/insight/feed.xml"
        with urlopen(address, timeout=5) as reply:
            assert reply.status == 200
    with pytest.raises(URLError):
        urlopen(address, timeout=5)

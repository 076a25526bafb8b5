"""Searches as people type them: every text is valid, and no exclusion is silently the opposite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.search import parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables import search as tables_search
from pipelines.storage.tables.search import Order, SearchFilter
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import make_desk, page, report
from tests.site import Entry, Site

TEXTS = {
    "leavers": (
        "Care leavers get new grants",
        "Each care leaver in Alder will receive a grant for the first flat.",
    ),
    "housing": (
        "Housing for care leavers",
        "Alder council builds housing for care leavers beside the station.",
    ),
    "foster": ("Fostering drive begins", "The agency wants forty more foster carers in Birch by the spring."),
    "loft": ("Fire in lofts", "Crews were called to the lofts of two homes for children in Cedar."),
    "cafe": (
        "Café opens",
        "The children’s café in Damson, run by Ms O’Brien, opens to families on no-deal days.",
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("search")
    rows = [
        {"id": key, "title": title, "text": text, "published": f"2026-03-0{number}"}
        for number, (key, (title, text)) in enumerate(TEXTS.items(), 1)
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    from pipelines.commands import main

    with pytest.raises(SystemExit):
        main(["import", str(folder / "rows.jsonl"), "--db", str(folder / "x.db"), "-q"])
    with Store(folder / "x.db") as opened:
        yield opened


def found(store: Store, text: str, order: Order = Order.BEST) -> set[str]:
    names = {store.articles.find_external(key): key for key in TEXTS}
    hits = store.search.articles(parse_search(text), SearchFilter(), order=order, limit=50)
    return {names[hit.id] for hit in hits}


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("care leavers", {"leavers", "housing"}),
        ('"care leavers"', {"leavers", "housing"}),
        ('"care leavers" -housing', {"leavers"}),
        ('-housing "care leavers"', {"leavers"}),
        ("care NOT housing", {"leavers", "foster"} - {"foster"}),
        ('care -"beside the station"', {"leavers"}),
        ("“care leavers” –housing", {"leavers"}),
        ("-care", {"foster", "loft", "cafe"}),
        ("foster*", {"foster"}),
        ("fost*", {"foster"}),
        ("loft", {"loft"}),
        ("lofts home", {"loft"}),
        ('"childrens cafe"', {"cafe"}),
        ('"the childrens caf*"', {"cafe"}),
        ('"leavers housing"', set()),
        ("loft OR fostering", {"loft", "foster"}),
        ("loft|grants", {"loft", "leavers"}),
        ("alder loft OR grant", {"leavers"}),
        ("children's", {"loft", "cafe"}),
        ("children’s", {"loft", "cafe"}),
        ("childrens", {"loft", "cafe"}),
        ("cafe", {"cafe"}),
        ("CAFÉ", {"cafe"}),
        ("O'Brien", {"cafe"}),
        ("no-deal", {"cafe"}),
        ("grant.", {"leavers"}),
        ("zebra", set()),
        ("care zebra", set()),
        ("care OR zebra", {"leavers", "housing"} | {"foster"} - {"foster"}),
    ],
)
def test_what_a_search_finds(store: Store, text: str, keys: set[str], order: Order) -> None:
    assert found(store, text, order) == keys


def test_the_best_come_first_and_the_newest_when_asked(store: Store) -> None:
    def ids(order: Order) -> list[int]:
        hits = store.search.articles(parse_search("alder OR housing"), SearchFilter(), order=order, limit=9)
        return [hit.id for hit in hits]

    housing, leavers = store.articles.find_external("housing"), store.articles.find_external("leavers")
    assert ids(Order.BEST)[0] == housing
    assert ids(Order.NEWEST) == [housing, leavers]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    "text", ["care", "care -housing", "-care", "loft OR care", "zebra", "children -loft"]
)
def test_common_and_rare_words_find_the_same_stories(
    store: Store, text: str, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = parse_search(text)

    def ids(limit: int) -> tuple[int, ...]:
        return store.search.stories(search, SearchFilter(), order=order, limit=limit)

    rare = ids(50)
    for name, value in (
        ("RARE_HITS", 1),
        ("WALKED_AT_ONCE", 2),
        ("RANKED_AT_FIRST", 1),
        ("CLOSE_TOGETHER", 0),
    ):
        monkeypatch.setattr(tables_search, name, value)
    assert ids(50) == rare
    assert ids(1) == rare[:1] or order is Order.BEST
    monkeypatch.setattr(tables_search, "WALKED_AT_MOST", 2)
    assert ids(50) == rare


def test_a_hit_shows_the_words_around_the_match(store: Store) -> None:
    [hit] = store.search.articles(parse_search("foster"), SearchFilter(), order=Order.BEST, limit=9)
    assert "foster carers" in hit.snippet


@given(st.text(max_size=60))
def test_any_text_is_a_valid_search(text: str) -> None:
    search = parse_search(text)
    with_index = sqlite3.connect(":memory:")
    with_index.execute(
        "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize='porter unicode61 remove_diacritics 2')"
    )
    for expression in (search.include, search.exclude):
        if expression:
            with_index.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall()
    with_index.close()


@pytest.mark.parametrize("text", ["", "***", "-", "OR", "AND NOT", '""', "( )", "🙂", "\0", "\ud800"])
def test_a_search_without_words_is_empty(text: str) -> None:
    assert parse_search(text).is_empty


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[None]:
    with Site() as site:
        places = ("Alder", "Birch", "Cedar")
        for number, place in enumerate(places, 2):
            site.page(f"/{place}", page(f"{place} council opens a family hub", *report(place, number)))
        site.feed("/feed", [Entry(path=f"/{p}", title=f"{p} council opens a family hub") for p in places])
        make_desk(tmp_path, site).run()
        yield


@pytest.mark.usefixtures("desk")
def test_the_command_line_takes_searches_as_typed(cli: CommandLine) -> None:
    def titles(*words: str) -> list[str]:
        said = cli("stories", *words, "--json")
        assert said.status == 0, said.err
        return sorted(row["title"].split()[0] for row in json.loads(said.out))

    assert titles("family", "hub") == ["Alder", "Birch", "Cedar"]
    assert titles("family", "hub", "-birch") == ["Alder", "Cedar"]
    assert titles("health visitors", "-birch") == ["Alder", "Cedar"]
    assert titles("-birch", "--sort", "newest") == ["Alder", "Cedar"]
    assert titles("alder", "OR", "cedar") == ["Alder", "Cedar"]
    assert titles("--source", "s1", "hub") == ["Alder", "Birch", "Cedar"]
    assert titles("--min-publishers", "2") == []
    assert titles("--kind", "charity") == []
    assert titles("***") == []
    said = cli("articles", "visitor", "-alder", "--nl")
    assert {json.loads(line)["source"] for line in said.out.splitlines()} == {"Site 1"}
    assert all("visitors" in json.loads(line)["snippet"] for line in said.out.splitlines())
    assert "Birch" in cli("articles").out
    assert "no article matches" in cli("articles", "zebra").err


@pytest.mark.usefixtures("desk")
def test_an_article_is_printed_with_its_origins_and_history(cli: CommandLine, tmp_path: Path) -> None:
    said = cli("article", "1")
    assert said.status == 0
    assert "Alder council has opened a family hub" in said.out
    assert "article 1, story " in said.out
    assert "title: from " in said.out
    assert json.loads(cli("article", "1", "--json").out)["id"] == 1
    with opened(tmp_path / "cuttings.db") as database:
        title, text = database.execute("SELECT title, text FROM articles WHERE id = 1").fetchone()
        database.execute(
            "INSERT INTO revisions (article_id, seen_at, title, text, content_hash) VALUES (1, ?, ?, ?, 'x')",
            ("2030-01-01T00:00:00Z", "A new headline", text.replace("health visitors", "school nurses")
             + "\nCorrection: an earlier version named the wrong visitors."),
        )  # fmt: skip
    database.close()
    said = cli("article", "1", "--history")
    assert f"first version: {title}" in said.out
    assert f"headline: [-{title}-] {{+A new headline+}}" in said.out
    assert "[-health visitors-] {+school nurses+}" in said.out
    assert "adds a correction" in said.out
    rows = json.loads(cli("article", "1", "--history", "--json").out)
    assert [row["correction"] for row in rows] == [False, True]
    assert cli("article", "99").status == 1

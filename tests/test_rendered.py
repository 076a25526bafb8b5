"""Rendered pages are kept until the database changes, and a few seconds longer while many are asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pipelines.storage.maintenance import content_version
from pipelines.storage.store import Store
from tests.factories import NOON, make_article

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from datasette import Response

from pipelines.web.rendered import BUSY_AGE_SECONDS, BUSY_PAGES, OLDEST_SECONDS, RenderedPages

FRONT, STORY = ("/", ""), ("/story/1", "")
FIRST, SECOND = (1,), (2,)


class Desk:
    """A site whose pages say how many were made before."""

    def __init__(self, most_bytes: int = 1_000) -> None:
        self.seconds = 100.0
        self.made = 0
        self.status = 200
        self.pages = RenderedPages(clock=lambda: self.seconds, most_bytes=most_bytes)

    async def make(self) -> Response:
        self.made += 1
        number = self.made
        await asyncio.sleep(0)
        return Response.html(f"page {number}", status=self.status, headers={"x-frame-options": "deny"})

    def ask(self, address: tuple[str, str] = FRONT, version: tuple[int, ...] = FIRST) -> str:
        return str(asyncio.run(self.pages.answer(address, version, self.make)).body)


def test_a_page_is_made_once_for_each_version_and_address() -> None:
    desk = Desk()
    assert [desk.ask(), desk.ask(), desk.ask(STORY), desk.ask(version=SECOND)] == [
        "page 1", "page 1", "page 2", "page 3",
    ]  # fmt: skip


def test_a_page_of_an_unchanged_database_is_made_again_after_a_minute() -> None:
    desk = Desk()
    desk.ask()
    desk.seconds += OLDEST_SECONDS
    assert desk.ask() == "page 2"


def test_while_many_ask_a_page_may_be_some_seconds_older_than_the_database() -> None:
    desk = Desk()
    assert {desk.ask() for _ in range(BUSY_PAGES)} == {"page 1"}
    assert desk.ask(version=SECOND) == "page 1"
    desk.seconds += BUSY_AGE_SECONDS
    for _ in range(BUSY_PAGES):
        desk.ask(STORY)
    assert desk.ask(version=SECOND) == "page 3"


def test_one_reader_always_sees_the_newest() -> None:
    desk = Desk()
    for _ in range(BUSY_PAGES):
        desk.ask()
        desk.seconds += 0.5
    assert desk.ask(version=SECOND) == "page 2"


def test_who_asks_for_a_page_in_the_making_waits_for_it() -> None:
    desk = Desk()

    async def crowd() -> list[Response]:
        return await asyncio.gather(*(desk.pages.answer(FRONT, FIRST, desk.make) for _ in range(5)))

    answers = asyncio.run(crowd())
    assert {each.body for each in answers} == {"page 1"}
    assert answers[0].headers == {"x-frame-options": "deny"}


def test_errors_are_not_kept() -> None:
    desk = Desk()
    desk.status = 503
    assert asyncio.run(desk.pages.answer(FRONT, FIRST, desk.make)).status == 503
    assert desk.ask() == "page 2"


def test_the_pages_that_were_not_asked_for_longest_are_dropped() -> None:
    desk = Desk(most_bytes=13)  # of three pages of six bytes two fit
    for address in (FRONT, STORY, FRONT, ("/sources", "")):
        desk.ask(address)
    assert desk.ask(FRONT) == "page 1"
    assert desk.ask(STORY) == "page 4"


def test_the_version_of_a_database_changes_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "cuttings.db"
    assert content_version(path) == content_version(path)
    with Store(path) as store:
        before = content_version(path)
        store.articles.save(make_article(), at=NOON)
        assert content_version(path) != before
        with Store(path, read_only=True) as reader:
            before = content_version(path)
            assert reader.articles.count() == 1
        assert content_version(path) == before, "reading changes nothing"

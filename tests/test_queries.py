"""What docs/queries.md says is so on the demo's database: thirty answers and two plots."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.conftest import Played
from tests.queries_page import PAGE, QUESTION, answer
from tools.plots import PLOTS

QUESTIONS = list(QUESTION.finditer(PAGE.read_text(encoding="utf-8")))


@pytest.fixture
def demo(played: Played) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"file:{played.database}?mode=ro", uri=True)
    yield database
    database.close()


def test_there_are_thirty_questions() -> None:
    assert [question["number"] for question in QUESTIONS] == [str(number) for number in range(1, 31)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["number"])
def test_a_question_has_the_answer_that_is_printed(
    demo: sqlite3.Connection, question: dict[str, str]
) -> None:
    again = "run `cuttings demo --db demo.db` and `python -m tests.queries_page demo.db`"
    assert answer(demo, question["sql"]) == question["answer"], again


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_that_of_the_demo(demo: sqlite3.Connection, name: str) -> None:
    again = "run `cuttings demo --db demo.db` and `python -m tools.plots demo.db docs`"
    assert PLOTS[name](demo) == (PAGE.parent / name).read_text(encoding="utf-8"), again

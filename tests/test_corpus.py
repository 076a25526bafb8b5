"""Pages of our own writing, each with what must come of it; one without an expected.json fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scraper.extraction import extract
from tests.extractor_record import RECORD, record

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(page.parent for page in CORPUS.glob("*/*/page.html"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_page_gives_what_is_expected_of_it(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    article = extract((case / "page.html").read_bytes(), expected["url"])
    lines = article.text.splitlines()
    assert [line for line in expected["lines"] if line not in lines] == []
    assert [words for words in expected["absent"] if words in article.text] == []
    assert article.title == expected["title"]
    assert list(article.authors) == expected["authors"]
    assert (article.published_at.date().isoformat() if article.published_at else None) == expected[
        "published"
    ]


def test_the_corpus_is_there() -> None:
    assert len(CASES) >= 4
    assert {case.parent.parent for case in CASES} == {CORPUS}


def test_rules_that_give_other_texts_have_another_version() -> None:
    recorded = json.loads(RECORD.read_text("utf-8"))
    current = record()
    if current["outcomes"] != recorded["outcomes"]:
        assert current["version"] != recorded["version"], "the texts changed: raise EXTRACTOR_VERSION"
    assert current == recorded, "run `python -m tests.extractor_record`"

"""A list of other stories is not an article, whatever its mark-up; an article above such a list is one."""

from __future__ import annotations

import pytest

from scraper.errors import ExtractionError
from scraper.extraction import extract
from tests.list_pages import article_pages, list_pages

PARAGRAPHS = [
    "The county council voted on Thursday to keep both of its children's homes, after hearing from the staff.",
    "Councillors had been told that closing them would save £900,000 a year, but not what would become of the children.",
    "“It is their home,” said Mina Faraday, who has run the older of the two for eleven years and lives next door.",
    "A review of the decision is due in the spring, when the budget for the next three years will be set.",
]
PASSING = 0.1  # of the lists; a third passed before entries were counted by their words


def passes(url: str, html: str) -> bool:
    """Whether a page gives an article."""
    try:
        return bool(extract(html, url).text)
    except ExtractionError:
        return False


@pytest.mark.slow
def test_lists_are_refused_whatever_their_markup() -> None:
    pages = list(list_pages())
    passed = [url for url, html in pages if passes(url, html)]
    assert len(passed) <= PASSING * len(pages), passed


def test_articles_above_a_list_of_other_stories_are_read() -> None:
    for url, html in article_pages(PARAGRAPHS):
        lines = extract(html, url).text.splitlines()
        assert [line for line in PARAGRAPHS if line not in lines] == [], url

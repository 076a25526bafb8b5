"""A page that a person named is refused only if it has no text; a run refuses lists and stubs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scraper.articles import SiteKnowledge, read_page
from scraper.errors import EmptyPageError, ExtractionError, NotAnArticleError
from scraper.models import Article, Link, Page

URL = "https://courier.example/places"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HUB = "".join(
    f"<div class='card'><h3><a href='/s/{number}'>The {name} library opens again this spring</a></h3>"
    f"<p>Readers in {name} can borrow again from Monday, after two years of repairs to roof and floor.</p></div>"
    for number, name in enumerate("Elm Norley Cawton Birk Tansor Oakford Wenn Hale Ryde Moor".split())
)


def read(body: str, *, any_text: bool) -> Article:
    markup = f"<html><head><title>Places</title></head><body><main>{body}</main></body></html>"
    page = Page(url=URL, final_url=URL, status=200, headers=(), body=markup.encode(), fetched_at=NOW)
    return read_page(page, Link(url=URL), SiteKnowledge(any_text=any_text), now=NOW)


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (HUB, NotAnArticleError, "Readers in Elm"),
        ("<p>Closed until Monday, says the mayor.</p>", EmptyPageError, "Closed until"),
    ],
)
def test_only_a_run_refuses_a_list_or_a_stub(body: str, error: type[ExtractionError], words: str) -> None:
    with pytest.raises(error):
        read(body, any_text=False)
    assert words in read(body, any_text=True).text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<h1>Your privacy matters to us</h1><p>We and our 12 partners use cookies. Accept all cookies to continue.</p>",
        "<h1>Page not found</h1><p>The page that you are looking for is no longer here, or never was.</p>",
    ],
)
def test_a_page_without_a_text_of_its_own_is_refused_all_the_same(body: str) -> None:
    with pytest.raises(ExtractionError):
        read(body, any_text=True)

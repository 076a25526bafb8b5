"""A page parsed once: what is refused, and what no page may do to the parser."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import EmptyPageError, ExtractionError, NotHtmlError, ParseLimitError
from scraper.extraction import extract, extract_document, read_document
from scraper.extraction.document import MAX_CHARACTERS

STORY = "".join(
    f"<p>Paragraph {number} tells what the council of Merrowdale decided, and who spoke against it that evening.</p>"
    for number in range(6)
)


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("", EmptyPageError),
        (b"  \r\n \x00", EmptyPageError),
        ('<?xml version="1.0"?><rss version="2.0"></rss>', NotHtmlError),
        ("<feed xmlns='http://www.w3.org/2005/Atom'></feed>", NotHtmlError),
        ('{"a": 1}', NotHtmlError),
        (b"%PDF-1.7 \x00\x01", NotHtmlError),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, NotHtmlError),
        ("Just a line of words.", NotHtmlError),
    ],
)
def test_what_is_no_page_is_refused_with_a_reason(page: str | bytes, error: type[ExtractionError]) -> None:
    with pytest.raises(error) as caught:
        extract(page, "https://example.org/a")
    assert "https://example.org/a" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_large_a_page_is_refused() -> None:
    with pytest.raises(ParseLimitError):
        read_document("<p>" + "a" * MAX_CHARACTERS)


@pytest.mark.parametrize("depth", [10, 249, 260, 1000, 3000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_text_is_found_at_any_depth(depth: int) -> None:
    page = f"<html><body>{'<div>' * depth}<h1>Merrowdale</h1>{STORY}{'</div>' * depth}</body></html>"
    assert "Paragraph 5 tells" in extract(page).text


def test_a_tag_with_a_hundred_thousand_attributes_does_no_harm() -> None:
    attributes = " ".join(f'a{number}="{number}"' for number in range(100_000))
    page = f"<html><body><div {attributes}><h1>Merrowdale</h1>{STORY}</div></body></html>"
    assert "Paragraph 5 tells" in extract(page).text


def test_attributes_of_a_tag_that_never_ends() -> None:
    with pytest.raises(ExtractionError):
        extract("<html><body><div " + '<a "' * 50_000)


def test_control_characters_and_lone_surrogates_are_no_text() -> None:
    article = extract(
        f"<html><body><h1>A\x00B</h1>{STORY}<p>The \x0bvote \ud800was close, said all of those who had stayed.</p>"
    )
    assert "\x0b" not in article.text
    article.text.encode("utf-8")


def test_the_document_is_as_before_after_extraction() -> None:
    document = read_document(
        f"<html><body><nav><a href='/'>Home</a></nav><h1>Merrowdale</h1>{STORY}</body></html>"
    )
    before = [element.tag for element in document.root.iter()]
    blocks = document.blocks
    first, second = extract_document(document), extract_document(document)
    assert [element.tag for element in document.root.iter()] == before
    assert first == second
    assert document.blocks is blocks


@given(st.text(max_size=400), st.binary(max_size=400))
def test_any_input_gives_an_article_or_a_reason(text: str, raw: bytes) -> None:
    assert all(outcome(page) for page in (text, raw, f"<html><body>{text}</body></html>"))


def outcome(page: str | bytes) -> str:
    try:
        return extract(page).text
    except ExtractionError as error:
        return str(error)


@pytest.mark.parametrize("tag", ["<li>x", "x<br>", "<a href=/x>y</a> ", "<tr><td>x", "<p>x", "<div>"])
def test_millions_of_elements_are_refused_before_they_cost_anything(tag: str) -> None:
    began = time.process_time()
    with pytest.raises(ParseLimitError, match="elements"):
        extract(f"<html><body><h1>T</h1>{tag * 400_000}")
    assert time.process_time() - began < 5.0

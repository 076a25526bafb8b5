"""Text that a page carries only in its scripts."""

from __future__ import annotations

import json

import pytest

from scraper.errors import EmptyPageError
from scraper.extraction import extract
from scraper.models import Access

TITLE = "Harbour school wins its appeal"
PARAGRAPHS = [
    f"Paragraph {number} tells in some fifteen words how the harbour school came to win its long appeal."
    for number in ("one", "two", "three", "four", "five")
]


def page(script: str, body: str = '<div id="app"></div>') -> str:
    return f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{body}</body></html>{script}"


def scripted(value: object, kind: str = "application/json", before: str = "") -> str:
    return f'<script type="{kind}">{before}{json.dumps(value)}</script>'


@pytest.mark.parametrize(
    "script",
    [
        scripted({"@type": "NewsArticle", "articleBody": "\n".join(PARAGRAPHS)}, "application/ld+json"),
        scripted({"@type": "NewsArticle", "articleBody": "".join(f"<p>{p}</p>" for p in PARAGRAPHS)}, "application/ld+json"),
        scripted({"@type": "LiveBlogPosting", "liveBlogUpdate": [{"headline": "Now", "articleBody": p} for p in PARAGRAPHS]}, "application/ld+json"),
        scripted({"state": {"story": {"title": TITLE, "blocks": [{"kind": "paragraph", "value": p} for p in PARAGRAPHS]}}}),
        scripted({"story": {"title": TITLE, "html": "".join(f"<p>{p}</p>" for p in PARAGRAPHS)}}, "", "window.__STATE__ = "),
        scripted({"post": {"title": TITLE, "nodes": [{"type": "p", "children": [{"text": p[:20]}, {"text": p[20:]}]} for p in PARAGRAPHS]}}),
    ],
    ids=["article body", "article body in HTML", "live updates", "state", "assigned state", "runs"],
)  # fmt: skip
def test_the_text_of_a_script_is_read_where_the_page_shows_none(script: str) -> None:
    assert [line for line in extract(page(script)).text.split("\n") if line != "Now"] == PARAGRAPHS


def test_a_text_that_the_page_shows_is_preferred_and_other_stories_in_the_state_are_not_read() -> None:
    shown = "".join(f"<p>{text.replace('Paragraph', 'Section')}</p>" for text in PARAGRAPHS)
    related = {"related": [{"type": "text", "text": text} for text in PARAGRAPHS]}
    assert "Paragraph" not in extract(page(scripted(related), shown)).text
    with pytest.raises(EmptyPageError):
        extract(page(scripted(related)))


def test_a_paid_story_is_not_taken_from_a_script() -> None:
    node = {"@type": "NewsArticle", "isAccessibleForFree": False, "articleBody": "\n".join(PARAGRAPHS)}
    article = extract(
        page(scripted(node, "application/ld+json"), f"<article><p>{PARAGRAPHS[0]}</p></article>")
    )
    assert article.access is Access.TEASER
    assert PARAGRAPHS[2] not in article.text

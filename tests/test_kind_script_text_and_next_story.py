"""Texts that stand only in scripts, other stories below or above the article, walls in other languages."""

from __future__ import annotations

import html
import json

import pytest

import scraper
from scraper.extraction.document import read_document
from scraper.extraction.embedded_text import embedded_text
from scraper.extraction.paywall import settled_access
from scraper.models import Access

TITLE = "Lock keepers reopen the canal after the flood"
PARAGRAPHS = [
    f"Paragraph {number} tells how the keepers cleared silt from lock {number} with borrowed pumps, and which "
    f"of the boats that had waited below it could pass again before the evening of day {number}."
    for number in range(1, 6)
]
MARKUP = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
STORY = {"headline": TITLE, "body": MARKUP}
REACT = ["$", "article", None, {"children": [["$", "p", None, {"children": line}] for line in PARAGRAPHS]}]
OTHER = (
    "<p>The brass band has lost its rehearsal room above the old cinema, and its conductor is asking schools "
    "in the district for two evenings a week until a new one has been found and paid for.</p>"
    "<p>Players who live far out fear that they will have to leave, since the last bus goes at nine.</p>"
)


def page(body: str, head: str = "") -> str:
    return (
        f"<html lang='en'><head><title>{TITLE}</title>{head}</head><body><h1>{TITLE}</h1>{body}</body></html>"
    )


def script(code: str, kind: str = "") -> str:
    return f"<script type='{kind}'>{code}</script>" if kind else f"<script>{code}</script>"


@pytest.mark.parametrize(
    "carrier",
    [
        f"<div data-page='{html.escape(json.dumps({'props': STORY}))}'></div>",
        script(f"window.__STATE__ = JSON.parse({json.dumps(json.dumps(STORY))});"),
        script(f"self.__next_f.push({json.dumps([1, '2:' + json.dumps(STORY)[:300]])})")
        + script(f"self.__next_f.push({json.dumps([1, json.dumps(STORY)[300:]])})"),
        script(f"self.__next_f.push({json.dumps([1, '7:' + json.dumps(REACT)])})"),
        script(
            json.dumps({"@type": "Article", "headline": TITLE, "text": "\n".join(PARAGRAPHS)}),
            "application/ld+json",
        ),
        script(
            json.dumps({"@type": "Article", "headline": TITLE, "articleBody": PARAGRAPHS}),
            "application/ld+json",
        ),
        f'<div itemscope><meta itemprop="articleBody" content="{" ".join(PARAGRAPHS)}"></div>',
        script(
            json.dumps(
                {
                    "headline": TITLE,
                    "blocks": [{"model": {"blocks": [{"model": {"text": line}}]}} for line in PARAGRAPHS],
                }
            ),
            "application/json",
        ),
    ],
    ids="attribute json-parse streamed react ld-text ld-list microdata models".split(),
)
def test_the_text_is_read_from_what_carries_it(carrier: str) -> None:
    text = embedded_text(read_document(page(carrier)).root, TITLE)
    assert all(paragraph in text for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    "other",
    [
        f"<div role='article'><h2><a href='/band'>Band loses its room</a></h2>{OTHER}</div>",
        f"<div><span>Up next</span><h1>Band loses its room</h1>{OTHER}</div>",
        f"<h3>Next article</h3><div><h2>Band loses its room</h2>{OTHER}</div>",
        f"<div><h2>Band loses its room</h2><p>By Lee Marsh | 3 March 2026</p>{OTHER}</div>",
    ],
)
def test_another_story_below_the_article_is_left_out(other: str) -> None:
    article = scraper.extract(page(f"<div class='text'>{MARKUP}</div>{other}"), "https://canal.example/a")
    assert PARAGRAPHS[-1] in article.text
    assert "brass band" not in article.text


def test_a_teaser_above_the_headline_is_left_out() -> None:
    body = f"<article><h2><a href='/band'>Band loses its room</a></h2>{OTHER}</article>"
    source = page("").replace(f"<h1>{TITLE}</h1>", f"{body}<article><h1>{TITLE}</h1>{MARKUP}</article>")
    article = scraper.extract(source, "https://canal.example/a")
    assert PARAGRAPHS[0] in article.text
    assert "brass band" not in article.text


def test_a_signed_part_without_a_date_belongs_to_the_article() -> None:
    part = f"<h2>What the pumps cost</h2><p>By Lee Marsh</p>{OTHER}"
    article = scraper.extract(page(f"<div class='text'>{MARKUP}{part}</div>"), "https://canal.example/a")
    assert "brass band" in article.text


@pytest.mark.parametrize(
    "wall",
    [
        "Weiterlesen mit Kanal Plus",
        "Cet article est réservé aux abonnés.",
        "Il vous reste 70 % de cet article à lire.",
        "Contenido exclusivo para suscriptores",
        "Articolo riservato agli abbonati",
        "Alleen voor abonnees",
    ],
)
def test_a_wall_in_another_language_makes_a_teaser(wall: str) -> None:
    assert settled_access(Access.FULL, PARAGRAPHS[0], [PARAGRAPHS[0], wall]) is Access.TEASER

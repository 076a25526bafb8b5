"""Stories in the stores of page programs, and the boxes of other stories around the page's own."""

from __future__ import annotations

import html
import json

import pytest

import scraper
from scraper.extraction.document import read_document
from scraper.extraction.embedded_text import embedded_text

TITLE = "Weavers of Dunholm turn the old tannery into a dye works"
OTHER_TITLE = "Chess club moves to the station buffet"
PARAGRAPHS = [
    f"Line {number} of the report says which vat the weavers bought for workshop {number}, who lent them the "
    f"money, and why the town had left that part of the tannery empty for {number} decades before them."
    for number in range(1, 6)
]
MARKUP = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
OTHER = (
    "<p>The chess club has played in the library since the war and leaves it because the heating fails every "
    "winter, the chairwoman told members on Thursday evening.</p>"
    "<p>Its forty boards will stand in the station buffet from May, where players may stay until midnight.</p>"
)
OTHER_MARK = "forty boards"


def page(body: str, headline: str = f"<h1>{TITLE}</h1>") -> str:
    return f"<html lang='en'><head><title>{TITLE}</title></head><body><main>{headline}{body}</main></body></html>"


def script(code: str) -> str:
    return f"<script>{code}</script>"


def flight(*rows: str) -> str:
    return "".join(script(f"self.__next_f.push({json.dumps([1, row])})") for row in rows)


def island(value: object) -> str:
    return f"<astro-island props='{html.escape(json.dumps(value), quote=True)}'></astro-island>"


@pytest.mark.parametrize(
    "carrier",
    [
        flight(*(f"{at}:{json.dumps(['$', 'p', None, {'children': line}])}\n" for at, line in enumerate(PARAGRAPHS))),
        flight(f"a:T{len(MARKUP.encode()):x},{MARKUP}" + 'b:["$","div",null,{}]\n'),
        flight("3:" + json.dumps(["$", "$L9", None, {"story": {"title": TITLE, "body": MARKUP}}]) + "\n"),
        flight("3:" + json.dumps(["$", "div", None, {"dangerouslySetInnerHTML": {"__html": MARKUP}}])),
        island({"story": [0, {"title": [0, TITLE], "body": [1, [[0, line] for line in PARAGRAPHS]]}]}),
        script(
            "window.__APOLLO_STATE__="
            + json.dumps({f"Paragraph:{at}": {"__typename": "Paragraph", "text": line} for at, line in enumerate(PARAGRAPHS)})
        ),
        f"<story-page :story='{html.escape(json.dumps({'title': TITLE, 'body': MARKUP}))}'></story-page>",
        script("window.__NUXT__=(function(a,b){return {story:{title:a,body:b}}}(" + json.dumps(TITLE) + ",void 0,"
               + json.dumps(MARKUP) + "));"),
        script(f"App.start({json.dumps({'title': TITLE, 'body': MARKUP})});"),
        script(json.dumps({"title": TITLE, "parts": [{"paragraphs": PARAGRAPHS[:2]}, {"paragraphs": PARAGRAPHS[2:]}]})),
        script(json.dumps([{"name": "core/paragraph", "attributes": {"content": line}} for line in PARAGRAPHS])),
        script(json.dumps({str(at): {"type": "paragraph", "text": line} for at, line in enumerate(PARAGRAPHS)})),
        f"<script type='application/ld+json'>{json.dumps(json.dumps({'@type': 'Article', 'articleBody': MARKUP}))}</script>",
        f"<template id='story'>{MARKUP}</template>",
        f"<script type='text/x-template'>{MARKUP}</script>",
        script(""),
    ],
    ids="rows long-row properties inner-html island store vue call-values call parts blocks map twice template script-template nothing".split(),
)  # fmt: skip
def test_a_store_holds_the_story(carrier: str) -> None:
    text = embedded_text(read_document(page(carrier), "https://n.example/1").root, TITLE)
    kept = [line for line in PARAGRAPHS if line in text]
    assert kept == ([] if carrier == script("") else PARAGRAPHS)


def test_a_template_of_a_few_words_is_not_a_story() -> None:
    notice = "<template><p>We use cookies so that you can sign in and stay signed in.</p></template>"
    assert embedded_text(read_document(page(notice), "https://n.example/1").root, TITLE) == ""


def test_a_live_blog_of_one_update_is_read() -> None:
    said = {"@type": "LiveBlogPosting", "liveBlogUpdate": {"articleBody": MARKUP}}
    ld = f"<script type='application/ld+json'>{json.dumps(said)}</script>"
    assert PARAGRAPHS[4] in scraper.extract(page(ld), "https://n.example/1").text


def linked(level: int = 3) -> str:
    return f"<h{level}><a href='/chess'>{OTHER_TITLE}</a></h{level}>"


@pytest.mark.parametrize(
    "body",
    [
        f"<div class='entry'><h2>{TITLE}</h2>{MARKUP}</div><div class='entry'><h2>{OTHER_TITLE}</h2>{OTHER}</div>",
        f"<div class='story'>{MARKUP}</div><div class='story'><h1>{OTHER_TITLE}</h1>{OTHER}</div>",
        f"<div itemscope itemtype='https://schema.org/NewsArticle'><h1>{TITLE}</h1>{MARKUP}</div>"
        f"<div itemscope itemtype='https://schema.org/NewsArticle'><h1>{OTHER_TITLE}</h1>{OTHER}</div>",
        f"<div data-url='/1'>{MARKUP}</div><div data-url='/2'><h1>{OTHER_TITLE}</h1>{OTHER}</div>",
        f"{MARKUP}<section><h4>More from Dunholm</h4>{linked()}{OTHER}</section>",
        f"{MARKUP}<h2>Related stories</h2><ul><li>{linked()}{OTHER}</li></ul>",
        f"{MARKUP}<div class='next-story'><h2>{OTHER_TITLE}</h2>{OTHER}</div>",
        f"<article>{MARKUP}<article>{linked(2)}<p>By Ida Lund</p>{OTHER}</article></article>",
        f"{MARKUP}<div class='more'>{linked(4)}<p>By Ida Lund</p>{OTHER}</div>",
        f"{MARKUP}<div>{linked(4)}<p class='byline'>By Ida Lund</p>{OTHER}</div>",
        f"{MARKUP}<div itemprop='comment'><p>Ida wrote:</p>{OTHER}</div>",
    ],
    ids="twin twin-h1 twin-type twin-address labelled list named nested apart signed answer".split(),
)
def test_another_story_is_left_out(body: str) -> None:
    headline = "" if TITLE in body else f"<h1>{TITLE}</h1>"
    text = scraper.extract(page(body, headline), "https://n.example/1").text
    assert OTHER_MARK not in text
    assert all(line in text for line in PARAGRAPHS)


@pytest.mark.parametrize(
    "box",
    [
        f"<div><h4>Sponsored</h4>{linked()}{OTHER}</div>",
        f"<div class='related-articles'>{linked()}{OTHER}</div>",
    ],
)
def test_the_story_goes_on_after_a_box(box: str) -> None:
    first, *rest = (f"<p>{line}</p>" for line in PARAGRAPHS)
    text = scraper.extract(
        page(f"<article>{first}{box}{''.join(rest)}</article>"), "https://n.example/1"
    ).text
    assert OTHER_MARK not in text
    assert all(line in text for line in PARAGRAPHS)


@pytest.mark.parametrize(
    "part",
    [
        f"<article class='post'><h2><a href='#later'>The second shift</a></h2>{OTHER}</article>",
        f"<div class='story-part'><h2>The second shift</h2>{OTHER}</div>",
        f"<h2><a href='https://n.example/1#later'>The second shift</a></h2>{OTHER}",
    ],
)
def test_a_part_of_the_own_story_stays(part: str) -> None:
    text = scraper.extract(page(f"<div class='story-part'>{MARKUP}</div>{part}"), "https://n.example/1").text
    assert OTHER_MARK in text

"""Pages that leave out the tags of html, head and body, as the HTML standard allows."""

from __future__ import annotations

import time

import pytest

from scraper.body_tag import with_body_tag
from scraper.discovery.find import find_feeds
from scraper.discovery.listings import read_listing
from scraper.extraction import extract
from scraper.extraction.mail_blocks import html_blocks
from scraper.extraction.selectors import page_parts, select_parts
from scraper.models import Selectors
from tests.test_document import STORY

TITLE = "<!doctype html><title>Merrowdale votes</title>"
HEADLINE = "<h1>Merrowdale votes</h1>"


@pytest.mark.parametrize(
    "page",
    [
        f"{TITLE}<article>{HEADLINE}{STORY}</article>",
        f"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Merrowdale votes</title>\n<main>{HEADLINE}{STORY}</main>",
        f"{TITLE}<header><a href=/>Home</a></header><section>{HEADLINE}{STORY}</section>",
        f"{TITLE}<nav><a href=/>Home</a></nav><main>{HEADLINE}{STORY}</main><footer>Merrow Post</footer>",
        f"<html><head><title>Merrowdale votes</title><post-app>{HEADLINE}{STORY}</post-app></html>",
        f"{TITLE}<!-- <body> --><script>write('<body>')</script><style>b{{}}</style><main>{HEADLINE}{STORY}</main>",
        f"{TITLE}<meta name=d content='a > b'><noscript><img src=x></noscript><main>{HEADLINE}{STORY}</main>",
        f"<html><head><title>Merrowdale votes</title><article>{HEADLINE}{STORY}</article><body class=late></body>",
    ],
)  # fmt: skip
def test_the_article_of_a_page_without_a_body_tag(page: str) -> None:
    article = extract(page, "https://example.org/news/1")
    assert article.title == "Merrowdale votes"
    assert article.text.startswith("Paragraph 0 tells")
    assert "Paragraph 5 tells" in article.text


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>a</title></head>\n<body class=b><p>c</p>",
        "<TITLE>a</TITLE><BODY><p>c</p>",
        "<head><script>if (a <b) '<p>'</script><link rel=x></head><!-- <p> --><body>",
        "<html><head><title>a</title></head><frameset><frame src=b></frameset>",
        "<title>the title never ends <p>b</p>",
        "<!-- nor does the comment <p>b</p>",
        "<title>a</title>text <p>b</p>",
        "",
    ],
)
def test_pages_that_are_left_as_they_are(page: str) -> None:
    assert with_body_tag(page) == page


@pytest.mark.parametrize(
    "part", ["<", "<!--", "<meta a=\"", "<meta ='", "<script>", "</script", "<title></titl", "<link =", "<!a>"]
)  # fmt: skip
def test_a_hostile_head_takes_linear_time(part: str) -> None:
    begun = time.process_time()
    with_body_tag(part * 20_000)
    assert time.process_time() - begun < 1


def test_the_other_readers_of_a_page() -> None:
    links = "".join(
        f"<p><a href=/news/{n}-council-votes>The council votes on plan {n}</a></p>" for n in range(4)
    )
    listed = f"{TITLE}<link rel=alternate type=application/rss+xml href=/feed><main>{links}</main>"
    assert len(read_listing(listed, "https://example.org/news")) == 4
    assert find_feeds(listed, "https://example.org/") == ["https://example.org/feed"]
    page = f"{TITLE}<main class=story>{HEADLINE}{STORY}</main>"
    assert next(part.text for part in page_parts(page)) == "Merrowdale votes"
    assert select_parts(page, Selectors(body="body > main")).has_body
    assert html_blocks(page)[0].text == "Merrowdale votes"

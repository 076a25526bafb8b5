"""The agency that an article credits, and the publisher that an aggregator took an item from."""

from __future__ import annotations

from pathlib import Path

import pytest

from scraper import extract, read_feed
from scraper.articles import announced_article
from scraper.extraction import agency_credit
from tests.desk import make_desk, page, report
from tests.site import NOON, Entry, Site


@pytest.mark.parametrize(
    ("byline", "agency"),
    [
        ("PA Media", "PA Media"),
        ("Press Association", "PA Media"),
        ("By PA Reporter", "PA Media"),
        ("Ann Lee, PA Political Editor", "PA Media"),
        ("By ANN LEE Associated Press", "Associated Press"),
        ("By Ann Lee, The Associated Press", "Associated Press"),
        ("Ann Lee (AP)", "Associated Press"),
        ("By Ann Lee, Local Democracy Reporter", "Local Democracy Reporting Service"),
        ("Local Democracy Reporter Ann Lee", "Local Democracy Reporting Service"),
        ("Le Courrier avec AFP", "AFP"),
        ("Von Ann Lee (dpa)", "dpa"),
        ("Reuters", "Reuters"),
        ("Ann Lee", None),
        ("Papa Apricot", None),
        ("pa", None),
    ],
)
def test_bylines(byline: str, agency: str | None) -> None:
    assert agency_credit([byline]) == agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("LONDON (AP) — The council said so.", "Associated Press"),
        ("LONDON, Nov 2 (Reuters) - The council said so.", "Reuters"),
        ("Berlin (dpa/lnw) - Der Rat hat es gesagt.", "dpa"),
        ("Madrid, 2 nov (EFE).- El pleno lo dijo.", "EFE"),
        ("(ANSA) - ROMA, 2 NOV - Il consiglio.", "ANSA"),
        ("By Ann Lee, Local Democracy Reporter\nThe council said so.", "Local Democracy Reporting Service"),
        ("The council said so.\nAdditional reporting by PA", "PA Media"),
        ("Der Rat hat es gesagt.\ndpa/lnw", "dpa"),
        ("Le conseil l’a dit.\n(avec AFP)", "AFP"),
        ("The council said so.\nCopyright 2026 The Associated Press.", "Associated Press"),
        ("The PA of the mayor said that pupils take AP exams.", None),
        ("Parents in Scranton, PA, said so.", None),
        ("Berlin (dpa). Der Rat hat es gesagt.", "dpa"),
        ("HOUSTON (AP)\nThe council said so.", "Associated Press"),
        ("Pupils at a school in Leeds (PA).\nThe council said so.", None),
        ("Ann Lee (PA)\nThe council said so.", None),
        ("(PA)\nThe council said so.", None),
        ("The council (PA) said so in its paper.", None),
        ("The Reuters building in London was sold.", None),
        ("Reuters\nThe council said so, and a picture stands above it.", None),
        ("", None),
    ],
)
def test_texts(text: str, agency: str | None) -> None:
    assert agency_credit([], text) == agency


@pytest.mark.parametrize(
    "markup",
    ["<p class='byline'>By PA Reporter</p>", "<p>By Ann Lee, Press Association</p>", "<meta name='author' content='PA Media'>"],
)  # fmt: skip
def test_the_byline_of_a_page(markup: str) -> None:
    html = page("Alder opens a hub", *report("Alder")).replace("</h1>", f"</h1>{markup}")
    assert extract(html, "https://example.org/news/1").agency == "PA Media"
    assert extract(page("Alder opens a hub", *report("Alder")), "https://example.org/news/1").agency is None


def test_an_aggregator_names_the_publisher_of_an_item() -> None:
    feed = (
        "<rss version='2.0'><channel><title>All the news</title>"
        "<item><title>A hub opens</title><link>https://all.example/r/1</link>"
        "<source url='https://post.example/rss'>Valley Post</source></item>"
        "<item><title>A hub shuts</title><link>https://all.example/r/2</link>"
        "<source url='https://all.example/rss'>All the news</source></item></channel></rss>"
    )
    first, second = read_feed(feed.encode(), "https://all.example/rss")
    assert (first.publisher, second.publisher) == ("Valley Post", "")
    article = announced_article(first, now=NOON)
    assert article is not None
    assert article.publisher == "Valley Post"


def test_the_agency_is_stored(tmp_path: Path) -> None:
    with Site() as site:
        site.feed("/feed", [Entry(path="/a", title="Alder opens a hub")])
        site.page("/a", page("Alder opens a hub", "ALDER (AP) - A hub opens.", *report("Alder")))
        desk = make_desk(tmp_path, site)
        desk.run()
        with desk.store() as store:
            assert store._connection.execute("SELECT agency FROM articles") == [("Associated Press",)]

"""Dates, names and titles as sites in more languages and programs write them."""

from __future__ import annotations

import json

import pytest

import scraper
from scraper.extraction.authors import clean_authors, is_name
from scraper.extraction.dates import is_only_date, parse_date

TEXT = "<p>The ferry to Ulsay sails again from Monday, after divers freed its propeller of a net.</p>" * 5
TITLE = "Ferry to Ulsay sails again"
URL = "https://n.example/ferry"


def page(top: str, head: str = "", lang: str = "en") -> scraper.Article:
    body = f"<article><h1>{TITLE}</h1>{top}{TEXT}</article>"
    return scraper.extract(
        f"<html lang='{lang}'><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>", URL
    )


@pytest.mark.parametrize(
    "line",
    [
        "3. prosinca 2026. u 14:05",
        "3. decembra 2026 14:05",
        "2026 m. gruodžio 3 d. 14:05",
        "3. detsember 2026",
        "3 декември 2026",
        "3 ديسمبر 2026 - 14:05",
        "3 Rhagfyr 2026",
        "3 Nollaig 2026",
        "3 Disember 2026",
        "3. december 2026 kl. 14.05",
        "3 de decembro de 2026",
        "3 בדצמבר 2026",
    ],
)
def test_a_day_in_another_language(line: str) -> None:
    when = parse_date(line)
    assert when is not None
    assert (when.year, when.month, when.day) == (2026, 12, 3)
    assert is_only_date(line)


def test_a_clock_beside_a_month_in_lower_case_waits_for_its_zone() -> None:
    assert [parse_date(f"3 {month} 2026 14:05").hour for month in ("november", "November")] == [0, 14]  # type: ignore[union-attr]


def test_a_long_line_of_two_dates_gives_both() -> None:
    line = "Publié le 2 novembre 2026 à 09h00, mis à jour le 3 novembre 2026 à 14h05, à Paris"
    article = page(f"<p>{line.removesuffix(', à Paris')}</p>", lang="fr")
    assert article.published_at
    assert article.modified_at
    assert (article.published_at.day, article.modified_at.day) == (2, 3)


def test_two_dates_side_by_side_are_not_text() -> None:
    stamps = (
        "<span><time class='published' datetime='2026-11-03T08:00Z'>November 3, 2026</time>"
        "<time class='updated' datetime='2026-11-09T08:00Z'>November 9, 2026</time></span>"
    )
    assert "November" not in page(stamps).text


def test_the_declaration_of_this_page_counts() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": "Old", "url": f"https://{host}", "datePublished": day, "author": "Bo Ek"}
        for host, day in (("n.example/old", "2020-01-01"), ("www.n.example/ferry?x=1", "2026-11-03"))
    ]  # fmt: skip
    article = page("", f"<script type='application/ld+json'>{json.dumps(nodes)}</script>")
    assert article.published_at
    assert article.published_at.year == 2026


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Автор: Анна Петрова", ("Анна Петрова",)),
        ("文・田中 花子", ("田中 花子",)),
        ("记者：张三", ("张三",)),
        ("Text: Ida Lund Photo: Sam Ord", ("Ida Lund",)),
        ("Karl von und zu Alm", ("Karl von und zu Alm",)),
        ("Ida Lund und Jan von Alm", ("Ida Lund", "Jan von Alm")),
        ("Web Team", ()),
        ("Artikel merken", ()),
    ],
)
def test_names_of_a_byline(written: str, names: tuple[str, ...]) -> None:
    assert clean_authors([written]) == names


def test_a_photographer_may_have_written() -> None:
    assert is_name("Bild Larsson")


@pytest.mark.parametrize(
    ("head", "heading", "title"),
    [
        (
            "<meta property='og:title' content='&lt;em&gt;Tern&lt;/em&gt; sinks off Ulsay'>",
            "",
            "Tern sinks off Ulsay",
        ),
        ("<title>&lt;![CDATA[Tern sinks off Ulsay]]&gt;</title>", "", "Tern sinks off Ulsay"),
        ("", "<h1>Tern sinks off Ulsay<a href='#t'>¶</a></h1>", "Tern sinks off Ulsay"),
        ("", "<h1>Tern sinks off Ulsay <button>Share</button></h1>", "Tern sinks off Ulsay"),
        ("", "<h1>Why the &lt;strong&gt; element stays</h1>", "Why the <strong> element stays"),
        (
            "<meta property='og:site_name' content='Ulsay Times'><title>Ulsay Times: Tern sinks in gale</title>",
            "",
            "Tern sinks in gale",
        ),
    ],
)
def test_a_title_without_marks(head: str, heading: str, title: str) -> None:
    html = f"<html><head>{head}</head><body><article>{heading}{TEXT}</article></body></html>"
    assert scraper.extract(html, "https://n.example/1").title == title

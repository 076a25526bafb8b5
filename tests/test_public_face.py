"""The names that other people rely on: they are there, they are what the contract says, and importing them is
cheap."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import pipelines
import scraper
from pipelines.__main__ import ONE_THREAD
from tests.desk import report

SIGNATURES = {
    scraper.extract: (
        "(html: 'str | bytes', url: 'str | None' = None, *, content_type: 'str | None' = None) -> 'Article'"
    ),
    scraper.decode: "(body: 'bytes', content_type: 'str | None' = None) -> 'str'",
    scraper.sniff_encoding: "(body: 'bytes', content_type: 'str | None' = None) -> 'str'",
    scraper.canonical_url: "(url: 'str', base: 'str | None' = None) -> 'str'",
    scraper.robots_allow: "(robots_txt: 'bytes', url: 'str', agent: 'str') -> 'bool'",
    scraper.read_feed: "(body: 'bytes', url: 'str', content_type: 'str | None' = None) -> 'list[Link]'",
    scraper.read_sitemap: "(body: 'bytes', url: 'str') -> 'Sitemap'",
    scraper.find_feeds: "(html: 'str', url: 'str') -> 'list[str]'",
    pipelines.group: "(articles: 'Iterable[Article]') -> 'list[Story]'",
}


@pytest.mark.parametrize("package", [scraper, pipelines], ids=lambda package: package.__name__)
def test_every_public_name_is_there_and_documented(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert names == sorted(names, key=lambda name: (name[0].islower(), name))
    assert set(dir(package)) == set(names)
    undocumented = [name for name in names if not inspect.getdoc(getattr(package, name))]
    assert undocumented == []


@pytest.mark.parametrize("package", [scraper, pipelines], ids=lambda package: package.__name__)
def test_a_name_that_is_not_there_is_an_attribute_error(package: object) -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__name__)
def test_the_contract_signatures(function: object) -> None:
    assert str(inspect.signature(function)) == SIGNATURES[function]  # type: ignore[arg-type,index]


def test_importing_the_packages_loads_nothing_heavy() -> None:
    code = (
        "import sys, scraper, pipelines; "
        "print(*sorted({m.split('.')[0] for m in sys.modules} & {'requests', 'trafilatura', 'numpy', 'lxml', 'click'}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_group_files_in_memory_what_belongs_together() -> None:
    told = "Alderbrook Council will close its six family centres in March, Cllr Prue Dunmore told 200 parents on Tuesday."
    again = "Six family centres run by Alderbrook Council are to shut in March, 200 parents heard from Cllr Prue Dunmore."
    other = "A study of 1,400 foster carers in Wales found that allowances had fallen behind the price of school uniforms."
    day = datetime(2026, 3, 3, tzinfo=UTC)
    articles = [
        scraper.Article(title=title, text=text, published_at=day, source_id=source, language="en")
        for title, text, source in (
            ("Alderbrook to close six family centres", told, "one"),
            ("Family centres in Alderbrook to shut", again, "two"),
            ("Foster allowances lag behind uniforms, study finds", other, "one"),
        )
    ]
    stories = pipelines.group(articles)
    assert sorted(story.article_count for story in stories) == [1, 2]
    pair = max(stories, key=lambda story: story.article_count)
    assert {article.title for article in pair.articles} == {articles[0].title, articles[1].title}
    assert pair.source_count == 2
    assert pipelines.group([]) == []


@pytest.mark.skipif(
    not Path("/proc/self/task").exists() or os.cpu_count() == 1, reason="counts the threads of Linux"
)
def test_a_command_multiplies_in_one_thread() -> None:
    code = (
        "import os, sys; from pipelines.__main__ import main; sys.argv = ['cuttings', '--version']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import numpy; numpy.ones((600, 600)) @ numpy.ones((600, 600)); print(len(os.listdir('/proc/self/task')))"
    )
    plain = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=plain)
    assert told.stdout.split()[-1] == "1"


@pytest.mark.parametrize("url", ["http://[::1", "http://a\u2100b/"])
def test_a_url_that_cannot_be_split_ends_in_no_bare_error(url: str) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in report("Alder"))
    page = f"<head><base href='{url}'><link rel=canonical href=/hub></head><body><article><h1>A hub opens</h1><time>3/4/2026</time>{text}"
    assert scraper.extract(page, url).title == "A hub opens"
    assert scraper.extract(page, "https://a.example/1").canonical_url == "https://a.example/hub"
    feed = b"<rss version='2.0'><channel><title>t</title><item><title>A</title><link>/x</link></item></channel></rss>"
    assert [link.title for link in scraper.read_feed(feed, url)] == ["A"]
    with pytest.raises(scraper.AddressError, match="not a URL"):
        scraper.robots_allow(b"User-agent: *\nDisallow: /", url, "cuttings")

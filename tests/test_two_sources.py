"""An article that several sources announce stays that of the first one, with its most exact date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.ingest.batch import FetchedPage
from pipelines.ingest.ownership import Ownership
from pipelines.ingest.reextract import reprocess
from pipelines.storage.store import Store
from scraper.articles import survey
from scraper.models import DatePrecision, Link, Page, Rights, Source
from scraper.rights import TextUse
from tests.cli import CommandLine
from tests.desk import START, Desk, make_desk, page, report
from tests.site import Entry, Site, days

AT = days(50) + timedelta(hours=-3, minutes=17)  # after NOON: a day before the first run, at a minute
HOURS = timedelta(hours=3)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def entries() -> list[Entry]:
    return [
        Entry(path=f"/a{number}", title=f"Hub opens in Town{number}", published=Entry(path="").published + AT)
        for number in range(3)
    ]


def two_sources(site: Site, folder: Path, *, first: str = "feeds", keys: str = "", more: str = "") -> Desk:
    """A desk on which "s1" reads the feed and "list" the list page of one site; with ``keys`` for "s1"."""
    for number, entry in enumerate(entries()):
        site.page(
            entry.path, page(entry.title, *report(f"Town{number}", number + 2), around="<p>Own words.</p>")
        )
    site.feed("/feed", entries())
    site.listing("/list", entries())
    second = f'\n[[source]]\nid = "list"\nlistings = ["{site.url("/list")}"]\n{more}'
    return make_desk(folder, site, extra=second, source=keys)


def seen(desk: Desk) -> list[tuple[str | None, str, DatePrecision | None]]:
    return [
        (each.article.source_id, f"{each.article.published_at:%H:%M}", each.article.published_precision)
        for each in desk.articles().values()
    ]


def test_a_list_page_takes_neither_the_source_nor_the_time(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path)
    desk.run(only=["s1"])
    before = desk.articles()
    for _ in range(2):
        counts = desk.run(later=HOURS, only=["list"])
        assert (counts.new, counts.revised) == (0, 0)
    assert seen(desk) == [("s1", "09:17", DatePrecision.MINUTE)] * 3
    assert [each.filed_at for each in desk.articles().values()] == [each.filed_at for each in before.values()]


@pytest.mark.slow
def test_a_feed_that_comes_later_gives_the_time_and_leaves_the_source(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path)
    desk.run(only=["list"])
    assert seen(desk) == [("list", "00:00", DatePrecision.DAY)] * 3
    desk.run(later=HOURS, only=["s1"])
    assert seen(desk) == [("list", "09:17", DatePrecision.MINUTE)] * 3


@pytest.mark.slow
def test_a_revision_that_the_second_source_brings_keeps_both(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path)
    desk.run(only=["s1"])
    site.page("/a0", page("Hub opens in Town0", *report("Village", 9)))
    assert desk.run(later=HOURS, only=["list"]).revised == 1
    assert seen(desk) == [("s1", "09:17", DatePrecision.MINUTE)] * 3


@pytest.mark.slow
def test_the_selectors_of_the_first_source_count(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path, keys='remove = ["article p:first-of-type"]')
    desk.run(only=["s1"])
    before = {path: stored.article.text for path, stored in desk.articles().items()}
    desk.run(later=HOURS, only=["list"])
    assert {path: stored.article.text for path, stored in desk.articles().items()} == before
    assert all("has opened" not in text for text in before.values())


@pytest.mark.slow
def test_a_source_without_the_licence_takes_no_text_away(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path, keys='licence = "agreement of May 2026"')
    for number, entry in enumerate(entries()):
        head = '<meta name="robots" content="noarchive">'
        site.page(entry.path, page(entry.title, *report(f"Town{number}", number + 2), head=head))
    desk.run(only=["s1"])
    desk.run(later=HOURS, only=["list"])
    articles = desk.articles().values()
    assert [each.text_use for each in articles] == ["full"] * 3
    assert all(each.article.text for each in articles)


def test_a_source_of_the_config_takes_over_from_one_that_was_removed(site: Site, tmp_path: Path) -> None:
    desk = two_sources(site, tmp_path)
    desk.run(only=["s1"])
    desk = desk.with_(sources=desk.config.sources[1:])
    desk.run(later=HOURS)
    assert seen(desk) == [("list", "09:17", DatePrecision.MINUTE)] * 3


@pytest.mark.slow
def test_two_feeds_of_blocked_pages_do_not_take_turns(site: Site, tmp_path: Path) -> None:
    extra = f'\n[[source]]\nid = "other"\nfeeds = ["{site.url("/other")}"]\n'
    desk = make_desk(tmp_path, site, extra=extra)
    site.page("/a", "no", status=403)
    site.feed("/feed", [Entry(path="/a", title="Hub opens", summary="A hub opens in Town.")])
    site.feed(
        "/other", [Entry(path="/a", title="Hub opens at last", summary="What Town waited for is here.")]
    )
    desk.run(only=["s1"])
    counts = desk.run(later=days(2), only=["other"])
    (stored,) = desk.articles().values()
    assert (stored.article.source_id, stored.article.title, counts.revised) == ("s1", "Hub opens", 0)


@pytest.mark.slow
def test_an_import_of_watched_articles_keeps_source_and_time(
    cli: CommandLine, site: Site, tmp_path: Path
) -> None:
    desk = two_sources(site, tmp_path)
    desk.run(only=["s1"])
    rows = []
    kinds = (("archive", "text"), ("s1", "text"), ("archive", "html"))
    for number, (entry, (source, key)) in enumerate(zip(entries(), kinds, strict=True)):
        words = (*report(f"Town{number}", number + 2), f"The hub of Town{number} has one more line here.")
        row = {
            "url": site.url(entry.path),
            "title": entry.title,
            "source": source,
            "published": f"{entry.published:%Y-%m-%d}",
            key: page(entry.title, *words) if key == "html" else "\n".join(words),
        }
        rows.append(json.dumps(row))
    (tmp_path / "archive.jsonl").write_text("\n".join(rows))
    assert "3 revised" in cli("import", "archive.jsonl").err
    assert seen(desk) == [("s1", "09:17", DatePrecision.MINUTE)] * 3


@pytest.mark.slow
def test_a_source_named_after_its_site_stays_where_its_links_leave_the_site(tmp_path: Path) -> None:
    source = Source(id="a.example", name="Gazette", homepage="https://a.example/")
    reply = Page(
        url="https://a.example/1",
        final_url="https://b.example/1",
        status=200,
        headers=(),
        body=page("Hub opens").encode(),
        fetched_at=START,
    )
    fetched = FetchedPage(
        link=Link(url=reply.url),
        page=reply,
        content_hash="",
        profile=survey(reply),
        rights=Rights(),
        use=TextUse.FULL,
    )
    with Store(tmp_path / "desk.db") as store:
        assert Ownership(store=store).landed(fetched, source).id == "b.example"
        store.sources.sync([source], at=START)
        assert Ownership(store=store).landed(fetched, source) is source


@pytest.mark.slow
def test_what_only_the_feed_says_outlives_a_revision_of_the_page(site: Site, tmp_path: Path) -> None:
    desk = make_desk(tmp_path, site)
    item = f"<item><title>Hub opens</title><link>{site.url('/a')}</link><author>Ann Smith</author></item>"
    language = "<language>cy</language>"
    site.page(
        "/feed", f'<rss version="2.0"><channel>{language}{item}</channel></rss>', content_type="text/xml"
    )
    site.page("/a", page("Hub opens", *report("Town")).replace(" lang=en", ""))
    desk.run()
    site.page("/a", page("Hub opens", *report("Town"), "One more line of today.").replace(" lang=en", ""))
    assert desk.run(later=HOURS).revised == 1
    (stored,) = desk.articles().values()
    assert (stored.article.authors, stored.article.language) == (("Ann Smith",), "cy")


@pytest.mark.slow
def test_reprocess_keeps_the_time_that_the_feed_gave_to_the_day_of_the_page(
    site: Site, tmp_path: Path
) -> None:
    desk = two_sources(site, tmp_path)
    day = f"{entries()[0].published:%-d %B %Y}"
    site.page("/a0", page("Hub opens in Town0", f"Published {day}", *report("Town0", 2)))
    desk.run(only=["s1"])
    assert seen(desk) == [("s1", "09:17", DatePrecision.MINUTE)] * 3
    with desk.store() as store:
        for stored in store.articles.iterate():
            store.articles.save(
                stored.article, at=desk.now, page_id=stored.page_id, extractor="old", into=stored.id
            )
        reprocess(store, desk.config, pages=desk.pages, now=lambda: desk.now, changed=lambda _: None)
    assert seen(desk) == [("s1", "09:17", DatePrecision.MINUTE)] * 3

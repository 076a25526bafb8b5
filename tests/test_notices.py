"""A text under unlike headlines of one source is a notice: its articles are headlines, whenever that shows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.ingest.reextract import reprocess
from scraper.models import Access
from tests.desk import Desk, make_desk, page, report
from tests.site import Entry, Site

HOUR = timedelta(hours=1, minutes=1)
WEEKS = timedelta(days=24)
SHORT = ("Please sign in with your library card number to go on with the story that you chose.",)
LONG = (
    "Thank you for your interest in our paper, which is read by more than nine thousand people every week.",
    "Our archive is for members. To go on, enter the number on the back of your library card in the box below.",
    "If you do not have a card, ask at any desk of the county; it takes a minute and is free for everybody.",
)
TITLES = ("Alder opens a hub", "Mayor resigns over tram", "Rents rise again in Birch")


def announce(site: Site, *titles: str, summary: str = "") -> None:
    entries = [Entry(path=f"/{title.split()[0]}", title=title, summary=summary) for title in titles]
    site.feed("/feed", entries)


def serve(site: Site, title: str, *lines: str) -> None:
    site.page(f"/{title.split(maxsplit=1)[0]}", page(title, *lines))


def texts(desk: Desk) -> dict[str, tuple[str, Access]]:
    return {each.article.title: (each.article.text, each.article.access) for each in desk.articles().values()}


@pytest.mark.slow
@pytest.mark.parametrize("notice", [SHORT, LONG])
def test_the_second_headline_may_come_weeks_later(
    tmp_path: Path, site: Site, notice: tuple[str, ...]
) -> None:
    desk = make_desk(tmp_path, site)
    announce(site, TITLES[0])
    serve(site, TITLES[0], *notice)
    desk.run()
    assert texts(desk) == {TITLES[0]: ("\n".join(notice), Access.FULL)}
    announce(site, *TITLES[:2])
    serve(site, TITLES[1], *notice)
    outcome = desk.run(later=WEEKS)
    assert outcome.new == 1
    assert texts(desk) == dict.fromkeys(TITLES[:2], ("", Access.HEADLINE))
    assert [text for _, text in desk.revisions()].count("\n".join(notice)) == 1
    with desk.store() as store:
        assert not store.articles.unfiled()
    announce(site, *TITLES)
    serve(site, TITLES[2], *notice)
    desk.run(later=WEEKS)
    assert texts(desk) == dict.fromkeys(TITLES, ("", Access.HEADLINE))
    with desk.store() as store:
        again = reprocess(store, desk.config, pages=desk.pages, now=lambda: desk.now, changed=lambda _: None)
    assert again.revised == 0
    assert texts(desk) == dict.fromkeys(TITLES, ("", Access.HEADLINE))


def test_an_article_gets_back_the_text_that_it_had_before_the_notice(tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    announce(site, *TITLES[:2])
    for title in TITLES[:2]:
        serve(site, title, *report(title.split()[0]))
    desk.run()
    first = texts(desk)
    serve(site, TITLES[0], *LONG)
    desk.run(later=HOUR)
    serve(site, TITLES[1], *LONG)
    desk.run(later=HOUR)
    desk.run(later=WEEKS)
    assert texts(desk) == first


def test_a_teaser_of_the_feed_takes_the_place_of_a_notice(tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    site.feed(
        "/feed",
        [
            Entry(path=f"/{title.split()[0]}", title=title, summary=f"{title}, says our reporter.")
            for title in TITLES
        ],
    )
    for title in TITLES:
        serve(site, title, *LONG)
    desk.run()
    desk.run(later=HOUR)
    found = texts(desk)
    assert [found[title] for title in TITLES[1:]] == [
        (f"{title}, says our reporter.", Access.TEASER) for title in TITLES[1:]
    ]


def test_agency_text_under_another_headline_stays(tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    titles = ("Alder hub brings advisers together", "Parents in Alder tired of repeating their story")
    announce(site, *titles)
    for title in titles:
        serve(site, title, *report("Alder"))
    desk.run()
    assert {access for _, access in texts(desk).values()} == {Access.FULL}

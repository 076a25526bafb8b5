"""The demo's sites before anybody visits them: their data, pages, feeds, sitemaps and listings."""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from xml.etree import ElementTree as ET

import feedparser
import pytest
from lxml import html

from pipelines.demo.articles import BlockKind, Event, Report, read_blocks, read_events
from pipelines.demo.editions import announced, find_reply, second_edition
from pipelines.demo.sites import DemoSite
from pipelines.errors import ConfigError
from scraper import find_feeds
from tests.demo_truth import EXPECTED, FOLDER, edition, expected, furniture, site_of

ROOT = "http://127.0.0.1:8000"
SITES = edition().sites
REPORTS = edition().reports
EVENTS = [event for event in edition().events if not event.single]


def own_texts(event: Event) -> list[Report]:
    return [report for report in event.report if not report.copy_of]


def test_the_demo_is_as_large_as_promised() -> None:
    told = json.loads(EXPECTED.read_text(encoding="utf-8"))
    independent = [event for event in EVENTS if len(own_texts(event)) >= 2]
    assert len(SITES) >= 7
    assert told["pages"] >= 80
    assert told["articles"] == len(REPORTS) >= 80
    assert len(told["stories"]) >= 25
    assert len(independent) >= 18
    assert all(len({report.site for report in event.report}) == len(event.report) <= 6 for event in EVENTS)
    assert sum(bool(report.copy_of) for report in REPORTS) >= 5
    assert sum(bool(report.also) for report in REPORTS) >= 5


def test_expected_json_says_what_the_articles_say() -> None:
    assert json.loads(EXPECTED.read_text(encoding="utf-8")) == expected(), "run: python -m tests.demo_truth"


def test_every_page_belongs_to_one_story_only() -> None:
    pages = [
        page
        for story in expected()["stories"]
        for article in story["articles"]
        for page in (article["page"], *article.get("also", []))
    ]
    assert [page for page, times in Counter(pages).items() if times > 1] == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_outlets_tell_an_event_in_their_own_words(event: Event) -> None:
    for one, two in combinations(own_texts(event), 2):
        assert one.title != two.title
        alike = SequenceMatcher(None, one.body.split(), two.body.split(), autojunk=False).ratio()
        assert alike < 0.55, (one.site, two.site, alike)


def test_reports_are_of_the_length_of_news() -> None:
    lengths = {(report.site, report.slug): len(report.body.split()) for report in REPORTS}
    assert {place: words for place, words in lengths.items() if not 110 <= words <= 450} == {}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_pages_are_well_formed_and_carry_their_article(site: DemoSite) -> None:
    replies = edition().replies(site, ROOT)
    for report in edition().of(site):
        for variant in ("", *report.also):
            reply = replies[site.path(report, variant)]
            tree = html.fromstring(reply.body.decode(site.encoding))
            text = " ".join(tree.text_content().split())
            assert report.title in text
            assert all(block.text in text for block in report.blocks)
            assert "$" not in text
            assert "lorem" not in text.lower()


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_pages_carry_furniture_of_their_own(site: DemoSite) -> None:
    for report in edition().of(site):
        reply = edition().replies(site, ROOT)[site.path(report)]
        text = " ".join(html.fromstring(reply.body.decode(site.encoding)).text_content().split())
        shown = [line for line in furniture(report) if line in text]
        assert len(shown) >= 5, report.slug
        body = " ".join(block.text for block in report.blocks)
        assert [line for line in shown if line in body] == []


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_channels_announce_every_article(site: DemoSite) -> None:
    replies = edition().replies(site, ROOT)
    links: set[str] = set()
    for channel in site.channel:
        body = replies[channel.path].body
        if channel.kind == "feed":
            parsed = feedparser.parse(body)
            assert not parsed.bozo
            links |= {entry.link for entry in parsed.entries}
            assert all(entry.published_parsed and entry.summary for entry in parsed.entries)
        elif channel.kind == "sitemap":
            links |= {node.text or "" for node in ET.fromstring(body).findall(".//{*}loc")}
        else:
            tree = html.fromstring(body.decode(site.encoding), base_url=ROOT + channel.path)
            tree.make_links_absolute()
            links |= {node.get("href") for node in tree.iter("a")}
    wanted = {ROOT + path for report in edition().of(site) for path in list(announced(site, report))[1:]}
    assert wanted <= links
    assert {report.slug for report in edition().of(site)} == {
        report.slug
        for report in edition().of(site)
        if any(link.startswith(ROOT + site.path(report)) for link in links)
    }
    assert all(find_reply(replies, link.removeprefix(ROOT)).status == 200 for link in wanted)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_a_home_page_leads_to_the_feeds(site: DemoSite) -> None:
    home = edition().replies(site, ROOT)["/"].body.decode(site.encoding)
    feeds = [ROOT + channel.path for channel in site.channel if channel.kind == "feed"]
    assert find_feeds(home, ROOT + "/") == feeds
    assert home.count("<a ") >= 6 + 4


def test_the_second_edition_changes_three_pages_and_takes_one_down() -> None:
    second = second_edition(edition(), FOLDER)
    before = {(report.site, report.slug): report for report in REPORTS}
    after = {(report.site, report.slug): report for report in second.reports}
    assert len(before.keys() - after.keys()) == 1
    changed = [place for place, report in after.items() if report != before[place]]
    assert len(changed) == 3
    corrected = 0
    for place in changed:
        kept = after[place].blocks[: len(before[place].blocks)]
        differing = [one for one, other in zip(kept, before[place].blocks, strict=True) if one != other]
        corrected += len(differing)
        assert after[place].changed_at > before[place].changed_at
    assert corrected == 1, "one figure in one paragraph"
    gone = before[next(iter(before.keys() - after.keys()))]
    site = site_of(gone)
    assert find_reply(second.replies(site, ROOT), site.path(gone)).status == 410


def test_bodies_are_read_as_blocks() -> None:
    blocks = read_blocks("One\nline.\n\n- a\n- b\n\n## Head\n\n> Said.\n")
    assert [(block.kind, block.text) for block in blocks] == [
        (BlockKind.PARAGRAPH, "One line."),
        (BlockKind.BULLET, "a"),
        (BlockKind.BULLET, "b"),
        (BlockKind.HEADING, "Head"),
        (BlockKind.QUOTE, "Said."),
    ]


def test_a_broken_article_file_is_named(tmp_path: object) -> None:
    from pathlib import Path

    broken = Path(str(tmp_path)) / "01.toml"
    broken.write_text('event = "x"\nabout = 3\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"01\.toml"):
        read_events(broken.parent)

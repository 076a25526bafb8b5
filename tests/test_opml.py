"""OPML as real programs and people write it: each outline is judged alone."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config.source_file import source_table
from scraper.errors import SourceError
from scraper.opml import read_opml
from scraper.sources import read_sources

GOOD = (
    '<outline text="First" type="rss" xmlUrl="https://first.example/feed" htmlUrl="https://first.example/"/>'
)
LAST = '<outline text="Last" type="rss" xmlUrl="https://last.example/rss" htmlUrl="https://last.example/"/>'


def feeds(*outlines: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> list[str]:
    body = f"{head}<opml version='1.0'><head><title>t</title></head><body>{''.join(outlines)}</body></opml>"
    return [channel.url for source in read_opml(body.encode()).sources for channel in source.channels]


@pytest.mark.parametrize(
    "homepage", ["[]", "", "//mid.example/", "mid.example", "/blog", "http://", "None", "a b", "javascript:x", "about:blank"]
)  # fmt: skip
def test_an_odd_home_page_costs_nothing(homepage: str) -> None:
    outline = f'<outline text="Mid" xmlUrl="https://mid.example/rss" htmlUrl="{homepage}"/>'
    assert feeds(GOOD, outline, LAST) == [
        "https://first.example/feed",
        "https://mid.example/rss",
        "https://last.example/rss",
    ]


@pytest.mark.parametrize(
    ("written", "feed"),
    [
        ("mid.example/feed/", "http://mid.example/feed/"),
        ("mid.example:8080/rss", "http://mid.example:8080/rss"),
        ("//mid.example/rss", "http://mid.example/rss"),
        ("feed://mid.example/rss", "http://mid.example/rss"),
        ("feed:https://mid.example/rss", "https://mid.example/rss"),
        ("itpc://mid.example/rss", "http://mid.example/rss"),
        (" https://mid.example/rss ", "https://mid.example/rss"),
        ("HTTP://MID.example/rss", "HTTP://MID.example/rss"),
        ("https://münchen.example/rss", "https://münchen.example/rss"),
        ("http://192.0.2.7/rss", "http://192.0.2.7/rss"),
    ],
)
def test_a_feed_is_given_the_scheme_it_lacks(written: str, feed: str) -> None:
    assert feeds(GOOD, f'<outline text="Mid" xmlUrl="{written}"/>', LAST)[1] == feed


def test_a_feed_relative_to_its_home_page() -> None:
    outline = '<outline text="Mid" xmlUrl="/rss.xml" htmlUrl="https://mid.example/blog"/>'
    assert feeds(outline) == ["https://mid.example/rss.xml"]


@pytest.mark.parametrize(
    "written",
    ["https://", "ftp://mid.example/rss", "file:///home/me/feed.xml", r"C:\feeds\a.xml", "/rss.xml", "rss", "https://mid․example/",
     "javascript:alert(1)", "data:text/xml,x", "https://mid.example:99999/", "http:/"],
)  # fmt: skip
def test_a_feed_that_cannot_be_is_named_and_left_out(written: str) -> None:
    body = f'<opml><body>{GOOD}<outline text="Mid" xmlUrl="{written}"/>{LAST}</body></opml>'
    read = read_opml(body.encode())
    assert [source.name for source in read.sources] == ["First", "Last"]
    [skipped] = read.skipped
    assert (skipped.name, skipped.url) == ("Mid", written)
    assert skipped.reason


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="R & D" xmlUrl="https://mid.example/rss?a=1&b=2"/>',
        '<outline text="Mid" description="<p>The "best" <b>notes</b>.</p>" xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
        '<outline text="Mid" description="<a href="/x" class="y">z</a>" type="rss" xmlUrl="https://mid.example/rss?a=1&amp;b=2"></outline>',
        '<outline text="Caf&eacute;&nbsp;news" xmlUrl="https://mid.example/rss?a=1&b=2" />',
        '<outline text="5 > 3 < 4" xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
        '<outline text="a"title="Mid"xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
        "<outline text='Mid \"x\" & y' xmlUrl='https://mid.example/rss?a=1&amp;b=2'/>",
        '<outline text="Folder & more"><outline text="Mid" xmlUrl="https://mid.example/rss?a=1&amp;b=2"/></outline>',
        "<outline text=Mid type=rss xmlUrl=https://mid.example/rss?a=1&amp;b=2/>",
        "<outline text=”Mid” xmlUrl=”https://mid.example/rss?a=1&amp;b=2”/>",
        '<outline text="Mid xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
        '<outline text="Mid" xmlUrl="https://mid.example/rss?a=1&amp;b=2/>',
        '</body></opml>\n<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>'
        '<outline text="Mid" xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
        '<outline text="x">' * 300
        + '<outline xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>'
        + "</outline>" * 300,
        '<outline text="Mid\x0b" xmlUrl="https://mid.example/rss?a=1&amp;b=2"/>',
    ],
)
def test_markup_that_is_not_xml_loses_nothing(outline: str) -> None:
    assert feeds(GOOD, outline, LAST) == [
        "https://first.example/feed",
        "https://mid.example/rss?a=1&b=2",
        "https://last.example/rss",
    ]


def test_a_file_that_breaks_off_gives_what_came_before() -> None:
    body = f"<opml><body>{GOOD}{LAST}<outline text='Cut' xmlUrl='https://cu"
    assert [source.name for source in read_opml(body.encode()).sources] == ["First", "Last"]


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ('<outline text="Ward notes" type="link" htmlUrl="https://ward.example/"/>', "no feed; try `cuttings sources add`"),
        ('<outline text="Mine" type="include" url="https://ward.example/list.opml"/>', "another list; download and import it"),
    ],
)  # fmt: skip
def test_a_list_without_feeds_names_what_it_holds(outline: str, reason: str) -> None:
    read = read_opml(f"<opml><body>{outline}</body></opml>".encode())
    assert [(each.url, each.reason) for each in read.skipped] == [
        (re.search(r'[lL]="(.*?)"', outline)[1], reason)  # type: ignore[index]
    ]
    assert not read_opml(f"<opml><body>{outline}{GOOD}</body></opml>".encode()).skipped


def test_a_list_past_the_bound_says_how_many_were_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.opml.MAX_OUTLINES", 1)
    read = read_opml(f"<opml><body>{GOOD}{LAST}</body></opml>".encode())
    assert ([each.name for each in read.sources], [each.name for each in read.skipped]) == (
        ["First"],
        ["the last 1 feeds"],
    )


def test_one_feed_in_two_folders_is_one_source_in_the_first() -> None:
    body = f"<opml><body><outline text='Care'>{GOOD}</outline><outline text='Health'>{GOOD}{LAST}</outline></body></opml>"
    assert [(each.name, each.kind) for each in read_opml(body.encode()).sources] == [
        ("First", "care"),
        ("Last", "health"),
    ]


def test_folders_are_kept_where_the_xml_is_broken() -> None:
    body = f"<opml><outline text='A & B'>{GOOD}</outline><outline text='Health'>{LAST}</outline></opml>"
    assert [(each.name, each.kind) for each in read_opml(body.encode()).sources] == [
        ("First", "a & b"),
        ("Last", "health"),
    ]


def test_feeds_without_names_are_sources_of_their_own() -> None:
    outlines = [f'<outline xmlUrl="https://{name}.example/rss"/>' for name in ("a", "b")]
    read = read_opml(f"<opml>{''.join(outlines)}</opml>".encode())
    assert [(each.id, each.name) for each in read.sources] == [
        ("a-example", "a.example"),
        ("b-example", "b.example"),
    ]


def test_two_sites_of_one_name_are_two_sources() -> None:
    outlines = [f'<outline text="News" xmlUrl="https://{name}.example/rss"/>' for name in ("a", "b")]
    assert len(read_opml(f"<opml>{''.join(outlines)}</opml>".encode()).sources) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1252"])
def test_encodings(encoding: str) -> None:
    declared = ' encoding="windows-1252"' if encoding == "windows-1252" else ""
    body = f'<?xml version="1.0"{declared}?><opml><outline text="Café" xmlUrl="https://a.example/f"/></opml>'
    assert read_opml(body.encode(encoding)).sources[0].name == "Café"


def test_what_is_read_can_be_written_to_a_config() -> None:
    body = '<opml><outline text="A &quot;b&quot; &#9; \\ c" xmlUrl="https://a.example/f?x=\'1\'"/></opml>'
    sources = read_opml(body.encode()).sources
    import tomllib

    assert read_sources(tomllib.loads(source_table(sources[0]))["source"]) == sources


@pytest.mark.slow
def test_a_hostile_list_takes_bounded_time() -> None:
    started = time.process_time()
    for body in (
        "<opml>" + '<outline text="' * 200_000,
        "<opml><outline " + 'a="b' * 500_000,
        "<opml>" + "<outline a='&" * 100_000,
    ):
        with pytest.raises(SourceError):
            read_opml(body.encode())
    assert time.process_time() - started < 10


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_attribute_leaves_the_other_outlines(name: str, url: str) -> None:
    outline = f'<outline text="{name}" xmlUrl="{url}"/>'
    found = feeds(GOOD, LAST, outline)
    assert found[:2] == ["https://first.example/feed", "https://last.example/rss"]

"""Source lists: strict tables, sector files, OPML and CSV both ways."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config.source_file import source_table
from scraper.errors import SourceError
from scraper.models import Channel, ChannelKind, Source
from scraper.opml import read_opml
from scraper.source_files import read_csv, write_csv, write_opml
from scraper.sources import load_sector, read_sources, source_keys

SECTORS = sorted((Path(__file__).resolve().parents[1] / "data/sectors").glob("*.toml"))
GOOD: dict[str, Any] = {
    "id": "desk",
    "name": 'The "Desk"',
    "homepage": "https://example.org",
    "owner": "Example Media",
    "kind": "charity",
    "feeds": ["https://example.org/feed/"],
    "sitemaps": ["https://example.org/sitemap.xml"],
    "listings": ["https://example.org/news", {"url": "https://example.org/blog", "selector": "h2 > a"}],
    "enabled": True,
    "proven": False,
    "note": "two\nlines, a \\ and a \x7f",
    "delay": 2.5,
    "licence": "CC BY 4.0",
    "include": ["/news/"],
    "exclude": ["/jobs/", "?page="],
    "min_poll": 600,
    "max_poll": 86400,
    "max_articles": 50,
    "body": "article.story",
    "remove": [".promo", "aside"],
    "title": "h1",
    "date": "time",
    "author": ".byline a",
}


def test_every_key_is_read() -> None:
    [source] = read_sources([GOOD])
    assert set(GOOD) == set(source_keys())
    assert source.channels == (
        Channel(kind=ChannelKind.FEED, url="https://example.org/feed/"),
        Channel(kind=ChannelKind.SITEMAP, url="https://example.org/sitemap.xml"),
        Channel(kind=ChannelKind.LISTING, url="https://example.org/news"),
        Channel(kind=ChannelKind.LISTING, url="https://example.org/blog", selector="h2 > a"),
    )
    assert (source.delay, source.min_poll, source.max_articles, source.proven) == (2.5, 600.0, 50, False)


def test_a_table_written_is_the_table_read() -> None:
    sources = read_sources([GOOD])
    assert read_sources(tomllib.loads(source_table(sources[0]))["source"]) == sources


def test_only_what_differs_from_the_defaults_is_written() -> None:
    [source] = read_sources([{"id": "a", "feeds": ["https://example.org/f"]}])
    assert source_table(source) == '[[source]]\nid = "a"\nname = "a"\nfeeds = ["https://example.org/f"]\n'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delya": 1}, r"\(desk\) delya: unknown key; expected one of id, name, .*max_articles"),
        ({"delay": "slow"}, r"delay: expected a number, got 'slow'"),
        ({"delay": -1}, r"delay: expected a number >= 0"),
        ({"delay": float("inf")}, "delay: expected a number <="),
        ({"delay": float("nan")}, "delay: expected a number"),
        ({"feeds": "https://example.org/f"}, "feeds: expected a list"),
        ({"feeds": [3]}, r"feeds\[0\]: expected a text in quotes"),
        ({"feeds": ["ftp://example.org"]}, "feeds: expected an address that starts with http"),
        ({"feeds": [""]}, "feeds: expected an address"),
        ({"homepage": "example.org"}, "homepage: expected an address"),
        (
            {"listings": [{"url": "https://example.org", "css": "a"}]},
            r"listings\[0\] css: unknown key; .* url, selector",
        ),
        ({"listings": [{"selector": "a"}]}, r"listings\[0\] url: expected this key"),
        ({"enabled": "yes"}, "enabled: expected true or false, got 'yes'"),
        ({"id": "The Desk"}, "id: expected lower-case letters"),
        ({"id": 7}, "id: expected a text in quotes, got 7"),
        ({"max_articles": 0}, "max_articles: expected a whole number >= 1"),
        ({"max_articles": 1.5}, "max_articles: expected a whole number"),
        ({"min_poll": 90000}, "min_poll: expected at most max_poll"),
        ({"include": [""]}, "include: expected a list without empty texts"),
    ],
)
def test_a_wrong_table_names_file_table_key_and_what_was_expected(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SourceError, match=words) as failure:
        read_sources([GOOD | {"id": "first"}, GOOD | change], "desk.toml")
    message = str(failure.value)
    assert message.startswith("[[source]] 2")
    assert message.endswith(": desk.toml")
    assert "\n" not in message


def test_missing_and_repeated_ids() -> None:
    with pytest.raises(SourceError, match=r"\[\[source\]\] 1 id: expected this key"):
        read_sources([{"name": "A"}])
    with pytest.raises(
        SourceError, match=r"\[\[source\]\] 2 \(desk\) id: expected an id that no other source has"
    ):
        read_sources([GOOD, GOOD])


@pytest.mark.parametrize("keys", [{"enabled": False, "note": "off: answers 403"}, {"owner": "Reach"}])
def test_a_source_needs_no_channel(keys: dict[str, Any]) -> None:
    """Articles of it may be imported, and it says who owns it."""
    source = read_sources([{"id": "a", **keys}])[0]
    assert (source.name, source.channels) == ("a", ())


def test_a_sector_file_has_a_title_a_zone_and_sources(tmp_path: Path) -> None:
    path = tmp_path / "fr-libraries.toml"
    path.write_text(
        'title = "Libraries"\ntimezone = "Europe/Paris"\n[[source]]\nid = "a"\nfeeds = ["https://example.org/f"]\n'
    )
    sector = load_sector(path)
    assert (sector.title, sector.timezone, [source.id for source in sector.sources]) == (
        "Libraries",
        "Europe/Paris",
        ["a"],
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[[source]\n", "not a TOML file"),
        (b"\xff\xfe", "not a TOML file"),
        (
            b'title = "T"\ntimezone = "UTC"\n[fetch]\n',
            "fetch: unknown key; expected one of title, timezone, source",
        ),
        (b'timezone = "UTC"\n[[source]]\nid = "a"\n', "title: expected this key"),
        (b'title = "T"\ntimezone = 1\nsource = []\n', "timezone: expected a text in quotes, got 1"),
        (b'title = "T"\ntimezone = "UTC"\nsource = 3\n', "source: expected a list .*, got 3"),
        (b'title = "T"\ntimezone = "UTC"\nsource = [3]\n', r"source\[0\]: expected a table, got 3"),
        (
            b'title = "T"\ntimezone = "UTC"\n[[source]]\nid = "A"\n',
            r"\[\[source\]\] 1 \(A\) id: expected lower-case",
        ),
    ],
)
def test_a_sector_file_that_is_none(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "sector.toml"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as failure:
        load_sector(path)
    assert str(failure.value).endswith(str(path))
    with pytest.raises(SourceError, match="cannot be read"):
        load_sector(tmp_path / "missing.toml")


def _shipped() -> list[Source]:
    """The sources of all sectors that come with the package, under ids of their own."""
    return [
        replace(source, id=f"{path.stem}.{source.id}")
        for path in SECTORS
        for source in load_sector(path).sources
    ]


def test_csv_gives_back_what_it_was_given() -> None:
    sources = (*_shipped(), *read_sources([GOOD | {"note": "=HYPERLINK(1)", "name": "-1+2"}]))
    table = write_csv(sources)
    assert read_csv(table.encode()) == sources
    assert "\n=HYPERLINK" not in table
    assert "'=HYPERLINK(1)" in table


def test_csv_as_spreadsheets_save_it() -> None:
    body = "Name;Feeds;Delay;Enabled\nÄrzte heute;https://example.org/a\n;;;\nArzte heute;https://example.org/b;2;no\n"
    one, two = read_csv(b"\xef\xbb\xbf" + body.encode())
    assert (one.id, two.id) == ("arzte-heute", "arzte-heute-2")
    assert (one.name, two.delay, two.enabled) == ("Ärzte heute", 2.0, False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "has no source: list.csv"),
        (b"homepage,feeds\nhttp://[::1,https://a.example/f\n", "expected an address"),
        (b"name,feed\nA,https://example.org\n", "column 'feed': expected one of .*: list.csv, line 1"),
        (b"name,delay\nA,soon\n", "delay: expected a number, got 'soon': list.csv, line 2"),
        (b"name,enabled\nA,perhaps\n", "enabled: expected true or false"),
        (b"name,kind\nA,b,c\n", "more cells than the header: list.csv, line 2"),
        (b"name,feeds\nA,nowhere\n", "feeds: expected an address"),
        (b'name\n"' + b"x" * 100_000, "a cell is longer than .*: list.csv, line 2"),
        (b"x" * 6_000_000, "larger than"),
    ],
)
def test_a_csv_that_is_wrong_names_the_line(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as failure:
        read_csv(body, "list.csv")
    assert "\n" not in str(failure.value)


def test_opml_gives_back_names_homepages_kinds_and_feeds() -> None:
    sources = [source for source in _shipped() if source.channels[:1] and source.channels[0].kind == "feed"]
    back = read_opml(write_opml(sources)).sources

    def facts(all_of: Any) -> set[tuple[str, str, str, str]]:
        return {
            (each.name, each.homepage, each.kind, channel.url)
            for each in all_of
            for channel in each.channels
            if channel.kind is ChannelKind.FEED
        }

    assert facts(back) == facts(sources)
    assert not any(source.proven for source in back)


def test_opml_of_feed_readers() -> None:
    body = b"""<?xml version="1.0" encoding="ISO-8859-1"?><opml version="1.0"><body><outline text="Care">
    <outline title="Caf\xe9" type="rss" xmlUrl="feed://example.org/f" htmlUrl="https://example.org/"/>
    <outline title="Caf\xe9" type="rss" xmlurl="feed:https://example.org/g" htmlUrl="https://example.org/"/></outline>
    <outline text="A & B" xmlUrl="https://example.net/"></body>"""
    one, two = read_opml(body).sources
    assert (one.id, one.name, one.kind) == ("cafe", "Café", "care")
    assert [channel.url for channel in one.channels] == ["http://example.org/f", "https://example.org/g"]
    assert two.kind == "press"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not an OPML"),
        (b"<html/>", "not an OPML"),
        (b"<opml/>", "does not name a feed"),
        (b"<opml>" + b"<outline>" * 20_000, "does not name a feed"),
    ],
)
def test_an_opml_that_is_none(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_opml(body, "list.opml")


def test_opml_reads_no_file_of_ours(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TREASURE")
    body = f'<!DOCTYPE o [<!ENTITY e SYSTEM "{secret.as_uri()}">]><opml><outline text="x&e;" xmlUrl="https://a.org"/></opml>'
    [source] = read_opml(body.encode()).sources
    assert "TREASURE" not in source.name


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30).map(str.strip)


@given(
    st.lists(
        st.builds(Source, id=st.just("a"), name=TEXT.filter(bool), note=TEXT, enabled=st.just(False)),
        max_size=1,
    )
)
def test_any_words_survive_toml_and_csv(sources: list[Source]) -> None:
    for source in sources:
        assert read_sources(tomllib.loads(source_table(source))["source"]) == (source,)
        [back] = read_csv(write_csv([source]).encode())
        assert (back.name, back.note) == (source.name, source.note)
    assert write_opml(sources).startswith(b"<?xml")

"""`cuttings sources add` and `sources import` on the command line: names, ids, what is already watched."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site


def desk_without_sources(folder: Path, site: Site) -> None:
    make_desk(folder, fetch="", cuttings="")
    config = folder / "cuttings.toml"
    config.write_text(config.read_text().replace("allow_private = []", f'allow_private = ["{site.host}"]'))


def home(site: Site, *, feed: str = "/feed", name: str = "") -> None:
    head = f'<link rel="alternate" type="application/rss+xml" href="{feed}">'
    head += f'<meta property="og:site_name" content="{name}">' if name else ""
    site.page("/", f"<html><head>{head}<title>Front page</title></head><body></body></html>")


def listed(cli: CommandLine) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(cli("sources", "list", "--json").out)
    return rows


def test_a_source_is_named_after_its_feed(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk_without_sources(tmp_path, site)
    home(site)
    site.feed("/feed", [Entry(path="/a")], title="Harbour Gazette » RSS feed")
    assert cli("sources", "add", site.url("/"), "--kind", "charity", "--yes").status == 0
    [source] = listed(cli)
    assert (source["id"], source["name"], source["kind"]) == ("harbour-gazette", "Harbour Gazette", "charity")


def test_a_source_with_a_nameless_feed_is_named_after_its_site(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    home(site, name="Ferry News")
    site.feed("/feed", [Entry(path="/a")], title="")
    assert cli("sources", "add", site.url("/"), "--yes").status == 0
    assert [(source["id"], source["name"]) for source in listed(cli)] == [("ferry-news", "Ferry News")]


def test_a_feed_is_not_added_twice_under_another_id(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk_without_sources(tmp_path, site)
    home(site)
    site.feed("/feed", [Entry(path="/a")], title="Harbour Gazette")
    assert cli("sources", "add", site.url("/"), "--yes").status == 0
    again = cli("sources", "add", site.url("/"), "--id", "other", "--yes")
    assert again.status == 2
    assert "already watched as source harbour-gazette" in again.err
    assert len(listed(cli)) == 1


def test_another_feed_with_the_same_title_gets_an_id_of_its_own(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    home(site)
    site.feed("/feed", [Entry(path="/a")], title="Harbour Gazette")
    site.feed("/sport.xml", [Entry(path="/b")], title="Harbour Gazette")
    assert cli("sources", "add", site.url("/feed"), "--yes").status == 0
    assert cli("sources", "add", site.url("/sport.xml"), "--yes").status == 0
    assert [source["id"] for source in listed(cli)] == ["harbour-gazette", "harbour-gazette-2"]
    assert listed(cli)[0]["homepage"] == site.url("/")


def test_a_site_whose_feed_carries_whole_articles_gets_no_second_channel(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    home(site)
    site.feed("/feed", [Entry(path="/a", content=f"<p>{'word ' * 200}</p>")], title="Harbour Gazette")
    site.robots(f"User-agent: *\nAllow: /\nSitemap: {site.url('/news.xml')}\n")
    site.sitemap("/news.xml", [Entry(path="/a"), Entry(path="/b")])
    assert cli("sources", "add", site.url("/"), "--yes").status == 0
    assert listed(cli)[0]["sitemaps"] == []
    assert site.count("/news.xml") == 0


def test_feeds_that_cannot_be_are_named_and_the_rest_is_added(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    (tmp_path / "list.opml").write_text(
        '<opml><body><outline text="Good" xmlUrl="https://good.example/f" htmlUrl="[]"/>'
        '<outline text="Bad" type="rss" xmlUrl="file:///home/feed.xml"/></body></opml>'
    )
    result = cli("sources", "import", "list.opml")
    assert result.status == 3
    assert "added 1 source to" in result.err
    assert "skipped Bad: " in result.err
    assert "file:///home/feed.xml" in result.err
    assert [source["feeds"] for source in listed(cli)] == [["https://good.example/f"]]


def test_a_listed_source_with_a_known_id_and_another_feed_is_new(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    for number, feed in enumerate(("https://a.example/f", "https://b.example/f")):
        (tmp_path / f"{number}.opml").write_text(f'<opml><outline text="News" xmlUrl="{feed}"/></opml>')
        assert cli("sources", "import", f"{number}.opml").status == 0
    assert [source["id"] for source in listed(cli)] == ["news", "news-2"]
    assert "added 0 sources" in cli("sources", "import", "0.opml").err


def test_an_id_is_checked_before_the_site_is_asked(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    for identifier, words in (
        ("Bad Id", "expected lower-case letters"),
        ("s1", "another source has this id"),
    ):
        said = cli("sources", "add", site.url("/"), "--id", identifier, "--yes")
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert words in said.err
        assert identifier in said.err
    assert site.log == ()


def test_a_listed_source_is_proven_only_if_its_row_says_so(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    (tmp_path / "a.csv").write_text("name,feeds\nAlder,https://a.example/f\n")
    rows = "Birch,https://b.example/f,\nCedar,https://c.example/f,true\n"
    (tmp_path / "b.csv").write_text(f"name,feeds,proven\n{rows}")
    assert "added 1 source to" in cli("sources", "import", "a.csv").err
    assert "added 2 sources to" in cli("sources", "import", "b.csv").err
    proven = {source["id"]: source["proven"] for source in listed(cli)}
    assert proven == {"alder": False, "birch": False, "cedar": True}


def test_an_empty_list_is_called_by_its_name(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk_without_sources(tmp_path, site)
    for name, content, words in (
        ("a.opml", "", "this file is empty"),
        ("a.csv", "\ufeff\n", "this file is empty"),
        ("b.opml", "name,feeds\n", "this is not an OPML file"),
        ("c.opml", "<opml/>", "this OPML does not name a feed"),
    ):
        (tmp_path / name).write_text(content)
        said = cli("sources", "import", name)
        assert (said.status, said.err.count("\n")) == (2, 1)
        assert words in said.err


def test_a_feed_is_one_channel_and_its_samples_have_its_dates(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk_without_sources(tmp_path, site)
    site.page("/a", page("Hub opens", *report("Lowmoor")))
    site.feed("/atom", [Entry(path="/a", title="Hub opens")], atom=True)
    said = cli("sources", "add", site.url("/atom"), "--yes")
    assert (said.status, "7 September 2026, " in said.out) == (0, True)
    assert (listed(cli)[0]["feeds"], listed(cli)[0]["sitemaps"]) == ([site.url("/atom")], [])


def test_a_feed_that_is_sent_as_html_is_found_at_once(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk_without_sources(tmp_path, site)
    site.page("/a", page("Hub opens", *report("Lowmoor")))
    item = f"<item><title>Hub opens</title><link>{site.url('/a')}</link></item>"
    site.page("/news.php", f'<?xml version="1.0"?><rss version="2.0"><channel>{item}</channel></rss>')
    assert cli("sources", "add", site.url("/news.php"), "--yes").status == 0
    assert listed(cli)[0]["feeds"] == [site.url("/news.php")]
    assert [asked.path for asked in site.log if asked.path.startswith(("/news", "/feed"))] == ["/news.php"]

"""Single articles: `fetch --no-save` reads what `fetch` reads; a failed `fetch` leaves nothing to watch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import CommandLine
from tests.desk import make_desk, page, report
from tests.site import Entry, Site


def paged(site: Site) -> tuple[str, ...]:
    """Serve an article of two pages, behind a meta refresh, and return its lines."""
    first, second = report("Lowmoor"), report("Highfell", 2)
    site.page("/old", '<html><head><meta http-equiv="refresh" content="0; url=/story"></head></html>')
    site.page("/story", page("A hub for two towns", *first, around='<a href="/story?page=2">2</a>'))
    site.page("/story?page=2", page("A hub for two towns", *second))
    return (*first, *second)


def test_a_paged_article_behind_a_refresh_is_printed_whole(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    lines = paged(site)
    make_desk(tmp_path, site)
    unsaved = cli("fetch", "--no-save", site.url("/old"))
    saved = cli("fetch", site.url("/old"))
    for said in (unsaved, saved):
        assert said.status == 0
        assert all(line in " ".join(said.out.split()) for line in lines)


def test_samples_of_a_new_source_are_whole(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    lines = paged(site)
    make_desk(tmp_path, fetch="", cuttings="")
    config = tmp_path / "cuttings.toml"
    config.write_text(config.read_text().replace("allow_private = []", f'allow_private = ["{site.host}"]'))
    site.feed("/feed", [Entry(path="/old", title="A hub for two towns")])
    said = cli("sources", "add", site.url("/feed"), "--yes")
    assert f"{sum(len(line.split()) for line in lines)} words" in said.out


@pytest.mark.parametrize("served", ["missing", "empty", "down"])
def test_a_failed_fetch_leaves_no_source_and_no_link(
    cli: CommandLine, tmp_path: Path, site: Site, served: str
) -> None:
    with Site() as other:
        desk = make_desk(tmp_path, site)
        config = tmp_path / "cuttings.toml"
        config.write_text(config.read_text().replace(f'"{site.host}"]', f'"{site.host}", "{other.host}"]'))
        with desk.store() as store:
            before = [source.id for source in store.sources.all()]
        if served == "empty":
            other.page("/mistyped", "<html><body></body></html>")
        elif served == "down":
            other.page("/mistyped", status=500)
        said = cli("fetch", other.url("/mistyped"))
        assert (said.status, other.url("/mistyped") in said.err) == (1, True)
        with desk.store() as store:
            assert [source.id for source in store.sources.all()] == before
            rows = store._connection.execute("SELECT count(*) FROM _links")[0][0]
            failures = store._connection.execute("SELECT url FROM failures")
        assert (rows, [url for (url,) in failures]) == (0, [other.url("/mistyped")])
        other.forget()
        cli("run")
        assert not other.count("/mistyped")


def test_a_short_url_is_not_a_source_of_all_publishers(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    config = tmp_path / "cuttings.toml"
    config.write_text(
        config.read_text().replace(f'"{site.host}"]', f'"{site.host}", "localhost:{site.port}"]')
    )
    site.page("/a", page("Hub opens", *report("Lowmoor")))
    site.redirect("/short", site.url("/a"))
    said = cli("fetch", f"http://localhost:{site.port}/short", "--format", "json")
    assert (said.status, json.loads(said.out)["source"]) == (0, "s1")
    assert [each.article.source_id for each in desk.articles().values()] == ["s1"]


def test_a_reserved_text_is_said_to_be(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    site.page("/a", page("Hub opens", *report("Lowmoor")), headers={"X-Robots-Tag": "noarchive"})
    words = "not stored, because the publisher reserves it (header x-robots-tag: noarchive)"
    assert words in cli("fetch", site.url("/a")).err
    assert words in cli("article", "1").out

"""The sectors that come with the package: each file is read, says what is known of a source, and can be started from."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from pipelines.config.bundled import DEFAULT_SECTOR, bundled_sector, sector_names
from scraper import canonical_url, robots_allow
from scraper.models import Source
from tests.cli import CommandLine

# GOV.UK's rules for all robots, as public programs quoted them in 2026.
GOVUK_ROBOTS = b"User-agent: *\nDisallow: /*/print$\nDisallow: /search/all*\n"
OPEN_LICENCES = {"Open Government Licence v3.0", "Open Parliament Licence v3.0"}
README = Path(__file__).resolve().parents[1] / "README.md"
PLATFORMS = {"www.gov.uk"}  # hosts of many publishers


@pytest.fixture(params=sector_names())
def sector(request: pytest.FixtureRequest) -> str:
    """The name of each bundled sector."""
    return str(request.param)


def _urls(source: Source) -> list[str]:
    return [source.homepage, *(channel.url for channel in source.channels)]


def test_the_bundled_sectors_are_these() -> None:
    assert sector_names() == ("uk-childrens-services", "uk-housing")
    assert DEFAULT_SECTOR in sector_names()


def test_a_sector_has_a_title_a_zone_and_enough_sources(sector: str) -> None:
    read = bundled_sector(sector)
    assert read.title
    assert ZoneInfo(read.timezone)
    assert 40 <= len(read.sources) <= 70
    assert len({source.id for source in read.sources}) == len(read.sources)
    assert sum(source.enabled and source.proven for source in read.sources) >= 15


def test_the_readme_names_the_sector_with_its_size(sector: str) -> None:
    read = bundled_sector(sector)
    words = " ".join(README.read_text(encoding="utf-8").split())
    assert f"`{sector}` ({read.title}, {len(read.sources)} sources)" in words


def test_every_source_says_what_is_known_of_it(sector: str) -> None:
    for source in bundled_sector(sector).sources:
        assert source.note, source.id
        assert source.enabled != source.note.startswith("off: "), source.id
        assert source.channels or not source.enabled, source.id
        assert source.licence is None or source.licence in OPEN_LICENCES, source.id


def test_every_address_is_http_and_is_in_one_source_only(sector: str) -> None:
    sources = bundled_sector(sector).sources
    for source in sources:
        for url in _urls(source):
            parts = urlsplit(url)
            assert parts.scheme in ("http", "https"), (source.id, url)
            assert "." in parts.netloc, (source.id, url)
            assert parts.netloc == parts.netloc.lower().strip(), (source.id, url)
    channels = [canonical_url(channel.url) for source in sources for channel in source.channels]
    assert len(set(channels)) == len(channels)


def test_sources_of_one_site_have_one_owner(sector: str) -> None:
    """Sources without a common owner count as independent publishers."""
    owners: dict[str, set[str]] = {}
    sources = bundled_sector(sector).sources
    for source in sources:
        assert source.owner == source.owner.strip(), source.id
        host = urlsplit(source.homepage).netloc
        owners.setdefault(source.homepage if host in PLATFORMS else host, set()).add(
            source.owner or source.id
        )
    assert not {site: names for site, names in owners.items() if len(names) > 1}
    spellings = {source.owner for source in sources}
    assert len({owner.casefold() for owner in spellings}) == len(spellings)


def test_no_source_needs_what_govuk_forbids_robots(sector: str) -> None:
    urls = [channel.url for source in bundled_sector(sector).sources for channel in source.channels]
    govuk = [url for url in urls if urlsplit(url).netloc == "www.gov.uk"]
    assert govuk
    assert [url for url in govuk if not robots_allow(GOVUK_ROBOTS, url, "cuttings")] == []


def test_a_desk_of_the_sector_does_not_ask_anybody_without_a_contact(
    sector: str, cli: CommandLine, tmp_path: Path
) -> None:
    said = cli("init", "desk", "--sector", sector)
    assert said.status == 0
    assert f"sources on {bundled_sector(sector).title} (" in said.err
    assert "is the default" not in said.err
    config = tmp_path / "desk" / "cuttings.toml"
    assert f'timezone = "{bundled_sector(sector).timezone}"' in config.read_text(encoding="utf-8")
    rows = json.loads(cli("sources", "list", "--json", "--config", config).out)
    assert [row["id"] for row in rows] == [source.id for source in bundled_sector(sector).sources]
    for arguments in (("run",), ("run", "--dry-run"), ("sources", "check")):
        refused = cli(*arguments, "--config", config)
        assert (refused.status, refused.out) == (2, ""), arguments
        assert "[cuttings] contact is empty" in refused.err, arguments

"""robots.txt: the RFC's own examples, Google's cases, and what sites really write."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.robots import ROBOTS_BYTES, Robots, parse_robots, robots_allow

AGENT = "cuttings/0.1 (+https://desk.example/about)"


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    return shared / "eval" / "conformance" / "robots"


def _rows(path: Path) -> Iterator[dict[str, object]]:
    return (json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize("name", ["rfc9309", "google_cases"])
def test_standard_cases_all(name: str, cases: Path) -> None:
    rows = [row for row in _rows(cases / f"{name}.jsonl") if row.get("scope") != "google-only"]
    assert len(rows) >= 20
    wrong = [
        row["id"]
        for row in rows
        if robots_allow(base64.b64decode(str(row["robots_b64"])), str(row["url"]), str(row["agent"]))
        != row["allowed"]
    ]
    assert not wrong


def test_real_files_as_googles_matcher_reads_them(cases: Path) -> None:
    parsed: dict[str, Robots] = {}
    right = total = 0
    for row in _rows(cases / "wild_decisions.jsonl"):
        file = str(row["file"])
        robots = parsed.get(file) or parsed.setdefault(
            file, parse_robots((cases.parents[0] / file).read_bytes())
        )
        total += 1
        right += robots.allows(str(row["url"]), str(row["agent"])) == row["allowed"]
    assert total > 5_000
    assert right / total >= 0.995


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a/*/c$", "/a/x/y/c", False),
        ("User-agent: *\nDisallow: /a/*/c$", "/a/x/y/cd", True),
        ("User-agent: *\nDisallow: /caf\u00e9", "/caf%C3%A9", False),
        ("User-agent: *\nDisallow: /a?b=", "/a?b=1", False),
        ("User-agent: CUTTINGS\nDisallow: /", "/x", False),
        ("User-agent: cuttings-news\nDisallow: /", "/x", True),
        ("User-agent: *\nUser-agent: other\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /\u2028x\nDisallow: /y", "/y", False),
    ],
)
def test_rule(text: str, path: str, allowed: bool) -> None:
    assert robots_allow(text.encode(), f"https://x.example{path}", AGENT) is allowed


def test_where_google_and_the_rfc_differ_the_stricter_reading_holds() -> None:
    assert not robots_allow(b"User-agent: *\nDisallow: /%62", "https://x.example/b", AGENT)
    assert not robots_allow(b"User-agent: *\nDisallow: /\nAllow: /%62", "https://x.example/b", AGENT)
    assert robots_allow(b"User-agent: *\nDisallow: /\nAllow: /%7Ejoe", "https://x.example/~joe", AGENT)


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ("Crawl-delay: 10s", 10.0),
        ("crawl-delay: 1,5 # polite", 1.5),
        ("Crawl-delay: 10 Seconds", 10.0),
        ("Crawl-delay: 10\nCrawl-delay: 2", 10.0),
        ("Crawl-delay: soon", None),
        ("Crawl-delay: -1", None),
        ("Crawl-delay: 5m", None),
    ],
)
def test_crawl_delay_as_people_write_it(lines: str, seconds: float | None) -> None:
    assert parse_robots(f"User-agent: *\n{lines}\nDisallow: /x\n".encode()).crawl_delay(AGENT) == seconds


def test_crawl_delay_belongs_to_the_agents_named_so_far() -> None:
    robots = parse_robots(
        b"User-agent: *\nCrawl-delay: 2.5\nUser-agent: cuttings\nDisallow: /x\nCrawl-delay: 7\n"
    )
    assert robots.crawl_delay("other") == 7.0
    assert (
        parse_robots(b"User-agent: *\nCrawl-delay: 2.5\n\nUser-agent: x\nDisallow: /").crawl_delay(AGENT)
        == 2.5
    )
    assert parse_robots(b"User-agent: *\nCrawl-delay: 1e9\n").crawl_delay(AGENT) is None


def test_sitemaps_stand_outside_of_groups() -> None:
    robots = parse_robots(
        b"Sitemap: https://x.example/a.xml\nUser-agent: x\nsitemap:https://x.example/b.xml\nDisallow: /\n"
    )
    assert robots.sitemaps == ("https://x.example/a.xml", "https://x.example/b.xml")
    assert robots.allows("https://x.example/", AGENT)


def test_signals_of_our_group() -> None:
    text = b"User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\nContent-Usage: /news/ train-ai=n\n"
    expected = (("content-signal", "search=yes, ai-train=no"), ("content-usage", "/news/ train-ai=n"))
    assert parse_robots(text).signals(AGENT) == expected


def test_only_the_first_500_kib_count() -> None:
    rule = b"\nUser-agent: *\nDisallow: /\n"
    assert not robots_allow(b"#" * (ROBOTS_BYTES - len(rule)) + rule, "https://x.example/", AGENT)
    assert robots_allow(b"#" * ROBOTS_BYTES + rule, "https://x.example/", AGENT)


@given(st.binary(max_size=300), st.text(max_size=30))
def test_never_raises(body: bytes, path: str) -> None:
    assert robots_allow(body, f"https://x.example/{path}", AGENT) in (True, False)

"""What publishers say about reuse, and what follows for each purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.models import Rights
from scraper.rights import (
    TextUse,
    header_rights,
    meta_rights,
    page_rights,
    read_tdmrep,
    tdm_rights,
    text_use,
)
from scraper.robots import parse_robots

URL = "https://x.example/news/item?x=1"


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        ("noarchive", {"noarchive"}),
        ("NoIndex, nocache", {"noindex", "noarchive"}),
        ("none", {"noindex"}),
        ("googlebot: noarchive", set()),
        ("cuttings: noarchive, nosnippet", {"noarchive", "nosnippet"}),
        ("googlebot: noindex, cuttings: noarchive", {"noarchive"}),
        ("unavailable_after: 25 Jun 2030 15:00:00 GMT, noarchive", {"noarchive"}),
        ("max-snippet:0", {"nosnippet"}),
        ("max-snippet:-1, all", set()),
        ("noai, noimageai", {"no_ai"}),
        ("noindex nofollow noarchive", {"noindex", "noarchive"}),
        ("noimageindex; noarchive", {"noarchive"}),
        ("", set()),
    ],
)
def test_x_robots_tag(value: str, flags: set[str]) -> None:
    assert _flags(header_rights([("X-Robots-Tag", value)])) == flags


def test_headers_of_several_agents_stay_apart() -> None:
    rights = header_rights([("x-robots-tag", "googlebot: noindex"), ("x-robots-tag", "noarchive")])
    assert _flags(rights) == {"noarchive"}
    assert rights.signals == ("header x-robots-tag: noarchive",)


@pytest.mark.parametrize(
    ("name", "content", "flags"),
    [
        ("robots", "noindex,noarchive", {"noindex", "noarchive"}),
        ("ROBOTS", " NOARCHIVE ", {"noarchive"}),
        ("robots", "noindex;noarchive", {"noindex", "noarchive"}),
        ("cuttings", "noarchive", {"noarchive"}),
        ("googlebot", "noarchive", set()),
        ("tdm-reservation", "1", {"tdm_reserved"}),
        ("tdm-reservation", "0", set()),
        ("description", "noarchive", set()),
    ],
)
def test_meta(name: str, content: str, flags: set[str]) -> None:
    assert _flags(meta_rights([(name, content)])) == flags


@pytest.mark.parametrize(
    ("name", "value", "flags"),
    [
        ("Content-Usage", "train-ai=n", {"no_ai"}),
        ("Content-Usage", "train-ai=y, search=n", set()),
        ("Content-Usage", "bots=n", {"tdm_reserved", "no_ai"}),
        ("Content-Signal", "search=yes, ai-train=no", {"no_ai"}),
        ("Content-Signal", "ai-input=no", {"no_ai"}),
        ("TDM-Reservation", "1", {"tdm_reserved"}),
    ],
)
def test_header_preferences(name: str, value: str, flags: set[str]) -> None:
    assert _flags(header_rights([(name, value)])) == flags


def test_robots_txt_preferences_hold_for_their_path() -> None:
    robots = parse_robots(
        b"User-agent: *\nContent-Usage: train-ai=y\nContent-Usage: /news/ train-ai=n\nContent-Signal: ai-train=yes\n"
    )
    assert page_rights(URL, robots=robots).no_ai
    assert not page_rights("https://x.example/other", robots=robots).no_ai


def test_tdmrep_the_longest_location_decides() -> None:
    body = b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "/p"}, {"location": "/news/*", "tdm-reservation": 0}]'
    assert tdm_rights(read_tdmrep(body), "https://x.example/a") == Rights(
        tdm_reserved=True, tdm_policy="/p", signals=("tdmrep.json: / reserved",)
    )
    assert not tdm_rights(read_tdmrep(body), URL).tdm_reserved


def test_the_page_itself_outweighs_tdmrep() -> None:
    rules = read_tdmrep(b'[{"location": "/", "tdm-reservation": 1}]')
    assert page_rights(URL, tdm_rules=rules).tdm_reserved
    assert not page_rights(URL, tdm_rules=rules, headers=[("tdm-reservation", "0")]).tdm_reserved
    assert not page_rights(URL, tdm_rules=rules, metas=[("tdm-reservation", "0")]).tdm_reserved


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1, null]", b"<html>", b"[" * 100_000, b'[{"location": 5}]', b"\xff\xfe"]
)
def test_no_tdmrep(body: bytes) -> None:
    assert tdm_rights(read_tdmrep(body), URL) == Rights()


@pytest.mark.parametrize(
    ("rights", "purpose", "licence", "use"),
    [
        (Rights(), "monitoring", None, TextUse.FULL),
        (Rights(noarchive=True), "monitoring", None, TextUse.FEATURES_ONLY),
        (Rights(tdm_reserved=True), "monitoring", None, TextUse.FEATURES_ONLY),
        (Rights(noindex=True, no_ai=True, nosnippet=True), "monitoring", None, TextUse.FULL),
        (Rights(), "noncommercial-research", None, TextUse.ANALYSIS_ONLY),
        (Rights(tdm_reserved=True), "noncommercial-research", None, TextUse.ANALYSIS_ONLY),
        (Rights(noarchive=True), "monitoring", "NLA web licence", TextUse.FULL),
    ],
)
def test_text_use(rights: Rights, purpose: str, licence: str | None, use: TextUse) -> None:
    assert text_use(rights, purpose=purpose, licence=licence) is use


@given(
    st.lists(
        st.tuples(st.sampled_from(["x-robots-tag", "content-usage", "tdm-policy"]), st.text()), max_size=4
    )
)
def test_never_raises(headers: list[tuple[str, str]]) -> None:
    rights = header_rights(headers)
    assert all("\n" not in signal for signal in rights.signals)


def _flags(rights: Rights) -> set[str]:
    names = ("noindex", "noarchive", "nosnippet", "tdm_reserved", "no_ai")
    return {name for name in names if getattr(rights, name)}

"""Addresses: the WHATWG cases, what is removed, what is one article, what is one site."""

from __future__ import annotations

import json
from pathlib import Path

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.errors import AddressError
from scraper.urls import (
    MAX_ADDRESS_CHARS,
    article_key,
    believable_canonical,
    canonical_url,
    host_key,
    is_home_page,
    same_site,
    shown,
    site_of,
    unwrapped,
)


def test_the_whatwg_cases_parse_to_the_standards_host_and_path_or_fail(shared: Path) -> None:
    text = (shared / "eval/conformance/url/whatwg.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    assert len(rows) > 300
    for row in rows:
        if row.get("failure") or row.get("other_scheme"):
            with pytest.raises(ValueError):  # noqa: PT011 - the contract's own word
                canonical_url(row["input"], row["base"])
        else:
            found = canonical_url(row["input"], row["base"])
            parsed = ada_url.URL(found)
            assert (parsed.host, parsed.pathname, parsed.search) == (
                row["host"],
                row["pathname"],
                row["search"],
            ), row
            assert canonical_url(found) == found


@given(
    st.text(max_size=60)
    | st.builds(
        "{}://{}{}?{}#{}".format,
        st.sampled_from(["http", "https", "HTTP", "ftp"]),
        st.text(max_size=12),
        st.text(max_size=20),
        st.lists(
            st.sampled_from(["a=1", "utm_source=x", "b", "", "ref=rss", "%75tm_x=1", "amp;utm_id=3"])
        ).map("&".join),
        st.text(max_size=5),
    )
)
@example("http://example.org/?utm_source=a&&b=%zz")
@example("http://example.org/?&utm_source=a")
@example("http://example.org/\ud800?\udfff")
@example("http:\\\\example.org\\a\\..\\b")
def test_canonical_twice_changes_nothing_and_nothing_but_our_error_comes(text: str) -> None:
    try:
        once = canonical_url(text)
    except AddressError:
        return
    assert canonical_url(once) == once
    assert article_key(once) == article_key(text)
    assert site_of(once)
    assert ":" in host_key(once)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://Example.ORG:80/a/../b c#part", "http://example.org/b%20c"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("https://example.org/x?utm_source=rss&id=3&fbclid=abc", "https://example.org/x?id=3"),
        ("https://example.org/x?id=3&amp;utm_medium=email", "https://example.org/x?id=3"),
        ("https://example.org/x?UTM%5FCampaign=1", "https://example.org/x"),
        ("https://example.org/x?ref=rss&ref=12", "https://example.org/x?ref=12"),
        ("https://example.org/x?source=council-report", "https://example.org/x?source=council-report"),
        ("https://example.org/x?b=2&a=1&b=1", "https://example.org/x?b=2&a=1&b=1"),
        ("https://example.org/x?", "https://example.org/x"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
    ],
)
def test_canonical_url(given_url: str, expected: str) -> None:
    assert canonical_url(given_url) == expected


def test_relative_addresses_need_a_base() -> None:
    assert canonical_url("../c?utm_id=1", "https://example.org/a/b/") == "https://example.org/a/c"
    with pytest.raises(AddressError, match="http://"):
        canonical_url("../c")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "mailto:a@example.org",
        "file:///etc/passwd",
        "http://",
        "http://a b/",
        "//x",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical_url(text)


def test_an_endless_address_is_refused_and_shown_short_and_printable() -> None:
    with pytest.raises(AddressError) as failure:
        canonical_url("http://example.org/\x1b[31m" + "x" * MAX_ADDRESS_CHARS)
    assert len(str(failure.value)) < 400
    assert "\x1b" not in str(failure.value)
    assert shown("a\nb\u202ec") == "a\\x0ab\\x202ec"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (
            "https://www.google.com/url?rct=j&sa=t&url=https://example.org/a?x=1%26utm_id=2&ct=ga",
            "https://example.org/a?x=1",
        ),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.org%2fa",
            "https://example.org/a",
        ),
        (
            "https://eur02.safelinks.protection.outlook.com/?url=http%3A%2F%2Fexample.org%2F&data=1",
            "http://example.org/",
        ),
        (
            "https://www.google.com/url?url=javascript:alert(1)",
            "https://www.google.com/url?url=javascript:alert(1)",
        ),
        (
            "https://example.org/url?url=https://example.net/",
            "https://example.org/url?url=https://example.net/",
        ),
        (
            "https://notgoogle.com/url?url=https://example.net/",
            "https://notgoogle.com/url?url=https://example.net/",
        ),
    ],
)
def test_unwrapped(url: str, target: str) -> None:
    assert unwrapped(url) == target


SAME_ARTICLE = [
    "https://www.example.org/news/story",
    "http://example.org/news/story/",
    "https://amp.example.org/news/story",
    "https://m.example.org/news/story?utm_source=x",
    "https://www.example.org/news/story/amp/",
    "https://www.example.org/news/story.amp",
    "https://www.example.org/amp/news/story",
    "https://www.example.org/news/story?outputType=amp",
    "https://www.example.org/news/story/print/",
    "https://www.example.org/print/news/story",
    "https://www.example.org/news/story?tmpl=component&print=1&layout=default",
    "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/news/story/amp",
    "https://www.google.com/amp/s/www.example.org/news/story",
    "https://www.example.org/news/story#comments",
]


@pytest.mark.parametrize("url", SAME_ARTICLE)
def test_variants_of_an_article_have_one_key(url: str) -> None:
    assert article_key(url) == "example.org/news/story"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/amplifying-voices", "https://example.org/lifying-voices"),
        ("https://example.org/a", "https://example.org/b"),
        ("https://example.org:8443/a", "https://example.org/a"),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/a"),
        ("https://example.org/amp", "https://example.org/"),
        ("https://www.gov.uk/a", "https://gov.uk/a"),
    ],
)
def test_different_articles_have_different_keys(one: str, other: str) -> None:
    assert article_key(one) != article_key(other)


def test_the_key_of_a_page_does_not_depend_on_the_order_of_its_parameters() -> None:
    assert article_key("https://example.org/a?x=1&y=2") == article_key("https://www.example.org/a/?y=2&x=1")


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://feeds.bbci.co.uk/x", "bbci.co.uk"),
        ("https://www.gov.uk/x", "www.gov.uk"),
        ("https://educationinspection.blog.gov.uk/", "blog.gov.uk"),
        ("https://one.github.io/", "one.github.io"),
        ("https://news.example.test/", "example.test"),
        ("http://localhost:8000/", "localhost:8000"),
        ("http://127.0.0.1:8001/", "127.0.0.1:8001"),
        ("http://[::1]/", "[::1]:80"),
        ("https://www.example.org./", "example.org"),
    ],
)
def test_site_of(url: str, site: str) -> None:
    assert site_of(url) == site


def test_same_site() -> None:
    assert same_site("https://www.example.co.uk/a", "http://amp.example.co.uk/b")
    assert not same_site("https://one.co.uk/", "https://two.co.uk/")
    assert not same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")
    assert not same_site("nonsense", "nonsense")


@pytest.mark.parametrize(
    ("declared", "believed"),
    [
        ("https://www.example.org/news/story", "https://www.example.org/news/story"),
        ("/news/story?utm_source=x", "https://example.org/news/story"),
        ("https://example.org/", None),
        ("https://www.example.org/index.html", None),
        ("https://agency.example.com/story", None),
        ("javascript:void(0)", None),
        ("", "https://example.org/news/story/amp"),
    ],
)
def test_a_canonical_link_is_believed_only_on_the_site_and_off_its_home_page(
    declared: str, believed: str | None
) -> None:
    assert believable_canonical(declared, "https://example.org/news/story/amp") == believed


def test_the_home_page_may_say_that_it_is_the_home_page() -> None:
    assert (
        believable_canonical("https://example.org/", "https://example.org/?utm_id=1")
        == "https://example.org/"
    )
    assert is_home_page("https://example.org/index.php")
    assert not is_home_page("https://example.org/?p=3")

"""What makes feedparser faster here gives what feedparser itself gives."""

from __future__ import annotations

import copy

import feedparser.mixin
import pytest
from feedparser.util import FeedParserDict
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.discovery import feeds  # noqa: F401 - wraps its functions

MIXIN = vars(feedparser.mixin)
ADDRESSES = (
    *("", "/a", "a/b", "?q=1", "#top", "//other.example/x", "http:///a", "https://site.example/a b"),
    *("javascript:alert(1)", "mailto:a@b.example", "http://[", "http://" + "a" * 3_000),
)


@pytest.mark.parametrize("name", ["resolve_relative_uris", "_sanitize_html"])
@given(text=st.text(alphabet=st.sampled_from("ab c\t\r\n\x00'\">;#/!-]é“<&"), max_size=30))
@settings(max_examples=60)
def test_texts_are_rewritten_as_before(name: str, text: str) -> None:
    more = ("https://site.example/feed", "utf-8", "text/html") if "uris" in name else ("utf-8", "text/html")
    assert MIXIN[name](text, *more) == MIXIN[name].__wrapped__(text, *more)


@pytest.mark.parametrize("name", ["make_safe_absolute_uri", "_urljoin"])
def test_addresses_are_joined_as_before(name: str) -> None:
    for base in ("https://site.example/news/feed", "", "ftp://a.example/", "javascript:b"):
        for address in (*ADDRESSES, *ADDRESSES):
            assert MIXIN[name](base, address) == MIXIN[name].__wrapped__(base, address)


def test_records_are_copied_to_their_depth() -> None:
    record = FeedParserDict(title="A", links=[FeedParserDict(href="b")], updated=None)
    twin = copy.deepcopy(record)
    assert twin == record
    assert type(twin) is FeedParserDict
    twin["links"][0]["href"] = "c"
    assert record["links"][0]["href"] == "b"

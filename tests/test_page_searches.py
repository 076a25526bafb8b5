"""Quick searches of a page's source find what a plain pattern finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from scraper import sandbox
from scraper.extraction import document

PIECES = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "<p>",
            "</BODY >",
            "</body",
            "</Html\n>",
            "</htmlx>",
            "</b>",
            "İ",
            "</",
            "a=1 ",
            "!",
            "text ",
        ]
    ).flatmap(lambda piece: st.integers(1, 4).map(lambda times: piece * times)),
    max_size=30,
)


@given(pieces=PIECES)
def test_end_tags_of_the_page_are_taken_out(pieces: list[str]) -> None:
    source = "".join(pieces)
    assert document._without_closers(source) == re.sub(r"(?i:</(?:body|html)\s*>)", " ", source)


@given(pieces=PIECES, longest=st.integers(2, 12))
def test_long_tags_are_found(pieces: list[str], longest: int) -> None:
    body = "".join(pieces).encode()
    parts = [part for part in body.split(b"<")[1:] if re.match(rb"[a-zA-Z/!?]", part)]
    expected = [tag for tag in (part.partition(b">")[0] for part in parts) if len(tag) > longest]
    before = sandbox.LONG_TAG_BYTES
    try:
        sandbox.LONG_TAG_BYTES = longest  # type: ignore[misc]
        assert list(sandbox._long_tags(body)) == expected
    finally:
        sandbox.LONG_TAG_BYTES = before  # type: ignore[misc]

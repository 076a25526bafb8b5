"""The small text helpers."""

from __future__ import annotations

import pytest

from pipelines.text import counted, listed, quoted


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (1, "article", "1 article"),
        (0, "article", "0 articles"),
        (2, "story", "2 stories"),
        (2, "day", "2 days"),
        (3, "copy", "3 copies"),
    ],
)
def test_a_noun_is_counted(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected


def test_a_long_title_is_cut_inside_its_quotation_marks() -> None:
    assert quoted("Home closes") == "“Home closes”"
    assert quoted("abcdef", longest=4) == "“abc…”"


@pytest.mark.parametrize(
    ("words", "most", "expected"),
    [([], 3, ""), (["a"], 3, "a"), (["a", "b"], 3, "a and b"), (["a", "b", "c", "d"], 3, "a, b and c")],
)
def test_words_are_listed(words: list[str], most: int, expected: str) -> None:
    assert listed(words, most) == expected

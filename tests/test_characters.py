"""Characters of page text: composed letters, no invisible ones, words of scripts without spaces."""

from __future__ import annotations

import unicodedata

import pytest

from scraper.extraction.characters import clean_characters, count_words, repair_double_encoding


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200b", "\u2060", "\ufeff"])
def test_a_search_finds_a_word_that_held_an_invisible_character(invisible: str) -> None:
    assert clean_characters(f"place{invisible}ments") == "placements"


def test_letters_are_composed_and_joiners_stay() -> None:
    assert clean_characters(unicodedata.normalize("NFD", "Zoë's café")) == "Zoë's café"
    assert clean_characters("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize(
    ("text", "words"),
    [("Ten homes closed", 3), ("", 0), ("市長は火曜日", 3), ("Tokyo 市長 spoke", 3), ("École fermée", 2)],
)
def test_words_are_counted_in_scripts_without_spaces(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_page_that_was_encoded_twice_is_repaired_and_an_honest_one_is_not_touched() -> None:
    honest = "Carers’ café opened – the council’s third. “Late,” said Zoë."
    # Browsers decode the five bytes that windows-1252 leaves open as control characters.
    twice = "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in honest.encode())
    quoting = "Carers’ “café” – Ã© is how it looks"
    assert repair_double_encoding(quoting) == quoting
    assert repair_double_encoding(honest) == honest
    assert repair_double_encoding(twice) == honest

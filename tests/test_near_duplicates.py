"""Copies: the same text at another place, and nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stories.near_duplicates import (
    COPY_SHARE,
    RUN_WORDS,
    Wording,
    borrowed,
    copies,
    runs_of,
    share_in,
)


def words(seed: int, count: int) -> list[str]:
    """Words that no other seed has."""
    chance = random.Random(seed)
    return [f"w{seed}x{chance.randrange(10**6)}" for _ in range(count)]


def wording(key: int, text: list[str], *, copy_key: str = "", page: str = "") -> Wording:
    return Wording(key=key, copy_key=copy_key or f"text {key}", page=page, runs=runs_of(" ".join(text)))


ORIGINAL = words(1, 300)


def edited(every: int) -> list[str]:
    """One word in so many is another."""
    return [f"new{n}" if n % every == every - 1 else word for n, word in enumerate(ORIGINAL)]


@pytest.mark.parametrize(
    ("later", "is_copy"),
    [
        pytest.param(ORIGINAL, True, id="the same"),
        pytest.param(ORIGINAL[:180], True, id="cut at the end"),
        pytest.param(words(2, 30) + ORIGINAL, True, id="with a local sentence in front"),
        pytest.param(edited(40), True, id="lightly edited"),
        pytest.param(edited(8), False, id="rewritten"),
        pytest.param(ORIGINAL + words(3, 300), False, id="quoted in full with as much of its own"),
        pytest.param(ORIGINAL[:60] + words(4, 240), False, id="a fifth taken over"),
        pytest.param(words(5, 300), False, id="another text"),
        pytest.param(ORIGINAL[:20], False, id="too short to tell"),
        pytest.param([], False, id="no text"),
    ],
)
def test_a_later_text_is_a_copy_when_nearly_all_its_words_stand_in_an_earlier_one(
    later: list[str], is_copy: bool
) -> None:
    assert copies([wording(1, ORIGINAL), wording(2, later)]) == {1: 1, 2: 1 if is_copy else 2}


def test_the_earliest_is_the_original_of_all() -> None:
    found = copies([wording(7, ORIGINAL), wording(3, ORIGINAL[:200]), wording(5, edited(50))])
    assert set(found.values()) == {7}


def test_the_same_text_is_a_copy_however_short() -> None:
    assert copies([wording(1, ["fire"], copy_key="same"), wording(2, ["fire"], copy_key="same")]) == {
        1: 1,
        2: 1,
    }


def test_another_address_of_the_page_is_a_copy_whatever_it_says() -> None:
    assert copies([wording(1, ORIGINAL, page="a/1"), wording(2, words(9, 90), page="a/1")]) == {1: 1, 2: 1}
    assert copies([wording(1, ORIGINAL), wording(2, words(9, 90))]) == {1: 1, 2: 2}, (
        "no address is no same address"
    )


def test_small_edits_do_not_add_up_to_one_text() -> None:
    """Each is a copy of the one before; the last has nothing of the first."""
    chain = [wording(n, words(1, 300)[n * 25 :] + words(2, n * 25)) for n in range(12)]
    found = copies(chain)
    assert found[1] == 0
    assert found[11] != 0


def test_ten_thousand_identical_texts_take_one_comparison_each() -> None:
    runs = [runs_of(" ".join(ORIGINAL[: 290 + n])) for n in range(10)]
    many = [Wording(key=n, copy_key=f"{n}", page="", runs=runs[n % 10]) for n in range(10_000)]
    assert set(copies(many[:500]).values()) == {0}, "each of another key: compared with the one original"
    same = [Wording(key=n, copy_key=f"{n % 10}", page="", runs=runs[n % 10]) for n in range(10_000)]
    assert set(copies(same).values()) == {0}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=80), max_size=6))
def test_every_report_has_an_original_that_is_its_own(texts: list[list[str]]) -> None:
    found = copies([wording(n, text, copy_key=" ".join(text)) for n, text in enumerate(texts)])
    assert found.keys() == set(range(len(texts)))
    assert all(found[original] == original <= copy for copy, original in found.items())


def test_what_was_taken_over_is_counted_in_words() -> None:
    mixed = ORIGINAL[:50] + words(6, 50)
    first, second, third = borrowed(
        [wording(1, ORIGINAL), wording(2, mixed), wording(3, words(7, 100))]
    ).values()
    assert (first.share, first.source) == (0.0, None)
    assert second.share == pytest.approx(0.5)
    assert second.source == 1
    assert third.share == 0.0


def test_the_lender_is_the_first_that_had_the_words() -> None:
    found = borrowed([wording(1, ORIGINAL), wording(2, ORIGINAL), wording(3, ORIGINAL[:100])])
    assert found[3].source == 1


def test_a_share_of_a_source() -> None:
    text = ORIGINAL[10:30] + words(8, 60)
    assert share_in(runs_of(" ".join(text)), runs_of(" ".join(ORIGINAL))) == pytest.approx(0.25)
    assert share_in([], runs_of("a b c d e f")) == 0.0


def test_runs_are_blind_to_case_and_punctuation() -> None:
    assert runs_of("The Mayor said: “We don’t know.” Today") == runs_of("the mayor said we don’t know today")
    assert len(runs_of("one two three four five six")) == 6 - RUN_WORDS + 1
    assert 0 < COPY_SHARE < 1

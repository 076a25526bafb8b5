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
        pytest.param(ORIGINAL + words(3, 300), True, id="the whole of a text that ran cut before"),
        pytest.param(
            words(3, 150) + ORIGINAL + words(4, 150), False, id="quoted in full inside as much of its own"
        ),
        pytest.param(ORIGINAL[:60] + words(4, 240), False, id="a fifth taken over"),
        pytest.param(words(5, 300), False, id="another text"),
        pytest.param(words(6, 80) + ORIGINAL[80:], False, id="what an outlet puts below everything"),
        pytest.param(ORIGINAL[:16], True, id="the first paragraph"),
        pytest.param(ORIGINAL[:14], False, id="too short to know"),
        pytest.param([], False, id="no text"),
    ],
)
def test_a_text_is_a_copy_when_nearly_all_words_of_the_shorter_stand_in_the_longer(
    later: list[str], is_copy: bool
) -> None:
    longest = 1 if len(ORIGINAL) >= len(later) else 2
    expected = {1: longest, 2: longest} if is_copy else {1: 1, 2: 2}
    assert copies([wording(1, ORIGINAL), wording(2, later)]) == expected
    assert copies([wording(2, later), wording(1, ORIGINAL)]).keys() == {1, 2}


def test_the_longest_is_the_original_of_all_whichever_came_first() -> None:
    found = copies([wording(7, ORIGINAL[:200]), wording(3, ORIGINAL), wording(5, edited(50))])
    assert set(found.values()) == {3}


FORM = """{council} has welcomed a new inspection report which found that its services for children are good.
Inspectors visited the council in September and looked at help for families, protection and care leavers.
{councillor} said: "This report is a testament to the hard work of our staff, who go above and beyond each day."
The report highlights a stable workforce and the council's investment of {sum} million in early help."""


def release(key: int, council: str, councillor: str, amount: str) -> Wording:
    text = FORM.format(council=council, councillor=councillor, sum=amount)
    return prose(key, "Council welcomes good report", text, outlet=council)


def prose(key: int, title: str, text: str, *, outlet: str = "") -> Wording:
    return Wording(
        key=key, copy_key=text, page="", runs=runs_of(text), outlet=outlet or f"{key}", title=title, text=text
    )


def test_releases_by_one_form_are_not_copies() -> None:
    one = release(1, "Dunmere Council", "Councillor Ines Holt", "£4.1")
    two = release(2, "The Borough of Sandwick", "Councillor Omar Pell", "£2.8")
    assert copies([one, two]) == {1: 1, 2: 2}
    same = prose(3, "Sandwick is praised", two.text, outlet="The Sandwick Post")
    assert copies([one, two, same]) == {1: 1, 2: 2, 3: 2}


def test_a_local_name_in_front_of_an_agency_text_does_not_make_it_another() -> None:
    text = FORM.format(council="Dunmere Council", councillor="Councillor Ines Holt", sum="£4.1")
    local = f"A centre in Castle Street, Sandwick, is among those to gain. {text}"
    assert copies([prose(1, "Report", text), prose(2, "Sandwick centre to gain", local)]) == {1: 2, 2: 2}


def test_teaser_and_full_text_of_one_outlet_are_one_report() -> None:
    full = FORM.format(council="Dunmere Council", councillor="Councillor Ines Holt", sum="£4.1")
    teaser = " ".join(full.split()[:22]) + " … Subscribe now to read the rest of this story."
    assert (
        copies([prose(1, "Praise", teaser, outlet="post"), prose(2, "Praise", full, outlet="post")])[1] == 2
    )
    line = prose(3, "Praise for Dunmere", "", outlet="post")
    assert copies([line, prose(4, "Praise for Dunmere", full, outlet="post")])[3] == 4
    assert copies([line, prose(4, "Praise for Dunmere", full, outlet="echo")])[3] == 3


def test_the_same_text_is_a_copy_however_short() -> None:
    assert copies([wording(1, ["fire"], copy_key="same"), wording(2, ["fire"], copy_key="same")]) == {
        1: 1,
        2: 1,
    }


def test_another_url_of_a_page_is_a_copy_if_it_is_of_the_same_item() -> None:
    first = wording(1, ORIGINAL, page="a/1")
    revised = wording(2, ORIGINAL[:90] + words(9, 120), page="a/1")
    assert copies([first, revised]) == {1: 1, 2: 1}
    assert copies([first, wording(2, words(9, 90), page="a/1")]) == {1: 1, 2: 2}, "a list page names no item"
    assert copies([wording(1, ORIGINAL), wording(2, words(9, 90))]) == {1: 1, 2: 2}


def test_small_edits_do_not_add_up_to_one_text() -> None:
    """Each is a copy of the one before; the last has nothing of the first."""
    chain = [wording(n, words(1, 300)[n * 25 :] + words(2, n * 25)) for n in range(12)]
    found = copies(chain)
    assert found[1] == found[0]
    assert found[11] != found[0]


def test_ten_thousand_identical_texts_take_one_comparison_each() -> None:
    runs = [runs_of(" ".join(ORIGINAL[: 290 + n])) for n in range(10)]
    many = [Wording(key=n, copy_key=f"{n}", page="", runs=runs[n % 10]) for n in range(10_000)]
    assert set(copies(many[:500]).values()) == {9}, "each of another key: compared with the one original"
    same = [Wording(key=n, copy_key=f"{n % 10}", page="", runs=runs[n % 10]) for n in range(10_000)]
    assert set(copies(same).values()) == {9}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=80), max_size=6))
def test_every_report_has_an_original_that_is_its_own(texts: list[list[str]]) -> None:
    found = copies([wording(n, text, copy_key=" ".join(text)) for n, text in enumerate(texts)])
    assert found.keys() == set(range(len(texts)))
    assert all(found[original] == original for original in found.values())


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

"""How much of a report is its release word for word, retold, and its own."""

from __future__ import annotations

from pipelines.stories.shares import parts_of

RELEASE = (
    "Kestrel Bay Council has opened a hostel for forty homeless tenants on Harbour Street. "
    "Councillor Ann Ashby cut the ribbon and thanked the volunteers who painted every room."
)
RETOLD = "Ribbon cut, Ashby thanked all volunteers: they had painted each room."
OWN = "Rain came through the porch at noon, and somebody stole a bicycle."


def test_words_in_a_row_are_verbatim_and_a_retold_sentence_is_told_apart_from_ones_own() -> None:
    parts = parts_of(f"{RELEASE.split('.', maxsplit=1)[0]}. {RETOLD} {OWN}", RELEASE)
    lengths = [len(RELEASE.split(".", maxsplit=1)[0].split()), len(RETOLD.split()), len(OWN.split())]
    assert [round(share * sum(lengths)) for share in (parts.verbatim, parts.retold, parts.own)] == lengths


def test_the_release_itself_is_all_verbatim_and_another_text_all_own() -> None:
    assert parts_of(RELEASE, RELEASE).verbatim == 1.0
    assert parts_of(OWN, RELEASE).own == 1.0
    assert parts_of("", RELEASE).own == 1.0
    assert parts_of(OWN, "").own == 1.0


def test_the_shares_add_up() -> None:
    parts = parts_of(f"{OWN} {RELEASE}\n{RETOLD}", RELEASE)
    assert abs(parts.verbatim + parts.retold + parts.own - 1) < 1e-9

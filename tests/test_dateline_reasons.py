"""Datelines: where and for which agency a report was written is not given as a reason."""

from __future__ import annotations

import pytest

from pipelines.matching import Fingerprint, explain, fingerprint
from pipelines.matching.surface_forms import dateline
from tests.factories import make_article


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("ORVEDALE (NPS) - Two ferries go.", "ORVEDALE (NPS) - "),
        ("PORT ELSING, Norland — Two ferries go.", "PORT ELSING, Norland — "),
        ("Port Elsing, Norland, Oct 13 (NPS) – Two ferries go.", "Port Elsing, Norland, Oct 13 (NPS) – "),
        ("(NPS) -- Two ferries go.", "(NPS) -- "),
        ("Orvedale - a port of 9,000 people - loses two ferries.", ""),
        ("The firm (Haldane Lines) - a ferry company - is to cut sailings.", ""),
        ("ISLANDERS lose two ferries.", ""),
        ("", ""),
    ],
)
def test_a_dateline_ends_at_its_dash(text: str, opening: str) -> None:
    assert dateline(text) == opening


def reported(text: str, source: str) -> Fingerprint:
    return fingerprint(make_article(title="Ferries to go", text=text, source_id=source))


def words_of(one: Fingerprint, other: Fingerprint) -> str:
    return " ".join(piece.words for piece in explain(one, other, keys=(1, 2)).evidence)


def test_no_reason_gives_the_place_or_agency_of_a_dateline() -> None:
    first = reported("PORT ELSING (NPS) - Haldane Lines is to cut two sailings a day; 40 jobs go.", "a")
    second = reported("PORT ELSING (NPS) - Haldane Lines drops two sailings a day and 40 jobs.", "b")
    words = words_of(first, second)
    assert "Haldane Lines" in words
    assert "NPS" not in words
    assert "ELSING" not in words


def test_a_place_that_the_report_itself_names_is_a_reason() -> None:
    first = reported("PORT ELSING (NPS) - Islanders in Port Elsing fear for two sailings a day.", "a")
    second = reported("Two sailings a day from the harbour of Port Elsing are to go.", "b")
    assert "Port Elsing" in words_of(first, second)

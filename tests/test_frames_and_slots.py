"""Evidence that two texts share a form and not an event: other names, figures and bodies in one frame."""

from __future__ import annotations

import pytest

from pipelines.matching import Fingerprint, fingerprint, score
from pipelines.matching.bodies import kind_of_body
from pipelines.matching.clauses import Pair, clause
from pipelines.matching.comparisons import ALL_FEATURES, Family, features
from pipelines.matching.scoring import SAME_EVENT
from pipelines.matching.surface_forms import FigureKind, figure_kind
from pipelines.matching.sweep import NOTHING_TO_COMPARE
from scraper.models import Article
from tests.factories import make_article


def made(title: str, text: str = "", source: str = "evening-mail") -> Fingerprint:
    return fingerprint(make_article(title=title, text=text, source_id=source))


def value(name: str, one: Fingerprint, other: Fingerprint) -> float:
    return features(one, other)[ALL_FEATURES.index(name)]


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("£2.5m", FigureKind.MONEY), ("$40", FigureKind.MONEY), ("97%", FigureKind.SHARE),
        ("14-year-old", FigureKind.AGE), ("8.20am", FigureKind.CLOCK), ("7pm", FigureKind.CLOCK),
        ("15 January", None), ("2026", None), ("M25", None), ("am", None),
    ],
)  # fmt: skip
def test_a_figure_is_of_the_kind_that_its_unit_tells(form: str, kind: FigureKind | None) -> None:
    assert figure_kind(form) is kind


def test_figures_of_one_kind_are_compared_and_others_are_not() -> None:
    grant = made("Grant for parks", "The town gets £310,000, a rise of 4%, from the fund at 9am.")
    other_grant = made("Grant for parks", "The town gets £275,000, a rise of 4%, from the fund.")
    no_sum = made("Grant for parks", "Some 310,000 people live in the town.")
    assert (value("kinds_apart", grant, other_grant), value("kinds_shared", grant, other_grant)) == (1, 1)
    assert (value("kinds_apart", grant, no_sum), value("kinds_shared", grant, no_sum)) == (0, 0)


def test_two_bodies_that_speak_of_themselves_share_nothing_of_their_own() -> None:
    hexley = made("Hexley gets good rating", "Inspectors praised Hexley Council.", "hexley-council")
    scarle = made("Scarle gets good rating", "Inspectors praised Scarle Council.", "scarle-council")
    courier = made("Inspectors praise Hexley", "The rating of Hexley is good.", "courier")
    assert (value("own", hexley, scarle), value("own_min", hexley, scarle)) == (0.0, 0.0)
    assert (value("own", hexley, courier), value("own_min", hexley, courier)) == (1.0, -1.0)
    pair = Pair(hexley, scarle, {Family.SOURCE: -1.0})
    words = clause(Family.SOURCE, pair, favours=False).words
    assert words == "at the start each has a word of its own source’s name, Hexley and Scarle"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("hexley county council newsroom", "councils"), ("borough of scarle", "councils"),
        ("hexley.gov.uk", "councils"), ("gov.uk", ""), ("hexley police", "police forces"),
        ("scarle nhs trust", "health bodies"), ("hexley county times", ""), ("council week", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_body_is_told_from_an_outlet_by_its_name(source: str, kind: str) -> None:
    assert kind_of_body(source) == kind


def test_two_bodies_of_one_kind_tell_of_two_events() -> None:
    hexley, scarle, police, daily = (
        made("Good report welcomed", source=source)
        for source in ("Hexley Council", "Borough of Scarle", "Hexley Police", "the-daily")
    )
    assert value("peers", hexley, scarle) == 1.0
    assert [value("peers", hexley, other) for other in (police, daily, hexley)] == [0.0, 0.0, 0.0]
    assert value("peers", hexley, fingerprint(Article(title="Good report", text=""))) == NOTHING_TO_COMPARE
    pair = Pair(hexley, scarle, {Family.SOURCE: -1.0})
    assert clause(Family.SOURCE, pair, favours=False).words == "they come from two councils"
    assert score(hexley, scarle) < score(daily, made("Good report welcomed", source="the-week"))
    assert score(hexley, scarle) < min(SAME_EVENT, score(hexley, daily))


def test_a_name_of_the_own_source_is_not_evidence_for_one_event() -> None:
    council = made("Hexley opens a park", "Mayor Orrin cut the ribbon in Hexley.", "hexley-council")
    courier = made("Hexley shuts a school", "Parents in Hexley are angry.", "hexley-courier")
    daily = made("Hexley shuts a school", "Parents in Hexley are angry.", "the-daily")
    assert value("foreign_bits", council, courier) == value("foreign_bits", council, daily) == 0.0
    assert value("foreign_bits", daily, made("Hexley opens a park", "In Hexley.", "the-week")) > 0.0


def test_the_first_word_of_a_headline_counts_as_a_name_where_it_is_unusual() -> None:
    one, other = made("Tynewick to close last centre"), made("Haldenshire to close last centre")
    same = made("Tynewick plans to close its last centre")
    assert value("slots", one, other) == 0.0
    assert value("slots", one, same) == 1.0
    assert value("title_swap", one, other) > value("title_swap", one, same) == 0.0
    assert value("title_frame", one, other) == pytest.approx(4 / 5)

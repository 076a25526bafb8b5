"""The words for the evidence: as the texts write them, true of both texts, and never at odds with their
weight."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching import Fingerprint, explain, fingerprint, probability
from pipelines.matching.clauses import CITED_WEIGHT
from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.comparisons import ALL_FEATURES, FAMILIES, Family
from pipelines.matching.evidence import fullest_name, same_word, shared_quotations
from pipelines.matching.explanations import ADDRESS, desk_reason, reason, sentence, weighted_clauses
from pipelines.matching.surface_forms import figures
from pipelines.matching.tokens import quotations
from pipelines.models import Bearing, Evidence, Match
from pipelines.storage.store import Store
from pipelines.stories.explain import gathered
from pipelines.stories.filing import file_articles
from scraper.models import Article
from tests.factories import NOON, make_article
from tests.invented import copy_of, report

FACTS = [
    "Josh MacAlister", "Ofsted", "Wrenbury", "the council", "From April", "The GMB", "On Tuesday", "15 January", "97%",
    "£2.5m", "Children’s Services Inspectorate", "“We have let families down and we know it,” said Odile Marchbank.",
    "Mr MacAlister", "carers.", "14-year-old", "Dame Harriet Osei", "M25", "2026", ".", "\n",
]  # fmt: skip
texts = st.lists(st.sampled_from(FACTS), max_size=40).map(" ".join)
reports = st.builds(
    make_article,
    title=st.lists(st.sampled_from(FACTS[:6]), max_size=3).map(" ".join),
    text=texts,
    published_at=st.sampled_from([None, "2026-01-14", "2026-01-16", "2026-03-01", "2023-01-16"]),
    source_id=st.sampled_from(["a", "b"]),
)


def told(a: Article, b: Article, **weights: float) -> Mapping[str, str]:
    """Return the clauses on a pair, by kind of evidence, for given weights."""
    return {piece.feature: piece.words for piece in weighted(a, b, weights)}


def weighted(a: Article, b: Article, weights: Mapping[str, float]) -> list[Evidence]:
    known = {Family(name): weight for name, weight in weights.items()}
    return weighted_clauses(fingerprint(a), fingerprint(b), known, [0.0] * len(ALL_FEATURES))


def said(family: str, one: str, other: str, weight: float = 1.0, **changes: object) -> str:
    pair = [make_article(text=text, **{"title": "", **changes}) for text in (one, other)]
    return told(pair[0], pair[1], **{family: weight})[family]


# -- whatever the texts are ----------------------------------------------------------------------------------


@given(reports, reports, st.sampled_from([-2.0, -0.3, 0.3, 2.0]))
def test_no_clause_is_at_odds_with_its_weight(one: Article, other: Article, weight: float) -> None:
    for each in weighted(one, other, dict.fromkeys(FAMILIES, weight)):
        assert each.words
        assert each.bearing is not (Bearing.AGAINST if weight > 0 else Bearing.FOR)
        assert each.words.startswith("both ") <= (each.bearing is Bearing.FOR)


@given(reports, reports)
def test_rows_add_up_and_reasons_have_one_form(one: Article, other: Article) -> None:
    match = explain(fingerprint(one), fingerprint(other), keys=(1, 2))
    odds = math.log2(match.probability / (1 - match.probability))
    assert sum(piece.weight for piece in match.evidence) == pytest.approx(odds, abs=1e-3)
    assert match.evidence[-1].feature == "prior"
    verdict = match.reason.partition(":")[0]
    assert verdict == ("One event" if match.same_event else "Two events")
    assert match.same_event == (match.probability >= probability(THRESHOLD))
    assert match.reason.endswith(".")
    light = {piece.words for piece in match.evidence if abs(piece.weight) < CITED_WEIGHT}
    heavy = {piece.words for piece in match.evidence if abs(piece.weight) >= CITED_WEIGHT}
    assert not [
        words
        for words in light - heavy
        if f" {words};" in match.reason or f"although {words}." in match.reason
    ]


@given(reports, reports)
def test_what_both_are_said_to_use_stands_in_both(one: Article, other: Article) -> None:
    for family, opening in (("wording", "both use "), ("names", "both name ")):
        words = told(one, other, **{family: 1.0})[family]
        if words.startswith(opening):
            items = re.sub(r" and \d+ more distinctive words$", "", words.removeprefix(opening))
            for item in items.replace(" and ", ", ").split(", "):
                for article in (one, other):
                    assert item.casefold() in f"{article.title} {article.text}".casefold()


# -- names ---------------------------------------------------------------------------------------------------

RELEASE = (
    "The Children’s Services Inspectorate praised Wrenbury, and Dame Harriet Osei thanked Helena Strachan."
)
REPORT = "In Wrenbury the Children’s Services Inspectorate spoke to Dame Harriet Osei. She told Helena Strachan so."


def test_names_keep_capitals_possessives_and_their_fullest_form() -> None:
    assert said("names", RELEASE, REPORT) == (
        "both name Children’s Services Inspectorate, Dame Harriet Osei, Helena Strachan and Wrenbury"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("From April families are paid. It rained.", "From April the fund is open. It snowed."),
        ("In March nothing happened, in July less.", "In March it began. By July all was over."),
        (
            "They met on Tuesday. Tuesday Club they said.",
            "They left on Tuesday. Then came Tuesday Club again.",
        ),
    ],
)
def test_words_that_open_sentences_months_and_days_are_no_names(one: str, other: str) -> None:
    for word in ("From", "April", "March", "July", "Tuesday"):
        assert word not in said("names", one, other)


def test_an_article_before_a_name_is_left_out_and_a_sentence_ends_a_name() -> None:
    assert said("names", "The GMB struck, and the GMB won.", "Leaders of the GMB spoke.").endswith("name GMB")
    one = "It closed on Wednesday. Hollis Crane wept."
    assert said("names", one, "A tearful Hollis Crane left.") == "both name Hollis Crane"


def test_a_name_is_found_inside_a_longer_one_and_double_names_stay_whole() -> None:
    one = "There Education Secretary Dominic Aldous met Gloria Mensah-Tate."
    other = "It was Dominic Aldous who saw Gloria Mensah-Tate."
    assert said("names", one, other) == "both name Dominic Aldous and Gloria Mensah-Tate"


def test_what_only_part_of_a_name_has_in_common_is_no_name() -> None:
    words = said("names", "The Kent County Council met.", "The Surrey County Council met.", weight=-1.0)
    assert words == "they mainly name different people and places"


def test_names_that_may_be_shared_are_not_denied() -> None:
    words = said(
        "names", "Nevada pays. Its capital, Carson City, too.", "The law of Nevada and of Reno.", weight=-1.0
    )
    assert words == "they share few of the names they give"


def test_names_that_weigh_against_are_only_what_is_shared() -> None:
    words = said("names", "We saw Odile Marchbank.", "They saw Odile Marchbank.", weight=-1.0)
    assert words == "of the names that they give, they share only Odile Marchbank"


# -- words and headlines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("carers", "carer", "carer"), ("Ofsted", "Ofsted", "Ofsted"), ("Ofsted", "OFSTED", "Ofsted"),
        ("Council", "council", "council"), ("families", "family", "family"), ("planning", "plan", "plan"),
        ("closing", "close", "close"), ("university", "universe", ""), ("inspect", "inspection", ""),
    ],
)  # fmt: skip
def test_a_word_is_shown_in_a_form_that_both_have(one: str, other: str, shown: str) -> None:
    assert same_word(one, other) == same_word(other, one) == shown


def test_words_are_told_once_in_capitals_where_they_are_names_and_without_figures_and_days() -> None:
    one = "On Tuesday Josh MacAlister met 97 care leavers. Josh spoke of bursaries."
    other = "Josh MacAlister told 97 leavers of bursaries on Tuesday."
    assert told(
        make_article(title="", text=one), make_article(title="", text=other), wording=1.0, names=1.0
    ) == {
        "wording": "both use bursaries and leavers",
        "names": "both name Josh MacAlister",
    }
    assert "Josh MacAlister" in said("wording", one, other), "names that are not told elsewhere are told here"


def test_words_that_weigh_against_are_counted() -> None:
    words = said("wording", RELEASE, "A swimming pool in Wrenbury reopens after long repairs.", weight=-1.0)
    assert words.startswith("they share only 1 of ")
    assert words.endswith(" distinctive words, Wrenbury")


def test_headlines_cite_no_common_words() -> None:
    pair = [
        make_article(title=title)
        for title in ("What will come of Ofsted’s cards", "Ofsted: what of the cards?")
    ]
    assert told(*pair, headline=1.0)["headline"] == "both headlines say Ofsted and cards"
    assert (
        told(*pair, headline=-1.0)["headline"]
        == "their headlines share Ofsted and cards, as headlines of the same kind may"
    )
    assert (
        told(make_article(title=""), make_article(title=""), headline=1.0)["headline"]
        == "neither has a headline, which does not count against them"
    )


def test_words_are_whole_in_headlines_and_among_figures() -> None:
    titles = "76ers sign Ing-wen, 9to5Mac reports", "9to5Mac: Ing-wen joins 76ers"
    one, other = (make_article(title=title, text=f"{title}.") for title in titles)
    assert told(one, other, headline=1.0)["headline"] == "both headlines say Ing-wen"
    assert told(one, other, figures=1.0)["figures"] == "both mention 76ers and 9to5Mac"
    one, other = (make_article(title=title, text=f"{title}.") for title in ("New PS4", "PS for schools"))
    assert told(one, other, headline=-1.0)["headline"] == "their headlines share no distinctive word"


def test_a_notice_is_no_text_of_an_article() -> None:
    one = make_article(title="Library fire", text="")
    assert told(one, one, length=1.0)["length"] == (
        "neither has a text of its own, which does not count against them"
    )


# -- figures and days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("£2.5 million or 97 per cent", {"2.5": "£2.5m", "97": "97%"}),
        ("a 14-year-old on the M25 with Covid-19", {"14": "14-year-old", "25": "M25", "19": "Covid-19"}),
        ("on 15 January, Feb. 3, and the 1st of May", {"15": "15 January", "3": "3 February", "1": "1 May"}),
        ("15 children on 15 January", {"15": "15"}),
        (
            "12 Marines, 27,300 homes, under-16s in 2026",
            {"12": "12", "27,300": "27,300", "16": "16", "2026": "2026"},
        ),
    ],
)
def test_numbers_keep_their_units(text: str, forms: Mapping[str, str]) -> None:
    assert figures(text).forms == forms


def test_figures_have_the_unit_that_both_give_and_are_no_days() -> None:
    one = "Some £212m for 97% of 48 towns on 15 January 2026."
    other = "They get £212 million, 97 per cent in 48 homes, from 15 January 2026."
    assert said("figures", one, other) == "both give the figures £212m, 48 and 97%"
    assert said("figures", "Some 15 homes, £30m.", "By 15 March it cost £30m.") == "both give the figure £30m"
    assert (
        said("figures", "On 15 January.", "By 15 January.")
        == "the only numbers that both give are dates, which does not count against them"
    )
    assert said("figures", "Back in 2019.", "Since 2019.") == "both mention 2019"


def test_parts_of_quantities_are_no_telling_words() -> None:
    one = "The city gives four homes of Tarnbeck £31m, 12 per cent more than Ofsted asked."
    other = "Four homes of Tarnbeck get £31m, up 12 per cent, from the city after Ofsted’s visit."
    assert said("lead", one, other) == "both say Tarnbeck, Ofsted, city and homes at the start"
    assert said("lead", "Four were £31m.", "It cost four £31m.") == (
        "they share no distinctive word at the start, which does not count against them"
    )


def test_figures_that_weigh_against_or_lack() -> None:
    assert (
        said("figures", "Some 15 homes.", "Only 15 beds.", weight=-1.0)
        == "of their main figures, they share only 15"
    )
    assert said("figures", "Some 170 homes.", "Only 15 beds.", weight=-1.0) == "their main figures differ"
    assert (
        said("figures", "No homes.", "No beds.")
        == "neither gives a figure, which does not count against them"
    )
    assert (
        said("figures", "Some 15 homes.", "No beds.")
        == "only one gives a figure, which does not count against them"
    )


def test_days_are_told_together_and_lacking_ones_by_whom_they_lack() -> None:
    one, other = "On 3 May and 4 May 2026 it rained.", "It rained on 3 May 2026, and on 4 May."
    english: dict[str, Any] = {"published_at": "2026-05-05", "language": "en"}
    assert said("days", one, other, **english) == "both refer to 3 and 4 May 2026"
    assert (
        said("days", one, "It rained on 9 May 2026.", weight=-1.0, **english)
        == "they refer to different days"
    )
    assert (
        said("days", "It rained.", "It snowed.", **english)
        == "neither names a day, which does not count against them"
    )
    assert (
        said("days", one, "It snowed.", **english)
        == "only one names a day, which does not count against them"
    )
    undated: dict[str, Any] = {"published_at": None, "language": "en"}
    assert (
        said("days", "It rained on 3 May.", "It snowed.", **undated)
        == "only one names a day, which does not count against them"
    )
    assert (
        said("days", "On Tuesday it rained.", "It snowed on Tuesday.", **undated)
        == "the days they name cannot be compared, which does not count against them"
    )
    assert (
        said("days", "Es regnete am Dienstag.", "Es schneite.", language="de")
        == "no day was found in either, which does not count against them"
    )


@pytest.mark.parametrize(
    ("one", "other", "weight", "words"),
    [
        ("2026-05-05", "2026-05-05", 1.0, "both were published on the same day"),
        ("2026-05-05", "2026-05-06", 1.0, "they were published a day apart"),
        ("2026-05-05", "2026-05-08", 1.0, "they were published only 3 days apart"),
        ("2026-05-05", "2026-05-08", -1.0, "they were published 3 days apart"),
        ("2026-05-05", "2023-05-08", -1.0, "they were published 3 years apart"),
        (
            None,
            "2023-05-08",
            1.0,
            "only one has a known day of publication, which does not count against them",
        ),
        (None, None, -1.0, "neither has a known day of publication"),
        (None, None, 1.0, "neither has a known day of publication, which does not count against them"),
    ],
)
def test_time_between_two_reports(one: str | None, other: str | None, weight: float, words: str) -> None:
    pair = [make_article(published_at=day) for day in (one, other)]
    assert told(*pair, dates=weight)["dates"] == words


# -- quotations ----------------------------------------------------------------------------------------------

SORRY = "“We have let families down and nobody here will pretend otherwise,”"
HARD = "“This is a hard day for a team that has been through worse,”"


def spoken(text: str) -> Fingerprint:
    return fingerprint(make_article(text=text))


def test_a_speaker_is_told_by_the_fullest_name_of_either_text() -> None:
    one, other = (
        f"{SORRY} said Ms Marchbank.",
        f"The director, Odile Marchbank, was curt. {SORRY} she told us.",
    )
    assert said("quotations", one, other) == "both quote 11 words of Odile Marchbank"


def test_words_of_one_are_not_ascribed_to_another() -> None:
    one = f"{SORRY} said Odile Marchbank. {HARD} said Piers Calloway."
    assert shared_quotations(spoken(one), spoken(one)).of_speaker in {11, 13}
    assert said("quotations", one, one) == "both quote 24 words, 13 of them of Piers Calloway"
    other = f"{SORRY} he said.\nPiers Calloway said: {HARD}"
    assert said("quotations", f"{SORRY} they said.", other) == "both quote 11 words"


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (f"Ms Helena Strachan, the minister for children, said: {SORRY}", "Ms Helena Strachan"),
        (f"{SORRY} says joint administrator Hollis Crane.", "Hollis Crane"),
        (f"{SORRY} said Sen. Charles E. Schumer.", "Sen. Charles E. Schumer"),
        (f"{SORRY} he said in London.", ""),
        (f"{SORRY} told MPs.", ""),
        (f"{SORRY}\nPiers Calloway said that it had rained.", ""),
    ],
)
def test_who_speaks_is_told_only_where_the_text_does(text: str, speaker: str) -> None:
    assert [quotation.speaker for quotation in quotations(text)] == [speaker]


def test_two_people_of_one_surname_are_not_mixed_up() -> None:
    a, b = spoken("He saw Helena Strachan and Piers Strachan."), spoken("It rained.")
    assert fullest_name("Mr Strachan", a, b) == "Mr Strachan"
    assert fullest_name("Piers Strachan", a, b) == "Piers Strachan"
    assert fullest_name("However", a, b) == fullest_name("Ministers", a, b) == ""


def test_quotations_that_lack_are_not_denied() -> None:
    assert (
        said("quotations", "It rained.", "It snowed.")
        == "no quotation was found in either, which does not count against them"
    )
    assert (
        said("quotations", f"{SORRY} he said.", "It snowed.")
        == "a quotation was found in only one, which does not count against them"
    )


# -- reasons -------------------------------------------------------------------------------------------------


def piece(family: str, weight: float, bearing: Bearing) -> Evidence:
    return Evidence(feature=family, level="", weight=weight, words=f"{family} {bearing}", bearing=bearing)


def test_a_reason_cites_what_weighs_and_bears_its_way_quotations_first_and_sources_last() -> None:
    pieces = [
        piece("dates", 3.0, Bearing.FOR), piece("days", 2.0, Bearing.NEITHER), piece("source", 1.5, Bearing.FOR),
        piece("names", -1.4, Bearing.AGAINST), piece("quotations", 1.2, Bearing.FOR), piece("length", 1.1, Bearing.FOR),
        piece("lead", 0.4, Bearing.FOR), piece("figures", -0.3, Bearing.AGAINST),
    ]  # fmt: skip
    assert reason(pieces, same=True) == (
        "One event: quotations for; dates for; source for, although names against."
    )
    assert reason(pieces, same=False) == "Two events: names against, although dates for."


def test_a_reason_for_nothing_in_particular_is_a_sentence_too() -> None:
    light = [piece("names", 0.2, Bearing.FOR), piece("length", -2.0, Bearing.AGAINST)]
    assert reason(light, same=True) == "One event: many small likenesses together."
    assert reason(light, same=False) == "Two events: they have too little in common."
    assert sentence("two addresses of one page", same=True) == "One event: two addresses of one page."


def test_two_addresses_of_one_page_are_told_in_a_clause_of_their_own() -> None:
    pieces = (
        Evidence(
            feature=ADDRESS, level="", weight=9.0, words="two addresses of one page", bearing=Bearing.FOR
        ),
        piece("names", -1.0, Bearing.AGAINST),
    )
    parted = Match(a=1, b=2, probability=0.99, same_event=True, reason="", evidence=pieces)
    assert desk_reason(parted, together=False) == (
        "Two events: other reports or people keep them apart, although they are two addresses of one page."
    )
    assert desk_reason(parted, together=True) == "One event: two addresses of one page."
    assert (
        reason(pieces, same=False)
        == "Two events: names against, although they are two addresses of one page."
    )


# -- as stored -----------------------------------------------------------------------------------------------


def test_stored_rows_add_up_for_pairs_copies_and_pages_alike(tmp_path: Path) -> None:
    first = report(1, 1)
    page = make_article(
        external_id="page", url="https://first.example/news/hub", source_id="first", title="Hub"
    )
    amp = replace(page, external_id="amp", url="https://first.example/news/hub/amp", text=page.text[:150])
    with Store(tmp_path / "cuttings.db") as store:
        store.articles.save_all([first, copy_of(first, hours=5, number=1), report(1, 2), page, amp], at=NOON)
        file_articles(store, now=NOON)
        rows = store.view("matches").rows
        matches = [
            match for row in rows if (match := store.matches.between(int(row[0]), int(row[1]))) is not None
        ]
    kinds = {piece.feature for match in matches for piece in match.evidence}
    assert kinds >= {"copy", "address", "wording", "prior"}
    for match in matches:
        assert match.reason.startswith(("One event", "Two events"))
        assert match.reason.endswith(".")
        if match.evidence:
            odds = math.log2(match.of_texts / (1 - match.of_texts))
            assert sum(piece.weight for piece in match.evidence) == pytest.approx(odds, abs=2e-3)


def test_words_that_every_report_says_are_counted_and_not_listed() -> None:
    shared = "council children minister report school social worker family home care staff pay"
    one = make_article(title="", text=f"{shared} narrowboat on Friday the judge was told of a hotel")
    other = make_article(title="", text=f"A narrowboat, {shared} and nothing else at all")
    found = told(one, other, wording=1.0)["wording"]
    assert found.startswith("both use narrowboat and ")
    assert found.endswith(" more distinctive words")


def test_what_is_too_light_for_a_reason_is_part_of_the_prior() -> None:
    def piece(feature: str, weight: float, words: str) -> Evidence:
        return Evidence(feature=feature, level="", weight=weight, words=words, bearing=Bearing.FOR)

    shown = gathered([
        piece("names", 2.0, "both name Tarnbeck"), piece("stream", 0.25, "more than usual"),
        piece("rivals", -0.25, "near to others"), piece("prior", -4.5, "seldom"), piece("lead", 0.375, "both say fire"),
        piece("headline", 0.375, "both say fire"),
    ])  # fmt: skip
    assert [(each.feature, each.weight) for each in shown] == [
        ("prior", -4.5), ("names", 2.0), ("lead, headline", 0.75),
    ]  # fmt: skip
    without_prior = [piece("copy", 24.0, "one text"), piece("story", 0.1, "one story")]
    assert gathered(without_prior) == without_prior, "nothing takes what is light"

"""Fingerprints, blocking and scores: laws for any text, look-alikes of our own writing, bad input."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching import (
    FINGERPRINT_VERSION,
    LINK_FLOOR,
    Fingerprint,
    MemoryIndex,
    blocking_keys,
    candidates,
    close,
    explain,
    fingerprint,
    links,
    probability,
    score,
    scores,
)
from pipelines.matching.comparisons import ALL_FEATURES, features
from pipelines.matching.dates import known_day, mentioned_days
from pipelines.matching.features import stems
from pipelines.matching.term_weights import MAX_SURPRISE, guess_language, number_surprise, surprise
from pipelines.matching.tokens import quotations, tokens
from scraper.models import Article
from tests.factories import make_article

NEWS_WORDS = [
    "council",
    "Ofsted",
    "inspection",
    "children",
    "care",
    "Wrenbury",
    "Haldenshire",
    "14",
    "£2m",
    "“we",
    "are",
    "sorry",
    "for",
    "this”",
    "said",
    "Monday",
    "review",
    "it’s",
]
texts = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(NEWS_WORDS), max_size=60).map(" ".join))
moments = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
articles = st.builds(
    Article, title=texts, text=texts, published_at=moments, source_id=st.none() | st.sampled_from(["a", "b"])
)


def spoken(text: str, **changes: object) -> Fingerprint:
    return fingerprint(make_article(text=text, **changes))


@given(articles, articles)
def test_a_pair_is_scored_alike_both_ways_and_alone(one: Article, other: Article) -> None:
    a, b = fingerprint(one), fingerprint(other)
    assert features(a, b) == features(b, a)
    assert score(a, b) == score(b, a) == scores(a, [a, b])[1]
    assert math.isfinite(score(a, b))


@given(articles, articles, articles)
def test_a_pair_is_close_both_ways_and_in_any_company(one: Article, other: Article, third: Article) -> None:
    a, b, c = map(fingerprint, (one, other, third))
    assert close(a, [b]) == close(b, [a])
    assert (1 in close(a, [c, b])) == (close(a, [b]) == [0])
    assert links(a, [c, b]) == [
        (place, odds)
        for place, odds in enumerate(scores(a, [c, b]))
        if place in close(a, [c, b]) and odds >= LINK_FLOOR
    ]


@given(articles)
def test_a_fingerprint_survives_storage(one: Article) -> None:
    made = fingerprint(one)
    again = Fingerprint.from_bytes(made.to_bytes())
    assert again == made
    assert again.to_bytes() == made.to_bytes()
    assert blocking_keys(again) == blocking_keys(made)


@given(articles, articles)
def test_the_evidence_adds_up_to_the_probability(one: Article, other: Article) -> None:
    match = explain(fingerprint(one), fingerprint(other), keys=(7, 3))
    assert (match.a, match.b) == (3, 7)
    assert all(piece.words for piece in match.evidence)
    assert match.reason.endswith(".")
    assert match.reason.startswith("One event" if match.same_event else "Two events")
    odds = sum(piece.weight for piece in match.evidence) * math.log(2)
    assert probability(odds) == pytest.approx(match.probability, abs=1e-4)


@given(articles)
def test_keys_are_signed_sorted_and_few(one: Article) -> None:
    keys = blocking_keys(fingerprint(one))
    assert list(keys) == sorted(set(keys))
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert len(keys) <= 160


def test_bytes_that_are_no_fingerprint_of_this_version_are_refused() -> None:
    made = fingerprint(make_article()).to_bytes()
    with pytest.raises(ValueError, match="recluster"):
        Fingerprint.from_bytes(b"\x00nonsense")
    with pytest.raises(ValueError, match="version 0"):
        Fingerprint.from_bytes(made.replace(f"\xa1{FINGERPRINT_VERSION}".encode("latin-1"), b"\xa10", 1))


@pytest.mark.parametrize("odds", [-1000.0, -3.0, 0.0, 3.0, 1000.0])
def test_probability_does_not_overflow(odds: float) -> None:
    assert 0.0 <= probability(odds) <= 1.0
    assert probability(odds) + probability(-odds) == pytest.approx(1.0)


# -- what decides --------------------------------------------------------------------------------------------

INSPECTION = """Inspectors have rated {council} County Council’s children’s services inadequate.
{council} left {number} children waiting more than {weeks} weeks for a social worker, the watchdog said on {day}.
“{quote},” said {leader}, the council’s director of children’s services.
The report praises foster carers but finds that managers did not see how bad things had become in {town}."""


def inspection(council: str, **facts: str) -> str:
    return INSPECTION.format(council=council, **facts)


WRENBURY = inspection(
    "Wrenbury", number="214", weeks="nine", day="Tuesday", leader="Odile Marchbank", town="Tollgate",
    quote="We have let families down and nobody here will pretend otherwise",
)  # fmt: skip
HALDEN = inspection(
    "Haldenshire", number="87", weeks="six", day="Thursday", leader="Piers Calloway", town="Easthaven",
    quote="This is a hard day for a team that has worked through three restructures",
)  # fmt: skip
WRENBURY_AGAIN = """A council where 214 children waited months to see a social worker has been told it is failing them.
Wrenbury’s services for children fell to the lowest grade in a report published on Tuesday.
Odile Marchbank, who leads them, said: “We have let families down and nobody here will pretend otherwise.”
Ministers are expected to send a commissioner to Tollgate, the county town."""


def test_two_inspections_of_two_councils_in_one_week_stay_apart() -> None:
    one = spoken(WRENBURY, title="Wrenbury children’s services rated inadequate", published_at="2026-09-15")
    other = spoken(
        HALDEN, title="Haldenshire children’s services inadequate", published_at="2026-09-17", source_id="b"
    )
    told = spoken(
        WRENBURY_AGAIN, title="County left children waiting", published_at="2026-09-16", source_id="c"
    )
    assert score(one, told) > 1.5
    assert score(one, other) < -1.5
    assert score(told, other) < -1.0


SURVEY = """More foster carers left than joined in {year}, the charity Foster Horizons says in its annual report.
Its State of Fostering {year} counts {left} carers who left and {joined} who came.
{boss}, its chief executive, said: “{quote}.”
The charity asks ministers for {asks}."""
THIS_YEAR = SURVEY.format(
    year=2026, left="5,940", joined="4,985", boss="Winifred Akande", asks="a national register of empty beds",
    quote="People stop because nobody rang them back",
)  # fmt: skip
LAST_YEAR = SURVEY.format(
    year=2025, left="5,310", joined="4,702", boss="Winifred Akande", asks="a minimum allowance in every region",
    quote="Love does not pay a gas bill and we should stop acting as if it did",
)  # fmt: skip


def test_this_years_report_is_not_last_years() -> None:
    now = spoken(THIS_YEAR, title="Foster carers leaving faster than they join", published_at="2026-10-08")
    then = spoken(
        LAST_YEAR, title="Fostering in crisis, says charity", published_at="2025-10-09", source_id="b"
    )
    assert score(now, then) < -0.5


def test_a_follow_up_two_weeks_later_is_less_alike_than_another_report_of_the_day() -> None:
    first = spoken(WRENBURY, title="Wrenbury children’s services rated inadequate", published_at="2026-09-15")
    told = spoken(
        WRENBURY_AGAIN, title="County left children waiting", published_at="2026-09-16", source_id="c"
    )
    later = spoken(
        """A commissioner will oversee children’s services in Wrenbury for at least a year, ministers have announced.
        Dame Harriet Lowe, who led Northcote’s recovery, starts on Monday with a budget of £3.2m.
        “I want to hear from social workers first,” she said. The council accepted the decision.""",
        title="Commissioner named for failing council", published_at="2026-09-30", source_id="b",
    )  # fmt: skip
    assert score(first, told) > score(first, later) + 2.0
    assert score(first, later) < 0.0


QUOTE = (
    "“Nobody planned for these children to sleep in an office, and I will not ask my staff to call that a placement "
    "again,” said Bryony Castellane."
)


def test_a_long_shared_quotation_speaks_for_one_event_and_is_named() -> None:
    one = spoken(
        f"Two teenagers spent a night in a council building. {QUOTE} An inquiry has begun.",
        title="Night in office",
    )
    two = spoken(
        f"{QUOTE} The director of Alder Vale spoke after a meeting of the cabinet.", title="‘Not a placement’"
    )
    without = spoken(
        "The director of Alder Vale spoke after a meeting of the cabinet.", title="‘Not a placement’"
    )
    match = explain(one, two, keys=(1, 2))
    quoted = next(piece for piece in match.evidence if piece.feature == "quotations")
    assert quoted.words == "both quote 23 words of Bryony Castellane"
    assert quoted.weight > 0
    assert "both quote 23 words of Bryony Castellane" in match.reason
    assert score(one, two) > score(one, without) + 1.0


def test_formulaic_notices_of_one_source_are_not_one_event() -> None:
    notice = (
        "Crews were called to {place} at {hour}. {count} firefighters tackled a {what} fire. "
        "The cause is being investigated."
    )
    first = notice.format(place="Mill Street, Alderfen", hour="03.10", count="Twelve", what="kitchen")
    second = notice.format(place="Harbour Way, Saltmere", hour="17.45", count="Six", what="van")
    a = spoken(first, title="Kitchen fire, Alderfen", published_at="2026-03-01", source_id="fire")
    b = spoken(second, title="Van fire, Saltmere", published_at="2026-03-02", source_id="fire")
    assert score(a, b) < -1.0


def test_headlines_alone_are_enough_when_they_name_the_event() -> None:
    one = spoken(
        "", title="Brackenridge collapse puts 168 children’s homes places in doubt", published_at="2026-09-01"
    )
    two = spoken(
        "", title="168 children in doubt as Brackenridge goes bust", published_at="2026-09-01", source_id="b"
    )
    like = spoken(
        "", title="Fostering agency buys three children’s homes", published_at="2026-09-01", source_id="c"
    )
    other = spoken("", title="Councils lose special needs hearings", published_at="2026-09-01", source_id="d")
    assert score(one, two) > score(one, like) + 1.5
    assert score(one, two) > 1.0
    assert score(one, other) < -2.0


# -- blocking ------------------------------------------------------------------------------------------------


def test_reports_of_one_event_find_each_other_even_months_apart_and_undated() -> None:
    index = MemoryIndex()
    index.add(1, blocking_keys(spoken(WRENBURY, title="Council inadequate", published_at="2026-09-15")))
    pool = spoken(
        "A swimming pool in Northcote reopens after repairs.", title="Pool reopens", published_at="2026-09-15"
    )
    index.add(2, blocking_keys(pool))
    for published in ("2026-09-16", "2027-06-01", None):
        assert candidates(index, spoken(WRENBURY_AGAIN, title="County failed", published_at=published)) == {1}


def test_of_those_that_share_a_word_only_the_like_are_close_and_time_asks_for_more_likeness() -> None:
    one = spoken(WRENBURY, title="Council inadequate", published_at="2026-09-15")
    again = spoken(WRENBURY_AGAIN, title="County failed", published_at="2026-09-16")
    undated = spoken(WRENBURY_AGAIN, title="County failed", published_at=None)
    fair = "Families and foster carers filled the craft fair on Tuesday, with stalls, a tea tent and a choir in the hall."
    soon, late = (spoken(fair, title="Craft fair", published_at=at) for at in ("2026-09-15", "2036-09-15"))
    assert close(one, [again, undated, soon, late]) == [0, 1, 2]
    assert close(one, []) == close(one, [spoken("", title="")]) == []


def test_a_key_that_too_many_articles_share_finds_nothing() -> None:
    index = MemoryIndex()
    for article in range(401):
        index.add(article, (5, article + 1000))
    assert index.lookup([5, 1007], most=400) == {1007: [7]}


# -- reading -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC), None]
)
def test_dates_that_stand_for_unknown_are_unknown(moment: datetime | None) -> None:
    assert known_day(moment.date() if moment else None) is None


def test_days_are_told_from_weekdays_and_dates() -> None:
    friday = datetime(2026, 9, 18, tzinfo=UTC).date()
    found = mentioned_days(
        "On Tuesday it opened; on 3 August it had closed. It returns on Dec. 24, 2027.", friday.toordinal()
    )
    told = {datetime.fromordinal(day).date().isoformat() for day in found}
    assert told == {"2026-09-15", "2026-08-03", "2027-12-24"}
    assert mentioned_days("On Tuesday it opened, on 31 February it did not.", None) == ()


def test_quotations_and_who_said_them() -> None:
    first = "“We are very sorry for what happened,” said Odile Marchbank. It was late."
    second = 'Mr Calloway told us: "Nobody will be left without a worker."'
    third = (
        "“Some words that nobody in particular has said here.” He added: “It is over and we are going home.”"
    )
    told = [
        (len(found.words), found.speaker) for text in (first, second, third) for found in quotations(text)
    ]
    assert told == [(7, "Odile Marchbank"), (7, "Mr Calloway"), (9, ""), (8, "")]


def test_common_words_say_little_and_unknown_ones_much() -> None:
    assert surprise("the", "en", stems) < 0.5
    assert surprise("children", "en", stems) < 5.0 < surprise("harpsichord", "en", stems)
    assert surprise("ofst", "en", stems) < 7.0  # what every report of the sector says tells little there
    assert surprise("zzyzxville", "en", stems) == MAX_SURPRISE
    assert surprise("của", "vi", stems) < 3.0
    assert number_surprise("2026") < number_surprise("3,912".replace(",", ""))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the council said that the children of the town will have to wait", "en"),
        ("o conselho disse que as crianças da cidade não vão ter de esperar por uma vaga", "pt"),
        ("hội đồng cho biết trẻ em của thị trấn sẽ phải chờ đợi trong nhiều tháng", "vi"),
        ("xqz wvut brrk plth", ""),
    ],
)
def test_the_language_is_guessed_from_its_commonest_words(text: str, language: str) -> None:
    assert guess_language(tokens(text).words) == language


def test_articles_in_two_languages_are_not_joined_without_evidence() -> None:
    english = spoken(WRENBURY, title="Council inadequate", published_at="2026-09-15")
    german = spoken(
        "Der Stadtrat von Köln hat am Dienstag über den Haushalt für die Kinder- und Jugendhilfe beraten. Die Mittel "
        "werden um vier Millionen Euro gekürzt, wie die Stadt mitteilte.",
        title="Köln kürzt bei der Jugendhilfe", language="de", published_at="2026-09-15", source_id="b",
    )  # fmt: skip
    assert score(english, german) < -2.0


def test_long_texts_are_bounded_in_size_and_a_copy_of_their_beginning_is_still_found() -> None:
    long = "\n".join(
        f"{WRENBURY} {number} further cases in Ward {number} were found." for number in range(400)
    )
    assert len(long) > 100_000
    made = spoken(long)
    assert len(made.to_bytes()) < 20_000
    assert made.length == len(long.split())


@pytest.mark.parametrize("text", ["", "Two words", "…", "\x00\ud800", "1,2.3 4", "'’'", "。" * 50])
@pytest.mark.parametrize("title", ["", "?!", "A"])
def test_articles_with_next_to_nothing_have_fingerprints_and_no_events(title: str, text: str) -> None:
    bare = fingerprint(Article(title=title, text=text))
    assert Fingerprint.from_bytes(bare.to_bytes()) == bare
    assert score(bare, fingerprint(make_article())) < 0.0
    assert len(features(bare, bare)) == len(ALL_FEATURES)


def test_an_address_that_cannot_be_parsed_names_no_publisher() -> None:
    assert fingerprint(Article(title="A hub opens", url="http://[::1")).source == ""
    assert fingerprint(Article(title="A hub opens", url="https://www.a.example/1")).source == "a.example"

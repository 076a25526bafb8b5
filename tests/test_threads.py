"""Threads: stories of one affair that are different events, and editions of one series."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from pipelines.matching import fingerprint
from pipelines.matching.affairs import (
    are_editions,
    kinship,
    relation_features,
    relation_odds,
    shared_names,
    story_profile,
)
from pipelines.models import RelationKind
from pipelines.storage.store import Store
from pipelines.stories import linking, threads
from pipelines.stories.corrections import Editor, split
from pipelines.stories.filing import file_articles, recluster, withdraw
from pipelines.stories.story_reader import StoryReader
from pipelines.stories.view import view_story
from scraper.models import Article
from tests.factories import NOON, make_article
from tests.invented import relations, report


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        yield opened


def stage(number: int, title: str, text: str) -> Article:
    return make_article(
        title=title,
        text=text,
        url=f"https://stage{number}.example/{number}",
        external_id=f"stage{number}",
        source_id=f"paper{number}",
        published_at=NOON + timedelta(days=30 * number),
    )


CHARGE = stage(
    0,
    "Orla Quennell charged after fire at Brockenhall hostel",
    "Police have charged Orla Quennell over the fire at Brockenhall. Orla Quennell, 41, ran the hostel. "
    "Detective Ifor Prendergast said that Brockenhall had no working alarm. Quennell is to appear before "
    "magistrates on Thursday. Her solicitor said that she denied everything, and that the wiring of Brockenhall "
    "had been condemned twice by the owner’s own surveyor.",
)
SENTENCE = stage(
    1,
    "Quennell jailed for nine years",
    "A judge sent Orla Quennell to prison for nine years over the hostel fire. Orla Quennell wept. Families from "
    "Brockenhall cheered in the gallery, and Ifor Prendergast thanked them outside. Brockenhall is now a garden. In his "
    "remarks the judge spoke of greed: Quennell had rented out seventeen beds in rooms for nine. She will serve "
    "half of the term, with no pension and no right to run lodgings again.",
)


def file(store: Store, *articles: Article) -> None:
    store.articles.save_all(articles, at=NOON + timedelta(days=60))
    file_articles(store, now=NOON)


def part(store: Store, affair: str = "stage", stages: int = 2) -> None:
    """People say that the stages are different events, whatever the matcher thinks of so short texts."""
    for one, other in combinations(range(stages), 2):
        ids = [store.articles.find_external(f"{affair}{number}") for number in (one, other)]
        assert ids[0] is not None
        split(store, ids[0], ids[1], Editor(name="ann", reason="", now=NOON))


def story_id(store: Store, article: Article) -> int:
    found = store.articles.find_external(article.external_id or "")
    assert found is not None
    story = store.articles.get(found).story_id
    assert story is not None
    return story


def test_a_later_stage_is_found_from_both_ends(store: Store) -> None:
    file(store, CHARGE, *(report(event, 0) for event in range(6)))
    file(store, SENTENCE)
    part(store)
    first, second = story_id(store, CHARGE), story_id(store, SENTENCE)
    assert first != second
    (later,), (earlier,) = view_story(store, first).related, view_story(store, second).related
    assert (later.story.id, later.is_earlier) == (second, False)
    assert (earlier.story.id, earlier.is_earlier) == (first, True)
    assert later.kind is earlier.kind is RelationKind.STAGE
    assert "Orla Quennell" in later.reason
    assert "they are 30 days apart" in later.reason
    assert "Brockenhall" in later.reason
    assert 0.5 < later.probability < 1
    assert [row.reason for row in store.related.of(first)] == [later.reason]


def test_stories_without_a_rare_name_in_common_are_not_related(store: Store) -> None:
    file(store, CHARGE, *(report(event, 0) for event in range(6)))
    assert view_story(store, story_id(store, CHARGE)).related == ()


def test_relations_are_rebuilt_and_go_with_their_article(store: Store) -> None:
    file(store, CHARGE, SENTENCE)
    part(store)
    first, second = story_id(store, CHARGE), story_id(store, SENTENCE)
    before = store.related.of(first)
    recluster(store, now=NOON)
    assert store.related.of(first) == before != ()
    sentence = store.articles.find_external("stage1")
    assert sentence is not None
    withdraw(store, [sentence], now=NOON)
    assert store.related.of(first) == store.related.of(second) == ()


SURNAMES = ("Quennell", "Ardizzone", "Threlfall")
PLACES = ("Brockenhall", "Sallowmere", "Pellworth")
TITLES = (
    "{name} charged after blaze at {place} hostel",
    "{name} guilty of {place} deaths",
    "{name} jailed for life",
)
STAGES = (
    "Police have charged Orla {name} over the blaze at {place}. Orla {name}, 41, was the warden of the hostel. "
    "Detectives from {place} searched a caravan and took away petrol cans and two telephones. A neighbour had "
    "seen smoke from the laundry at a quarter to three and woken the street. The charge is arson with intent; "
    "{name} was remanded until a hearing in the spring.",
    "After nine hours the jury found Orla {name} guilty. Orla {name} had denied setting the {place} hostel alight. "
    "Relatives embraced in the corridor while the foreman was still reading the eleven names from {place}. "
    "The trial had lasted seven weeks and heard forty witnesses, among them a chemist and a locksmith. The "
    "verdict on {name} was unanimous on every count.",
    "Orla {name} will spend the rest of her life behind bars, a judge ruled. Orla {name} looked at the floor. "
    "{place} has turned the ground into an orchard, and its mayor wants a day of remembrance each summer. "
    "No parole board will see {name} before she is seventy. The tariff is the longest that the bench "
    "has set for a woman, and leave to appeal was refused within the hour.",
)


def affairs() -> list[Article]:
    """Three affairs of three stages each; one name is in two of the affairs, so that it becomes common."""
    return [
        make_article(
            title=TITLES[number].format(name=surname, place=place),
            text=STAGES[number].format(name=surname, place=place)
            + (" Ifor Prendergast spoke for the victims." if affair < 2 else ""),
            url=f"https://paper{number}.example/{surname}",
            external_id=f"{surname}{number}",
            source_id=f"paper{number}",
            published_at=NOON + timedelta(days=60 * number + 12 * affair),
        )
        for affair, (surname, place) in enumerate(zip(SURNAMES, PLACES, strict=True))
        for number in range(3)
    ]


@pytest.mark.parametrize(
    ("most", "earlier"),
    [
        (4, 2),
        pytest.param(linking.MOST_SHARED, threads.MOST_EARLIER, marks=pytest.mark.slow),
        pytest.param(linking.MOST_SHARED, 1, marks=pytest.mark.slow),
    ],
)
def test_relations_do_not_depend_on_the_order_of_filing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, earlier: int
) -> None:
    monkeypatch.setattr(linking, "MOST_SHARED", most)
    monkeypatch.setattr(threads, "MOST_SHARED", most)
    monkeypatch.setattr(threads, "MOST_EARLIER", earlier)
    monkeypatch.setattr(threads, "MOST_ENDS", 2 * earlier)
    articles = affairs()
    chance = random.Random(7)
    found = []
    for number, size in enumerate((len(articles), 1, 2)):
        with Store(tmp_path / f"{number}.db") as store:
            for part in parts(articles, size):
                store.articles.save_all(part, at=NOON)
                file_articles(store, now=NOON)
            found.append(relations(store))
            recluster(store, now=NOON)
            found.append(relations(store))
        chance.shuffle(articles)
    assert found[0]
    assert all(each == found[0] for each in found)


def parts(articles: Sequence[Article], size: int) -> Iterator[Sequence[Article]]:
    for start in range(0, len(articles), size):
        yield articles[start : start + size]


def test_stages_of_one_affair_are_related_and_others_are_not(store: Store) -> None:
    file(store, *affairs())
    for surname in SURNAMES:
        part(store, surname, 3)
    # stages worded alike on near days are taken for one affair at .55 to .56
    likely = [pair for pair, _, probability, *_ in relations(store) if probability >= 0.58]
    pairs = [{name.rstrip("012") for story in pair for name in story} for pair in likely]
    assert len(likely) >= 5
    assert all(len(affair) == 1 for affair in pairs)


def edition(year: int, title: str, source: str = "statistics") -> Article:
    return make_article(
        title=title,
        text=f"The number of foster homes in Wrenshire was {year - 1200} in {year}, the yearly count finds.",
        url=f"https://{source}.example/{year}",
        source_id=source,
        published_at=NOON + timedelta(days=365 * (year - 2020)),
    )


def test_editions_are_of_one_source_under_one_headline() -> None:
    last, this, other, elsewhere = (
        story_profile([fingerprint(one)])
        for one in (
            edition(2024, "Foster homes in Wrenshire: March 2024"),
            edition(2025, "Foster homes in Wrenshire: April 2025"),
            edition(2025, "Wrenshire loses foster homes again"),
            edition(2025, "Foster homes in Wrenshire: April 2025", "mirror"),
        )
    )
    assert are_editions(last, this)
    assert not are_editions(last, other)
    assert not are_editions(last, elsewhere)
    assert kinship(last, this) is kinship(last, other) is RelationKind.EDITION, "a year apart"
    assert kinship(this, other) is RelationKind.AFFAIR
    assert threads._reason(last, this).startswith(
        "Each has a report from the same source with the same headline"
    )
    assert threads._reason(this, other) == "Both name Wrenshire."


def test_a_relation_is_the_same_both_ways_round() -> None:
    one, other = (story_profile([fingerprint(article)]) for article in (CHARGE, SENTENCE))
    assert relation_features(one, other) == relation_features(other, one)
    assert relation_odds([(one, other)]) == relation_odds([(other, one)])
    assert shared_names(one, other) == shared_names(other, one)
    assert shared_names(one, other)[0] == "Orla Quennell"
    assert relation_odds([]) == []


def test_names_of_a_reason_are_whole_and_no_days() -> None:
    one, other = (
        story_profile([fingerprint(stage(number, title, text))])
        for number, (title, text) in enumerate((
            (
                "BROCKENHALL warden Ravi Menon resigns",
                "On a Monday in November Ravi Menon left Brockenhall with Ioan. Ioan Prydderch, who lives in "
                "Brockenhall, saw Ravi Menon go. In November, on that Monday, he said so.",
            ),
            (
                "Inquiry into Brockenhall opens",
                "Mr Menon told it on Monday that Ravi, his son, knew Ioan. Ioan came to Brockenhall in November, "
                "and by Monday, said Menon, he and Ioan were gone from Brockenhall.",
            ),
        ))
    )  # fmt: skip
    names = shared_names(one, other)
    assert {"Brockenhall", "Ravi Menon"} <= set(names)
    assert not {"Monday", "November", "Menon", "Ravi", "BROCKENHALL"} & set(names)
    assert not [name for name in names if ". " in name]


def test_a_name_is_whole_also_beside_a_post_that_opens_a_sentence() -> None:
    vote, deal = (
        story_profile([fingerprint(stage(number, title, text))])
        for number, (title, text) in enumerate((
            ("Bin workers vote to strike", "Bins of Leyford wait until September. Organiser Lou Tansley wants a strike."),
            ("Bin strike ends", "The strike in Leyford has ended. Lou Tansley of the union called it a victory."),
        ))
    )  # fmt: skip
    assert "Lou Tansley" in shared_names(vote, deal)
    assert shared_names(vote, deal) == shared_names(deal, vote)
    assert "Tansley" not in shared_names(vote, deal)


def test_each_third_story_adds_to_what_relates_two_stories() -> None:
    stages, affair = (
        threads._Step(likely, kind)
        for likely, kind in ((0.45, RelationKind.STAGE), (0.4, RelationKind.AFFAIR))
    )
    titles = {7: "Ballot opens", 8: "Strike begins"}
    assert threads._through((1, 2), {7: stages}, titles) is None
    found = threads._through((1, 2), {8: affair, 7: stages}, titles)
    assert found is not None
    assert found.probability == pytest.approx(1 - 0.55 * 0.6)
    assert (found.kind, found.through_story) == (RelationKind.STAGE, 7)
    assert found.reason == "Both are related to “Ballot opens” and to 1 other story."


def test_a_profile_does_not_depend_on_the_order_of_its_reports() -> None:
    reports = [fingerprint(article) for article in affairs()[:3]]
    other = story_profile([fingerprint(CHARGE)])
    one, same = story_profile(reports), story_profile(reversed(reports))
    assert one.reports == same.reports
    assert relation_features(one, other) == relation_features(same, other)
    assert shared_names(one, other) == shared_names(same, other)
    assert story_profile([]).first_day is None


def test_a_story_is_a_candidate_of_another_whichever_is_looked_at(store: Store) -> None:
    """A word has other bits in another language: 32 and 18 for two stories of a mixed archive, where 20 are
    enough."""
    name = "Quennell Brok"
    early = make_article(
        title=f"{name} nói",
        text=f"Ông cho biết {name} sẽ không tham gia. " * 3,
        url="https://bao.example/1",
        language="vi",
        published_at=NOON - timedelta(days=500),
    )
    late = make_article(title=name, text="", url="https://tin.example/2", language=None)
    store.articles.save_all([early, late], at=NOON)
    file_articles(store, now=NOON)
    one, other = store.articles.stories_of([1, 2]).values()
    seen = []
    for story, its in ((one, other), (other, one)):
        reader = StoryReader(store)
        sharing = reader.sharing([story], least=0.0, most=linking.MOST_SHARED)
        own, of_other = sharing[story, its]
        seen.append((own, of_other, threads._candidates(reader, [story])))
    assert seen == [(32.0, 18.0, set()), (18.0, 32.0, set())]

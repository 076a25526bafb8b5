"""What is stored of each pair follows the stories, whatever the order in which articles came."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from pipelines.matching.components import connected_components
from pipelines.models import Match
from pipelines.operations.retention import remove_empty_verdicts
from pipelines.storage.store import Store
from pipelines.stories.cohesion import WEAK_LINK, doubtful_members
from pipelines.stories.corrections import Editor, split, undo
from pipelines.stories.explain import Side, explain_pair
from pipelines.stories.filing import file_articles, recluster, withdraw
from scraper.models import Article
from tests.factories import NOON, make_article
from tests.invented import copy_of, corpus, mixture, partition, report


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        yield opened


def file(store: Store, articles: Sequence[Article]) -> None:
    store.articles.save_all(articles, at=NOON)
    file_articles(store, now=NOON)


def decided(store: Store) -> list[Match]:
    ids = store.articles.ids()
    pairs = sorted((edge.a, edge.b) for edge in store.matches.edges(ids))
    return [match for pair in pairs if (match := store.matches.between(*pair)) is not None]


def figures(store: Store) -> dict[frozenset[str], tuple[float, bool, bool]]:
    """Probability, verdict and link of each pair, by the articles' own names."""
    ids = store.articles.ids()
    names = {stored.id: stored.article.external_id or "" for stored in store.articles.many(ids).values()}
    return {
        frozenset((names[edge.a], names[edge.b])): (round(edge.probability, 9), edge.same_event, edge.linked)
        for edge in store.matches.edges(ids)
    }


def check(store: Store) -> None:
    """A pair is one event exactly if both lie in one story, and its probability says the same."""
    stories = store.articles.stories_of(store.articles.ids())
    for match in decided(store):
        assert match.same_event is (stories[match.a] == stories[match.b])
        assert match.same_event is (match.probability >= 0.5)
        assert match.reason.startswith("One event" if match.same_event else "Two events")
        assert "doubt" not in match.reason
        if match.evidence:
            odds = math.log2(match.of_texts / (1 - match.of_texts))
            assert sum(piece.weight for piece in match.evidence) == pytest.approx(odds, abs=2e-3)


def test_verdicts_follow_stories_as_they_grow_shrink_and_are_corrected(store: Store) -> None:
    articles = [*corpus(5, seed=4), copy_of(report(1, 0), hours=3, number=90)]
    for start in range(0, len(articles), 4):
        file(store, articles[start : start + 4])
        check(store)
    joined = next(match for match in decided(store) if match.same_event and match.of_texts < 0.999)
    made = split(store, joined.a, joined.b, Editor(name="ann", reason="", now=NOON))
    check(store)
    undo(store, made.decisions[0].id, Editor(name="ann", reason="", now=NOON))
    check(store)
    withdraw(store, [joined.a], now=NOON)
    check(store)


@pytest.mark.slow
def test_pairs_are_weighed_alike_in_any_order(store: Store, tmp_path: Path) -> None:
    articles = [*corpus(3, seed=1), mixture(0, 1, 1), mixture(1, 2, 2), mixture(0, 2, 1)]
    articles = list({article.external_id: article for article in articles}.values())
    file(store, articles)
    random.Random(1).shuffle(articles)
    with Store(tmp_path / "other.db") as other:
        for start in range(0, len(articles), 2):
            file(other, articles[start : start + 2])
        found = figures(other)
        assert found == figures(store)
        recluster(other, now=NOON)
        assert figures(other) == found


def test_what_a_component_loses_is_weighed_again(store: Store, tmp_path: Path) -> None:
    """A bridge between two events goes: both sides are what they are without it."""
    sides = [report(event, outlet) for event in (0, 1) for outlet in range(4)]
    bridge = mixture(0, 1, 2)
    file(store, sides)
    alone = figures(store)
    with Store(tmp_path / "bridged.db") as bridged:
        file(bridged, [*sides, bridge])
        found = bridged.articles.find_external(bridge.external_id or "")
        assert found is not None
        withdraw(bridged, [found], now=NOON)
        kept = {pair: its for pair, its in figures(bridged).items() if bridge.external_id not in pair}
        assert kept == alone


def test_why_shows_what_the_desk_adds(store: Store) -> None:
    file(store, [report(event, outlet) for event in range(3) for outlet in range(3)])
    added: set[str] = set()
    for match in decided(store):
        sides = [
            Side(article=each.article, stored=each) for each in map(store.articles.get, (match.a, match.b))
        ]
        explained = explain_pair(store, *sides)
        assert explained.match.probability == pytest.approx(match.probability, abs=1e-6)
        assert explained.match.same_event is match.same_event
        odds = math.log2(match.probability / (1 - match.probability))
        assert explained.total == pytest.approx(odds, abs=5e-3)
        added |= {piece.feature for piece in explained.match.evidence}
    assert added >= {"rivals", "stream"}


FIRE = (
    (
        "Forty escape as blaze wrecks Tollgate hostel in Marnley",
        "Forty people were led out of Tollgate House in Marnley when fire tore through the hostel before dawn. "
        "Crews from nine stations fought the blaze in Cutler Row. Station commander Ingrid Vallow said that a "
        "night porter, Desmond Achebe, had knocked on every door. Nobody was hurt.",
        0,
    ),
    (
        "Night porter praised after Marnley hostel fire",
        "A night porter who woke forty residents of Tollgate House has been praised by firefighters. Desmond "
        "Achebe ran along all three floors of the Marnley hostel. The building in Cutler Row, run by the charity "
        "Harbourlight, cannot be saved, station commander Ingrid Vallow said.",
        1,
    ),
    (
        "Harbourlight finds beds for people burned out of Tollgate House",
        "The charity Harbourlight has found beds for thirty of the forty people who lost their rooms in the "
        "Marnley fire. Its director, Petra Sandoval, thanked the porter Desmond Achebe. Ten slept in a church "
        "hall near Cutler Row after Tuesday's blaze at Tollgate House.",
        2,
    ),
)
FOLLOW_UP = (
    "Harbourlight to rebuild Tollgate House with single rooms",
    "The charity whose Marnley hostel burned down will rebuild it with fifty single rooms and sprinklers. "
    "Harbourlight said that a donor had given £900,000 towards the new Tollgate House in Cutler Row. Building "
    "may start in spring, Petra Sandoval said.",
    26,
)


def told(number: int, title: str, text: str, day: int) -> Article:
    return make_article(
        title=title,
        text=text,
        url=f"https://paper{number}.example/{number}",
        external_id=f"fire {number}",
        source_id=f"paper{number}",
        published_at=NOON + timedelta(days=day),
    )


def test_a_follow_up_does_not_tear_the_story_it_follows(store: Store) -> None:
    """It stands alone or joins, among other reports as well as by itself."""
    reports = [told(number, *each) for number, each in enumerate(FIRE)]
    file(store, [*corpus(3, seed=8), *reports])
    fire = {report.external_id or "" for report in reports}
    before = partition(list(store.articles.external_stories().items()))
    assert any(fire <= story for story in before), "the three are one story"
    file(store, [told(9, *FOLLOW_UP)])
    after = partition(list(store.articles.external_stories().items()))
    assert any(fire <= story for story in after)


def test_a_report_with_weak_links_to_all_others_is_doubtful() -> None:
    strong = [(a, b, WEAK_LINK + 0.4) for a in range(4) for b in range(a + 1, 4)]
    weak = [(a, 4, WEAK_LINK - 0.1) for a in range(4)]
    assert doubtful_members([range(5)], [*strong, *weak]) == {4}
    one_good = [(0, 4, WEAK_LINK + 0.4), *weak[1:]]
    assert doubtful_members([range(5)], [*strong, *one_good]) == frozenset()
    assert doubtful_members([(0, 4)], weak) == frozenset(), "of two neither is the stranger"


def test_a_split_copy_is_no_longer_called_one_event(store: Store) -> None:
    first = report(1, 0)
    file(store, [first, copy_of(first, hours=2, number=1), report(2, 1)])
    (copy,) = [match for match in decided(store) if match.of_texts > 0.999_999]
    assert copy.same_event
    split(store, copy.a, copy.b, Editor(name="ann", reason="", now=NOON))
    check(store)


@pytest.mark.slow
def test_verdicts_without_evidence_may_go_once_they_are_old(store: Store, tmp_path: Path) -> None:
    """Stories, reasons and later filings are those of a desk that keeps them; younger ones stay."""
    early = [*corpus(5, seed=2), mixture(0, 1, 1), mixture(2, 3, 2)]
    late = [report(event, outlet) for event in (40, 41) for outlet in range(3)]
    file(store, early)
    held = decided(store)
    assert remove_empty_verdicts(store, before=NOON) == 0
    assert (gone := remove_empty_verdicts(store, before=NOON + timedelta(seconds=1)))
    kept = decided(store)
    assert len(kept) == len(held) - gone
    assert not [match for match in held if match not in kept and (match.evidence or match.same_event)]
    grouped = connected_components(range(1, len(early) + 1), store.matches.linked())
    one_group = {pair for group in grouped for pair in combinations(sorted(group), 2)}
    assert {(match.a, match.b) for match in held} & one_group <= {(match.a, match.b) for match in kept}
    with Store(tmp_path / "keeps.db") as keeps:
        for each in (early, late):
            file(keeps, each)
        file(store, late)
        assert _told(store) == _told(keeps)
        recluster(store, now=NOON)
        assert figures(store) == figures(keeps)


def _told(store: Store) -> set[frozenset[str]]:
    stored = store.articles.many(store.articles.ids())
    stories = store.articles.stories_of(stored)
    return partition([(row.article.external_id or "", stories[each]) for each, row in stored.items()])

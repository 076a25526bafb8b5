"""What `story_changes` says of stories that people and publishers change: which run, why, and under which
id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import ContradictionError, PipelineError
from pipelines.models import Bearing, Evidence, Match
from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, join, split, undo
from pipelines.stories.filing import file_articles, recluster
from pipelines.stories.history import pairs_by_article
from tests.factories import NOON
from tests.invented import copy_of, report

ANN = Editor(name="ann", reason="", now=NOON + timedelta(days=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two stories of two reports each: articles 1 and 2, 3 and 4."""
    with Store(tmp_path / "cuttings.db") as opened:
        opened.articles.save_all([report(event, number) for event in (1, 2) for number in (0, 1)], at=NOON)
        file_articles(opened, run_id=opened.runs.start(command="import", at=NOON), now=NOON)
        assert stories(opened)[1] == stories(opened)[2] != stories(opened)[3] == stories(opened)[4]
        yield opened


def stories(store: Store) -> dict[int, int]:
    return store.articles.stories_of([1, 2, 3, 4])


def revise(store: Store, external_id: str, text: str) -> None:
    (known,) = (each.article for each in store.articles.iterate() if each.article.external_id == external_id)
    store.articles.save(replace(known, title="", text=text), at=NOON)
    file_articles(store, run_id=store.runs.start(command="import", at=NOON), now=NOON)


def test_every_change_names_its_run_and_its_reason(store: Store) -> None:
    join(store, 1, 3, replace(ANN, reason="one inquiry"))
    undo(store, 1, replace(ANN, reason="two inquiries after all"))
    split(store, 1, None, ANN)
    revise(
        store,
        "2/1",
        "The library in Marlbeck opens again on Saturday with a new roof, said Odile Fenn, its librarian.",
    )
    changes = store.stories.changes()
    commands = {run.id: run.command for run in store.runs.latest(99)}
    assert {(commands[change.run_id or 0], change.by) for change in changes} == {
        ("import", "model"), ("join", "ann"), ("undo", "ann"), ("split", "ann"),
    }  # fmt: skip
    assert all(": " in change.detail for change in changes)
    details = " / ".join(change.detail for change in changes)
    assert "joined by ann: one inquiry" in details
    assert "decision 1 was undone by ann: two inquiries after all" in details
    assert "revised by the publisher, it is of another event now" in details
    assert store.runs.latest()[0].command == "import"
    assert {run.status for run in store.runs.latest(99)} <= {"ok", "running"}


def test_a_merged_story_points_to_where_its_lead_report_is(store: Store) -> None:
    before = stories(store)
    lead = store.stories.get(before[3]).lead_article_id or 0
    join(store, 1, 3, ANN)
    assert store.stories.get(before[3]).id == before[1]
    undo(store, 1, ANN)
    apart = stories(store)
    assert apart[1] == apart[2] != apart[3] == apart[4]
    assert store.stories.get(before[3]).id == apart[lead], "what it was is not in the survivor any more"
    split(store, 3, 4, ANN)
    assert store.stories.get(before[3]).id == stories(store)[lead]
    recluster(store, now=NOON)
    assert store.stories.get(before[3]).id == stories(store)[lead]


def test_the_id_of_a_story_that_stands_is_not_taken_back(store: Store) -> None:
    """Earlier versions could leave it with an article."""
    standing = stories(store)[3]
    store.stories.set_brought({1: (standing,)})
    split(store, 1, None, ANN)
    after = stories(store)
    assert after[1] != standing
    assert after[3] == after[4] == standing
    assert len(set(after.values())) == 3


def test_what_waits_to_be_filed_is_not_the_deed_of_the_next_person(store: Store) -> None:
    store.articles.save(report(5, 0), at=NOON)
    join(store, 1, 3, ANN)
    (created,) = (change for change in store.stories.changes(store.articles.get(5).story_id))
    assert created.by == "model"


def test_a_decision_made_twice_files_nothing_again(store: Store) -> None:
    join(store, 1, 3, ANN)
    runs = len(store.runs.latest(99))
    assert not join(store, 3, 1, ANN).decisions
    assert len(store.runs.latest(99)) == runs


def test_a_contradiction_is_told_as_people_made_it(store: Store) -> None:
    saved = store.articles.save(copy_of(report(1, 0), hours=5, number=1), at=NOON)
    split(store, 2, 3, ANN)
    join(store, saved.id, 2, replace(ANN, name="bob"))
    with pytest.raises(ContradictionError) as refused:
        join(store, 1, 3, ANN)
    assert refused.value.chain == (2, 1)
    assert f"decision 2 by bob: 2 and {saved.id} are one event" in str(refused.value)
    assert "decision 1 by ann: 2 and 3 are different events" in str(refused.value)
    assert str(refused.value).startswith("1 and 3 cannot be joined: people split them (")
    join(store, 1, saved.id, ANN)
    with pytest.raises(ContradictionError):
        split(store, 1, saved.id, ANN)


def test_an_article_is_parted_with_its_lightly_edited_copies(store: Store) -> None:
    first = report(1, 0)
    edited = replace(copy_of(first, hours=5, number=1), text=f"{first.text}\nThis page was updated at noon.")
    saved = store.articles.save(edited, at=NOON)
    file_articles(store, now=NOON)
    stored = store.articles.many([1, saved.id])
    assert stored[1].copy_group == stored[saved.id].copy_group == saved.id, "the longest is the original"
    made = split(store, 1, None, ANN).decisions
    assert {(each.article_a, each.article_b) for each in made} == {(1, 2), (2, saved.id)}
    found = store.articles.stories_of([1, 2, saved.id])
    assert found[1] == found[saved.id] != found[2]
    undo(store, made[1].id, ANN)
    assert len(set(store.articles.stories_of([1, 2, saved.id]).values())) == 1
    with pytest.raises(PipelineError, match="alone"):
        split(store, store.articles.save(report(9, 0), at=NOON).id, None, ANN)


def test_a_doubtful_pair_in_a_story_is_told_by_what_it_has_in_common(store: Store) -> None:
    evidence = tuple(
        Evidence(feature=feature, level="", weight=weight, words=words, bearing=bearing)
        for feature, weight, words, bearing in (
            ("dates", -1.5, "they are 3 days apart", Bearing.AGAINST),
            ("quotations", 1.2, "both quote 17 words", Bearing.FOR),
            ("wording", 3.4, "both use tribunal", Bearing.FOR),
        )
    )
    doubted = Match(a=2, b=3, probability=0.437, same_event=False, reason="Two events: …", evidence=evidence)
    store.matches.save_all(
        [doubted, Match(a=1, b=4, probability=0.1, same_event=False, reason="Two events: …")]
    )
    pairs = pairs_by_article(store.matches.explained([2, 4]))
    common = "44% probable, with no better partner: both use tribunal; both quote 17 words"
    assert (0.437, 3, common) in pairs[2]
    assert 1 not in [other for _, other, _ in pairs.get(4, [])]

"""Filing: the stories are a function of the set of articles and decisions; ids stay; people are obeyed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import ContradictionError, PipelineError
from pipelines.matching import FINGERPRINT_VERSION, density, rivals
from pipelines.matching.clustering import agglomerate, weighed
from pipelines.matching.notices import is_notice
from pipelines.models import ChangeKind
from pipelines.storage.store import Store
from pipelines.stories import neighbourhood
from pipelines.stories.corrections import Editor, join, split, undo
from pipelines.stories.filing import file_articles, recluster, withdraw
from pipelines.stories.neighbourhood import log_odds
from pipelines.stories.pairs import SAME_TEXT
from pipelines.stories.reports import believable
from pipelines.stories.view import view_story
from scraper.models import Access, Article
from tests.factories import NOON, make_article
from tests.invented import copy_of, corpus, mixture, partition, report

LATER = NOON + timedelta(days=1)
ANN = Editor(name="ann", reason="I was there", now=LATER)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        yield opened


def take(store: Store, articles: Sequence[Article], *, chunks: int = 1) -> None:
    """Save and file articles in a number of chunks."""
    for chunk in range(chunks):
        part = articles[chunk * len(articles) // chunks : (chunk + 1) * len(articles) // chunks]
        store.articles.save_all(part, at=NOON)
        file_articles(store, now=NOON)


def parts(store: Store) -> set[frozenset[str]]:
    return partition(list(store.articles.external_stories().items()))


def weights(store: Store) -> dict[tuple[int, int], float]:
    """Return what is stored as the probability of each pair."""
    edges = store.matches.edges(store.articles.ids())
    return {(edge.a, edge.b): round(edge.probability, 6) for edge in edges}


def story_of(store: Store, article: Article) -> int:
    found = store.articles.find_external(article.external_id or "")
    assert found is not None
    story = store.articles.get(found).story_id
    assert story is not None
    return story


def id_of(store: Store, article: Article) -> int:
    found = store.articles.find_external(article.external_id or "")
    assert found is not None
    return found


def check_laws(store: Store) -> None:
    """What holds of every database after every filing."""
    assert store.articles.unfiled() == ()
    articles = store.articles.many(store.articles.ids())
    live = {story.id: story for story in store.stories.listing(limit=-1)}
    members: dict[int, list[int]] = {}
    for article in articles.values():
        assert article.story_id in live, "every article is in a story that was not merged away"
        members.setdefault(article.story_id, []).append(article.id)
    assert members.keys() == live.keys(), "no story is empty"
    for number, story in live.items():
        inside = members[number]
        assert story.article_count == len(inside)
        assert story.lead_article_id in inside
        groups = [articles[article].copy_group for article in inside]
        originals = {group for group in groups if group is not None}
        assert originals <= set(inside), "a copy and its original are in one story"
        assert story.report_count == len(originals) + groups.count(None)
        assert 1 <= story.source_count <= story.report_count + len(originals) * len(inside)
        read = [believable(articles[a].article, articles[a].first_seen_at) for a in inside]
        dates = [article.published_at for article in read if article.published_at]
        assert story.first_published_at == min(dates, default=None)  # type: ignore[type-var]
        assert story.last_published_at == max(dates, default=None)  # type: ignore[type-var]
        assert store.stories.changes(number), "a story says where it came from"
    story_of = {article.id: article.story_id for article in articles.values()}
    for match in store.matches.explained(articles):
        together = story_of[match.a] == story_of[match.b]
        assert match.same_event is together, "a verdict says what the desk decided"
        assert match.reason.startswith("One event: " if together else "Two events: ")


# -- incremental is full -------------------------------------------------------------------------------------


def check_any_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: random.Random, chunks: int
) -> None:
    articles = corpus(4, seed=seed)
    shuffled = articles.copy()
    order.shuffle(shuffled)
    folder = tmp_path_factory.mktemp("filing")
    with Store(folder / "full.db") as full, Store(folder / "parts.db") as little:
        take(full, articles)
        take(little, shuffled, chunks=min(chunks, len(articles)))
        assert parts(little) == parts(full)
        check_laws(little)
        changes = len(little.stories.changes())
        recluster(little, now=LATER)
        assert parts(little) == parts(full)
        assert len(little.stories.changes()) == changes, "nothing changed, so nothing is said"


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 3), order=st.randoms(use_true_random=False), chunks=st.sampled_from([2, 5, 100]))
def test_any_order_and_any_chunks_give_the_same_stories(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: random.Random, chunks: int
) -> None:
    check_any_order(tmp_path_factory, seed, order, chunks)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 30), order=st.randoms(use_true_random=False), chunks=st.sampled_from([1, 2, 5, 100])
)
def test_many_orders_and_chunks_give_the_same_stories(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: random.Random, chunks: int
) -> None:
    check_any_order(tmp_path_factory, seed, order, chunks)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_clustering_neighbourhoods_is_clustering_everything(store: Store, seed: int) -> None:
    """The oracle has all pairs of all articles at once; filing saw them a few at a time."""
    articles = corpus(6, seed=seed)
    take(store, articles, chunks=9)
    ids = store.articles.ids()
    standing = sorted(set(store.articles.matched_as(ids).values()))
    edges = [
        (e.a, e.b, log_odds(e.pair_probability))
        for e in store.matches.edges(ids)
        if e.pair_probability < SAME_TEXT
    ]
    order = {article: head.order for article, head in store.articles.heads(standing).items()}
    everything = agglomerate(standing, weighed(edges, desk=len(standing)), order=order)
    stories = store.articles.stories_of(standing)
    filed = partition([(str(article), stories[article]) for article in standing])
    assert filed == {frozenset(map(str, members)) for members in everything}


@pytest.mark.parametrize("settled", [6, 100])
def test_a_desk_that_grows_or_shrinks_is_weighed_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, settled: int
) -> None:
    """The number of articles weighs up to a bound, which this desk passes, or stays below."""
    for module in (density, neighbourhood, rivals):
        monkeypatch.setattr(module, "SETTLED", settled)
    articles = [*(report(1, each) for each in range(3)), *(report(each, 0) for each in range(2, 10))]
    take(store, articles, chunks=len(articles))
    filed = weights(store)
    recluster(store, now=NOON)
    assert filed == weights(store)
    gone = store.articles.ids()[3:]
    withdraw(store, gone, now=NOON)
    few = weights(store)
    assert few
    assert few != {pair: filed[pair] for pair in few}
    store.articles.delete(store.articles.many(gone).values())
    recluster(store, now=NOON)
    assert few == weights(store)


def test_filing_again_changes_nothing(store: Store) -> None:
    articles = corpus(4)
    take(store, articles)
    before = store.view("stories").rows, store.view("story_changes").rows, store.view("matches").rows
    take(store, articles)
    recluster(store, now=NOON)
    stories, changes, matches = before
    assert (store.view("story_changes").rows, store.view("matches").rows) == (changes, matches)
    assert [row[:3] for row in store.view("stories").rows] == [row[:3] for row in stories]


@pytest.mark.slow
def test_a_key_that_becomes_common_gives_the_same_stories_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a block of at most three articles, keys pass it in the middle of filing one by one."""
    monkeypatch.setattr("pipelines.stories.linking.MAX_BLOCK", 3)
    articles = [report(event, outlet) for event in range(3) for outlet in range(5)]
    with Store(tmp_path / "full.db") as full, Store(tmp_path / "parts.db") as little:
        take(full, articles)
        assert full._connection.one("SELECT count(*) FROM _crowded")[0] > 0
        take(little, articles[::-1], chunks=len(articles))
        assert parts(little) == parts(full)
        assert len(little.view("matches").rows) == len(full.view("matches").rows)


def test_a_revision_leads_where_filing_it_at_once_would(tmp_path: Path) -> None:
    articles = corpus(3, seed=2)
    revised = [replace(a, text=report(7, 2).text) if n in (0, 4) else a for n, a in enumerate(articles)]
    with Store(tmp_path / "full.db") as full, Store(tmp_path / "parts.db") as little:
        take(full, revised)
        take(little, articles)
        take(little, revised)
        assert parts(little) == parts(full)
        check_laws(little)


def test_what_a_killed_run_left_unfiled_is_taken_along(store: Store) -> None:
    store.articles.save_all(corpus(2), at=NOON)
    assert store.articles.unfiled()
    file_articles(store, now=NOON)
    check_laws(store)


def test_new_rules_for_fingerprints_compare_everything_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = corpus(3)
    take(store, articles)
    before = parts(store)
    store.fingerprints.save_all(
        (a, "old", "", b"unreadable") for a in store.fingerprints.load(store.articles.ids())
    )
    file_articles(store, now=LATER)
    assert parts(store) == before
    assert not store.fingerprints.any_outdated(FINGERPRINT_VERSION)
    assert store.fingerprints.any_outdated("old")


def test_an_article_leaves_a_desk_of_earlier_fingerprints(store: Store) -> None:
    articles = [report(1, 0), copy_of(report(1, 0), hours=4, number=1), report(1, 1), report(2, 0)]
    take(store, articles)
    gone = id_of(store, articles[0])
    store.fingerprints.save_all(
        (a, "7", "", body) for a, body in store.fingerprints.load(store.articles.ids()).items()
    )
    withdraw(store, [gone], now=LATER)
    store.articles.delete(store.articles.many([gone]).values())
    left = parts(store)
    recluster(store, now=LATER)
    assert parts(store) == left
    assert {story_of(store, each) for each in articles[1:3]} == {story_of(store, articles[1])}


# -- copies --------------------------------------------------------------------------------------------------


def test_a_copy_counts_once_and_never_hides_a_report(store: Store) -> None:
    original, other = report(1, 1), report(1, 2)
    copy = copy_of(original, hours=4, number=1)
    take(store, [copy, other, original])
    story = store.stories.get(story_of(store, original))
    assert story_of(store, copy) == story.id
    assert story.article_count - story.report_count == 1
    groups = {a: store.articles.get(id_of(store, a)).copy_group for a in (original, copy)}
    assert set(groups.values()) == {id_of(store, original)}, "the earliest is the original"
    reason = store.matches.between(id_of(store, copy), id_of(store, original))
    assert reason is not None
    assert reason.reason.startswith("One event: the same text, word for word")


def test_an_earlier_copy_that_comes_later_becomes_the_original(store: Store) -> None:
    original = report(1, 1)
    earlier = copy_of(original, hours=-6, number=1)
    take(store, [original])
    take(store, [earlier])
    assert store.articles.get(id_of(store, original)).copy_group == id_of(store, earlier)
    check_laws(store)


def test_two_addresses_of_a_page_are_copies(store: Store) -> None:
    first = make_article(external_id="1", url="https://first.example/news/hub", source_id="first")
    amp = replace(
        first, external_id="2", url="https://first.example/news/hub/amp", text=first.text[:150], title="Hub"
    )
    take(store, [first, amp])
    assert story_of(store, first) == story_of(store, amp)
    assert store.stories.get(story_of(store, first)).report_count == 1


def test_many_identical_texts_are_one_report(store: Store) -> None:
    one = report(1, 1)
    copies = [copy_of(one, hours=number, number=number) for number in range(150)]
    take(store, [one, *copies, report(2, 2)])
    story = store.stories.get(story_of(store, one))
    assert (story.article_count, story.report_count) == (151, 1)
    assert len(store.view("matches").rows) <= 151
    check_laws(store)


# -- stable stories ------------------------------------------------------------------------------------------


NOTICE = """Sorry, this page has moved or was deleted when we launched our new website. Use the search box or go
back to the home page. If you typed the web address, check that it is correct. If you pasted it, check that you
copied all of it, and try again in a few minutes."""


def test_a_notice_under_many_headlines_is_nobodys_text(tmp_path: Path) -> None:
    titles = ["Foster carers wanted in Thornley", "Youth club reopens after flood", "Bus pass rules change"]
    notices = [
        make_article(title=title, text=NOTICE, url=f"https://a.example/{n}", external_id=f"n{n}")
        for n, title in enumerate(titles)
    ]
    for order in (notices, notices[::-1]):
        with Store(tmp_path / f"{order[0].external_id}.db") as store:
            take(store, order, chunks=3)
            assert len({story_of(store, article) for article in notices}) == 3
            assert {row.copy_group for row in store.articles.many(store.articles.ids()).values()} == {None}
            check_laws(store)


@pytest.mark.parametrize(
    ("titles", "is_one"),
    [
        (("Nurses in Harle walk out over rota", "Harle bypass to open in May"), True),  # one name in common
        (("Nurses in Harle walk out over rota", "Harle nurses walk out over rota"), False),
        (("Nurses in Harle walk out over rota", "Copied: what our website says"), False),
    ],
)
def test_a_notice_has_headlines_that_neither_it_nor_another_shares(
    titles: Sequence[str], *, is_one: bool
) -> None:
    assert (
        is_notice([make_article(title=title, text=f"{NOTICE} You may copy.") for title in titles]) is is_one
    )


def test_items_of_one_list_page_are_not_one_item(store: Store) -> None:
    items = [lone(n, url="https://a.example/latest-news", external_id=f"i{n}") for n in range(3)]
    take(store, items, chunks=2)
    assert len({story_of(store, item) for item in items}) == 3
    again = replace(items[0], external_id="again", source_id="other")
    take(store, [again])
    assert story_of(store, again) == story_of(store, items[0])


def test_a_date_that_cannot_be_true_counts_as_none(store: Store) -> None:
    right = report(1, 0)
    wrong = replace(report(1, 1), published_at=NOON.replace(year=NOON.year + 9))
    empty = replace(report(1, 2), published_at=NOON.replace(year=1970))
    take(store, [right, wrong, empty])
    story = store.stories.get(story_of(store, right))
    assert story.article_count == 3
    assert story.first_published_at == story.last_published_at == right.published_at
    view = view_story(store, story.id)
    assert view.reports[0].stored.article.url == right.url


def lone(number: int, **changes: object) -> Article:
    """A report that no other is like."""
    return replace(report(100 + number, 0), **changes)  # type: ignore[arg-type]


def test_stories_that_come_together_keep_the_older_id_and_point_to_it(store: Store) -> None:
    a, b, c = lone(1), lone(2), lone(3)
    take(store, [a, b, c], chunks=3)
    first, second, third = (story_of(store, each) for each in (a, b, c))
    join(store, id_of(store, b), id_of(store, c), ANN)
    join(store, id_of(store, a), id_of(store, c), ANN)
    assert story_of(store, a) == story_of(store, b) == story_of(store, c) == first
    assert store.stories.get(third).id == store.stories.get(second).id == first
    assert {store.stories.get(gone, follow=False).merged_into for gone in (second, third)} == {first}
    kinds = [change.kind for change in store.stories.changes(second)]
    assert kinds.count(ChangeKind.MERGED) == 2, "it took one in, and went into another"
    check_laws(store)


def test_undoing_a_join_gives_both_ids_back_and_no_other_article_gets_one(store: Store) -> None:
    a, b = lone(1), lone(2)
    take(store, [a, b])
    given = [story_of(store, a), story_of(store, b)]
    made = join(store, id_of(store, a), id_of(store, b), ANN)
    assert story_of(store, a) == story_of(store, b) == min(given)
    undo(store, made.decisions[0].id, ANN)
    assert [story_of(store, a), story_of(store, b)] == given
    assert {store.stories.get(story, follow=False).merged_into for story in given} == {None}
    take(store, [lone(3)])
    assert story_of(store, lone(3)) not in given
    check_laws(store)


def test_undoing_joins_in_any_order_gives_ids_back(store: Store) -> None:
    articles = [lone(1), lone(2), lone(3)]
    take(store, articles)
    given = [story_of(store, article) for article in articles]
    ids = [id_of(store, article) for article in articles]
    for order in ((0, 1), (1, 0)):
        made = [join(store, ids[1], ids[2], ANN), join(store, ids[0], ids[1], ANN)]
        assert len({story_of(store, article) for article in articles}) == 1
        for number in order:
            undo(store, made[number].decisions[0].id, ANN)
        assert [story_of(store, article) for article in articles] == given
        check_laws(store)


def test_what_a_person_splits_off_leaves_the_id_behind_even_if_it_led(store: Store) -> None:
    together = [report(1, outlet) for outlet in range(4)]
    take(store, together)
    story = story_of(store, together[0])
    lead = store.stories.get(story).lead_article_id
    assert lead is not None
    split(store, lead, None, ANN)
    places = {id_of(store, article): story_of(store, article) for article in together}
    assert places.pop(lead) != story
    assert set(places.values()) == {story}
    check_laws(store)


def test_a_withdrawn_article_leaves_nothing_behind(store: Store) -> None:
    together = [report(1, outlet) for outlet in range(3)]
    copy = copy_of(together[0], hours=2, number=7)
    take(store, [*together, copy, lone(2)])
    story, alone = story_of(store, together[0]), story_of(store, lone(2))
    lead = store.stories.get(story).lead_article_id
    assert lead is not None
    gone = [lead, id_of(store, lone(2))]
    withdraw(store, gone, now=NOON)
    members = store.stories.members([story, alone])
    assert set(members) == {story}
    assert lead not in members[story]
    assert store.stories.get(story).lead_article_id in members[story]
    assert (store.stories.get(alone).article_count, store.stories.get(alone).title) == (0, "")
    assert alone not in {each.id for each in store.stories.listing()}, "without articles it is not listed"
    coverage = store.view("story_coverage")
    assert alone not in {row[coverage.columns.index("story_id")] for row in coverage.rows}
    assert store.matches.edges(gone) == ()
    assert store.fingerprints.load(gone) == {}
    assert all(article not in gone for article in store.articles.matched_as(members[story]).values())
    for table in ("reports", "story_changes"):
        rows = store.view(table)
        assert not {row[rows.columns.index("article_id")] for row in rows.rows} & set(gone)


def test_a_split_of_two_leaves_the_id_with_the_lead_report(store: Store) -> None:
    together = [report(1, outlet) for outlet in range(2)]
    take(store, together)
    for article in together[1:]:
        join(store, id_of(store, together[0]), id_of(store, article), ANN)
    for made in store.decisions.active():
        undo(store, made.id, ANN)
    standing = [store.stories.get(story_of(store, article)) for article in together]
    story = max(standing, key=lambda story: story.article_count)
    lead = story.lead_article_id
    assert lead is not None
    ids = [id_of(store, article) for article in together]
    other = next(it for it in ids if it != lead and store.articles.get(it).story_id == story.id)
    split(store, other, lead, ANN)
    assert store.articles.get(lead).story_id == story.id
    assert store.articles.get(other).story_id != story.id
    assert ChangeKind.SPLIT in {change.kind for change in store.stories.changes(story.id)}
    check_laws(store)


# -- people decide -------------------------------------------------------------------------------------------


def test_people_are_obeyed_against_the_matcher_by_every_later_run(store: Store) -> None:
    same = [report(1, 1), copy_of(report(1, 1), hours=3, number=1)]
    strangers = [lone(1), lone(2)]
    take(store, [*same, *strangers])
    split(store, id_of(store, same[0]), id_of(store, same[1]), ANN)
    join(store, id_of(store, strangers[0]), id_of(store, strangers[1]), ANN)
    for step in (lambda: take(store, corpus(2)), lambda: recluster(store, now=LATER)):
        step()
        assert story_of(store, same[0]) != story_of(store, same[1])
        assert story_of(store, strangers[0]) == story_of(store, strangers[1])
        check_laws(store)
    (change,) = [
        c for c in store.stories.changes(story_of(store, strangers[0])) if c.kind is ChangeKind.MERGED
    ]
    assert change.by == "ann"
    assert "I was there" in change.detail


def test_parting_an_article_parts_it_from_its_whole_story_and_undoing_brings_it_back(store: Store) -> None:
    articles = [lone(1), lone(2), lone(3)]
    take(store, articles)
    ids = [id_of(store, article) for article in articles]
    join(store, ids[0], ids[1], ANN)
    kept = join(store, ids[1], ids[2], ANN)
    undo(store, kept.decisions[0].id, ANN)
    join(store, ids[0], ids[2], ANN)
    with pytest.raises(ContradictionError) as caught:
        split(store, ids[2], None, ANN)
    assert caught.value.chain
    assert "cuttings undo" in str(caught.value)
    assert story_of(store, articles[0]) == story_of(store, articles[2]), "what is refused changes nothing"
    together = [report(5, 1), copy_of(report(5, 1), hours=2, number=9)]
    take(store, together)
    made = split(store, id_of(store, together[1]), None, ANN)
    assert story_of(store, together[0]) != story_of(store, together[1])
    undone, _ = undo(store, made.decisions[0].id, ANN)
    assert len(undone) == len(made.decisions)
    assert story_of(store, together[0]) == story_of(store, together[1])
    with pytest.raises(PipelineError, match="already"):
        undo(store, made.decisions[0].id, ANN)


def test_what_was_decided_already_is_not_recorded_again(store: Store) -> None:
    take(store, [lone(1), lone(2)])
    ids = [id_of(store, lone(1)), id_of(store, lone(2))]
    assert join(store, ids[0], ids[1], ANN).decisions
    assert join(store, ids[1], ids[0], ANN).decisions == ()
    take(store, [lone(3)])
    with pytest.raises(PipelineError, match="alone"):
        split(store, id_of(store, lone(3)), None, ANN)


def check_whatever_people_say(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    articles = [report(1, 0), report(1, 1), report(1, 2), report(2, 0), mixture(1, 2, 3), lone(1)]
    with Store(tmp_path_factory.mktemp("said") / "cuttings.db") as store:
        take(store, articles)
        ids = [id_of(store, article) for article in articles]
        for _ in range(data.draw(st.integers(1, 6))):
            a, b = data.draw(st.permutations(ids))[:2]
            say = data.draw(st.sampled_from([join, split]))
            with suppress(ContradictionError):
                say(store, a, b, ANN)
        for again in (False, True):
            if again:
                recluster(store, now=LATER)
            places = store.articles.stories_of(ids)
            for decision in store.decisions.active():
                together = places[decision.article_a] == places[decision.article_b]
                assert together == (decision.kind == "same")
        check_laws(store)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_people_say_is_obeyed_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    check_whatever_people_say(tmp_path_factory, data)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_much_that_people_say_is_obeyed_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    check_whatever_people_say(tmp_path_factory, data)


def test_new_stories_are_numbered_by_content_not_by_arrival(tmp_path: Path) -> None:
    articles = corpus(5)
    with Store(tmp_path / "one.db") as one, Store(tmp_path / "other.db") as other:
        take(one, articles)
        take(other, articles[::-1])
        assert one.articles.external_stories() == other.articles.external_stories()


# -- bad input -----------------------------------------------------------------------------------------------


def test_whatever_comes_gets_a_story(store: Store) -> None:
    odd = [
        Article(title="", text="", external_id="nothing"),
        Article(title="Two words", external_id="headline", access=Access.HEADLINE),
        Article(title="\ud800\0", text="\x1b[31m\u202e" * 50, external_id="escapes"),
        Article(title="Old", text="x " * 60, published_at=NOON.replace(year=1970), external_id="1970"),
        Article(title="Far", text="x " * 60, published_at=NOON.replace(year=2099), external_id="2099"),
        Article(title="Long", text="Council wörds 数字 " * 8000, external_id="long"),
        Article(
            title="Tin tức",
            text="Hội nghị trực tuyến về công tác quản lý nhà nước " * 20,
            language="vi",
            external_id="vi",
        ),
    ]
    take(store, odd)
    check_laws(store)
    assert store.articles.count() == len(odd)

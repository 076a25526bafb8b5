"""What a cluster of reports says as a story: lead, title, order, origin, lags, ids."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.stories.identity import Before, IdAssignment, assign_ids, brought_after
from pipelines.stories.origin import origin_rules
from pipelines.stories.reports import Report, page_key
from pipelines.stories.summary import summarise
from scraper.models import Access, DatePrecision
from tests.factories import NOON, make_article

LONG = " ".join(f"word{n}" for n in range(200))


def words(seed: int, count: int = 120) -> str:
    return " ".join(f"s{seed}w{n}" for n in range(count))


def make_report(key: int, *, outlet: str = "", kind: str = "", copy_key: str = "", **article: Any) -> Report:
    article = {
        "text": words(key),
        "url": f"https://outlet{key}.example/news/{key}",
        "title": f"Title {key}",
    } | article
    return Report(
        key=key,
        article=make_article(**article),
        copy_key=copy_key or f"text {key}",
        order=f"{key:05}",
        outlet=outlet or f"outlet{key}",
        kind=kind,
    )


def hours(count: float) -> Any:
    return NOON + timedelta(hours=count)


def test_the_span_counts_and_first_report() -> None:
    told = summarise(
        [
            make_report(1, published_at=hours(5)),
            make_report(2, published_at=hours(1)),
            make_report(3, published_at=None),
        ]
    )
    assert told.reports == (2, 1, 3)
    assert (told.first, told.first_published_at, told.last_published_at) == (2, hours(1), hours(5))
    assert (told.report_count, told.source_count) == (3, 3)


def test_a_copy_counts_once_and_belongs_to_the_earliest() -> None:
    told = summarise(
        [
            make_report(1, published_at=hours(5), text=LONG, copy_key="same"),
            make_report(2, published_at=hours(1), text=LONG, copy_key="same"),
            make_report(3),
        ]
    )
    assert told.copy_groups == {2: 2, 1: 2, 3: None}
    assert told.report_count == 2
    assert told.lead != 1, "a copy is not the report to read first"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            {"access": Access.FULL, "published_at": hours(9)},
            {"access": Access.TEASER},
            id="full before teaser",
        ),
        pytest.param(
            {"access": Access.TEASER, "published_at": hours(9)},
            {"access": Access.HEADLINE, "text": ""},
            id="teaser before headline",
        ),
        pytest.param({"published_at": hours(9)}, {"title": " "}, id="with a title"),
        pytest.param(
            {"published_at": hours(9), "text": LONG}, {"text": "Two lines only."}, id="of fair length"
        ),
        pytest.param({"published_at": hours(1)}, {"published_at": hours(2)}, id="the earlier"),
        pytest.param({"published_at": hours(1)}, {"published_at": None}, id="dated"),
    ],
)
def test_the_lead_is_the_report_to_read_first(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert summarise([make_report(1, **worse), make_report(2, **better)]).lead == 2


def test_a_title_is_found_even_where_the_lead_has_none() -> None:
    assert summarise([make_report(1, title=" A \n title ")]).title == "A title"
    assert summarise([make_report(1, title="", text="one two three")]).title == "one two three"
    assert summarise([make_report(1, title="", text=LONG)]).title.endswith("word11 …")
    assert summarise([make_report(1, title="", text="")]).title == ""


def test_a_report_without_a_time_of_day_is_not_first_by_saying_less() -> None:
    day = make_report(1, published_at="2026-09-07")
    timed = make_report(2, published_at="2026-09-07T09:30")
    later = make_report(3, published_at="2026-09-09T08:00")
    told = summarise([day, timed, later])
    assert told.first == 2
    assert told.shares[1].lag_hours is None
    assert told.shares[3].lag_hours == pytest.approx(46.5)
    said = make_report(4, published_at="2026-09-07T01:00", published_precision=DatePrecision.DAY)
    assert summarise([said, timed]).first == 2


def test_the_origin_is_what_reports_link_to() -> None:
    release = make_report(1, url="https://www.gov.example/release", published_at=hours(0), text=LONG)
    follow = make_report(
        2,
        links=("https://www.gov.example/release?utm_source=x",),
        published_at=hours(3),
        text=f"{LONG} {words(2)}",
    )
    told = summarise([release, follow])
    assert (told.origin.kind, told.origin.article) == ("article", 1)
    assert told.shares[2].lag_hours == 3.0
    assert told.shares[2].origin == pytest.approx(200 / 320)
    assert told.shares[1].origin is None


def test_the_origin_may_be_a_public_body_among_the_reports() -> None:
    told = summarise(
        [make_report(1, published_at=hours(0)), make_report(2, kind="regulator", published_at=hours(1))]
    )
    assert told.origin.article == 2
    assert told.shares[1].lag_hours == -1.0


def test_a_release_that_ran_elsewhere_before_is_the_origin_still() -> None:
    paper = make_report(1, text=LONG, copy_key="same", published_at=hours(0))
    release = make_report(2, text=LONG, copy_key="same", published_at=hours(9), kind="government")
    told = summarise([paper, release, make_report(3, published_at=hours(10))])
    assert (told.copy_groups[2], told.origin.article) == (1, 2)
    assert told.shares[1].origin == 1.0


def test_a_public_body_that_answers_days_later_is_no_origin() -> None:
    first = make_report(1, published_at=hours(0))
    assert summarise([first, make_report(2, kind="regulator", published_at=hours(49))]).origin.kind == ""
    linking = make_report(3, links=("https://outlet2.example/news/2",), published_at=hours(50))
    assert (
        summarise([first, make_report(2, kind="regulator", published_at=hours(49)), linking]).origin.article
        == 2
    )


@pytest.mark.parametrize(
    ("kind", "share", "found"), [("charity", 0.2, 1), ("charity", 0.02, None), ("press", 0.2, None)]
)
def test_the_origin_may_be_quoted_only(kind: str, share: float, found: int | None) -> None:
    release = make_report(1, kind=kind, published_at=hours(0))
    quoting = " ".join(words(1).split()[: round(120 * share)]) + " " + words(2, round(120 * (1 - share)))
    told = summarise(
        [release, make_report(2, text=quoting, published_at=hours(3)), make_report(3, published_at=hours(4))]
    )
    assert told.origin.article == found


def test_of_pages_linked_to_alike_the_first_counts() -> None:
    links = ("https://www.gov.uk/z-release", "https://www.gov.uk/a-background")
    told = summarise(
        [make_report(1, links=links, published_at=hours(0)), make_report(2, published_at=hours(1))]
    )
    assert told.origin.url == links[0]


def test_the_origin_may_be_a_page_that_we_do_not_hold() -> None:
    paper = "https://research.example.org/paper.pdf"
    told = summarise(
        [
            make_report(1, links=(paper, "https://x.com/share")),
            make_report(2, links=(paper, "https://outlet2.example/own")),
        ]
    )
    assert (told.origin.kind, told.origin.url) == ("link", paper)
    primary = summarise([make_report(1, links=("https://www.gov.uk/government/news/x",)), make_report(2)])
    assert primary.origin.url == "https://www.gov.uk/government/news/x"


@pytest.mark.parametrize(
    "link",
    [
        "https://x.com/post/1",
        "https://www.facebook.com/a",
        "https://other.example/",
        "mailto:a@b.example",
        "https://one.example/opinion",
    ],
)
def test_no_origin_is_guessed(link: str) -> None:
    assert summarise([make_report(1, links=(link,)), make_report(2)]).origin.kind == ""


def test_the_lists_of_places_are_there() -> None:
    assert origin_rules().primary_kinds
    assert "gov.uk" in origin_rules().primary_sites
    assert "x.com" in origin_rules().social_sites


def test_one_page_has_one_place() -> None:
    plain = page_key(make_article(url="https://a.example/news/1", canonical_url=None))
    assert plain
    assert (
        page_key(make_article(url="https://a.example/news/1/amp?utm_source=x", canonical_url=None)) == plain
    )
    assert (
        page_key(make_article(url="https://a.example/x", canonical_url="https://a.example/news/1")) == plain
    )
    assert page_key(make_article(url="https://a.example/x", canonical_url="https://a.example/")) != plain
    for nowhere in (None, "", "https://a.example/", "ftp://a.example/1", "nonsense"):
        assert page_key(make_article(url=nowhere, canonical_url=None)) == ""


@given(st.integers(0, 2**16), st.integers(1, 7))
def test_a_story_is_a_function_of_its_reports(seed: int, count: int) -> None:
    chance = random.Random(seed)
    reports = [
        make_report(
            key,
            published_at=chance.choice([None, NOON, hours(3), "2026-09-07"]),
            text=chance.choice([LONG, words(key), words(1), ""]),
            access=chance.choice(list(Access)),
            copy_key=f"{chance.randrange(3)}",
        )
        for key in range(count)
    ]
    told = summarise(reports)
    chance.shuffle(reports)
    assert summarise(reports) == told
    assert told.report_count <= len(told.reports) == count
    assert told.lead in told.reports


# -- which story is which ------------------------------------------------------------------------------------


def placed(
    clusters: list[tuple[int, ...]], before: dict[int, tuple[int, ...]], leads: dict[int, int]
) -> dict[tuple[int, ...], IdAssignment]:
    story_of = {article: story for story, members in before.items() for article in members}
    assigned = assign_ids(clusters, Before(story_of=story_of, lead_of=leads))
    return {assignment.cluster: assignment for assignment in assigned}


def test_a_new_cluster_needs_a_new_id() -> None:
    assert placed([(1, 2)], {}, {})[1, 2].story is None


def test_a_story_that_grows_stays() -> None:
    assert placed([(1, 2, 3)], {9: (1, 2)}, {9: 1})[1, 2, 3] == IdAssignment(cluster=(1, 2, 3), story=9)


def test_of_stories_that_come_together_the_oldest_stays() -> None:
    found = placed([(1, 2, 3)], {5: (3,), 7: (1,), 9: (2,)}, {5: 3, 7: 1, 9: 2})[1, 2, 3]
    assert (found.story, found.merged) == (5, (7, 9))


def test_a_story_that_parts_goes_with_its_lead_report() -> None:
    found = placed([(1, 2), (3, 4)], {5: (1, 2, 3, 4)}, {5: 3})
    assert found[3, 4].story == 5
    assert (found[1, 2].story, found[1, 2].parted_from) == (None, (5,))


def test_a_part_may_go_over_to_another_story() -> None:
    found = placed([(1, 2, 7), (3,)], {5: (1, 2, 3), 6: (7,)}, {5: 3, 6: 7})
    assert found[1, 2, 7] == IdAssignment(cluster=(1, 2, 7), story=6, parted_from=(5,))
    assert found[3,].story == 5


@given(st.data())
def test_every_story_goes_somewhere_and_no_two_clusters_share_one(data: st.DataObject) -> None:
    articles = list(range(10))
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for article in articles:
        before.setdefault(data.draw(st.integers(100, 104)), []).append(article)
        after.setdefault(data.draw(st.integers(0, 4)), []).append(article)
    leads = {story: data.draw(st.sampled_from(members)) for story, members in before.items()}
    found = placed(
        [tuple(members) for members in after.values()], {s: tuple(m) for s, m in before.items()}, leads
    )
    gone = [story for placing in found.values() for story in placing.merged]
    kept = [placing.story for placing in found.values() if placing.story is not None]
    assert sorted(gone + kept) == sorted(before), "each story stays or is merged, once"
    for placing in found.values():
        if placing.story is not None:
            assert leads[placing.story] in placing.cluster
            assert all(placing.story < other for other in placing.merged)


@dataclass(slots=True)
class Shelf:
    """Stories as one clustering after another leaves them."""

    story_of: dict[int, int] = field(default_factory=dict)
    lead_of: dict[int, int] = field(default_factory=dict)
    brought: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def cut(self, *clusters: Sequence[int]) -> tuple[IdAssignment, ...]:
        before = Before(story_of=dict(self.story_of), lead_of=dict(self.lead_of), brought=dict(self.brought))
        assignments = assign_ids(map(tuple, clusters), before)
        for each in assignments:
            story = each.story or 1 + max(self.lead_of, default=0)
            self.lead_of.setdefault(story, each.cluster[0])
            self.story_of |= dict.fromkeys(each.cluster, story)
            self.brought |= brought_after(each, story, before)
        return assignments


def test_ids_come_back_in_whatever_order_joins_are_undone() -> None:
    shelf = Shelf()
    shelf.cut((1, 2), (3, 4), (5, 6, 7))
    began = dict(shelf.story_of)
    shelf.cut((1, 2, 3, 4), (5, 6, 7))
    shelf.cut((1, 2, 3, 4, 5, 6, 7))
    shelf.cut((1, 2), (3, 4, 5, 6, 7))  # the first join is undone first
    shelf.cut((1, 2), (3, 4), (5, 6, 7))
    assert shelf.story_of == began


@given(st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), max_size=8))
@example([[0, 1, 2, 0, 1, 1], [2, 2, 0, 1, 2, 1], [2, 0, 2, 1, 2, 1], [2, 2, 1, 1, 0, 0]])
def test_a_story_comes_back_only_if_it_was_gone_and_only_once(cuts: list[list[int]]) -> None:
    shelf = Shelf()
    for numbers in cuts:
        alive = set(shelf.story_of.values())
        clusters = [[article for article in range(6) if numbers[article] == each] for each in set(numbers)]
        assignments = shelf.cut(*clusters)
        assert not alive & {each.story for each in assignments if each.revived}
        assert len(set(shelf.story_of.values())) == len(clusters)

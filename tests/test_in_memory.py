"""`pipelines.group`: stories in memory, the seeds, ten thousand copies."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipelines import group
from pipelines.models import Story
from scraper.models import Article
from tests.factories import make_article
from tests.invented import corpus

SEEDS = Path(__file__).parents[2] / "shared" / "seeds" / "truth.jsonl"


def as_titles(stories: list[Story]) -> set[frozenset[str]]:
    return {frozenset(report.title for report in story.articles) for story in stories}


def seeds() -> list[Article]:
    if not SEEDS.is_file():
        pytest.skip("the seed texts are not beside this checkout (../shared/seeds)")
    rows = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    return [
        Article(
            title=row["title"],
            text=row["body"],
            published_at=datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) if row["date"] else None,
            source_id=row["source"],
        )
        for row in rows
    ]


def test_the_seeds_are_one_story_for_their_quotations() -> None:
    stories = group(seeds())
    assert [story.report_count for story in stories] == [2]
    match = stories[0].matches[0]
    assert match.same_event
    assert match.probability > 0.9
    assert "both quote 90 words of Josh MacAlister" in match.reason
    assert {piece.feature for piece in match.evidence if piece.weight > 1.0} >= {"quotations", "wording"}


def test_the_order_of_articles_changes_nothing() -> None:
    articles = corpus(10)
    first = group(articles)
    for seed in range(2):
        random.Random(seed).shuffle(articles)
        assert group(articles) == first


@pytest.mark.slow
def test_five_thousand_identical_texts_are_one_story_compared_once() -> None:
    day = datetime(2026, 9, 1, tzinfo=UTC)
    articles = [
        make_article(
            title=f"Title {n}",
            url=f"https://s{n}.example/x",
            source_id=f"s{n}",
            published_at=day + timedelta(minutes=n),
        )
        for n in range(5_000)
    ]
    stories = group(articles)
    assert [(story.article_count, story.report_count, story.source_count) for story in stories] == [
        (5_000, 1, 5_000)
    ]
    assert stories[0].matches == ()


@pytest.mark.parametrize(
    "edge",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        datetime(1, 1, 1),  # noqa: DTZ001
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_date_at_an_end_of_the_calendar_counts_as_none(
    monkeypatch: pytest.MonkeyPatch, edge: datetime
) -> None:
    monkeypatch.setenv("CUTTINGS_ENCODER", "none")
    dated = make_article(published_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    edged = make_article(published_at=edge, url="https://second.example/x", source_id="second")
    [story] = group([edged, dated])
    assert story.articles == (dated, edged)
    assert (story.first_published_at, story.last_published_at) == (dated.published_at, dated.published_at)
    assert edged.day == edge.date()


def test_times_with_and_without_a_zone_may_come_together() -> None:
    aware = make_article(published_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    naive = make_article(url="https://second.example/x", source_id="second")
    naive = replace(naive, published_at=datetime(2026, 3, 1, 9))  # noqa: DTZ001 - as a library user may have it
    (story,) = group([aware, naive])
    assert story.articles == (naive, aware), "as they were given"
    assert story.first_published_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_no_articles_no_stories() -> None:
    assert group([]) == []


PADDING = (
    "The building cost £1.2m and had stood empty since 2021. Odile Marchbank, who leads on children, cut the ribbon.",
    "Managers say talks go on. The last walk-out in the town, in 2019, ended with a pay rise of a grade.",
    "Its eleven teenagers will be moved, some of them to Scotland. The roof needs £6m that nobody will pay.",
    "Her lawyer called it a landmark. Fostering agencies fear a bill of many millions and will appeal.",
    "Charities blame slow courts and the rise of special guardianship. Ministers promise a campaign.",
    "But one summary in twelve was wrong about who lives in the home, and unions want a human check.",
    "The panel heard that no worker met him twice. His grandmother had offered him a room.",
    "The scheme grew out of a letter that a girl of nine wrote to the director. Others may follow.",
)

EVENTS = (
    (
        "Wrenbury opens a family hub",
        "Parents in Wrenbury can see a health visitor and a debt adviser in the old library at Tollgate Lane from Monday.",
    ),
    (
        "Saltmere staff vote to strike",
        "Social workers in Saltmere will walk out for three days in October after 91% voted for action over caseloads of 31 children.",
    ),
    (
        "Secure home to shut",
        "Alderfen House, one of 13 secure homes in the country, is to close in March with the loss of 74 jobs, its owner said.",
    ),
    (
        "Tribunal backs foster carer",
        "A tribunal has ruled that Delphine Okoro was an employee of Northcote council and should have had paid leave.",
    ),
    (
        "Adoptions fall again",
        "Courts made 2,840 adoption orders last year, 7% fewer than the year before and the lowest number since records began.",
    ),
    (
        "Robot notes save hours",
        "Software that listens to visits saves each worker seven hours a week, a trial of 212 staff in Kingsmarden has found.",
    ),
    (
        "Boy, 15, died after move",
        "A review of the death of a teenager known as Child J blames four changes of placement in eleven weeks.",
    ),
    (
        "Phones for advocates",
        "Every child in care in Thackery is to be given a phone with the number of an advocate stored in it.",
    ),
)


def test_a_roundup_of_eight_stories_does_not_glue_them() -> None:
    roundup = make_article(
        text="\n".join(text for _, text in EVENTS),
        title="The week in brief",
        published_at="2026-09-18",
        source_id="letter",
    )
    singles = [
        make_article(
            title=title,
            text=f"{text}\n{padding}",
            published_at=f"2026-09-{14 + n % 4}",
            source_id=f"s{n}",
            url=None,
        )
        for n, ((title, text), padding) in enumerate(zip(EVENTS, PADDING, strict=True))
    ]
    alone, beside = group(singles), group([roundup, *singles])
    assert max(story.article_count for story in beside) <= 2
    apart = [{article.title for article in story.articles} for story in alone]
    for story in beside:
        titles = {article.title for article in story.articles if article is not roundup}
        assert any(titles <= others for others in apart), "the round-up brings no two events together"
    assert (
        len(alone) >= len(EVENTS) - 1
    )  # of 28 pairs of short texts in four days of one sector one may be mistaken

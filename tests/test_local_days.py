"""Days of publication in the zone of the desk: embargoes, days without a time, dates that cannot be true."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.commands.stories import day_of
from pipelines.matching.explanations import common_grounds
from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles
from pipelines.stories.reports import local_time, on_local_day
from pipelines.stories.view import view_story
from tests.factories import NOON, make_article

LONDON = ZoneInfo("Europe/London")
EMBARGO = datetime(2026, 10, 4, 23, 1, tzinfo=UTC)  # a minute past midnight in London
THAT_DAY = datetime(2026, 10, 5, tzinfo=UTC)  # midnight: no more than the day is known


def test_a_moment_has_its_day_in_the_zone_and_a_whole_day_stays() -> None:
    assert local_time(EMBARGO, LONDON).day == local_time(THAT_DAY, LONDON).day == 5
    assert local_time(THAT_DAY, ZoneInfo("America/New_York")).day == 5
    assert on_local_day(make_article(published_at=None), LONDON).published_at is None
    assert day_of(make_article(published_at=EMBARGO), None, LONDON) == "5 October 2026"


def test_a_date_that_cannot_be_true_is_not_shown_as_a_day() -> None:
    article = make_article(published_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert day_of(article, NOON, LONDON) == "no date"


def test_an_embargo_and_a_report_of_that_day_are_of_one_day(tmp_path: Path) -> None:
    text = (
        "Howard Trask told the Kestrel Bay forum that 9,000 grandparents would get fifty-two weeks of paid "
        "leave from April, and Kin Together called it the end of a long night for carers in Kestrel Bay."
    )
    with Store(tmp_path / "desk.db", zone=LONDON) as store:
        for number, published in enumerate((EMBARGO, THAT_DAY)):
            article = make_article(
                title="Howard Trask announces leave for Kestrel Bay grandparents",
                text=f"{text} Report number {number} of the day, with words of its own: {'so ' * number}it was said.",
                url=f"https://paper{number}.example/leave",
                source_id=f"paper{number}",
                published_at=published,
            )
            store.articles.save(article, at=THAT_DAY)
        file_articles(store, now=THAT_DAY)
        view = view_story(store, 1)
        assert len(view.reports) == 2
        (match,) = store.matches.explained([1, 2])
        assert "published on the same day" in common_grounds(match) or "copy" in common_grounds(match)
        assert "a day apart" not in match.reason
        assert [report.share.lag_hours for report in view.reports if report.share] == [0.0, None]
        rows = store.view("first_to_publish")
        column = rows.columns.index("hours_after_first")
        assert [row[column] for row in rows.rows] == [0.0, None]

"""Days of publication in the zone of the desk: embargoes, days without a time, dates that cannot be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.matching.explanations import common_grounds
from pipelines.matching.features import fingerprint
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import REFUSED_DATE
from pipelines.stories.filing import file_articles
from pipelines.stories.view import view_story
from scraper.days import is_believable, is_placeholder, local_day, written_date
from scraper.extraction import extract_document, read_document
from scraper.models import Article, DatePrecision, Link
from tests.factories import NOON, make_article

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
EMBARGO = datetime(2026, 10, 4, 23, 1, tzinfo=UTC)  # a minute past midnight in London
THAT_DAY = datetime(2026, 10, 5, tzinfo=UTC)  # midnight: no more than the day is known
MINUTE, DAY, MONTH = DatePrecision.MINUTE, DatePrecision.DAY, DatePrecision.MONTH
FIFTH = date(2026, 10, 5)


@pytest.mark.parametrize(
    ("moment", "precision", "zone", "day"),
    [
        (EMBARGO, MINUTE, LONDON, FIFTH),
        (EMBARGO, MINUTE, NEW_YORK, date(2026, 10, 4)),
        (THAT_DAY, DAY, LONDON, FIFTH),
        (THAT_DAY, DAY, NEW_YORK, FIFTH),
        (THAT_DAY, MINUTE, NEW_YORK, date(2026, 10, 4)),
    ],
)
def test_a_moment_has_its_day_in_the_zone_and_a_whole_day_stays(
    moment: datetime, precision: DatePrecision, zone: ZoneInfo, day: date
) -> None:
    assert local_day(moment, precision, zone) == day


def test_a_date_is_written_as_exactly_as_it_is_known() -> None:
    shown = [written_date(moment, precision) for moment, precision in
             ((EMBARGO, MINUTE), (THAT_DAY, DAY), (THAT_DAY, MONTH), (THAT_DAY, None), (None, None))]  # fmt: skip
    assert shown == ["2026-10-04T23:01:00Z", "2026-10-05", "2026-10", "2026-10-05T00:00:00Z", ""]


def test_days_that_programs_print_for_empty_fields() -> None:
    empty = ("0001-01-01", "1601-01-01", "1899-12-30", "1900-01-01", "1969-12-31", "1970-01-01", "1970-06-05")
    assert all(is_placeholder(date.fromisoformat(day)) for day in empty)
    assert not any(
        is_placeholder(date.fromisoformat(day)) for day in ("1923-04-22", "1971-01-01", "2026-10-05")
    )
    assert not is_believable(datetime(2036, 1, 1, tzinfo=UTC), NOON)
    assert is_believable(datetime(2028, 1, 1, tzinfo=UTC), NOON)


@pytest.mark.parametrize("impossible", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2036, 5, 1, tzinfo=UTC)])
def test_an_impossible_date_is_none_anywhere_and_noted(tmp_path: Path, impossible: datetime) -> None:
    with Store(tmp_path / "desk.db") as store:
        saved = store.articles.save(make_article(published_at=impossible), at=NOON)
        article = store.articles.get(saved.id).article
        assert (article.published_at, article.day, article.published_precision) == (None, None, None)
        note = [origin.place for origin in article.origins if origin.field == REFUSED_DATE]
        assert note == [impossible.strftime("%Y-%m-%dT%H:%M:%SZ")]


def test_the_time_of_day_is_taken_when_it_becomes_known(tmp_path: Path) -> None:
    with Store(tmp_path / "desk.db", zone=LONDON) as store:
        day = make_article(published_at=THAT_DAY, published_precision=DAY)
        saved = store.articles.save(day, at=NOON)
        store.articles.save(make_article(published_at=EMBARGO), at=NOON)
        article = store.articles.get(saved.id).article
        assert (article.published_at, article.published_precision, article.day) == (EMBARGO, MINUTE, FIFTH)


def test_a_month_gets_its_day_and_no_day_becomes_a_month(tmp_path: Path) -> None:
    month = make_article(published_at=THAT_DAY.replace(day=1), published_precision=MONTH)
    first = replace(month, published_precision=DAY)
    for before, after, filed in ((month, first, False), (first, month, True)):
        with Store(tmp_path / f"{before.published_precision}.db", zone=LONDON) as store:
            saved = store.articles.save(before, at=NOON)
            file_articles(store, now=NOON)
            store.articles.save(after, at=NOON)
            stored = store.articles.get(saved.id)
            assert (stored.article.published_precision, stored.article.day) == (
                DAY,
                first.published_at.date(),
            )
            assert (stored.filed_at is not None) is filed


def test_another_zone_moves_the_days_and_files_again(tmp_path: Path) -> None:
    with Store(tmp_path / "desk.db") as store:
        ids = [
            store.articles.save(make_article(url=f"https://a.example/{n}", published_at=moment), at=NOON).id
            for n, moment in enumerate((EMBARGO, THAT_DAY))
        ]
        file_articles(store, now=NOON)
        store.use_zone(LONDON)
        assert [store.articles.get(key).article.day for key in ids] == [FIFTH, FIFTH]
        assert [store.articles.get(key).filed_at is None for key in ids] == [True, False]
    with Store(tmp_path / "desk.db") as store:
        assert str(store.zone) == "Europe/London"


def test_the_matcher_compares_the_days_of_the_desk() -> None:
    article = Article(title="x", published_at=EMBARGO)
    assert fingerprint(article).day == date(2026, 10, 4).toordinal()
    assert fingerprint(Article(title="x", published_at=EMBARGO, published_day=FIFTH)).day == FIFTH.toordinal()


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
        assert view.story.first_published_day == view.story.last_published_day == FIFTH
        (match,) = store.matches.explained([1, 2])
        assert "published on the same day" in common_grounds(match) or "copy" in common_grounds(match)
        assert "a day apart" not in match.reason
        assert [report.share.lag_hours for report in view.reports if report.share] == [0.0, None]
        rows = store.view("first_to_publish")
        places = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
        assert [(row["place"], row["hours_after_first"]) for row in places] == [(1, 0.0), (1, None)]
        months = store.view("share_of_voice")
        assert {row[months.columns.index("month")] for row in months.rows} == {"2026-10"}


PAGE = (
    "<html><head><title>Council opens a home</title>{}</head><body><main><article><h1>Council opens a home</h1>{}"
    + "<p>The council said on Monday that it would open the new home in the spring, after talks.</p>" * 4
    + "</article></main></body></html>"
)
STATED = '<meta property="article:published_time" content="{}">'


@pytest.mark.parametrize(
    ("head", "line", "feed", "published", "precision"),
    [
        ("", '<time datetime="2026-10-05T09:00">5 October</time>', None, "2026-10-05T08:00", MINUTE),
        (
            STATED.format("2026-10-05"),
            '<time datetime="2026-10-04T23:01Z">',
            None,
            "2026-10-04T23:01",
            MINUTE,
        ),
        ("", "<p>5 October 2026</p>", EMBARGO, "2026-10-04T23:01", MINUTE),
        ("", "<p>5 October 2026</p>", THAT_DAY, "2026-10-05T00:00", DAY),
        ('<meta name="citation_date" content="2026/10">', "", THAT_DAY, "2026-10-05T00:00", DAY),
        ('<meta name="citation_date" content="2026/10">', "", None, "2026-10-01T00:00", MONTH),
        ("", "<p>Published 5 October 2029</p>", EMBARGO, "2026-10-04T23:01", MINUTE),
        ("", "", datetime(2029, 10, 5, tzinfo=UTC), None, None),
    ],
)
def test_the_best_date_of_page_and_feed_where_the_desk_is(
    head: str, line: str, feed: datetime | None, published: str | None, precision: DatePrecision | None
) -> None:
    article = extract_document(
        read_document(PAGE.format(head, line), "https://a.example/x"),
        link=Link(url="https://a.example/x", published_at=feed),
        now_limit=datetime(2026, 10, 10, tzinfo=UTC),
        zone=LONDON,
    )
    assert (str(article.published_at)[:16].replace(" ", "T") if article.published_at else None) == published
    assert article.published_precision is precision

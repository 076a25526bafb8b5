"""The seven views answer the questions that they are there for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.models import Failure
from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, join
from pipelines.stories.filing import file_articles
from scraper.models import Access, Article, Channel, ChannelKind, Source
from tests.factories import NOON, make_article
from tests.invented import report

SOURCES = tuple(
    Source(
        id=name,
        name=name.capitalize(),
        channels=(Channel(kind=ChannelKind.FEED, url=f"https://{name}.example/feed"),),
        enabled=name != "courier",
    )
    for name in ("ledger", "gazette", "herald", "courier")
)
LATE_ON = datetime(2026, 9, 8, tzinfo=UTC)
HUB = make_article(
    source_id="ledger", url="https://ledger.example/hub", external_id="hub", published_at="2026-09-07T08:00"
)
COPY = replace(
    HUB, source_id="gazette", url="https://gazette.example/hub", external_id="copy", published_at=NOON
)
LATE = replace(
    report(9, 1),
    source_id="gazette",
    external_id="late",
    url="https://gazette.example/late",
    published_at=LATE_ON,
)
ALONE = replace(report(3, 0), source_id="ledger", external_id="alone", published_at=NOON + timedelta(days=30))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        opened.sources.sync(SOURCES, at=NOON)
        opened.articles.save_all([HUB, COPY, LATE, ALONE], at=NOON)
        file_articles(opened, now=NOON)
        ids = [opened.articles.find_external(name) or 0 for name in ("hub", "late")]
        join(opened, ids[0], ids[1], Editor(name="ann", reason="one hub", now=NOON))
        yield opened


def rows(store: Store, view: str, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of a view that have these values."""
    found = store.view(view)
    dicts = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return [row for row in dicts if all(row[name] == value for name, value in wanted.items())]


def test_story_coverage_says_who_reported_in_which_order(store: Store) -> None:
    (hub,) = rows(store, "story_coverage", sources=2)
    assert hub["source_names"] == "Ledger, Gazette"
    assert (hub["reports"], hub["copies"], hub["first_source"], hub["span_hours"]) == (2, 1, "Ledger", 16.0)
    assert hub["lead_url"] == "https://ledger.example/hub"
    assert len(rows(store, "story_coverage")) == 2, "a story that was merged away is left out"


def test_story_why_gives_the_reason_of_each_pair(store: Store) -> None:
    reasons = {(row["title_b"] or "")[:3]: row for row in rows(store, "story_why")}
    assert any("word for word" in row["reason"] for row in rows(store, "story_why"))
    (decided,) = [row for row in rows(store, "story_why") if row["decision"]]
    assert decided["decision"] == "same by ann"
    assert reasons


def test_first_to_publish_ranks_sources_and_guesses_no_time(store: Store) -> None:
    found = {row["source"]: row for row in rows(store, "first_to_publish")}
    assert [found[name]["place"] for name in ("Ledger", "Gazette")] == [1, 2]
    assert found["Gazette"]["hours_after_first"] == 4.0
    day_only = replace(
        HUB,
        source_id="herald",
        external_id="h",
        url="https://herald.example/h",
        published_at=datetime(2026, 9, 7, tzinfo=UTC),
    )
    store.articles.save(day_only, at=NOON)
    file_articles(store, now=NOON)
    found = {row["source"]: row for row in rows(store, "first_to_publish")}
    assert (found["Herald"]["place"], found["Herald"]["hours_after_first"]) == (1, None)
    assert found["Ledger"]["place"] == 1


def test_share_of_voice_counts_copies_once(store: Store) -> None:
    (gazette,) = rows(store, "share_of_voice", month="2026-09", source="Gazette")
    assert (gazette["articles"], gazette["reports"], gazette["stories"], gazette["shared_stories"]) == (
        2,
        1,
        1,
        1,
    )
    (ledger,) = rows(store, "share_of_voice", month="2026-10", source="Ledger")
    assert (ledger["only_here"], ledger["percent_of_reports"]) == (1, 100.0)


def test_coverage_gaps_are_of_watched_sources_only(store: Store) -> None:
    assert [row["missing_source_id"] for row in rows(store, "coverage_gaps")] == ["herald"]
    assert rows(store, "coverage_gaps")[0]["covered_by"] == 2


def test_source_health_gives_a_verdict(store: Store) -> None:
    now = datetime.now(UTC)
    states = {name: store.channels.of_source(name)[0] for name in ("ledger", "gazette")}
    store.channels.save(replace(states["ledger"], last_polled_at=now, last_ok_at=now, last_new_at=now))
    store.channels.save(
        replace(states["gazette"], last_polled_at=now, failures=3, last_error="DeadlineError")
    )
    failure = Failure(stage="fetch", error="DeadlineError", message="too slow", source_id="gazette")
    store.failures.add_all(None, [failure], at=now)
    teaser = Article(
        title="Teaser",
        text="a few words",
        source_id="ledger",
        access=Access.TEASER,
        url="https://ledger.example/t",
    )
    store.articles.save(teaser, at=now)
    found = {row["source_id"]: row for row in rows(store, "source_health")}
    assert {name: row["verdict"] for name, row in found.items()} == {
        "ledger": "well",
        "gazette": "failing",
        "herald": "not yet visited",
        "courier": "disabled",
    }
    assert (found["gazette"]["failures_in_a_row"], found["gazette"]["failures_7_days"]) == (3, 1)
    assert found["gazette"]["last_failure"] == "too slow"
    assert (found["ledger"]["articles_7_days"], found["ledger"]["percent_full_text"]) == (1, 66.7)


def test_recent_changes_has_stories_and_revisions(store: Store) -> None:
    store.articles.save(
        replace(HUB, title="Hub opens late", text=HUB.text + " It opened late."), at=NOON + timedelta(hours=9)
    )
    file_articles(store, now=NOON + timedelta(hours=9))
    latest, *older = rows(store, "recent_changes")
    assert (latest["change"], latest["by"]) == ("article revised", "publisher")
    assert (
        latest["detail"] == "new headline, was “Wrenbury opens family hub in former library”; 3 words added"
    )
    changes = {row["change"] for row in older}
    assert {"story created", "story joined", "story merged"} <= changes
    assert "ann" in {row["by"] for row in older}

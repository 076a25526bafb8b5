"""The views about publishers, copying, volume, silences, topics and corrections, on small databases with known values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.models import Topic
from pipelines.operations.topics import update_topics
from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles
from scraper.days import is_believable
from tests.factories import NOON, make_article, make_source

DAY = timedelta(days=1)
SOURCES = (
    make_source("north", name="North Herald", owner="Marlow Media"),
    make_source("south", name="South Herald", owner="Marlow Media"),
    make_source("weekly", name="The Weekly"),
    make_source("council", name="The Council", kind="government"),
)


class Rows:
    """A database whose stories, articles and reports a test writes itself."""

    def __init__(self, path: Path) -> None:
        with Store(path) as store:
            store.sources.sync(SOURCES, at=NOON)
        self.database = sqlite3.connect(path)

    def story(self, *articles: tuple[str, datetime], origin: int | None = None) -> int:
        """Add a story of articles, each a source and a time of publication; return its id."""
        (story,) = self.database.execute("SELECT coalesce(max(id), 0) + 1 FROM stories").fetchone()
        (last,) = self.database.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
        times = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for _, at in articles]
        self.database.execute(
            """INSERT INTO stories (id, title, first_published_at, last_published_at, article_count, report_count,
            source_count, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                story, f"Story {story}", min(times), max(times), len(articles), len(articles),
                len({source for source, _ in articles}), min(times), max(times),
            ),
        )  # fmt: skip
        for number, (source, at) in enumerate(articles, last + 1):
            self.article(number, story, source, at)
        self.database.execute(
            "UPDATE stories SET first_article_id = ?, lead_article_id = ?, origin_article_id = ? WHERE id = ?",
            (last + 1, last + 1, None if origin is None else last + origin, story),
        )
        for number in range(last + 1, last + 1 + len(articles)):
            lag = (articles[number - last - 1][1] - articles[0][1]).total_seconds() / 3600
            self.database.execute(
                "INSERT INTO reports (article_id, story_id, lag_hours, borrowed_share) VALUES (?, ?, ?, 0)",
                (number, story, lag),
            )
        return story

    def article(self, number: int, story: int, source: str | None, at: datetime, publisher: str = "") -> None:
        self.database.execute(
            """INSERT INTO articles (id, source_id, story_id, publisher, url, title, published_at, published_day,
            first_seen_at, last_seen_at, word_count, access, content_hash, copy_key, text)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 100, 'full', ?, ?, 'Words')""",
            (
                number, source, story, publisher or None, f"https://example.org/{number}", f"Article {number}",
                f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d}" if is_believable(at, NOON) else None, f"{NOON:%Y-%m-%dT%H:%M:%SZ}", f"{NOON:%Y-%m-%dT%H:%M:%SZ}",
                f"h{number}", f"k{number}",
            ),
        )  # fmt: skip

    def owes(
        self, article: int, share: float, to: int, *, origin: float | None = None, copy: bool = False
    ) -> None:
        """Let an article share so much of its words with another."""
        self.database.execute(
            "UPDATE reports SET borrowed_share = ?, borrowed_from = ?, origin_share = ? WHERE article_id = ?",
            (share, to, origin, article),
        )
        if copy:
            self.database.execute("UPDATE articles SET copy_group = ? WHERE id = ?", (to, article))

    def rows(self, view: str, columns: str = "*", where: str = "1") -> list[tuple[object, ...]]:
        return self.database.execute(f"SELECT {columns} FROM {view} WHERE {where}").fetchall()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Rows]:
    rows = Rows(tmp_path / "cuttings.db")
    yield rows
    rows.database.close()


def test_sources_of_one_owner_are_one_publisher(made: Rows) -> None:
    made.story(("north", NOON), ("south", NOON + DAY), ("weekly", NOON + 2 * DAY))
    made.owes(2, 1.0, 1, copy=True)
    made.owes(3, 0.6, 1)
    found = made.rows("story_publishers", "publisher, source_names, articles, reports, own_reports")
    assert sorted(found) == [
        ("Marlow Media", "North Herald, South Herald", 2, 1, 1),
        ("The Weekly", "The Weekly", 1, 1, 0),
    ]


def test_syndication_says_who_carries_whose_words(made: Rows) -> None:
    made.story(("north", NOON), ("south", NOON + DAY), ("weekly", NOON + DAY))
    made.owes(2, 1.0, 1, copy=True)
    made.owes(3, 0.5, 1)
    columns = "source, copied_source, articles, copies, mean_percent, same_owner"
    assert made.rows("syndication", columns) == [
        ("South Herald", "North Herald", 1, 1, 100.0, 1),
        ("The Weekly", "North Herald", 1, 0, 50.0, 0),
    ]
    made.owes(3, 0.49, 1)
    assert len(made.rows("syndication")) == 1


def test_a_story_is_release_only_when_nobody_added_anything(made: Rows) -> None:
    released = made.story(("council", NOON), ("north", NOON + DAY), ("weekly", NOON + DAY), origin=1)
    made.owes(2, 0.9, 1, origin=0.9)
    made.owes(3, 1.0, 1, origin=1.0, copy=True)
    reported = made.story(("council", NOON), ("north", NOON + DAY), origin=1)
    made.owes(5, 0.4, 4, origin=0.4)
    made.story(("council", NOON), ("council", NOON + DAY), origin=1)
    assert made.rows("release_only", "story_id, released_by, carried_by, least_percent") == [
        (released, "The Council", 2, 90.0)
    ]
    assert reported not in [row[0] for row in made.rows("release_only")]


def test_weekly_volume_counts_by_monday_and_leaves_copies_out(made: Rows) -> None:
    sunday, monday = datetime(2026, 9, 6, 23, 59, tzinfo=UTC), datetime(2026, 9, 7, tzinfo=UTC)
    story = made.story(("north", sunday), ("south", monday), ("south", monday + DAY))
    made.owes(2, 1.0, 1, copy=True)
    made.article(4, story, None, monday, publisher="A blog")
    assert made.rows("weekly_volume") == [
        ("2026-09-07", "South Herald", 2, 1, 1, 200),
        ("2026-09-07", "A blog", 1, 1, 1, 100),
        ("2026-08-31", "North Herald", 1, 1, 1, 100),
    ]


def test_share_of_voice_does_not_count_a_copy_as_a_story(made: Rows) -> None:
    made.story(("north", NOON), ("south", NOON + DAY))
    made.owes(2, 1.0, 1, copy=True)
    columns = "source, articles, reports, stories, shared_stories, only_here, percent_of_reports"
    assert made.rows("share_of_voice", columns) == [
        ("North Herald", 1, 1, 1, 1, 0, 100.0),
        ("South Herald", 1, 0, 0, 0, 0, 0.0),
    ]


def test_a_date_that_cannot_be_true_counts_where_the_article_was_first_seen(made: Rows) -> None:
    made.story(("north", datetime(1970, 1, 1, tzinfo=UTC)), ("south", datetime(2036, 1, 1, tzinfo=UTC)))
    assert {row[0] for row in made.rows("share_of_voice", "month")} == {"2026-09"}
    assert {row[0] for row in made.rows("weekly_volume", "week")} == {"2026-09-07"}


def test_a_silence_is_of_a_source_that_usually_follows(made: Rows) -> None:
    for number in range(10):
        at = NOON + number * DAY
        followers = [("weekly", at + timedelta(hours=number))] if number != 3 else []
        made.story(("north", at), ("south", at), *followers)
    late = made.story(("north", NOON + 12 * DAY), ("council", NOON + 12 * DAY))
    columns = "story_id, first_source, silent_source, followed, earlier_stories, usual_hours"
    # nine of ten: 0, 1, 2, 4, 5, 6, 7, 8, 9 hours; seven of the nine within 7
    assert [row for row in made.rows("silences", columns) if row[0] == late] == [
        (late, "North Herald", "South Herald", 10, 10, 0.0),
        (late, "North Herald", "The Weekly", 9, 10, 7.0),
    ]
    made.article(999, late, "weekly", NOON + 12 * DAY)
    assert [row[2] for row in made.rows("silences", columns) if row[0] == late] == ["South Herald"]


def test_a_source_that_seldom_follows_is_not_silent(made: Rows) -> None:
    for number in range(6):
        at = NOON + number * DAY
        made.story(("north", at), ("south", at), *([("weekly", at)] if number < 3 else []))
    late = made.story(("north", NOON + 8 * DAY), ("south", NOON + 8 * DAY))
    assert made.rows("silences", "silent_source", f"story_id = {late}") == []


TEXT = (
    "Wrenbury council will close 14 children’s homes by spring, its leader Anna Thornley said on Monday.\n"
    "The plan saves £3.4m a year, according to papers that went to the cabinet of the council last week.\n"
    "“We have looked at every other way of balancing this budget before we came to these homes,” Anna Thornley said.\n"
    "Families and staff were told by letter, and a consultation of eight weeks begins in the new year."
)


@pytest.fixture
def corrected(tmp_path: Path) -> Iterator[Store]:
    """One story; its first report was corrected, the second was not, the third gives both figures."""
    with Store(tmp_path / "cuttings.db") as store:
        store.sources.sync(SOURCES, at=NOON)
        first = make_article(
            title="Wrenbury to close children’s homes",
            text=TEXT,
            source_id="north",
            url="https://n.example/1",
        )
        second = replace(
            first,
            source_id="weekly",
            url="https://w.example/1",
            text=TEXT + "\nStaff will be offered other work.",
        )
        third = replace(
            first,
            source_id="council",
            url="https://c.example/1",
            text=TEXT.replace("14 children’s", "not 14 children’s homes but 12 children’s")
            + "\nAn earlier text was wrong.",
        )
        store.articles.save_all([first, second, third], at=NOON)
        file_articles(store, now=NOON)
        mended = replace(
            first,
            text=TEXT.replace("14 children", "12 children").replace("these homes", "our homes")
            + "\nCorrection: an earlier version gave the number as 14 children’s homes.",
        )
        store.articles.save(mended, at=NOON + DAY)
        file_articles(store, now=NOON + DAY)
        yield store


def dicts(store: Store, view: str) -> list[dict[str, object]]:
    found = store.view(view)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_a_report_that_still_has_the_old_figure_is_stale(corrected: Store) -> None:
    stale = {(row["kind"], row["source"]): row for row in dicts(corrected, "stale_figures")}
    figure = stale[("figure", "The Weekly")]
    assert (figure["still_says"], figure["corrected_to"]) == ("14 children’s", "12 children’s")
    assert (figure["corrected_by"], figure["corrected_at"]) == ("North Herald", "2026-09-08T12:00:00Z")
    assert ("figure", "The Council") not in stale, "it carries the corrected figure too"
    assert ("quotation", "The Weekly") in stale


def test_recent_changes_says_in_words_what_a_revision_changed(corrected: Store) -> None:
    (revised,) = [row for row in dicts(corrected, "recent_changes") if row["change"] == "article revised"]
    detail = str(revised["detail"])
    assert "“14 children’s” is now “12 children’s”" in detail
    assert "a correction was added" in detail
    assert "words added" in detail


def test_an_altered_quotation_is_told_from_a_shortened_one(corrected: Store) -> None:
    altered = {row["source"]: row for row in dicts(corrected, "altered_quotations")}
    assert set(altered) == {"The Weekly", "The Council"}
    assert (
        altered["The Weekly"]["first_words"]
        == "We have looked at every other way of balancing this budget before we came to our homes,"
    )
    assert altered["The Weekly"]["speaker"] == "Anna Thornley"
    corrected.articles.save(
        make_article(
            title="Wrenbury to close children’s homes",
            source_id="weekly",
            url="https://w.example/1",
            text=TEXT.replace("before we came to these homes,", "before we came,"),
        ),
        at=NOON + 2 * DAY,
    )
    file_articles(corrected, now=NOON + 2 * DAY)
    assert {row["source"] for row in dicts(corrected, "altered_quotations")} == {"The Council"}


def test_topic_coverage_counts_stories_and_who_was_first(corrected: Store) -> None:
    update_topics(corrected, (Topic(id="homes", name="Homes", search='"children’s homes"'),), now=NOON)
    found = {row["source"]: row for row in dicts(corrected, "topic_coverage")}
    assert {row["topic_stories"] for row in found.values()} == {1}
    assert {name: (row["stories"], row["topic"]) for name, row in found.items()} == dict.fromkeys(
        ("North Herald", "The Weekly", "The Council"), (1, "Homes")
    )
    assert sum(int(str(row["first_with"])) for row in found.values()) == 1

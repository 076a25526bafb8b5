"""`cuttings serve` over real HTTP: the pages of the demo's database, and what hostile text becomes there."""

from __future__ import annotations

import json
import re
import select
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from lxml import etree

from pipelines.storage.store import Store
from tests.conftest import Played

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from pipelines.web import charts, shared_runs, words
from tests.served import Served, dressed, get, paths_of, serve, widest


@pytest.fixture(scope="module")
def desk(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database with topics, a digest, a merged and an emptied story."""
    return dressed(played.database, tmp_path_factory.mktemp("web") / "desk.db")


@pytest.fixture(scope="module")
def site(desk: Path) -> Iterator[Served]:
    with serve(desk) as running:
        yield running


def test_a_page_that_is_not_found_prints_nothing_where_the_site_was_started(site: Served) -> None:
    assert get(f"{site.url}/-/nothing/here").status_code == 404
    readable, _, _ = select.select([site.process.stdout], [], [], 0)
    assert not readable


def test_every_kind_of_page_answers_small_and_without_a_script(desk: Path, site: Served) -> None:
    for path in paths_of(desk):
        answer = get(site.url + path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert "<script" not in answer.text
        assert not re.search(r'\sstyle="', answer.text), "inline styles are blocked by the policy"
        assert len(answer.content) < 120_000
        loaded = re.findall(r'<(?:link rel="stylesheet"|img|iframe)[^>]*(?:href|src)="([^"]+)"', answer.text)
        assert loaded == ["/-/static-plugins/cuttings/desk.css"], path
    assert get(f"{site.url}/-/static-plugins/cuttings/desk.css").status_code == 200


def test_a_story_shows_everything_behind_it(desk: Path, site: Served) -> None:
    story, articles = widest(desk)
    page = get(f"{site.url}/story/{story}").text
    for heading in ("Who reported when", "Reports", "Who was quoted", "History", "Cite, follow, correct"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count('class="track"') == page.count('<li id="report-')
    assert "New here:" in page
    assert 'class="waterfall"' in page
    assert 'itemtype="https://schema.org/NewsArticle"' in page
    assert page.count('itemprop="isBasedOn"') == len(articles)
    assert f"cuttings split {articles[0]}" in page
    links = re.findall(r'<a href="http[^>]*>', page)
    assert links
    assert all('rel="noopener noreferrer nofollow"' in link for link in links)


def test_a_story_is_cited_and_followed(desk: Path, site: Served) -> None:
    story, articles = widest(desk)
    ris = get(f"{site.url}/story/{story}.ris")
    assert ris.text.count("TY  - NEWS") == len(articles)
    assert "AU  - " in ris.text
    assert ris.headers["content-disposition"] == f'attachment; filename="story-{story}.ris"'
    assert len(json.loads(get(f"{site.url}/story/{story}.json").text)) == len(articles)
    feed = etree.fromstring(get(f"{site.url}/story/{story}.atom").content)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(articles)
    assert etree.fromstring(get(f"{site.url}/digest/1.atom").content).tag.endswith("feed")


def test_two_reports_are_compared_side_by_side(desk: Path, site: Served) -> None:
    _, articles = widest(desk)
    page = get(f"{site.url}/compare?a={articles[0]}&b={articles[1]}").text
    assert page.count("<section") == 2
    assert "<mark" in page
    for number in re.findall(r'href="#b(\d+)"', page):
        assert f'id="a{number}"' in page
        assert f'id="b{number}"' in page


def test_the_front_page_has_the_order_of_the_digest(desk: Path, site: Served) -> None:
    shown = re.findall(r'href="/story/(\d+)"', get(f"{site.url}/?since=2026-09-01").text)
    with Store(desk, read_only=True) as store:
        publishers = store.topics.publishers(map(int, shown))
    assert shown
    counts = [publishers[int(story)] for story in shown]
    assert counts == sorted(counts, reverse=True)


def test_filters_of_the_front_page_narrow_it(site: Served) -> None:
    def stories(query: str) -> set[str]:
        return set(re.findall(r'href="/story/(\d+)"', get(f"{site.url}/?since=2026-08-01{query}").text))

    everything = stories("")
    for query in ("&topic=kinship", "&kind=government", "&source=ledger", "&publishers=3"):
        assert stories(query) < everything, query
        assert stories(query), query


def test_a_search_in_another_order_keeps_its_filters(site: Served) -> None:
    body = get(f"{site.url}/search?q=children&kind=government&publishers=2&since=2026-08-01").text
    assert re.findall(r'<a href="([^"]*)"[^>]*>best first', body) == [
        "/search?q=children&amp;order=best&amp;kind=government&amp;publishers=2&amp;since=2026-08-01"
    ]


@pytest.mark.parametrize(
    ("path", "status", "way"),
    [
        ("/story/999999", 404, "/search"),
        ("/story/999999999999999999", 404, "/search"),
        ("/compare?a=1", 404, "/"),
        ("/compare?a=1&b=999999", 404, "/"),
        ("/source/nobody", 404, "/sources"),
        ("/topic/nothing", 404, "/topics"),
        ("/digest/99", 404, "/digests"),
        ("/voice?name=Nobody", 404, "/voices"),
        ("/search?q=" + "x" * 10_000, 414, "/search"),
        ("/search?q=%22unclosed", 200, "/"),
        ("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 200, "/"),
        ("/search?q=%00%FF&order=none&since=1&publishers=-1", 200, "/"),
        ("/?since=not-a-day", 200, "/"),
        ("/?since=9999-99-99&kind=none", 200, "/"),
        ("/review", 200, "/"),
    ],
)
def test_bad_addresses_have_a_way_on(site: Served, path: str, status: int, way: str) -> None:
    answer = get(site.url + path)
    assert answer.status_code == status
    assert f'href="{way}"' in answer.text
    assert "<script" not in answer.text
    assert "Traceback" not in answer.text


def test_merged_and_emptied_stories(desk: Path, site: Served) -> None:
    with Store(desk, read_only=True) as store:
        merged = store.stories.get(9_001, follow=False)
    for suffix in ("", ".ris"):
        answer = get(f"{site.url}/story/9001{suffix}")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"/story/{merged.merged_into}{suffix}"
    gone = get(f"{site.url}/story/9002")
    assert gone.status_code == 410
    assert 'href="/search"' in gone.text


def test_a_form_is_refused_where_nothing_may_be_edited(site: Served) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{site.url}/review", data={"answer": "same", "a": "1", "b": "2"}, timeout=30)
    assert answer.status_code == 403
    assert "cuttings join" in answer.text
    assert "<button name" not in get(f"{site.url}/review").text


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    from pipelines.web import digests, front, review, sources, voices

    Store(tmp_path / "empty.db").close()
    request = type("Request", (), {"args": {}, "url_vars": {}})()
    with Store(tmp_path / "empty.db", read_only=True) as store:
        page = front.front(store, request)
        shown = (front.topics, voices.voices, digests.digests, sources.sources, review.review)
        assert all(each(store, request).status == 200 for each in shown)
    assert page.status == 200
    assert "cuttings run" in page.context["text"]


def test_times_are_said_as_people_say_them() -> None:
    assert [words.lag(each) for each in (None, 0.0, 0.5, 2.2, -3.0, 72.0)] == [
        "", "at the time of", "30 min after", "2 h after", "3 h before", "3 days after",
    ]  # fmt: skip
    times = words.Times(zone=ZoneInfo("Europe/London"), now=datetime(2026, 7, 3, 9, tzinfo=UTC))
    near = [datetime(2026, 7, 2, 23, 30, tzinfo=UTC), date(2026, 7, 2), date(2026, 1, 5), date(2025, 1, 5)]
    assert [times.near(each) for each in near] == ["today", "yesterday", "5 January", "5 January 2025"]
    assert times.minute(near[0]) == "3 July 2026, 00:30"
    assert words.month("2026-03") == "March 2026"


def test_what_both_texts_share_is_marked_in_both() -> None:
    texts = (
        "She said “we shall look after every child here” today. It costs £1,200 in all.",
        "A leader promised: “we shall look after every child, always”. The bill is £1200.",
    )
    left, right = shared_runs.lit(*texts)
    for side, text in zip((left, right), texts, strict=True):
        runs = [span for span in side if span.kind is shared_runs.Shared.QUOTATION]
        assert [(span.text, span.number) for span in runs] == [("we shall look after every child", 1)]
        assert sum(span.kind is shared_runs.Shared.FIGURE for span in side) == 1
        assert "".join(span.text for span in side) == text


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        ("a £44 million pilot", "the money, £44m over three years", ["£44 million"]),
        ("5bn homes and 7 per cent", "5 billion of them, 7% more", ["5bn", "7 per cent"]),
        ("three of 3 and 1.10.2026", "another 3, on 1.10.2026", ["1.10.2026"]),
        ("£44m", "44m, or €44m", []),
        ("in 2027", "by 20 m of 27", []),
    ],
)
def test_a_figure_is_the_same_however_it_is_written(left: str, right: str, shared: list[str]) -> None:
    spans, _ = shared_runs.lit(left, right)
    assert [span.text for span in spans if span.kind is shared_runs.Shared.FIGURE] == shared


def test_no_word_is_marked_as_two_runs() -> None:
    line = "the council will close all of its homes next year "
    left, right = shared_runs.lit(line * 3, line * 2)
    assert "".join(span.text for span in left) == line * 3
    assert "".join(span.text for span in right) == line * 2
    numbers = [span.number for span in right if span.shared]
    assert len(numbers) == len(set(numbers))


def test_marks_of_texts_without_words() -> None:
    assert shared_runs.lit("", "") == ((), ())
    assert [span.shared for span in shared_runs.lit("…", "one two three four five six")[0]] == [False]


def test_charts_need_something_to_show() -> None:
    day = date(2026, 10, 5)
    assert charts.sparkline([]) == charts.sparkline([day, day]) == ""
    assert charts.sparkline([day, day + timedelta(days=2)]).count("<rect") == 2
    assert charts.axis_of([charts.Dot(at=datetime(2026, 10, 5, tzinfo=UTC))]) is None
    assert charts.weeks([], until=day, number=52) == ""
    assert charts.weeks([(day, 3), (day - timedelta(weeks=60), 9)], until=day, number=52).count("<rect") == 1


@pytest.mark.parametrize("span", [timedelta(minutes=5), timedelta(hours=30), timedelta(days=400)])
def test_an_axis_has_few_ticks_inside_it(span: timedelta) -> None:
    start = datetime(2026, 3, 28, 21, 17, tzinfo=UTC)  # the clocks change in the night that follows
    axis = charts.Axis(start=start, end=start + span)
    ticks = axis.ticks(ZoneInfo("Europe/London"))
    assert len(ticks) <= charts.MOST_TICKS
    assert all(start <= tick <= start + max(span, charts.SHORTEST_SPAN) for tick in ticks)
    assert axis.place(start) == charts.LEFT
    assert axis.place(start + max(span, charts.SHORTEST_SPAN)) == pytest.approx(charts.RIGHT)


def test_a_waterfall_ends_where_its_weights_do() -> None:
    bars = charts.waterfall([3.0, -1.0])
    assert len(bars) == 3
    assert 'class="against"' in bars[1]
    assert re.findall(r'rect class="\w+" x="([\d.]+)%" y="2" width="([\d.]+)%"', bars[2]) == [
        ("0.00", "50.00")
    ]


def test_every_table_and_column_is_described(desk: Path) -> None:
    with Store(desk, read_only=True) as store:
        described = store.views.descriptions()
    assert {table.name for table in described} >= {"articles", "stories", "story_coverage", "voices"}
    assert [table.name for table in described if not table.purpose] == []
    bare = [
        f"{table.name}.{column.name}" for table in described for column in table.columns if not column.words
    ]
    assert bare == []


def test_tables_have_descriptions_questions_and_no_bookkeeping(site: Served) -> None:
    listed = get(f"{site.url}/desk").text
    assert "/desk/story_changes" in listed
    assert re.search(r'href="/desk/\d\d-\w+-', listed)  # 1.0 lists the first five
    assert "/desk/_postings" not in listed
    assert "/desk/sqlite_sequence" not in listed
    table = get(f"{site.url}/desk/stories").text
    assert "One event, and all reports of it." in table
    answer = get(f"{site.url}/desk/01-which-stories-did-most-publishers-carry.json?_shape=array").json()
    assert len(answer) == 5
    assert "publishers" in answer[0]


def test_rows_are_streamed_as_csv(site: Served) -> None:
    text = get(f"{site.url}/desk/stories.csv?_stream=on&_size=max").text
    assert len(text.splitlines()) > 30


def test_questions_with_parameters_answer_with_ids(desk: Path, site: Served) -> None:
    story, articles = widest(desk)

    def ask(name: str, **values: object) -> list[dict[str, object]]:
        query = "&".join(f"{key}={value}" for key, value in values.items())
        rows: list[dict[str, object]] = get(f"{site.url}/desk/{name}.json?{query}&_shape=array").json()
        return rows

    assert story in {row["story_id"] for row in ask("ask-stories", words="kinship")}
    pairs = ask("ask-why", story=story)
    assert {row["article_a"] for row in pairs} <= set(articles)
    assert all(row["reason"] for row in pairs)
    assert ask("ask-gaps", story=story)[0]["missing_source_id"]
    assert [row["article_id"] for row in ask("ask-first", story=story) if row["place"] == 1]
    assert ask("ask-digest", digest=1)[0]["position"] == 1


def test_the_page_of_a_source_counts_as_the_views_do(desk: Path) -> None:
    with Store(desk, read_only=True) as store:
        weeks = store.coverage.weeks("ledger", since=datetime(2026, 8, 31, tzinfo=UTC))
        view = store.view("weekly_volume")
        rows = [dict(zip(view.columns, row, strict=True)) for row in view.rows]
        name = next(source.name for source in store.sources.all() if source.id == "ledger")
        latest = store.coverage.latest("ledger", limit=3)
        pace = store.coverage.pace("ledger", limit=500)
    counted = {row["week"]: (row["articles"], row["reports"]) for row in rows if row["source"] == name}
    assert {f"{each.week}": (each.articles, each.reports) for each in weeks}.items() <= counted.items()
    assert weeks
    assert [each.day for each in latest] == sorted((each.day for each in latest), reverse=True)
    assert 0 < pace.first <= pace.shared


def test_the_history_of_one_story_and_of_all(desk: Path) -> None:
    story, _ = widest(desk)
    with Store(desk, read_only=True) as store:
        of_one, of_all = store.stories.changes(story), store.stories.changes()
        assert of_one
        assert {each.story_id for each in of_one} == {story}
        assert [each for each in of_all if each.story_id == story] == list(of_one)
        assert len(store.stories.changes(limit=2)) == 2

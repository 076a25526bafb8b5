"""`cuttings serve` over real HTTP: the pages of the demo's database, and what hostile text becomes there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipelines.storage.store import Store
from tests.conftest import Played

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from pipelines.web import charts, shared_runs, words


@pytest.fixture(scope="module")
def site(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the demo's database, one title of which is hostile; yield the URL of the site."""
    path = tmp_path_factory.mktemp("web") / "desk.db"
    shutil.copy(played.database, path)
    with Store(path) as store:
        story = store.stories.get(next(iter(store.stories.members([5]))))
        assert story.article_count > 1
    command = [sys.executable, "-m", "pipelines", "serve", "--db", str(path), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        wait_for(url)
        yield url.rstrip("/")
    finally:
        server.terminate()
        server.wait(timeout=20)
        assert server.stdout is not None
        server.stdout.close()


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            get(url).close()
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nobody answers at {url}")


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=30, allow_redirects=False)


def story_path(site: str) -> str:
    found = re.search(r'href="(/story/\d+)"', get(f"{site}/").text)
    assert found
    return found[1]


def test_every_kind_of_page_answers_and_allows_no_script(site: str) -> None:
    story = story_path(site)
    for path in ("/", "/sources", "/search?q=kinship", story, "/source/ledger", "/?since=2026-10-01"):
        answer = get(site + path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert "<script" not in answer.text
        assert not re.search(r'\sstyle="', answer.text), "inline styles are blocked by the policy"
        assert len(answer.content) < 120_000


def test_a_page_asks_only_its_own_host(site: str) -> None:
    for path in ("/", story_path(site)):
        loaded = re.findall(r'<(?:link|img|script|iframe)[^>]*(?:href|src)="([^"]+)"', get(site + path).text)
        assert loaded == ["/-/static-plugins/cuttings/desk.css"]
    assert get(f"{site}/-/static-plugins/cuttings/desk.css").status_code == 200


def test_a_story_shows_reports_reasons_and_commands(site: str) -> None:
    page = get(site + story_path(site)).text
    assert "<h2>Reports</h2>" in page
    assert "Why it is here" in page
    assert "cuttings split" in page
    assert 'rel="noopener noreferrer nofollow"' in page
    assert 'class="timeline"' in page


def test_two_reports_are_compared_side_by_side(site: str) -> None:
    story = story_path(site)
    found = re.search(rf'href="({story}/compare[^"]+)"', get(site + story).text)
    assert found
    page = get(site + found[1].replace("&amp;", "&"))
    assert page.status_code == 200
    assert page.text.count("<section>") == 2
    assert "<mark>" in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/story/999999", 404),
        ("/story/1/compare", 404),
        ("/source/nobody", 404),
        ("/search?q=" + "x" * 10_000, 414),
        ("/search?q=%22unclosed", 200),
        ("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("/?since=not-a-day", 200),
    ],
)
def test_bad_addresses_have_a_way_on(site: str, path: str, status: int) -> None:
    answer = get(site + path)
    assert answer.status_code == status
    assert 'href="/' in answer.text
    assert "<script" not in answer.text


def test_the_tables_are_there_too(site: str) -> None:
    tables = re.search(r'href="([^"]+)">Tables', get(site).text)
    assert tables
    listed = get(site + tables[1]).text
    assert "/story_changes" in listed
    assert "/_postings" not in listed


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    from pipelines.web import pages

    Store(tmp_path / "empty.db").close()
    with Store(tmp_path / "empty.db", read_only=True) as store:
        page = pages.front(store, type("Request", (), {"args": {}})())
    assert page.status == 200
    assert "cuttings run" in page.context["text"]


def test_times_are_said_as_people_say_them() -> None:
    assert [words.lag(each) for each in (None, 0.0, 0.5, 2.2, -3.0, 72.0)] == [
        "", "at the time of", "30 min after", "2 h after", "3 h before", "3 days after",
    ]  # fmt: skip


def test_shared_runs_are_marked_in_both_texts() -> None:
    left, right = shared_runs.lit(
        "She said “we shall look after every child here” today.",
        "A leader promised: we shall look after every child, always.",
    )
    assert [span.text for span in left if span.shared] == ["we shall look after every child"]
    assert [span.text for span in right if span.shared] == ["we shall look after every child"]
    assert "".join(span.text for span in left) == "She said “we shall look after every child here” today."


def test_charts_need_something_to_show() -> None:
    assert charts.timeline([]) == ""
    assert charts.sparkline([0, 0]) == ""
    assert charts.sparkline([1, 0, 3]).count("<rect") == 2

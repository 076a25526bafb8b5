"""Verdicts on sources by their own record, and the checks of `status` and `doctor`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipelines.commands.health_words import explanation, next_step
from pipelines.commands.run import known_failures_line
from pipelines.ingest.signals import Interrupted
from pipelines.models import Failure
from pipelines.operations.verdicts import Verdict, assess
from pipelines.storage.lock import locked
from pipelines.storage.tables.health import ChannelRecord, KnownFailure, SourceRecord
from scraper.net.monitor import Pinger
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import make_desk, page, report
from tests.raw_server import ForwardProxy
from tests.site import Entry, Site

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHANNEL = ChannelRecord(
    url="https://a.example/feed",
    last_polled_at=NOW,
    last_ok_at=NOW,
    failures=0,
    last_error="",
)
RSS = "https://a.example/rss.xml"


def days_before(*numbers: int) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(days=number) for number in numbers)


WELL = SourceRecord(
    id="a",
    name="A",
    homepage="https://a.example",
    is_enabled=True,
    is_declared=True,
    channels=(CHANNEL,),
    articles=40,
    new_days=days_before(9, 8, 7, 6, 5, 4, 1),
    outcomes=("new",) * 10,
    gone=0,
    last_failure="",
)
BROKEN = replace(CHANNEL, failures=3, last_error="ConnectError: the certificate is not valid")


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (WELL, Verdict.WELL),
        (replace(WELL, is_enabled=False), Verdict.DISABLED),
        (replace(WELL, is_declared=False), Verdict.NOT_WATCHED),
        (replace(WELL, channels=()), Verdict.NO_CHANNEL),
        (replace(WELL, channels=(replace(CHANNEL, last_polled_at=None),)), Verdict.NOT_YET_VISITED),
        (replace(WELL, channels=(BROKEN,)), Verdict.FAILING),
        (replace(WELL, channels=(CHANNEL, BROKEN)), Verdict.PARTLY_FAILING),
        (replace(WELL, outcomes=("BlockedError",) * 3 + ("new",) * 7), Verdict.BLOCKED),
        (replace(WELL, outcomes=("BlockedError", "new", "BlockedError", "new", "new", "new")), Verdict.WELL),
        (replace(WELL, channels=(replace(CHANNEL, moved_to=RSS, moved_polls=3),)), Verdict.MOVED),
        (replace(WELL, channels=(replace(CHANNEL, moved_to=RSS, moved_polls=2),)), Verdict.WELL),
        (
            replace(WELL, channels=(replace(CHANNEL, moved_to="http://a.example/feed/", moved_polls=9),)),
            Verdict.WELL,
        ),
        (replace(WELL, outcomes=("SelectorUnmatched",) * 3 + ("new",) * 7), Verdict.SELECTORS_UNMATCHED),
        (replace(WELL, outcomes=("SelectorUnmatched", "new") * 2 + ("new",) * 6), Verdict.WELL),
        (replace(WELL, outcomes=("EmptyPageError",) * 6 + ("new",) * 4), Verdict.EMPTY_TEXTS),
        (replace(WELL, outcomes=("RobotsDisallowedError",) * 2, articles=0), Verdict.PAGES_FAILING),
        (replace(WELL, outcomes=("GoneError",) + ("new",) * 9), Verdict.WELL),
        (replace(WELL, outcomes=("GoneError",) * 5 + ("new",) * 5), Verdict.PAGES_FAILING),
        (replace(WELL, outcomes=("RobotsDisallowedError",) * 5 + ("new",) * 5), Verdict.PAGES_FAILING),
        (replace(WELL, channels=(replace(CHANNEL, empty_polls=4),)), Verdict.WELL),
        (replace(WELL, channels=(replace(CHANNEL, empty_polls=5),)), Verdict.EMPTY),
        # a daily source is silent after a week; one that pauses for a month is not
        (replace(WELL, new_days=days_before(16, 15, 14, 13, 12, 11, 8)), Verdict.SILENT),
        (replace(WELL, new_days=days_before(200, 170, 140, 110, 80, 50, 20)), Verdict.WELL),
        (replace(WELL, new_days=days_before(200, 170, 140, 130, 120, 110, 80)), Verdict.SILENT),
        (replace(WELL, new_days=days_before(20)), Verdict.WELL),
        (replace(WELL, new_days=days_before(40)), Verdict.SILENT),
    ],
)
def test_a_source_is_judged_by_its_own_record(record: SourceRecord, verdict: Verdict) -> None:
    assessment = assess(record, now=NOW)
    assert assessment.verdict is verdict
    assert bool(next_step(assessment)) == (verdict.is_ill or verdict is Verdict.NOT_YET_VISITED)
    assert bool(explanation(assessment)) == verdict.is_ill
    assert "{" not in next_step(assessment)


def test_a_silence_is_told_with_the_longest_break_before() -> None:
    assessment = assess(replace(WELL, new_days=days_before(16, 15, 14, 13, 12, 11, 8)), now=NOW)
    assert explanation(assessment) == "nothing new for 8 days; its longest break before was 3 days"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        for number, place in enumerate(("Alder", "Birch"), 2):
            site.page(f"/{place}", page(f"{place} council opens a family hub", *report(place, number)))
        site.feed(
            "/feed", [Entry(path=f"/{p}", title=f"{p} council opens a hub") for p in ("Alder", "Birch")]
        )
        yield site


def test_status_and_doctor_of_a_healthy_desk(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site, cuttings='contact = "desk@example.org"')
    assert cli("run").status == 0
    said = cli("status")
    assert said.status == 0
    assert "1 source well, 0 to look at" in said.out
    said = cli("doctor", "--json")
    checks = {row["check"]: row for row in json.loads(said.out)}
    assert said.status == 0, said.out
    assert {row["state"] for row in checks.values()} == {"ok"}
    assert {"config", "versions", "disk", "database", "runs", "clock", "pages"} <= checks.keys()
    assert cli("doctor", "--deep").status == 0


def test_a_failing_source_is_3_with_a_next_step(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site, cuttings='contact = "desk@example.org"')
    cli("run")
    site.remove("/feed")
    cli("run", "--force")
    said = cli("status", "--json")
    [source] = json.loads(said.out)["sources"]
    assert said.status == 3
    assert source["verdict"] == "failing"
    assert source["detail"].startswith("HTTP 404")  # words, not the name of a class
    assert "sources disable s1" in source["next_step"]
    said = cli("doctor", "--nl")
    assert said.status == 3
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [row["state"] for row in rows if row["check"] == "source s1"] == ["warning"]


def test_stopped_and_missing_runs_are_told(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    cli("init", "other", "--empty")
    assert "no run yet" in cli("status", "--db", "other/cuttings.db").out
    for _ in range(3):
        cli("run", "--force")
    with opened(tmp_path / "cuttings.db") as database:
        old = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-' || (9 - id) || ' days')"
        database.execute(f"UPDATE runs SET started_at = {old}")
    database.close()
    said = cli("status")
    assert said.status == 3
    assert "began 6 days ago; usual: every 24 hours" in said.out
    with opened(tmp_path / "cuttings.db") as database:
        database.execute("UPDATE runs SET status = 'failed'")
    database.close()
    said = cli("status")
    assert said.status == 1
    assert "the last 3 runs failed" in said.out


def test_a_run_that_could_not_mark_itself_is_not_shown_as_running(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    make_desk(tmp_path, site)
    cli("run")
    with opened(tmp_path / "cuttings.db") as database:
        database.execute("UPDATE runs SET status = 'running', finished_at = NULL")
    database.close()
    with locked(tmp_path / "cuttings.db"):
        said = json.loads(cli("status", "--json").out)
    assert [run["status"] for run in said["runs"]] == ["running"]
    assert [check["message"] for check in said["checks"] if check["name"] == "lock"] == [
        "run 1 is in progress"
    ]
    said = json.loads(cli("status", "--json").out)
    assert [run["status"] for run in said["runs"]] == ["interrupted"]
    assert [check["message"] for check in said["checks"] if check["name"] == "lock"] == ["run 1 was killed"]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE articles SET content_hash = 'x' WHERE id = 1", "differ from their latest revision: 1"),
        ("UPDATE articles SET story_id = NULL WHERE id = 1", "filed articles in no story: 1"),
        ("UPDATE stories SET article_count = 7 WHERE id = 1", "miscount their articles: 1"),
        ("UPDATE matches SET same_event = 1 - same_event", "pairs contradict their stories: 1"),
        (
            "INSERT INTO _unread_pages SELECT id, 's1', 'x', NULL, 'full', '{}' FROM pages LIMIT 1",
            "have no link",
        ),
        ("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')", "full-text index differs"),
    ],
)
def test_doctor_names_the_rows_that_break_a_rule(
    cli: CommandLine, tmp_path: Path, filed: Path, sql: str, words: str
) -> None:
    make_desk(tmp_path)
    shutil.copy(filed, tmp_path / "cuttings.db")
    assert "integrity check passed" in cli("doctor", "--deep").out
    connection = sqlite3.connect(tmp_path / "cuttings.db")
    connection.execute(sql)
    connection.commit()
    connection.close()
    said = cli("doctor", "--deep")
    assert (said.status, words in said.out) == (1, True), said.out
    assert words not in cli("doctor").out


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two reports of one event."""
    folder = tmp_path_factory.mktemp("filed")
    with Site() as site:
        desk = make_desk(folder, site)
        words = report("Alder")
        for path, text in (("/a", words), ("/b", (*words, "The mayor of Alder cut the ribbon."))):
            site.page(path, page("Alder council opens a family hub", *text))
        site.feed(
            "/feed", [Entry(path=path, title="Alder council opens a family hub") for path in ("/a", "/b")]
        )
        desk.run()
    return desk.config.database


def test_doctor_finds_a_damaged_database_and_missing_pages(
    cli: CommandLine, tmp_path: Path, site: Site
) -> None:
    desk = make_desk(tmp_path, site, cuttings='contact = "desk@example.org"')
    cli("run")
    stored = sorted((tmp_path / "cuttings.db-pages").rglob("*.zst"))
    with desk.store() as store:
        needed = store.health.article_pages()
    page_files = [path for path in stored if path.parent.name + path.stem in needed]
    page_files[0].write_bytes(b"torn")
    assert cli("doctor").status == 0
    said = cli("doctor", "--deep")
    assert said.status == 3
    assert f"0 missing and 1 damaged of 2 raw pages: {page_files[0].relative_to(tmp_path)}" in said.out
    page_files[0].unlink()
    assert (
        f"1 missing and 0 damaged of 2 raw pages: {page_files[0].relative_to(tmp_path)}" in cli("doctor").out
    )
    (tmp_path / "cuttings.db-pages").rename(tmp_path / "elsewhere")
    assert "none of the 2 raw pages" in cli("doctor").out
    (tmp_path / "cuttings.db").write_bytes(b"not a database at all, but a letter" * 100)
    said = cli("doctor")
    assert said.status == 1
    assert "restore a backup" in said.out


def test_doctor_without_anything_says_what_to_do(cli: CommandLine) -> None:
    said = cli("doctor")
    assert said.status == 1
    assert "cuttings init" in said.out


@pytest.mark.slow
def test_a_known_failure_is_named_once(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    cli("run")
    site.remove("/feed")
    first = cli("run", "--force")
    assert (first.status, first.err.count("\n")) == (3, 1)
    again = cli("run")
    assert (again.status, again.err) == (
        3,
        "s1 still has failures that earlier runs named; see `cuttings status` and the table `failures`\n",
    )
    with sqlite3.connect(tmp_path / "cuttings.db") as database:
        database.execute("UPDATE channels SET next_poll_at = NULL")
    quiet = cli("run", "--quiet")
    assert (quiet.status, quiet.err) == (3, "")
    for option in ("--all", "--force", "--source=s1"):
        with sqlite3.connect(tmp_path / "cuttings.db") as database:
            database.execute("UPDATE channels SET next_poll_at = NULL")
        assert cli("run", option).err.startswith("s1: ")
    site.feed("/feed", [Entry(path="/Alder", title="Alder council opens a hub")])
    recovered = cli("run", "--force")
    assert (recovered.status, recovered.err) == (0, "s1: works again\n")
    assert cli("run", "--force").err == ""
    site.remove("/feed")
    assert cli("run", "--force").err.startswith("s1: "), "after it worked, the same failure is news again"


def test_many_failures_of_a_source_are_one_line(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    site.feed("/feed", [Entry(path=f"/none{number}", title=f"Story number {number}") for number in range(4)])
    said = cli("run")
    assert said.status == 3
    assert said.err.count("\n") == 1
    assert "and 3 more failures" in said.err
    site.feed("/feed", [Entry(path=f"/none{number}", title=f"Story number {number}") for number in range(6)])
    mixed = cli("run")
    assert (mixed.status, mixed.err.count("\n")) == (3, 1), "a source with a new failure is named once"
    assert mixed.err.startswith("s1: fetch: ")
    known = cli("run")
    assert (known.status, known.err.count("\n")) == (3, 1)
    assert known.err.startswith("s1 still has failures that earlier runs named; ")


@pytest.mark.parametrize(
    ("sources", "named"),
    [
        (("s2", "s1", "s2"), "s1 and s2 still have failures"),
        (("s5", "s4", "s3", "s2", "s1"), "s1, s2, s3, s4 and s5 still have failures"),
        (("s6", "s5", "s4", "s3", "s2", "s1"), "s1, s2, s3, s4, s5 and 1 more source still have failures"),
        (("s1", "new"), "s1 still has failures"),
        (("new",), ""),
        ((), ""),
    ],
)
def test_sources_with_known_failures_are_one_line(sources: tuple[str, ...], named: str) -> None:
    failures = [Failure(stage="fetch", error="GoneError", message="gone", source_id=each) for each in sources]
    known = frozenset(KnownFailure(source_id=f"s{n}", url=None, error="GoneError") for n in range(1, 7))
    line = known_failures_line(failures, known=known)
    assert line.partition(" that earlier runs named")[0] == named


class Monitor(ThreadingHTTPServer):
    """A monitor in the manner of healthchecks.io."""

    def __init__(self) -> None:
        self.pings: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), MonitorReply)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/uuid"


class MonitorReply(BaseHTTPRequestHandler):
    server: Monitor

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.pings.append((self.path, body.decode()))
        self.send_response(307 if "moved" in self.path else 200)
        if "moved" in self.path:
            new = self.path.replace("moved", "uuid") if "/moved" in self.path else self.path
            self.send_header("Location", new)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with Monitor() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_pings_tell_start_and_exit_status(
    cli: CommandLine, tmp_path: Path, site: Site, monitor: Monitor
) -> None:
    make_desk(tmp_path, site)
    assert cli("run", "--ping", monitor.url).status == 0
    assert [path for path, _ in monitor.pings] == ["/uuid/start", "/uuid/0"]
    assert "2 new articles" in monitor.pings[1][1]
    site.remove("/feed")
    assert cli("run", "--force", "--ping", f"{monitor.url}/").status == 3
    assert monitor.pings[-1][0] == "/uuid/3"
    assert monitor.pings[-1][1].startswith("s1: fetch: ")
    assert cli("run", "--source", "none", "--ping", monitor.url).status == 2
    assert monitor.pings[-1][0] == "/uuid/2"


def test_a_ping_tells_that_requests_are_left(
    cli: CommandLine, tmp_path: Path, site: Site, monitor: Monitor
) -> None:
    make_desk(tmp_path, site, fetch="max_requests = 2")
    assert cli("run", "--strict", "--ping", monitor.url).status == 4
    assert monitor.pings[-1][0] == "/uuid/4"


def test_a_ping_says_that_a_signal_ended_the_run(
    cli: CommandLine, tmp_path: Path, site: Site, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise Interrupted(15)

    make_desk(tmp_path, site)
    monkeypatch.setattr("pipelines.commands.run.run_pass", stopped)
    assert cli("run", "--ping", monitor.url).status == 143
    assert monitor.pings[-1] == ("/uuid/143", "interrupted; everything stored so far is kept")


def test_a_ping_follows_a_redirect_with_its_body_and_leaves_a_loop(monitor: Monitor) -> None:
    assert Pinger(monitor.url.replace("uuid", "moved")).finish(3, "s1: fetch: HTTP 404")
    assert monitor.pings == [("/moved/3", "s1: fetch: HTTP 404"), ("/uuid/3", "s1: fetch: HTTP 404")]
    monitor.pings.clear()
    assert not Pinger(monitor.url.replace("uuid", "always-moved")).start()
    assert len(monitor.pings) == 4


def test_a_monitor_that_is_down_fails_no_run(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    said = cli("run", "--ping", "http://127.0.0.1:1/uuid")
    assert (said.status, said.err) == (0, "")
    for url in ("uuid", "http://127.0.0.1:99999/uuid", "http://127.0.0.1:0/uuid"):
        said = cli("run", "--ping", url)
        assert said.status == 2
        assert f"expected a URL such as https://monitor.example/ID, got '{url}'" in said.err


def test_a_ping_goes_through_the_proxy() -> None:
    with ForwardProxy({}, refuses=True) as proxy:
        pinger = Pinger("http://monitor.example/uuid", proxy=f"http://{proxy.host}")
        assert not pinger.start()
    assert [head.split(" HTTP")[0] for head in proxy.heads] == ["POST http://monitor.example/uuid/start"]


def verdict_of(cli: CommandLine) -> tuple[str, str, str]:
    [source] = json.loads(cli("status", "--json").out)["sources"]
    return source["verdict"], source["detail"], source["next_step"]


@pytest.mark.parametrize(("status", "is_permanent"), [(301, True), (308, True), (302, False), (307, False)])
def test_a_feed_that_redirects_for_good_has_moved_after_three_visits(
    cli: CommandLine, tmp_path: Path, site: Site, status: int, is_permanent: bool
) -> None:
    make_desk(tmp_path, site)
    site.feed("/rss.xml", [Entry(path="/Alder", title="Alder council opens a hub")])
    site.redirect("/feed", "/rss.xml", status=status)
    verdicts = []
    for _ in range(3):
        assert cli("run", "--force").status == 0
        verdicts.append(verdict_of(cli))
    assert [verdict for verdict, _, _ in verdicts[:2]] == ["well", "well"]
    verdict, detail, step = verdicts[2]
    assert verdict == ("moved" if is_permanent else "well")
    if is_permanent:
        assert site.url("/rss.xml") in detail
        assert step == f"replace {site.url('/feed')} with {site.url('/rss.xml')} in the config"


def test_a_feed_that_moves_back_has_not_moved(tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site)
    site.feed("/rss.xml", [Entry(path="/Alder", title="Alder council opens a hub")])
    states = []
    for target in ("/rss.xml", "/rss.xml", "", "/rss.xml"):
        if target:
            site.redirect("/feed", target)
        else:
            site.feed("/feed", [])
        desk.run(later=timedelta(days=2))
        with desk.store() as store:
            states.append(store.channels.of_source("s1")[0].moved_polls)
    assert states == [1, 2, 0, 1]


HOMEPAGE = (
    '<html><head><link rel=alternate type="application/rss+xml" href="{}"></head><body>News</body></html>'
)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["gone", "empty"])
def test_the_home_page_is_asked_once_which_feed_it_names_now(
    cli: CommandLine, tmp_path: Path, site: Site, fault: str
) -> None:
    desk = make_desk(tmp_path, site, source=f'homepage = "{site.url("/")}"')
    site.page("/", HOMEPAGE.format("/rss.xml"))
    if fault == "gone":
        site.remove("/feed")
    else:
        site.feed("/feed", [])
    asked = []
    for _ in range(8):
        desk.run(later=timedelta(days=3))
        asked.append(sum(each.path == "/" for each in site.log))
    assert asked == [0] * 5 + [1] * 3
    verdict, detail, step = verdict_of(cli)
    assert verdict == ("failing" if fault == "gone" else "empty")
    assert detail.endswith(f"; its home page now names {site.url('/rss.xml')}")
    assert step == f"replace {site.url('/feed')} with {site.url('/rss.xml')} in the config"
    desk.run(later=timedelta(days=40))
    assert sum(each.path == "/" for each in site.log) == 2, "once a month, not at each visit"
    site.feed("/feed", [Entry(path="/Alder", title="Alder council opens a hub")])
    desk.run(later=timedelta(days=40))
    with desk.store() as store:
        [state] = store.channels.of_source("s1")
    assert (state.named_url, state.named_at) == (None, None)


@pytest.mark.slow
def test_a_home_page_that_names_the_same_feed_or_is_gone_suggests_nothing(tmp_path: Path, site: Site) -> None:
    desk = make_desk(tmp_path, site, source=f'homepage = "{site.url("/")}"')
    site.page("/", HOMEPAGE.format("/feed"))
    site.remove("/feed")
    for _ in range(7):
        desk.run(later=timedelta(days=3))
    site.remove("/")
    counts = desk.run(later=timedelta(days=40))
    assert [failure.url for failure in counts.failures] == [site.url("/feed")]
    with desk.store() as store:
        [state] = store.channels.of_source("s1")
    assert (state.named_url, state.named_at) == (None, desk.now)


@pytest.mark.slow
def test_a_feed_that_is_empty_five_times_is_not_well(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    assert cli("run").status == 0
    site.feed("/feed", [])
    verdicts = []
    for _ in range(5):
        assert cli("run", "--force").status == 0
        verdicts.append(verdict_of(cli)[0])
    assert verdicts == ["well"] * 4 + ["empty"]
    site.feed("/feed", [Entry(path="/Alder", title="Alder council opens a hub")])
    cli("run", "--force")
    assert verdict_of(cli)[0] == "well"


def test_a_database_without_its_pages_is_said_once(cli: CommandLine, tmp_path: Path, site: Site) -> None:
    make_desk(tmp_path, site)
    assert cli("run").err == ""
    (tmp_path / "cuttings.db-pages").rename(tmp_path / "elsewhere")
    said = cli("run", "--force")
    assert said.status == 0
    assert "none of the 2 raw pages" in said.err
    assert cli("doctor", "--json").status == 3

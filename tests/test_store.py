"""The door to SQLite: what goes in comes out, whatever it is; and every way a file can refuse gives one clear
error."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DatabaseError,
    FullDatabaseError,
    NewerDatabaseError,
    NotOurDatabaseError,
    ReadOnlyDatabaseError,
    UnknownArticleError,
)
from pipelines.models import Failure, RunCounts, RunStatus
from pipelines.search import parse_search
from pipelines.storage.connection import SILENT_SECONDS
from pipelines.storage.schema import schema_version
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Change
from pipelines.storage.tables.links import FrontierEntry
from pipelines.storage.tables.matching import DICTIONARY
from pipelines.storage.tables.views import PUBLIC
from pipelines.storage.values import moment, pack, stamp, storable, unpack
from scraper.models import (
    Access,
    Article,
    Channel,
    ChannelKind,
    DatePrecision,
    HostState,
    Page,
    Provenance,
    Removed,
    Rights,
    Source,
    Validators,
)
from tests.factories import NOON, make_article

LATER = NOON + timedelta(hours=1)


def search(store: Store, words: str) -> tuple[int, ...]:
    """The articles that the full-text index finds."""
    expression = parse_search(words).include
    sql = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY rank"
    return tuple(row[0] for row in store._connection.execute(sql, (expression,))) if expression else ()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cuttings.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


# -- opening -------------------------------------------------------------------------------------------------


def test_opening_twice_changes_nothing(path: Path) -> None:
    Store(path).close()
    with Store(path) as store:
        store.articles.save(make_article(), at=NOON)
    with Store(path) as store:
        assert store.articles.count() == 1


def test_a_missing_file_is_created_only_when_wanted(path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not exist yet"):
        Store(path, create=False)
    assert not path.exists()


def test_a_file_that_is_something_else_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7 this is no database " * 100)
    before = path.read_bytes()
    with pytest.raises(NotOurDatabaseError) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["CREATE TABLE cats (name TEXT)", "PRAGMA user_version = 3"])
def test_another_program_s_database_is_refused_and_left_alone(path: Path, statement: str) -> None:
    other = sqlite3.connect(path)
    other.execute(statement)
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotOurDatabaseError):
        Store(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    with Store(path) as store:
        assert store.articles.count() == 0


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {schema_version() + 1}")
    database.close()
    with pytest.raises(NewerDatabaseError, match="update cuttings"):
        Store(path)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="folder"):
        Store(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Store(tmp_path / "nowhere" / "cuttings.db")


def test_a_damaged_database_says_so(path: Path) -> None:
    with Store(path) as store, store.transaction():
        for number in range(200):
            store.articles.save(make_article(url=f"https://a.example/{number}", title=f"t{number}"), at=NOON)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with path.open("r+b") as file:
        for start in range(4096 * 2, path.stat().st_size - 4096, 4096):
            file.seek(start)
            file.write(os.urandom(4096))
    with pytest.raises(DamagedDatabaseError), Store(path) as store:
        assert [list(store.articles.iterate()), search(store, "hub")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_file_that_may_not_be_written(path: Path) -> None:
    Store(path).close()
    path.chmod(0o444)
    with pytest.raises(ReadOnlyDatabaseError), Store(path) as store:
        store.articles.save(make_article(), at=NOON)


def test_reading_only_writes_nothing(path: Path) -> None:
    with Store(path) as store:
        store.articles.save(make_article(), at=NOON)
    with Store(path, read_only=True) as store:
        assert store.articles.count() == 1
        with pytest.raises(ReadOnlyDatabaseError):
            store.articles.save(make_article(url="https://a.example/2"), at=NOON)


def test_a_lock_held_too_long_says_so_and_changes_nothing(path: Path) -> None:
    with Store(path) as store, Store(path, busy_seconds=0.05) as other, store.transaction():
        store.articles.save(make_article(), at=NOON)
        with pytest.raises(BusyDatabaseError, match="locked"):
            other.articles.save(make_article(url="https://a.example/2"), at=NOON)
    with Store(path) as store:
        assert store.articles.count() == 1


def test_readers_are_not_kept_waiting_by_a_writer(path: Path) -> None:
    with Store(path) as store, Store(path, read_only=True) as reader, store.transaction():
        store.articles.save(make_article(), at=NOON)
        assert reader.articles.count() == 0


def test_a_full_disk_loses_nothing_that_was_stored(path: Path) -> None:
    """SQLite reports SQLITE_FULL just as well when a file may not grow past max_page_count."""
    with Store(path) as store:
        store.articles.save(make_article(), at=NOON)
        pages = store._connection.execute("PRAGMA page_count")[0][0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        many = [make_article(url=f"https://a.example/{number}", text="word " * 900) for number in range(1000)]
        with pytest.raises(FullDatabaseError, match="free some space"), store.transaction():
            store.articles.save_all(many, at=NOON)
        assert store.articles.count() == 1
    with Store(path) as store:
        assert store.articles.count() == 1
        assert search(store, "library") == (1,)


# -- transactions --------------------------------------------------------------------------------------------


def save_and_fail(store: Store, url: str) -> None:
    with store.transaction():
        store.articles.save(make_article(url=url), at=NOON)
        raise RuntimeError


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError):
        save_and_fail(store, "https://a.example/1")
    assert store.articles.count() == 0


def test_an_inner_transaction_fails_alone(store: Store) -> None:
    with store.transaction():
        store.articles.save(make_article(), at=NOON)
        with pytest.raises(RuntimeError):
            save_and_fail(store, "https://a.example/2")
    assert store.articles.count() == 1


# -- articles ------------------------------------------------------------------------------------------------


def test_an_article_comes_back_as_it_went_in(store: Store) -> None:
    article = make_article(
        canonical_url="https://first.example/news/wrenbury-hub",
        modified_at="2026-09-08T07:30",
        published_precision=DatePrecision.MINUTE,
        published_day=date(2026, 9, 7),
        access=Access.TEASER,
        publisher="The First",
        external_id="x1",
        rights=Rights(
            noarchive=True, tdm_policy="https://first.example/tdm", signals=("meta robots: noarchive",)
        ),
        links=("https://www.gov.uk/a",),
        origins=(Provenance(field="title", place="og:title"),),
        removed=(Removed(text="Subscribe today", reason="a call to subscribe"),),
    )
    saved = store.articles.save(article, at=NOON, extractor="7")
    stored = store.articles.get(saved.id)
    assert saved.outcome is Change.NEW
    assert store.articles.removals(saved.id) == article.removed
    assert stored.extractor == "7"
    assert stored.article == Article(
        **{**{f: getattr(article, f) for f in article.__dataclass_fields__}, "removed": ()}
    )


def test_the_same_again_is_unchanged_and_other_words_are_a_revision(store: Store) -> None:
    first = store.articles.save(make_article(), at=NOON)
    again = store.articles.save(make_article(), at=LATER)
    revised = store.articles.save(make_article(text="Other words altogether."), at=LATER)
    assert [first.outcome, again.outcome, revised.outcome] == [Change.NEW, Change.UNCHANGED, Change.REVISED]
    assert first.id == again.id == revised.id
    versions = store.articles.revisions(first.id)
    assert [version.seen_at for version in versions] == [NOON, LATER]
    assert versions[-1].text == store.articles.get(first.id).article.text == "Other words altogether."


def test_white_space_alone_is_no_revision(store: Store) -> None:
    store.articles.save(make_article(text="Two  words\nhere"), at=NOON)
    assert store.articles.save(make_article(text="Two words here"), at=LATER).outcome is Change.UNCHANGED


def test_tracking_parameters_make_no_second_article(store: Store) -> None:
    first = store.articles.save(make_article(url="https://a.example/x?utm_source=feed#top"), at=NOON)
    assert store.articles.save(make_article(url="https://a.example/x"), at=NOON).id == first.id
    assert store.articles.find_url("https://a.example/x?utm_medium=mail") == first.id


def test_one_external_id_of_two_sources_is_two_articles(store: Store) -> None:
    ids = {
        store.articles.save(make_article(external_id="1", source_id=name, url=None), at=NOON).id
        for name in "ab"
    }
    assert len(ids) == 2


def test_a_date_that_comes_late_is_filled_in_and_filed_again(store: Store) -> None:
    saved = store.articles.save(make_article(published_at=None), at=NOON)
    store._connection.execute("UPDATE articles SET filed_at = '2026-09-01T12:00:00Z'")
    assert store.articles.unfiled() == ()
    store.articles.save(make_article(), at=LATER)
    assert store.articles.get(saved.id).article.published_at == NOON
    assert store.articles.unfiled() == (saved.id,)


def test_what_may_not_be_kept_is_not_kept(store: Store) -> None:
    saved = store.articles.save(
        make_article(removed=(Removed(text="secret", reason="x"),)), at=NOON, text_use="features_only"
    )
    stored = store.articles.get(saved.id)
    assert stored.article.text == ""
    assert stored.article.title
    assert stored.content_hash == make_article().content_hash
    assert store.articles.removals(saved.id) == ()
    assert [version.text for version in store.articles.revisions(saved.id)] == [""]
    assert search(store, "Tollgate") == ()
    assert store.articles.save(make_article(), at=LATER, text_use="features_only").outcome is Change.UNCHANGED


def test_an_article_is_found_by_id_address_and_external_id(store: Store) -> None:
    saved = store.articles.save(
        make_article(external_id="abc", canonical_url="https://first.example/c"), at=NOON
    )
    for reference in (
        str(saved.id),
        "https://first.example/news/wrenbury-hub",
        "https://first.example/c",
        "abc",
    ):
        assert store.articles.find(reference).id == saved.id
    for reference in ("99", "nothing", "", "https://first.example/none", "9" * 30, "٣"):
        with pytest.raises(UnknownArticleError):
            store.articles.find(reference)


# -- text of any kind ----------------------------------------------------------------------------------------

NUMBERS = count()
any_text = st.text(st.characters(), max_size=60)  # surrogates and NULs too


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("any") / "cuttings.db") as opened:
        yield opened


@given(
    st.builds(
        Article,
        title=any_text,
        text=any_text,
        authors=st.tuples(any_text),
        url=st.none() | any_text,
    )
)
def test_any_text_survives(long_lived: Store, article: Article) -> None:
    article = replace(article, external_id=str(next(NUMBERS)))  # the same words again would be no new article
    saved = long_lived.articles.save(article, at=NOON)
    stored = long_lived.articles.get(saved.id).article
    assert (stored.title, stored.text, stored.authors) == (
        storable(article.title),
        storable(article.text),
        (storable(article.authors[0]),),
    )
    assert long_lived.articles.save(article, at=NOON) == type(saved)(id=saved.id, outcome=Change.UNCHANGED)
    assert isinstance(search(long_lived, article.text), tuple)
    assert isinstance(long_lived.stories.listing(article.title), tuple)


def test_pairs_of_surrogates_become_their_character_and_halves_the_replacement() -> None:
    assert storable("a\ud83d\ude00b\ud800c") == "a\U0001f600b\ufffdc"
    assert storable("nul\0stays") == "nul\0stays"


@pytest.mark.slow
def test_naughty_strings_survive(store: Store, shared: Path) -> None:
    lines = (shared / "eval/conformance/strings/blns.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [
        str(json.loads(line)) if not isinstance(json.loads(line), str) else json.loads(line)
        for line in lines
        if line
    ]
    assert len(texts) > 100
    with store.transaction():
        saved = [
            store.articles.save(make_article(title=text, text=text, external_id=str(n), url=None), at=NOON)
            for n, text in enumerate(texts)
        ]
    found = store.articles.many(each.id for each in saved)
    assert [found[each.id].article.text for each in saved] == [storable(text) for text in texts]
    for text in texts:
        search(store, text)
        store.stories.listing(text)


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "AND",
        "hub OR",
        "NEAR(",
        "hub*",
        "title:hub",
        "-hub",
        "(",
        "'; DROP TABLE articles --",
        "\0",
        "^hub",
        "{",
        "*",
    ],
)
def test_no_search_words_raise(store: Store, words: str) -> None:
    store.articles.save(make_article(), at=NOON)
    assert isinstance(search(store, words), tuple)
    assert isinstance(store.stories.listing(words), tuple)


def test_search_follows_revisions(store: Store) -> None:
    saved = store.articles.save(make_article(text="an ocelot escaped"), at=NOON)
    assert search(store, "OCELOT escaped") == (saved.id,)
    store.articles.save(make_article(text="a leopard escaped"), at=LATER)
    assert search(store, "ocelot") == ()
    assert search(store, "leopard") == (saved.id,)


# -- times ---------------------------------------------------------------------------------------------------


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_a_time_comes_back_to_the_second(when: datetime) -> None:
    stamped = stamp(when)
    assert len(stamped) == 20
    assert stamped.endswith("Z")
    back = moment(stamped)
    assert back.tzinfo is not None
    if timedelta(days=2) < when.replace(tzinfo=None) - datetime.min and when.year < 9999:  # noqa: DTZ901
        assert back == when.astimezone(UTC).replace(microsecond=0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_hashes_come_back(hashes: list[int]) -> None:
    assert unpack(pack(hashes)) == tuple(hashes)


# -- the other families --------------------------------------------------------------------------------------

SOURCE = Source(
    id="first",
    name="The First",
    homepage="https://first.example/",
    kind="government",
    channels=(Channel(kind=ChannelKind.FEED, url="https://first.example/feed"),),
    delay=7.0,
    include=("/news/",),
    licence="OGL",
    note="a note",
    min_poll=60.0,
)


def test_a_source_comes_back_and_is_kept_when_it_leaves_the_config(store: Store) -> None:
    store.sources.sync([SOURCE], at=NOON)
    assert store.sources.all() == (SOURCE,)
    store.sources.sync([], at=LATER)
    assert store.sources.declared() == ()
    assert store.sources.get("first") == replace(SOURCE, channels=())
    assert [state.declared for state in store.channels.of_source("first")] == [False]


def test_a_channel_comes_back_and_starts_afresh_when_its_source_is_enabled_again(store: Store) -> None:
    store.sources.sync([SOURCE], at=NOON)
    (state,) = store.channels.of_source("first")
    polled = replace(
        state,
        next_poll_at=LATER,
        validators=Validators(etag='"x"'),
        failures=2,
        last_error="DeadlineError",
        ttl=1.5,
    )
    store.channels.save(polled)
    assert store.channels.get("first", state.url) == polled
    store.sources.sync([SOURCE], at=LATER)
    assert store.channels.get("first", state.url) == polled, "the config changes no state"
    store.sources.sync([replace(SOURCE, enabled=False)], at=LATER)
    store.sources.sync([SOURCE], at=LATER)
    assert store.channels.get("first", state.url) == replace(
        polled, next_poll_at=None, failures=0, last_error=""
    )


def test_a_page_is_one_row_a_version(store: Store) -> None:
    def page(body: bytes, when: datetime, etag: str) -> Page:
        headers = (("etag", etag), ("set-cookie", "a=b"), ("content-type", "text/html"))
        return Page(
            url="https://a.example/1",
            final_url="https://a.example/1",
            status=200,
            headers=headers,
            body=body,
            fetched_at=when,
        )

    first = store.pages.save(page(b"one", NOON, "1"), purpose="article", blocks=(1, -2))
    assert store.pages.save(page(b"one", LATER, "2"), purpose="article", blocks=(1, -2)) == first
    second = store.pages.save(page(b"two", LATER + timedelta(1), "3"), purpose="article")
    latest = store.pages.latest("https://a.example/1")
    assert latest is not None
    assert (latest.id, latest.validators.etag) == (second, "3")
    assert latest.headers == (("etag", "3"), ("content-type", "text/html")), "what is read again"
    assert [each.id for each in store.pages.iterate()] == [second]
    old = store.pages.get(first)
    assert old is not None
    assert (old.fetched_at, old.checked_at, old.blocks) == (NOON, LATER, (1, -2))
    assert len(store.pages.hashes()) == 2
    assert store.pages.latest("https://a.example/other") is None


def test_a_link_is_remembered_until_it_is_due(store: Store) -> None:
    store.sources.sync([SOURCE], at=NOON)
    link = FrontierEntry(
        source_id="first",
        key="k\ud800",
        url="https://first.example/1",
        first_seen_at=NOON,
        last_seen_at=NOON,
        next_look_at=LATER,
    )
    store.links.save_all([link])
    assert set(store.links.known("first", ["k\ud800", "unknown"])) == {"k\ud800"}
    assert store.links.due("first", NOON, limit=5) == ()
    assert [due.url for due in store.links.due("first", LATER, limit=5)] == [link.url]


def test_hosts_come_back(store: Store) -> None:
    state = HostState(
        host="a.example:443",
        updated_at=NOON,
        not_before=LATER,
        robots_status=200,
        robots_body=b"User-agent: *\xff",
    )
    store.hosts.save_all([state])
    assert store.hosts.all() == (state,)
    store.hosts.save_all([replace(state, failures=3)])
    assert store.hosts.all() == (replace(state, failures=3),)


def test_furniture_counts_pages(store: Store) -> None:
    store.furniture.learn("a.example", [[1, 2, 2], [2, 3]], at=NOON)
    store.furniture.learn("a.example", [[2]], at=LATER)
    assert store.furniture.counts("a.example", [1, 2, 3, 4]) == (3, {1: 1, 2: 3, 3: 1})
    store.furniture.prune_rare(before=LATER)
    assert store.furniture.counts("a.example", [1, 2, 3, 4]) == (3, {2: 3})
    store.furniture.clear()
    assert store.furniture.counts("a.example", [2]) == (0, {})


def test_runs_and_failures_are_kept(store: Store) -> None:
    run_id = store.runs.start(command="run", at=NOON)
    failure = Failure(
        stage="fetch", error="DeadlineError", message="too slow", url="https://a.example/", source_id="nobody"
    )
    store.failures.add_all(run_id, [failure], at=NOON)
    assert store.runs.interrupt(at=LATER) == 1
    counts = RunCounts(new=3, failures=(failure,))
    store.runs.finish(run_id, counts, status=RunStatus.PARTIAL, at=LATER)
    (run,) = store.runs.latest()
    assert (run.status, run.counts, run.failures) == (RunStatus.PARTIAL, RunCounts(new=3), 1)
    assert (run.started_at, run.finished_at) == (NOON, LATER)
    assert store.failures.of_run(run_id) == (replace(failure, source_id=None),)
    store.failures.remove(before=LATER)
    assert store.failures.of_run(run_id) == ()


def test_every_public_table_and_view_can_be_read_and_nothing_else(store: Store) -> None:
    store.articles.save(make_article(), at=NOON)
    for name in PUBLIC:
        rows = store.view(name)
        assert rows.columns
        assert all(len(row) == len(rows.columns) for row in rows.rows)
    with pytest.raises(DatabaseError, match="no public"):
        store.view("sqlite_master")


class _NeverStops:
    def is_due(self) -> bool:
        return False

    def check(self) -> None:
        pass


def _verbs(store: Store) -> tuple[Callable[[], object], ...]:
    def entered(context: AbstractContextManager[None]) -> None:
        with context:
            pass

    return (
        lambda: entered(store.transaction()),
        lambda: entered(store.joined()),
        lambda: entered(store.snapshot()),
        lambda: entered(store.stopped_by(_NeverStops())),
        lambda: store.articles.save(make_article(), at=NOON),
        lambda: store.view("articles"),
        store.compact,
    )


def test_another_thread_is_told_to_open_its_own_store(store: Store) -> None:
    with ThreadPoolExecutor(1) as other:
        for verb in (*_verbs(store), store.close):
            with pytest.raises(DatabaseError, match="belongs to the thread that opened it"):
                other.submit(verb).result()
    assert store.articles.count() == 0


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store(path)
    store.close()
    store.close()
    for verb in _verbs(store):
        with pytest.raises(DatabaseError, match="the store is closed"):
            verb()


@pytest.mark.parametrize("name", ["a\0b.db", "a" * 5000])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatabaseError):
        Store(tmp_path / name)
    assert not list(tmp_path.iterdir())


EDGES = (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), datetime(1, 1, 1, tzinfo=UTC),
         datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))))  # fmt: skip


@pytest.mark.parametrize("edge", EDGES)
def test_a_date_at_an_end_of_the_calendar_is_none(store: Store, edge: datetime) -> None:
    assert (edge.year, make_article(published_at=edge).is_day_only) in ((1, True), (9999, False))
    done = store.articles.save(make_article(published_at=edge, modified_at=edge), at=NOON)
    assert store.articles.get(done.id).article.published_at is None


def test_times_of_an_article_without_a_zone_count_as_utc(store: Store) -> None:
    naive = datetime(2026, 3, 1, 9)  # noqa: DTZ001
    done = store.articles.save(make_article(published_at=naive, modified_at=naive), at=NOON)
    kept = store.articles.get(done.id).article
    assert kept.published_at == kept.modified_at == naive.replace(tzinfo=UTC)


@pytest.mark.slow
def test_a_wait_for_the_lock_is_said_and_ends_well(path: Path) -> None:
    Store(path).close()
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(SILENT_SECONDS + 0.7, holder.execute, ["COMMIT"])
    timer.start()
    said: list[str] = []
    with Store(path) as store:
        store.say_when_waiting(lambda: said.append("waiting"))
        with store.transaction():
            store.articles.save(make_article(), at=NOON)
        assert said == ["waiting"]
        with store.transaction():
            assert store.articles.count() == 1
    assert said == ["waiting"]
    timer.join()
    holder.close()


def test_vacuum_brings_a_large_file_to_larger_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cuttings.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript("PRAGMA journal_mode = DELETE; PRAGMA page_size = 8192; VACUUM;")
    for smallest, expected in ((10**9, 8_192), (0, 16_384)):
        monkeypatch.setattr("pipelines.storage.store.SMALL_BYTES", smallest)
        with Store(path) as store:
            store.vacuum()
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA page_size").fetchone() == (expected,)
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_dictionary_of_fingerprints_stays_as_it_is(store: Store) -> None:
    digest = hashlib.sha256(DICTIONARY.read_bytes()).hexdigest()
    assert digest[:16] == "9f87336d43dd0db7", "databases that were written with it cannot be read without"
    saved = store.articles.save(make_article(), at=NOON)
    body = b"reconsider inspector council " * 9
    store.fingerprints.save_all([(saved.id, "7", "", body)])
    assert store.fingerprints.load([saved.id]) == {saved.id: body}


def test_a_fingerprint_of_before_the_dictionary_is_read(store: Store, path: Path) -> None:
    saved = store.articles.save(make_article(), at=NOON)
    store.fingerprints.save_all([(saved.id, "7", "", b"new")])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE _fingerprints SET body = ?", (zstandard.compress(b"before" * 9),))
    assert store.fingerprints.load([saved.id]) == {saved.id: b"before" * 9}


def test_a_file_that_has_become_large_is_compacted_in_larger_pages_unless_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.storage.store.SMALL_BYTES", 0)
    path = tmp_path / "cuttings.db"
    with Store(path) as store:
        with Store(path, read_only=True) as reader, reader.snapshot():
            assert reader.articles.count() == 0
            store.compact()
        assert store._connection.execute("PRAGMA page_size")[0] == (8_192,)
        store.compact()
        assert store._connection.execute("PRAGMA page_size")[0] == (16_384,)
        assert store._connection.execute("PRAGMA journal_mode")[0] == ("wal",)
        store.articles.save(make_article(), at=NOON)
    with Store(path, read_only=True) as reader:
        assert reader.articles.count() == 1

"""`stories story why join split undo review decisions recluster evaluate`, as a person calls them."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from filelock import FileLock

from pipelines.commands import main
from pipelines.commands.corrections import answer_of
from pipelines.commands.why import find_side, waterfall
from pipelines.models import Match
from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, join, split
from pipelines.stories.doubts import Doubt, doubts
from pipelines.stories.explain import explain_pair
from pipelines.stories.filing import file_articles
from scraper.models import Access, Article
from tests.desk import page
from tests.factories import BODY, NOON, make_article
from tests.invented import copy_of, report
from tests.site import Site

HOSTILE = "Fire \x1b[31mred\x1b]0;pwned\x07 \u202edrow\u2066 council"


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five articles and their stories."""
    path = tmp_path_factory.mktemp("filed") / "cuttings.db"
    first = report(1, 1)
    articles = [
        first,
        copy_of(first, hours=5, number=1),
        report(2, 0),
        make_article(external_id="hub"),
        Article(title=HOSTILE, text=HOSTILE * 9, external_id="hostile", access=Access.IMPORTED),
    ]
    with Store(path) as store:
        store.articles.save_all(articles, at=NOON)
        file_articles(store, now=NOON)
    return path


@pytest.fixture
def database(filed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filed, tmp_path / "cuttings.db"))


class Result:
    """What a command printed, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def call(database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--db", str(database)])
        captured = capsys.readouterr()
        status = end.value.code
        assert isinstance(status, int)
        assert "Traceback" not in captured.err
        return Result(status, captured.out, captured.err)

    return run


def ids(database: Path) -> dict[str, int]:
    with Store(database, read_only=True) as store:
        return {each.article.external_id or "": each.id for each in store.articles.iterate()}


def story(database: Path, external_id: str) -> int | None:
    with Store(database, read_only=True) as store:
        return store.articles.get(ids(database)[external_id]).story_id


def test_stories_are_listed_and_searched(call) -> None:  # type: ignore[no-untyped-def]
    everything = json.loads(call("stories", "--json").out)
    assert len(everything) == 4
    assert {"id", "title", "reports", "copies", "sources", "source_names"} <= everything[0].keys()
    (found,) = json.loads(call("stories", "tollgate", "lane", "--json").out)
    assert found["title"] == "Wrenbury opens family hub in former library"
    assert "Wrenbury" in call("stories").out
    assert json.loads(call("stories", "--min-sources", "2", "--json").out)[0]["copies"] == 1
    assert json.loads(call("stories", "--since", "1h", "--json").out) == []
    assert len(json.loads(call("stories", "--since", "2026-09-01", "--json").out)) == 4
    assert call("stories", "--limit", "1", "--csv").out.count("\n") == 2
    for odd in ('"', "NEAR(", "AND", "*", "\ud800"):
        assert call("stories", odd).status == 0
    assert call("stories", "--since", "soon").status == 2
    for command in ("stories", "articles"):
        said = call(command, "--since", "1d", "--until", "2d")
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert "--since must be before --until" in said.err
    assert call("digest", "--since", "0001-01-01").status == 2


def test_a_story_shows_reports_copies_and_reasons(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    number = str(story(database, "1/1"))
    text = call("story", number).out
    assert "1 report, 2 sources, 1 copy" in text
    assert "copy of" in text
    assert "word for word" in text
    rows = json.loads(call("story", number, "--json").out)
    assert [row["copy_of"] for row in rows] == [None, rows[0]["article_id"]]
    assert rows[1]["lag_hours"] == 5.0
    assert call("story", "999").status == 1
    assert "999" in call("story", "999").err


def test_a_story_names_its_origin_and_what_each_report_owes_it(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    words = report(7, 0).text
    release = make_article(
        external_id="release", title="Fund for advocates opens", text=words, source_id="ministry"
    )
    told = replace(
        release,
        external_id="told",
        title="Advocates get a fund",
        text="Our own first sentence says nothing much of it.\n"
        + words[: len(words) // 2]
        + "\nAnd our last ones, which nobody else has, say what came of it, and where.",
        source_id="second",
        url="https://second.example/fund",
        published_at=NOON + timedelta(days=2),
        links=("https://ministry.example/release",),
    )
    release = replace(release, url="https://ministry.example/release")
    early = replace(
        told, external_id="early", text=report(8, 0).text, source_id="third", url="https://third.example/f"
    )
    early = replace(early, published_at=NOON - timedelta(hours=3), links=())
    with Store(database) as store:
        saved = store.articles.save_all([release, told, early], at=NOON)
        file_articles(store, now=NOON)
        for one, other in pairwise(each.id for each in saved):
            join(store, one, other, Editor(name="ann", reason="", now=NOON))
    number = str(story(database, "release"))
    (found,) = json.loads(call("stories", "advocates", "--json").out)
    assert found["origin_url"] == "https://ministry.example/release"
    text = call("story", number).out
    assert f"Origin: [{ids(database)['release']}] Fund for advocates opens, ministry" in text
    assert "48.0 hours after the origin" in text or "2 days after the origin" in text
    assert "3.0 hours before the origin" in text
    rows = {row["article_id"]: row for row in json.loads(call("story", number, "--json").out)}
    share = rows[ids(database)["told"]]["origin_percent"]
    assert 40 < share < 80
    parts = re.findall(r"(\d+) % of its words are in the origin \[\d+\], ministry, (\d+) % .* (\d+) %", text)
    assert any(abs(int(verbatim) - share) <= 1 for verbatim, _, _ in parts)
    assert {sum(map(int, each)) for each in parts} == {100}


def test_nothing_of_a_title_reaches_the_terminal_as_a_command(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    number, article = str(story(database, "hostile")), str(ids(database)["hostile"])
    outputs = [
        call("stories").out,
        call("story", number).out,
        call("why", article, "1").out,
        call("review").out,
    ]
    outputs += [
        call("stories", "--json").out,
        call("stories", "--csv").out,
        call("story", number, "--nl").out,
    ]
    for out in outputs:
        assert not set(out) & set("\x1b\x07\u202e\u2066")
    assert "\\x1b[31m" in outputs[0]


def test_why_tells_the_evidence_of_any_two(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    numbers = ids(database)
    same = call("why", str(numbers["1/1"]), str(numbers["copy 1"]))
    assert "the same text, word for word" in same.out
    assert "They are in one story." in same.out
    apart = call("why", "1/1", "https://first.example/news/wrenbury-hub")
    assert "different events" in apart.out
    assert "They are in different stories." in apart.out
    rows = json.loads(call("why", "1/1", "hub", "--json").out)
    assert {"feature", "level", "weight", "words"} == rows[0].keys()
    total = next(row for row in rows if row["feature"] == "total")
    parts = [row["weight"] for row in rows if row["feature"] != "total"]
    assert sum(parts) == pytest.approx(total["weight"], abs=0.1)
    assert call("why", "1", "nothing").status == 1


def test_why_fetches_what_is_not_stored_and_stores_nothing(call, database: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with Site() as site:
        (tmp_path / "cuttings.toml").write_text(
            f'[cuttings]\n[fetch]\ndelay = 0.0\nallow_private = ["{site.host}"]\n'
        )
        url = site.page("/news/hub", page("Wrenbury opens family hub in former library", *BODY.splitlines()))
        result = call("why", "hub", url)
    assert "[not stored] Wrenbury opens family hub" in result.out
    assert "one event" in result.out
    assert len(ids(database)) == 5


def test_why_needs_two_articles_and_for_addresses_no_database(call, database: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    refused = call("why", "hub", str(ids(database)["hub"]))
    assert (refused.status, refused.out) == (1, "")
    assert "these are the same article" in refused.err
    with Site() as site:
        (tmp_path / "cuttings.toml").write_text(
            f'[cuttings]\n[fetch]\ndelay = 0.0\nallow_private = ["{site.host}"]\n'
        )
        paths = {path: page(f"Wrenbury opens {path} hub", *BODY.splitlines()) for path in ("/one", "/two")}
        urls = [site.page(path, text) for path, text in paths.items()]
        database.unlink()
        result = call("why", *urls)
    assert result.status == 0
    assert "one event" in result.out
    assert not database.exists()


def test_why_of_two_copies_names_the_original(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    with Store(database) as store:
        store.articles.save(copy_of(report(1, 1), hours=6, number=2), at=NOON)
        file_articles(store, now=NOON)
    numbers = ids(database)
    shown = call("why", "copy 1", "copy 2").out
    assert "the same text, word for word" in shown
    assert f"are copies of article {numbers['1/1']}: they count as one report." in shown
    rows = json.loads(call("why", "1/1", "copy 1", "--json").out)
    assert f"article {numbers['copy 1']} is a copy" in rows[-1]["words"]


def test_people_join_part_and_take_back(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    numbers = ids(database)
    a, b = str(numbers["2/0"]), str(numbers["hub"])
    joined = call("join", a, b, "--by", "ann", "--reason", "same council")
    assert joined.status == 0
    assert "decision 1 recorded" in joined.err
    assert story(database, "2/0") == story(database, "hub")
    assert "already recorded" in call("join", b, a).err
    refused = call("split", a, b)
    assert refused.status == 1
    assert "cuttings undo 1" in refused.err
    assert "ann decided: same" in call("why", a, b).out
    assert "ann decided so (decision 1)" in call("story", str(story(database, "hub"))).out
    (row,) = json.loads(call("decisions", "--json").out)
    assert (row["kind"], row["decided_by"], row["reason"], row["undone_at"]) == (
        "same",
        "ann",
        "same council",
        None,
    )
    (label,) = [json.loads(line) for line in call("decisions", "--labels").out.splitlines()]
    assert (label["same"], label["a"]["id"], label["b"]["text"]) == (True, "2/0", BODY)
    assert call("recluster").status == 0
    assert story(database, "2/0") == story(database, "hub")
    assert call("undo", "1", "--by", "bob", "--reason", "two councils").status == 0
    assert "undone by bob: two councils (bob)" in call("story", str(story(database, "2/0"))).out
    assert story(database, "2/0") != story(database, "hub")
    assert json.loads(call("decisions", "--json").out)[0]["undone_at"]
    assert call("undo", "1").status == 1
    assert call("undo", "77").status == 1
    for arguments in (
        ("undo", "9" * 30),
        ("stories", "--limit", "9" * 30),
        ("story", "9" * 30),
        ("why", "9" * 30, "1"),
    ):
        refused = call(*arguments)
        assert (refused.status, refused.err.count("\n")) == (1, 1)


def test_what_one_command_decides_is_told_and_taken_back_together(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    with Store(database) as store:
        store.articles.save_all([report(9, number) for number in (0, 1, 2)], at=NOON)
        file_articles(store, now=NOON)
        numbers = ids(database)
        first, *others = (numbers[f"9/{number}"] for number in (0, 1, 2))
        for other in others:  # whatever the matcher thinks of it
            store.stories.assign({other: store.articles.get(first).story_id or 0}, at=NOON)
    said = call("split", str(first)).err
    assert "decisions 1 to 2 recorded" in said
    rest = sorted(
        {number for number in (story(database, "9/1"), story(database, "9/2")) if number is not None}
    )
    assert f"the rest in {'story' if len(rest) == 1 else 'stories'} {', '.join(map(str, rest))} " in said
    assert "undid 2 decisions" in call("undo", "2").err


def test_a_copy_can_be_parted_from_its_story(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    assert call("split", "copy 1").status == 0
    assert story(database, "copy 1") != story(database, "1/1")
    assert call("split", "copy 1").status == 1, "it is alone now"


def test_split_names_the_copies_that_go_along(call, database: Path) -> None:  # type: ignore[no-untyped-def]
    with Store(database) as store:
        third = store.articles.save(report(1, 0), at=NOON).id
        file_articles(store, now=NOON)
    one, copy = ids(database)["1/1"], ids(database)["copy 1"]
    assert story(database, "1/0") == story(database, "1/1") == story(database, "copy 1")
    said = call("split", str(one)).err
    assert re.search(rf"article {one} is in story \d+ with its copy {copy}, the rest in story \d+", said)
    assert f"article {third} is in story" in call("split", str(third), str(one)).err


def test_corrections_wait_for_a_run_that_holds_the_lock(
    call, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("pipelines.commands.corrections.LOCK_SECONDS", 0.05)
    with FileLock(database.with_name(f"{database.name}.lock")):
        for arguments in (("join", "1", "3"), ("split", "1"), ("undo", "1"), ("recluster",)):
            assert call(*arguments).status == 75


def test_review_off_a_terminal_lists_the_doubtful_pairs(call) -> None:  # type: ignore[no-untyped-def]
    rows = json.loads(call("review", "--json").out)
    assert all({"article_a", "article_b", "probability", "reason"} <= row.keys() for row in rows)


def test_why_says_who_overruled_the_matcher(tmp_path: Path) -> None:
    def told(store: Store, a: int, b: int) -> str:
        return waterfall(store, explain_pair(store, find_side(store, str(a)), find_side(store, str(b))))[3]

    with Store(tmp_path / "overruled.db") as store:
        reports = [report(1, outlet) for outlet in range(3)]
        a, b, c, d = (store.articles.save(each, at=NOON).id for each in (*reports, report(2, 0)))
        file_articles(store, now=NOON)
        assert told(store, a, b).startswith("The matcher says: one event")
        ann = Editor(name="ann", reason="", now=NOON)
        split(store, a, b, ann)
        assert told(store, a, b) == "The desk says: different events, probability 0.490: people decided this"
        join(store, c, d, ann)
        assert told(store, c, d) == "The desk says: one event, probability 0.700: people decided this"
        third = a if store.articles.get(a).story_id == store.articles.get(c).story_id else b
        assert told(store, third, d).startswith("The desk says: one event, probability 0.700: ")


def test_review_begins_with_reports_that_hardly_belong_to_their_story(tmp_path: Path) -> None:
    with Store(tmp_path / "doubts.db") as store:
        reports = [report(1, outlet) for outlet in range(4)]
        stranger = report(2, 0)
        saved = [store.articles.save(each, at=NOON).id for each in (*reports, stranger)]
        file_articles(store, now=NOON)
        story = store.stories.get(store.articles.get(saved[0]).story_id or 0)
        assert story.lead_article_id is not None
        other = next(each for each in saved[:4] if each != story.lead_article_id)
        join(store, saved[4], other, Editor(name="ann", reason="", now=NOON))
        first, *rest = doubts(store, limit=5, threshold=0.5)
        assert {first.match.a, first.match.b} == {saved[4], story.lead_article_id}
        assert first.story == story.id
        assert first.match.same_event, "as the desk filed them"
        assert first.match.reason.startswith("One event: ")
        assert all(doubt.story is None for doubt in rest)
        assert all(doubt.match.evidence for doubt in (first, *rest))
        assert len(doubts(store, limit=1, threshold=0.5)) == 1
        store.fingerprints.remove(
            saved
        )  # of a version too old to read, or of articles that are not filed yet
        unread = doubts(store, limit=5, threshold=0.5)
        assert unread
        assert all(doubt.story is None for doubt in unread)


def test_review_on_a_terminal_asks_and_records(call, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    with Store(database) as store:
        (doubtful, *_) = store.matches.uncertain(limit=5, threshold=0.5)
    answers = iter(["y"])
    monkeypatch.setattr("pipelines.commands.corrections.on_terminal", lambda: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(answers, "q"))
    shown = call("review")
    assert "│" in shown.out, "side by side"
    assert "1 decision recorded" in shown.err
    with Store(database) as store:
        (decision,) = store.decisions.active()
    assert (decision.article_a, decision.article_b, decision.kind) == (doubtful.a, doubtful.b, "same")


@pytest.mark.parametrize(
    ("typed", "meant"), [("y", "y"), ("Yes", "y"), ("no", "n"), ("skip", "s"), (" s ", "s"), ("q", "q")]
)
def test_an_answer_may_be_a_letter_or_a_word(typed: str, meant: str) -> None:
    assert answer_of(typed) == meant
    with pytest.raises(click.UsageError, match="skip this pair"):
        answer_of(f"{typed}x")


def test_review_stops_where_the_answers_end_and_asks_nothing_twice(  # type: ignore[no-untyped-def]
    call, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def answer(_store: Store, doubt: Doubt) -> str:
        asked.append((doubt.match.a, doubt.match.b))
        return "y"

    def pairs(*ends: tuple[int, int]) -> tuple[Doubt, ...]:
        return tuple(
            Doubt(match=Match(a=a, b=b, probability=0.5, same_event=False, reason="", evidence=()))
            for a, b in ends
        )

    monkeypatch.setattr("pipelines.commands.corrections.on_terminal", lambda: True)
    monkeypatch.setattr("pipelines.commands.corrections._doubts", lambda *_: pairs((1, 3), (3, 4), (1, 4)))
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.commands.corrections._ask", answer)
        assert "2 decisions recorded" in call("review").err
    assert asked == [(1, 3), (3, 4)], "that 1 and 4 are one follows"
    monkeypatch.setattr("pipelines.commands.corrections._doubts", lambda *_: pairs((1, 5), (3, 5)))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ended = call("review")
    assert ended.status == 0
    assert "0 decisions recorded" in ended.err


def test_evaluate_scores_labelled_lines(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    gold = tmp_path / "gold.jsonl"
    lines = [
        {"id": each.external_id, "title": each.title, "text": each.text, "event": event}
        for event, each in (
            ("one", report(1, 1)),
            ("one", copy_of(report(1, 1), hours=1, number=1)),
            ("two", report(2, 0)),
        )
    ]
    gold.write_text("\n".join(map(json.dumps, lines)))
    rows = json.loads(call("evaluate", str(gold), "--json").out)
    assert {row["measure"]: row["f1"] for row in rows} == {
        "B-cubed": 1,
        "pairwise": 1,
        "V-measure": 1,
        "CEAF-e": 1,
    }
    stored = call("evaluate", str(gold), "--stored")
    assert "3 articles, 2 events, 2 stories" in stored.out
    gold.write_text(json.dumps(lines[0] | {"event": "one"}) + "\n" + json.dumps(lines[1] | {"event": "two"}))
    faults = call("evaluate", str(gold)).out
    assert "merged: story" in faults
    assert "the same text, word for word" in faults
    gold.write_text('{"id": "1", "text": "no event"}\n')
    assert call("evaluate", str(gold)).status == 1
    assert "line 1" in call("evaluate", str(gold)).err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", b"", "no labelled articles"),
        (
            "cut.jsonl.gz",
            gzip.compress(b'{"id": "1", "event": "a", "title": "One"}\n' * 99, mtime=0)[:40],
            "decompress",
        ),
        ("plain.jsonl.gz", b'{"id": "1", "event": "a", "title": "One"}\n', "decompress"),
        (
            "twice.jsonl",
            b'{"id": "1", "event": "a", "title": "A"}\n{"id": "1", "event": "b", "title": "A"}\n',
            "'b'",
        ),
    ],
)
def test_labels_that_say_nothing_are_one_line(
    call, tmp_path: Path, name: str, content: bytes, said: str
) -> None:  # type: ignore[no-untyped-def]
    gold = tmp_path / name
    gold.write_bytes(content)
    result = call("evaluate", str(gold))
    assert (result.status, result.out, result.err.count("\n")) == (1, "", 1)
    assert said in result.err
    assert name in result.err


def test_a_labelled_line_that_cannot_be_used_is_named(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "1", "event": "a", "title": "Alder hub opens"}\n{"id": "2", "event": "a"}\n')
    result = call("evaluate", str(gold), "-q")
    assert (result.status, ":2: " in result.err) == (3, True)
    assert "2 articles, 1 event, 2 stories" in result.out


def test_a_missing_database_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["stories"],
        ["story", "1"],
        ["why", "1", "2"],
        ["join", "1", "2"],
        ["decisions"],
        ["recluster"],
    ):
        with pytest.raises(SystemExit) as end:
            main([*command, "--db", str(tmp_path / "none.db")])
        assert end.value.code == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "none.db").exists()


def _refuse_writing(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Let SQLite open files as it does on a read-only share: not even for reading, unless they never
    change."""
    connect = sqlite3.connect

    def refusing(place: str, **options: Any) -> sqlite3.Connection:
        if "immutable=1" not in place:
            error = sqlite3.OperationalError("unable to open")
            error.sqlite_errorcode = code
            raise error
        opened: sqlite3.Connection = connect(place, **options)
        return opened

    monkeypatch.setattr("pipelines.storage.store.sqlite3.connect", refusing)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_IOERR_SHMSIZE])
def test_where_nothing_can_be_written_stories_can_be_read(  # type: ignore[no-untyped-def]
    call, database: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    _refuse_writing(monkeypatch, code)
    for command in (["stories"], ["story", "1"], ["why", "1", "3"], ["decisions"], ["review"], ["status"]):
        assert (call(*command).status, call(*command).out != "") == (0, True)
    refused = call("join", "1", "3")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    log = database.with_name(f"{database.name}-wal")
    log.write_bytes(b"what is not in the file yet")
    assert call("stories").status == 1, "the file alone would be out of date"

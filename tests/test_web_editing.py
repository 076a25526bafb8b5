"""Decisions on the review page, and databases that cannot be read: `cuttings serve` in processes of its own."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from pipelines.errors import PipelineError
from pipelines.storage.lock import locked
from pipelines.storage.store import Store
from tests.conftest import Played
from tests.served import dressed, get, serve, widest

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from pipelines import web
from pipelines.web import editing, front, readers, server, unreadable

slow = pytest.mark.slow


def post(url: str, **values: str) -> requests.Response:
    headers = {"host": values.pop("host")} if "host" in values else {}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=values, headers=headers, timeout=60, allow_redirects=False)


def pair_of(page: str) -> tuple[str, str]:
    found = re.search(r'name="a" value="(\d+)">\s*<input type="hidden" name="b" value="(\d+)"', page)
    assert found, "the page has no form"
    return found[1], found[2]


@slow
def test_a_pair_is_decided_and_undone_as_by_the_commands(played: Played, tmp_path: Path) -> None:
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    with serve(desk, "--edit") as site:
        page = get(f"{site.url}/review").text
        a, b = pair_of(page)
        token = re.findall(r'name="token" value="([^"]+)"', page)[0]
        assert post(f"{site.url}/review", a=a, b=b, answer="same", token="guessed").status_code == 403
        assert post(f"{site.url}/review", a=a, b=b, answer="same").status_code == 403
        away = post(f"{site.url}/review", a=a, b=b, answer="same", token=token, host="evil.example")
        assert away.status_code == 403
        assert post(f"{site.url}/review", a=a, b=b, answer="maybe", token=token).status_code == 409
        with Store(desk, read_only=True) as store:
            assert store.decisions.all() == ()
        done = post(f"{site.url}/review", a=a, b=b, answer="same", token=token)
        assert done.status_code == 303
        with Store(desk, read_only=True) as store:
            (decision,) = store.decisions.active()
            assert (str(decision.article_a), str(decision.article_b)) == (a, b)
            assert len(set(store.articles.stories_of([int(a), int(b)]).values())) == 1
        assert done.headers["location"] == f"/review?decided={decision.id}"
        after = get(site.url + done.headers["location"]).text
        assert f"Decision {decision.id} is recorded" in after
        assert pair_of(after) != (a, b)
        clash = post(f"{site.url}/review", a=a, b=b, answer="different", token=token)
        assert clash.status_code == 409
        undone = post(f"{site.url}/review", number=str(decision.id), answer="undo", token=token)
        assert (undone.status_code, undone.headers["location"]) == (303, f"/review?decided={decision.id}")
        with Store(desk, read_only=True) as store:
            assert store.decisions.active() == ()


BAD_FORMS = [
    (b"reason=\xff", {}, "The form is not UTF-8; nothing was recorded.\n"),
    (b"reason=%FF", {}, "The form is not UTF-8; nothing was recorded.\n"),
    (b"csrftoken=%C3%A9", {}, "The form is not from this page; load the page again.\n"),
    (b"a=1", {"x-csrftoken": b"\xe9"}, "The form is not from this page; load the page again.\n"),
    (
        b"a=1",
        {"content-type": "multipart/form-data"},
        "The form is not from this page; load the page again.\n",
    ),
    (b"a=1", {"cookie": b"a=\xff"}, unreadable.BAD_HEADERS + "\n"),
    (
        b"a=" + b"x" * unreadable.MOST_BYTES,
        {},
        "The form has more than 1,000,000 bytes; nothing was recorded.\n",
    ),
]


@slow
def test_a_form_that_cannot_be_read_is_refused_in_one_sentence(
    played: Played, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    with serve(desk, "--edit") as site, requests.Session() as session:
        session.trust_env = False
        form = {"content-type": "application/x-www-form-urlencoded"}
        for body, headers, reason in BAD_FORMS:
            for cookie in ({}, {"cookie": "csrftoken=guessed"}):
                sent = session.post(f"{site.url}/review", data=body, headers={**form, **cookie, **headers})
                assert (sent.status_code, sent.text) == (413 if len(body) > 100 else 400, reason)
        ours = session.post(f"{site.url}/review", data="reason=caf%C3%A9&answer=same", headers=form)
        assert (ours.status_code, "The form is not from this page" in ours.text) == (403, True)
        assert session.get(f"{site.url}/review").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("body", "content_type", "fault"),
    [
        (b"", b"", ""),
        ("reason=café&a=1".encode(), b"application/x-www-form-urlencoded", ""),
        (b'{"words": "100%FF"}', b"application/json", ""),
        (b'{"words": "\xff"}', b"application/json", unreadable.NOT_UTF8),
        (b"100%FF", b"", unreadable.NOT_UTF8),
        (b"csrftoken=\xc3\xa9", b"", unreadable.NOT_OURS),
    ],
)
def test_which_forms_can_be_read(body: bytes, content_type: bytes, fault: str) -> None:
    assert unreadable.fault_of_form(body, content_type) == fault


@slow
def test_a_decision_waits_for_a_run_and_then_says_so(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    monkeypatch.setattr(editing, "LOCK_SECONDS", 0.2)
    from pipelines.errors import LockedError

    with locked(desk), pytest.raises(LockedError):
        editing.correct(desk, editing.Editing(name="Ana"), {"a": "1", "b": "2", "answer": "same"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_this_computer_is_loopback(host: str) -> None:
    assert editing.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "desk.example", "", "127.0.0.1.nip.io"])
def test_other_hosts_are_not(host: str) -> None:
    assert not editing.is_loopback(host)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--edit", "--host", "0.0.0.0"), "--edit works only on this computer"),
        pytest.param(("--edit", "--immutable"), "use one", marks=slow),
    ],
)
def test_editing_is_refused_where_others_could_reach_it(
    played: Played, options: tuple[str, ...], words: str
) -> None:
    command = [
        sys.executable,
        "-m",
        "pipelines",
        "serve",
        "--db",
        str(played.database),
        "--port",
        "0",
        *options,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""


def test_where_nothing_can_listen() -> None:
    [taken] = server.listen("127.0.0.1", 0)
    with taken:
        port = taken.getsockname()[1]
        with pytest.raises(PipelineError, match=f"another program listens.*localhost:{port}"):
            server.listen("localhost", port)
    for host in ("192.0.2.1", "\udc80"):
        with pytest.raises(PipelineError, match="not a name or address of this computer"):
            server.listen(host, 0)


def shown(desk: Path) -> tuple[int, str]:
    """The status and the words of the front page, read in this process."""
    request = type("Request", (), {"args": {}, "url_vars": {}})()
    page, _ = web._read(readers.Readers(), desk, front.front, request)  # type: ignore[arg-type]
    return page.status, str(page.context.get("text", ""))


def test_a_database_that_another_program_holds(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BUSY_SECONDS", 0.1)
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    raw = sqlite3.connect(desk, isolation_level=None)
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    raw.execute("BEGIN EXCLUSIVE")
    assert shown(desk)[0] == 503
    raw.execute("ROLLBACK")
    raw.close()
    assert shown(desk)[0] == 200


def test_databases_of_other_kinds_and_versions(played: Played, tmp_path: Path) -> None:
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    raw = sqlite3.connect(desk)
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    raw.execute(f"PRAGMA user_version = {version - 1}")
    raw.execute("DELETE FROM _sqlite_migrations WHERE id = (SELECT max(id) FROM _sqlite_migrations)")
    raw.commit()
    status, words = shown(desk)
    assert status == 503
    assert "older version" in words
    raw.execute(f"PRAGMA user_version = {version + 1}")
    raw.commit()
    raw.close()
    assert shown(desk)[0] == 503
    (tmp_path / "text.db").write_text("not a database")
    assert shown(tmp_path / "text.db")[0] == 503
    assert shown(tmp_path / "missing.db")[0] == 503


@slow
def test_a_published_copy_where_nothing_can_be_written(played: Played, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    desk = dressed(played.database, folder / "desk.db")
    story, _ = widest(desk)
    desk.chmod(0o444)
    folder.chmod(0o555)
    try:
        for options in ((), ("--immutable",)):
            with serve(desk, *options) as site:
                assert get(f"{site.url}/story/{story}").status_code == 200
                assert get(f"{site.url}/desk/stories").status_code == 200
    finally:
        folder.chmod(0o755)


def test_a_page_is_of_one_moment(played: Played, tmp_path: Path) -> None:
    desk = tmp_path / "desk.db"
    shutil.copy(played.database, desk)
    with Store(desk) as writer, Store(desk, read_only=True) as reader:
        before = reader.articles.count()
        with reader.snapshot():
            assert reader.articles.count() == before
            writer.articles.delete([writer.articles.get(writer.articles.ids()[0])])
            assert writer.articles.count() == before - 1
            assert reader.articles.count() == before
        assert reader.articles.count() == before - 1

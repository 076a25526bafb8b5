"""cuttings.toml: every wrong key is named, with its file, table and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config.settings import find_config, parse_config, read_config
from pipelines.errors import ConfigError

SOURCE = '[[source]]\nid = "a"\nname = "A"\nfeeds = ["https://a.example/feed"]\n'


def parsed(text: str) -> object:
    return parse_config(text, Path("desk/cuttings.toml"), version="1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[cutting]\n",
            (
                "'cutting'",
                "[cuttings], [fetch], [match], [retention], [digest], [notify], [[topic]], [[source]]",
            ),
        ),
        ("delay = 3\n", ("unknown table or key 'delay'",)),
        (
            "[[source]]\nid = 'a'\nfeeds = ['http://a.example/f http://b.example/f']\n",
            ("[[source]] 1 (a) feeds: expected an address that starts with", "without blanks"),
        ),
        (
            "[source]\nid = 'a'\n",
            ("[source]: expected two brackets, [[source]]: one such table for each source",),
        ),
        (
            "[[source]]\nid = 'a'\nlistings = [{url = 'http://a.example/', selector = 'li['}]\n",
            ("[[source]] 1 (a) listings: expected a CSS selector, got 'li['",),
        ),
        (
            "[fetch]\ndelays = 3\n",
            (
                "[fetch] delays: unknown key; expected one of delay, timeout, max_bytes, workers, max_requests, allow_private, proxy",
            ),
        ),
        (
            "[match]\ntreshold = 0.5\n",
            ("[match] treshold: unknown key; expected one of threshold, encoder: ",),
        ),
        ("[retention]\npage = 1\n", ("[retention] page: unknown key; expected one of pages, failures",)),
        ('[cuttings]\n"a`b" = 1\n', ("[cuttings] a`b: unknown key; expected one of database, contact",)),
        ('[fetch]\ndelay = "3"\n', ("[fetch] delay: expected a number, got '3'",)),
        ("[fetch]\ndelay = -1\n", ("[fetch] delay", ">= 0")),
        ("[fetch]\ndelay = 1e300\n", ("[fetch] delay: expected a number <= 31536000",)),
        ("[fetch]\ntimeout = 1e300\n", ("[fetch] timeout: expected a number <= 86400",)),
        ("[retention]\nmatches = 99999999999\n", ("[retention] matches: expected a number <= ",)),
        ("[fetch]\nworkers = 0\n", ("[fetch] workers", ">= 1")),
        ("[fetch]\nworkers = 2.5\n", ("[fetch] workers: expected a whole number, got 2.5",)),
        ("[fetch]\nworkers = true\n", ("[fetch] workers: expected a whole number, got true",)),
        ('[fetch]\nallow_private = "127.0.0.1:80"\n', ("[fetch] allow_private: expected a list",)),
        ('[fetch]\nallow_private = ["127.0.0.1"]\n', ("[fetch] allow_private entry 1", '"host:port"')),
        ('[fetch]\nallow_private = ["127.0.0.1:99999"]\n', ("[fetch] allow_private entry 1",)),
        ("fetch = 3\n", ("[fetch]: expected a table, got 3",)),
        ("[match]\nthreshold = 1.5\n", ("[match] threshold",)),
        ("[retention]\npages = -1\n", ("[retention] pages",)),
        ('[cuttings]\ncontact = "me\\nX-Evil: 1"\n', ("[cuttings] contact", "ASCII")),
        ('[cuttings]\npurpose = ""\n', ("[cuttings] purpose",)),
        ("[cuttings\n", ("not a TOML file", "line 1")),
        ('[[topic]]\nid = "a"\nsearch = "***"\n', ("[[topic]] 1 (a) search: expected at least one word",)),
        ('[[topic]]\nid = "a"\nsearch = "-only"\n', ("[[topic]] 1 (a) search: expected",)),
        (
            "[[topic]]\nid = 'a'\nsearch = '\"foster care'\n",
            ("[[topic]] 1 (a) search: expected a second quotation mark", "'\"foster care'"),
        ),
        (
            "[[topic]]\nid = 'a'\nsearch = '“care leavers” “homes'\n",
            ("[[topic]] 1 (a) search", "quotation mark"),
        ),
        (
            '[[topic]]\nid = "a"\nsearch = "care OR"\n',
            ("[[topic]] 1 (a) search: expected a word on each side",),
        ),
        (
            '[[topic]]\nid = "a"\nsearch = "a OR | b"\n',
            ("[[topic]] 1 (a) search: expected a word on each side",),
        ),
        (
            f'[[topic]]\nid = "a"\nsearch = "{"care " * 65}"\n',
            ("[[topic]] 1 (a) search: expected at most 64 words",),
        ),
        ('[[topic]]\nid = "A b"\nsearch = "x"\n', ("[[topic]] 1 (A b) id: expected lower-case letters",)),
        ('[[topic]]\nid = "a"\n', ("[[topic]] 1 search: expected this key, which is missing",)),
        ('[[topic]]\nid = "a"\nserch = "x"\n', ("[[topic]] 1 serch: unknown key; expected one of id,",)),
        ("[digest]\ntop = 9\n", ("[digest] top: expected a whole number <= 3, got 9",)),
        (SOURCE + "dealy = 3\n", ("[[source]]", "dealy")),
        (SOURCE + SOURCE, ("id",)),
        ('[[source]]\nname = "A"\n', ("[[source]]", "id")),
    ],
)
def test_what_is_wrong_is_named(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message
    assert "desk/cuttings.toml" in message
    for word in words:
        assert word in message


def test_an_empty_config_has_the_defaults() -> None:
    config = parse_config("", Path("desk/cuttings.toml"), version="7")
    assert (config.database, config.contact, config.purpose) == (Path("desk/cuttings.db"), "", "monitoring")
    assert (config.fetch.delay, config.fetch.timeout, config.fetch.max_bytes, config.fetch.workers) == (
        5,
        30,
        15e6,
        16,
    )
    assert (config.fetch.version, config.match.log_odds, config.sources) == ("7", None, ())


def test_the_database_is_beside_the_config_and_times_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "cuttings.toml"
    path.write_text(
        '\ufeff[cuttings]\ndatabase = "data/desk.db"\n[fetch]\ndelay = 2\n' + SOURCE, encoding="utf-8"
    )
    config = read_config(path, version="1")
    assert config.database == tmp_path / "data" / "desk.db"
    assert config.fetch.delay == 2.0
    assert [source.id for source in config.sources] == ["a"]


def test_a_threshold_is_told_as_a_probability() -> None:
    config = parse_config("[match]\nthreshold = 0.5\n", None, version="1")
    assert config.match.log_odds == 0.0


@pytest.mark.parametrize("body", [b"[cuttings]\ncontact = '\xe9'\n"])
def test_a_config_in_latin_1_is_said(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "cuttings.toml"
    path.write_bytes(body)
    with pytest.raises(ConfigError, match="UTF-8"):
        read_config(path, version="1")


def test_a_config_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist; write one"):
        read_config(tmp_path / "none.toml", version="1")
    with pytest.raises(ConfigError, match="could not read"):
        read_config(tmp_path, version="1")


def test_which_config_is_read(tmp_path: Path) -> None:
    assert find_config(None, None, tmp_path) is None
    (tmp_path / "cuttings.toml").touch()
    assert find_config(None, None, tmp_path) == tmp_path / "cuttings.toml"
    assert find_config(None, "named.toml", tmp_path) == Path("named.toml")
    assert find_config(Path("given.toml"), "named.toml", tmp_path) == Path("given.toml")

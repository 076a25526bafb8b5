"""Commands that print rows say it when there are none, and name an id that the desk does not have."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pipelines.commands import cuttings
from pipelines.errors import ConfigError


@pytest.fixture
def runner(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """An empty desk in an empty folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    runner = CliRunner()
    assert runner.invoke(cuttings, ["init", "--empty"]).exit_code == 0
    return runner


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("stories", "there are no stories yet"),
        ("articles", "there are no articles yet"),
        ("stories care", "no story matches"),
        ("review", "no pair of articles is in doubt"),
        ("decisions", "there are no decisions yet"),
        ("sources list", "the config has no source"),
    ],
)
def test_an_empty_desk_is_said(runner: CliRunner, command: str, words: str) -> None:
    ended = runner.invoke(cuttings, command.split())
    assert ended.exit_code == 0
    assert words in ended.stderr


@pytest.mark.parametrize("command", ["stories", "articles"])
@pytest.mark.parametrize(
    ("option", "words"), [("--topic", "no topic has this id"), ("--source", "no source has")]
)
def test_an_unknown_id_is_an_error(runner: CliRunner, command: str, option: str, words: str) -> None:
    ended = runner.invoke(cuttings, [command, option, "nope"])
    assert isinstance(ended.exception, ConfigError)  # exit status 2
    assert words in str(ended.exception)
    assert "nope" in str(ended.exception)

"""What the README says is so: its queries give the output it prints, its commands are those of the
program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli as sqlite_utils

from pipelines.commands import COMMANDS
from tests.conftest import Played

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)\n```\n\n```text\n(.*?)\n```", README, flags=re.DOTALL)


def test_there_are_five_questions() -> None:
    assert len(QUERIES) == 5


@pytest.mark.parametrize(
    ("query", "printed"), QUERIES, ids=[query.split("FROM ")[1].split()[0] for query, _ in QUERIES]
)
def test_a_query_gives_what_the_readme_prints(played: Played, query: str, printed: str) -> None:
    outcome = CliRunner().invoke(sqlite_utils, [str(played.database), query, "--table"])
    assert outcome.exit_code == 0, outcome.output
    assert [line.rstrip() for line in outcome.stdout.rstrip().splitlines()] == printed.splitlines()


def test_the_table_of_commands_is_that_of_the_program() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, flags=re.MULTILINE))
    assert told == {command.name: command.help for command in COMMANDS}


def test_the_two_lines_work_on_their_own() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv .venv && ")]
    assert len(lines) == 2
    assert ".venv/bin/cuttings demo" in lines[0]
    assert lines[1].endswith(".venv/bin/pytest -n auto")
    ci = (Path(__file__).resolve().parents[1] / ".ci" / "run").read_text(encoding="utf-8")
    assert lines[1] in ci, ".ci/run runs the README's own test command"

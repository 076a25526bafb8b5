"""Writes docs/commands.md from the commands themselves: ``python -m tests.commands_page``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from pipelines.commands import COMMANDS, cuttings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Made from the program by `python -m tests.commands_page`; do not edit. `cuttings COMMAND --help` prints the same.

Data goes to stdout, messages and progress to stderr. Exit status: 0 everything done; 1 failed; 2 wrong usage or config; 3 done, but
some source or input failed (named on stderr and in the table `failures`); 4 with `run --strict`, the time or the budget was spent
before everything was done; 75 another run holds the lock; 130 and 143 ended by a signal, with everything fetched kept.

Options that many commands take:

| option | |
| --- | --- |
| `--db FILE` | Use this database; else `CUTTINGS_DB`, else the config's `database`. |
| `--config FILE` | Read this config; else `CUTTINGS_CONFIG`, else `./cuttings.toml`. |
| `--log-file FILE` | Append the log to FILE; rotate it at 5 MB. |
| `-q, --quiet`, `-v, --verbose` | Print only errors; print details and the log to stderr. |
| `--json`, `--nl`, `--csv`, `--table` | Print rows as one JSON array, as JSON Lines, as CSV, or as a table (the default). |
"""
# The first option of each group of that table, with what a command's own section says of the group.
GROUPS = {
    "--config": "`--config`, `--db`, `--log-file`, `-q`, `-v`",
    "--nl": "`--json`, `--nl`, `--csv`, `--table`",
}
SHARED = (*GROUPS, "--db", "--log-file", "--quiet", "--verbose", "--json", "--csv", "--table")


def page() -> str:
    """The whole page."""
    root = click.Context(cuttings, info_name="cuttings")
    sections = [
        section
        for registered in COMMANDS
        if (command := cuttings.get_command(root, registered.name))
        for section in _sections(command, registered.name, root, level=2)
    ]
    return "\n".join([HEAD, *sections])


def _sections(command: click.Command, name: str, parent: click.Context, *, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = _options(command, context)
    shared = options.items() & _shared().items()
    rows = [
        f"| `{_cell(names)}` | {_cell(words)} |"
        for names, words in options.items()
        if (names, words) not in shared
    ]
    table = ["| option | |", "| --- | --- |", *rows, ""] if rows else []
    also = [group for first, group in GROUPS.items() if any(_long(names) == first for names, _ in shared)]
    end = [f"Also {' and '.join(also)}.", ""] if also else []
    words = " ".join((command.help or "").split())
    yield "\n".join(
        [f"{'#' * level} {context.command_path}", "", f"    {usage}", "", words, "", *table, *end]
    )
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            member = command.get_command(context, inner)
            assert member is not None
            yield from _sections(member, inner, context, level=level + 1)


def _options(command: click.Command, context: click.Context) -> dict[str, str]:
    """The names of each option with its help; arguments have none."""
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    return {record[0]: record[1] for record in records if record and record[1] and "--help" not in record[0]}


@cache
def _shared() -> dict[str, str]:
    """The options of the first table, as `run` has them."""
    context = click.Context(cuttings)
    run = cuttings.get_command(context, "run")
    assert run is not None
    return {names: words for names, words in _options(run, context).items() if _long(names) in SHARED}


def _long(names: str) -> str:
    """The long name of an option: `--db` of `--db FILE`, `--quiet` of `-q, --quiet`."""
    return next((word for word in names.split() if word.startswith("--")), names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

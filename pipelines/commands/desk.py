"""What every command is given: the config, the database, how much to say; and the options they share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.commands.output import RowFormat, say
from pipelines.config.settings import Config, find_config, read_config
from pipelines.errors import DatabaseError, FullDatabaseError, ReadOnlyDatabaseError
from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.storage.store import Store
from pipelines.version import VERSION

CONFIG_VARIABLE = "CUTTINGS_CONFIG"
DATABASE_VARIABLE = "CUTTINGS_DB"

_FILE = click.Path(path_type=Path, dir_okay=False)

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk a command works at."""

    config: Config
    database: Path
    quiet: bool = False
    verbose: bool = False

    def store(self, *, create: bool = False, reading: bool = False) -> Store:
        """The open database. Raises ``DatabaseError`` when there is none and it is not to be created.

        A command that is only ``reading`` may go on where nothing can be written: a read-only share, a full
        disk.
        """
        if not create and not self.database.exists():
            raise DatabaseError(
                "no such database (`cuttings init`, `run` or `import` makes one)", str(self.database)
            )
        try:
            return Store(self.database)
        except (ReadOnlyDatabaseError, FullDatabaseError):
            if not reading:
                raise
            return Store(self.database, read_only=True)

    def pages(self) -> PageStore:
        """The raw pages kept beside the database."""
        return PageStore(pages_folder(self.database))

    def say(self, message: str) -> None:
        """One line to stderr, unless ``-q``."""
        if not self.quiet:
            say(message)

    def detail(self, message: str) -> None:
        """One line to stderr with ``-v`` only."""
        if self.verbose:
            say(message)


def with_desk(command: Command) -> Command:
    """Add ``--db --config -q -v`` and pass the ``Desk`` as first argument.

    A database is taken from ``--db``, else CUTTINGS_DB, else the config; a config from ``--config``, else
    CUTTINGS_CONFIG, else ./cuttings.toml.
    """

    @click.option("--db", type=_FILE, metavar="FILE", help="The database. [CUTTINGS_DB]")
    @click.option("--config", "config_file", type=_FILE, metavar="FILE", help="The config. [CUTTINGS_CONFIG]")
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("-v", "--verbose", is_flag=True, help="Say more.")
    @functools.wraps(command)
    def with_options(
        *arguments: Any, db: Path | None, config_file: Path | None, quiet: bool, verbose: bool, **options: Any
    ) -> Any:
        config = read_config(
            find_config(config_file, os.environ.get(CONFIG_VARIABLE), Path()), version=VERSION
        )
        named = os.environ.get(DATABASE_VARIABLE)
        database = db or (Path(named) if named else config.database)
        desk = Desk(config=config, database=database, quiet=quiet, verbose=verbose)
        return command(desk, *arguments, **options)

    return with_options  # type: ignore[return-value]


class OneOf(click.Choice[str]):
    """One of the values of an enumeration (click's own choice of an enumeration takes its names)."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([member.value for member in kind])
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The member."""
        return value if isinstance(value, self.kind) else self.kind(super().convert(value, param, ctx))


def with_rows(command: Command) -> Command:
    """Add ``--json --nl --csv --table`` and pass ``rows: RowFormat``."""
    for row_format, words in (
        (RowFormat.TABLE, "Rows as a table (the default)."),
        (RowFormat.CSV, "Rows as CSV."),
        (RowFormat.NL, "Rows as JSON lines."),
        (RowFormat.JSON, "Rows as one JSON array."),
    ):
        default = RowFormat.TABLE if row_format is RowFormat.TABLE else None
        option = click.option(
            f"--{row_format}", "rows", flag_value=row_format, type=RowFormat, default=default, help=words
        )
        command = option(command)
    return command

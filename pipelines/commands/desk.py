"""The options that all commands share, and the desk they describe: config, database, how much to print."""

from __future__ import annotations

import functools
import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.commands.output import RowFormat, say
from pipelines.config.encoders import AUTO, ENCODER_VARIABLE, MINILM, NONE
from pipelines.config.settings import Config, find_config, read_config
from pipelines.errors import (
    ConfigError,
    DatabaseError,
    FullDatabaseError,
    PipelineError,
    ReadOnlyDatabaseError,
)
from pipelines.files import is_one_file
from pipelines.logs import silence
from pipelines.storage.lock import locked
from pipelines.storage.page_store import PageStore, pages_of
from pipelines.storage.store import Store
from pipelines.stories.encoders import encoder_notice
from pipelines.version import VERSION

CONFIG_VARIABLE = "CUTTINGS_CONFIG"
DATABASE_VARIABLE = "CUTTINGS_DB"
# Seconds that a command waits for a run to end: 200 pages of a site with a delay of 5 s take 1,000.
LOCK_SECONDS = 1800.0

_FILE = click.Path(path_type=Path, dir_okay=False)

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The config and database that a command works on."""

    config: Config
    database: Path
    quiet: bool = False
    verbose: bool = False

    @property
    def encoder(self) -> str:
        """The sentence encoder of CUTTINGS_ENCODER, else of the config; a path is relative to the config."""
        setting = os.environ.get(ENCODER_VARIABLE) or self.config.match.encoder
        if setting in {AUTO, MINILM, NONE} or self.config.path is None:
            return setting
        return str(self.config.path.parent / Path(setting).expanduser())

    def store(self, *, create: bool = False, reading: bool = False) -> Store:
        """Open the database. Raises ``DatabaseError`` if it does not exist, unless ``create`` is set.

        With ``reading``, fall back to read-only access where nothing can be written: a read-only share, a
        full disk.
        """
        if not self.database.exists():
            if not create:
                message = "the database does not exist; `cuttings init`, `run` or `import` creates one"
                raise DatabaseError(message, str(self.database))
            self.check_folder()
        try:
            store = Store(self.database, encoder=self.encoder)
        except (ReadOnlyDatabaseError, FullDatabaseError):
            if not reading:
                raise
            return Store(self.database, read_only=True, encoder=self.encoder)
        store.say_when_waiting(lambda: self.say("another program is writing to the database; waiting"))
        if self.config.path is not None and not reading:
            store.use_zone(self.config.timezone)
        return store

    @contextmanager
    def locked(self, *, wait: float = 0) -> Iterator[None]:
        """Hold the lock of the database; wait up to ``wait`` seconds for a run to end, and say so."""
        message = f"a run is in progress; waiting for it to end, up to {wait / 60:.0f} minutes"
        with locked(self.database, wait=wait, on_wait=lambda: self.say(message)):
            yield

    def check_folder(self) -> None:
        """Raise ``DatabaseError`` if the database cannot be created because its folder does not exist."""
        if not self.database.parent.is_dir():
            message = "the folder of the database does not exist; create it, or name another file with --db"
            raise DatabaseError(message, str(self.database.parent))

    def check_output(self, file: Path) -> None:
        """Raise ``ConfigError`` if a file that is to be written is the config or the database.

        Raises ``PipelineError`` if its folder does not exist.
        """
        if not file.parent.is_dir():
            message = f"the folder {file.parent} does not exist; create it, or name another file"
            raise PipelineError(message, str(file))
        for own, words in ((self.database, "database"), (self.config.path, "config")):
            if own is not None and is_one_file(file, own):
                message = f"this is the {words} of the desk and is not overwritten; name another file"
                raise ConfigError(message, str(file))

    def check_owner(self) -> None:
        """Raise ``ConfigError`` if the database belongs to another desk, before its sources are overwritten.

        A database named by ``--db`` or CUTTINGS_DB is another desk's when most of the sources it watches are
        not in this config. The config's own database is never refused.
        """
        if self.config.path is None or not self.database.exists() or self._is_own_database():
            return
        known = {source.id for source in self.config.sources}
        with self.store(reading=True) as store:
            watched = {source.id for source in store.sources.declared()}
        foreign = watched - known
        if len(foreign) * 2 > len(watched):
            message = (
                f"the database belongs to another desk: {len(foreign)} of the {len(watched)} sources it "
                f"watches are not in {self.config.path}; name its own config with --config"
            )
            raise ConfigError(message, str(self.database))

    def _is_own_database(self) -> bool:
        return is_one_file(self.database, self.config.database)

    def mention_encoder(self, store: Store, *, refiling: bool = False) -> None:
        """Print a line if articles are not filed with the sentence encoder that the config names.

        ``refiling``: all articles are about to be filed again. Raises ``ConfigError`` if the file that the
        config names is not the encoder.
        """
        if notice := encoder_notice(store, refiling=refiling):
            self.say(notice)

    def pages(self) -> PageStore:
        """Return the raw pages kept beside the database."""
        return pages_of(self.database)

    def say(self, message: str) -> None:
        """Print one line to stderr, unless ``-q``."""
        if not self.quiet:
            say(message)

    def detail(self, message: str) -> None:
        """Print one line to stderr with ``-v`` only."""
        if self.verbose:
            say(message)


def with_desk(command: Command) -> Command:
    """Add ``--db --config --log-file -q -v`` and pass the ``Desk`` as first argument.

    The database is that of ``--db``, else of CUTTINGS_DB, else of the config; the config is ``--config``,
    else CUTTINGS_CONFIG, else ./cuttings.toml.
    """

    @click.option("--db", type=_FILE, metavar="FILE", help="Use this database. [CUTTINGS_DB]")
    @click.option(
        "--config", "config_file", type=_FILE, metavar="FILE", help="Read this config. [CUTTINGS_CONFIG]"
    )
    @click.option("--log-file", type=_FILE, metavar="FILE", help="Append the log to FILE; rotate it at 5 MB.")
    @click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
    @click.option("-v", "--verbose", is_flag=True, help="Print details and the log to stderr.")
    @functools.wraps(command)
    def with_options(
        *arguments: Any,
        db: Path | None,
        config_file: Path | None,
        log_file: Path | None,
        quiet: bool,
        verbose: bool,
        **options: Any,
    ) -> Any:
        desk = _desk(db, config_file, quiet=quiet, verbose=verbose)
        if log_file is not None:
            desk.check_output(log_file)
        _start_log(verbose=verbose, file=log_file)
        return command(desk, *arguments, **options)

    return with_options  # type: ignore[return-value]


def _desk(db: Path | None, config_file: Path | None, *, quiet: bool, verbose: bool) -> Desk:
    """Return the desk that options, variables and config name. Raises ``ConfigError``."""
    path = find_config(config_file, os.environ.get(CONFIG_VARIABLE), Path())
    config = read_config(path, version=VERSION)
    variable = os.environ.get(DATABASE_VARIABLE)
    database = db or (Path(variable) if variable else config.database)
    return Desk(config=config, database=database, quiet=quiet, verbose=verbose)


def _start_log(*, verbose: bool, file: Path | None) -> None:
    """Print the log to stderr, to a file or nowhere. Raises ``OSError`` if the file cannot be opened."""
    silence()
    if verbose or file:
        from pipelines.commands.log_output import configure  # noqa: PLC0415 - most commands print no log

        configure(verbose=verbose, file=file)
        command = click.get_current_context().command_path
        logging.getLogger(__name__).info('started command="%s" version=%s', command, VERSION)


class Seconds(click.FloatRange):
    """A number of seconds; "nan", which is in every range, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number. Raises ``BadParameter``."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


class OneOf(click.Choice[str]):
    """Accept the values of an enumeration (click's own choice accepts the names)."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([member.value for member in kind])
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the member."""
        return value if isinstance(value, self.kind) else self.kind(super().convert(value, param, ctx))


def rows_options(json: str = "Print one JSON array.") -> Callable[[Command], Command]:
    """Add ``--json --nl --csv --table``, the first with the help ``json``, and pass ``rows: RowFormat``."""

    def with_options(command: Command) -> Command:
        for row_format, text in (
            (RowFormat.TABLE, "Print a table (the default)."),
            (RowFormat.CSV, "Print CSV."),
            (RowFormat.NL, "Print JSON Lines."),
            (RowFormat.JSON, json),
        ):
            default = RowFormat.TABLE if row_format is RowFormat.TABLE else None
            option = click.option(
                f"--{row_format}", "rows", flag_value=row_format, type=RowFormat, default=default, help=text
            )
            command = option(command)
        return command

    return with_options


with_rows = rows_options()

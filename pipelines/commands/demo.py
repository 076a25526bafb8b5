"""``cuttings demo``: the whole pipeline over real HTTP on the bundled sites, and then the stories."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import DATABASE_VARIABLE, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, say
from pipelines.config.bundled import data_path
from pipelines.demo.play import FIRST_PASS_AT, SECOND_PASS_AT, Told, play
from pipelines.errors import ConfigError
from pipelines.models import RunReport
from pipelines.storage.store import Store
from pipelines.storage.tables.stories import StoredStory
from pipelines.text import counted
from scraper.models import Source

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_COLUMNS = ("story", "reports", "sources", "published", "title")
_MOST_STORIES = 1000
_PERCENT_A_SITE = 100 / 16  # eight sites, twice


@click.command()
@click.option("--db", type=_FILE, metavar="FILE", help="The database; it must not exist yet. [CUTTINGS_DB]")
@click.option(
    "--config", "config_file", type=_FILE, metavar="FILE", help="Where to write the config of the demo."
)
@click.option(
    "--dir", "folder", type=_FOLDER, metavar="DIR", help="Where to put both; a new folder of /tmp otherwise."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@with_rows
def demo(
    *,
    db: Path | None,
    config_file: Path | None,
    folder: Path | None,
    quiet: bool,
    verbose: bool,
    rows: RowFormat,
) -> int:
    """The whole pipeline on the bundled demo sites, over HTTP on 127.0.0.1.

    Eight small news sites of our own writing are served, each on a port of its own; `run` visits them twice,
    and between the two passes some of their pages change. Nothing leaves this computer.
    """
    database, config_path = _places(db, config_file, folder)
    with _progress(quiet) as told:
        played = play(data_path("demo"), database, config_path, progress=told)
    with Store(database) as store:
        stories = sorted(store.stories.listing(limit=_MOST_STORIES), key=_widest_first)
        reports = store.stories.articles_of(stories[0].id) if stories else ()
    if not quiet:
        _tell(f"first pass, {FIRST_PASS_AT:%d %B %Y}", played.first)
        _tell(
            f"second pass, {SECOND_PASS_AT:%d %B %Y}, after two articles changed and one went", played.second
        )
        say("")
    print_rows(_COLUMNS, map(_row, stories), rows)
    sys.stdout.flush()
    if not quiet:
        _tell_what_next(database, stories, reports)
    if verbose:
        say(f"the config of the demo: {config_path}")
    return EXIT_PARTIAL if played.first.failures else 0


def _places(db: Path | None, config_file: Path | None, folder: Path | None) -> tuple[Path, Path]:
    """Where database and config go. Raises ``ConfigError`` rather than touching a database that is there."""
    named = os.environ.get(DATABASE_VARIABLE)
    database = db or (Path(named) if named and not folder and not Path(named).exists() else None)
    if database is None:
        folder = folder or Path(tempfile.mkdtemp(prefix="cuttings-demo-"))
        database = folder / "demo.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    if database.exists():
        raise ConfigError(
            "the demo wants a database of its own; name a file that does not exist yet", str(database)
        )
    return database, config_file or database.with_suffix(".toml")


@contextmanager
def _progress(quiet: bool) -> Iterator[Told]:
    """A bar on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console  # noqa: PLC0415 - a pipe does without
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting the sites")

        def told(act: str, source: Source) -> None:
            bar.update(task, description=f"{act}: {source.name}", advance=_PERCENT_A_SITE)

        yield told


def _say_nothing(_act: str, _source: Source) -> None:
    pass


def _tell(name: str, report: RunReport) -> None:
    """One line on a pass, and one on each failure."""
    say(
        f"{name}: {report.sources} sites, {report.fetched} pages fetched, {report.unchanged} unchanged, "
        f"{report.new} new articles, {report.revised} revised, {counted(report.stories_created, 'new story')}"
    )
    for failure in report.failures:
        say(f"  {failure.source_id}: {failure.message}: {failure.url}")


def _row(story: StoredStory) -> Sequence[Cell]:
    day = f"{story.first_published_at:%Y-%m-%d}" if story.first_published_at else ""
    return (story.id, story.report_count, story.source_count, day, story.title)


def _widest_first(story: StoredStory) -> tuple[int, int, int]:
    return (-story.report_count, -story.source_count, story.id)


def _tell_what_next(database: Path, stories: Sequence[StoredStory], reports: Sequence[int]) -> None:
    """Lines to copy into the shell."""
    program, place = _program(), f"--db {shlex.quote(str(database))}"
    say("")
    say(f"The database is {database}. What to type next:")
    for line, words in (
        (f"stories kinship {place}", "search the stories"),
        (f"story {stories[0].id if stories else 1} {place}", "one story: its reports, and why each is in it"),
        (f"why {' '.join(map(str, reports[:2]))} {place}", "the evidence for and against one pair"),
        (f"export articles --format csv {place}", "everything as a flat file"),
        ("init", "a desk of your own, with the real sources of the sector"),
    ):
        say(f"  {program} {line}  # {words}")


def _program() -> str:
    """How this program was called, so that the lines can be typed as they stand."""
    called = Path(sys.argv[0])
    found = shutil.which("cuttings")
    if found and called.exists() and Path(found).resolve() == called.resolve():
        return "cuttings"
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m pipelines"
    return shlex.quote(sys.argv[0]) if called.exists() else "cuttings"

"""``cuttings demo``: run the whole pipeline over HTTP on the bundled sites, then list the stories."""

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
from pipelines.config.encoders import AUTO, ENCODER_VARIABLE
from pipelines.demo.play import FIRST_PASS_AT, SECOND_PASS_AT, Progress, play
from pipelines.errors import ConfigError
from pipelines.models import RunCounts
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
@click.option(
    "--db", type=_FILE, metavar="FILE", help="Create this database; it must not exist yet. [CUTTINGS_DB]"
)
@click.option(
    "--config", "config_file", type=_FILE, metavar="FILE", help="Write the config of the demo to this file."
)
@click.option(
    "--dir",
    "folder",
    type=_FOLDER,
    metavar="DIR",
    help="Create both in this folder. Default: a new temporary folder.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
@click.option("-v", "--verbose", is_flag=True, help="Print details.")
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
    """Run the whole pipeline on the bundled demo sites, over HTTP on 127.0.0.1.

    Eight small invented news sites are served, each on its own port. `run` fetches them twice; some pages
    change between the two passes. Nothing leaves this computer.
    """
    database, config_path = _places(db, config_file, folder)
    with _progress(quiet) as progress:
        played = play(data_path("demo"), database, config_path, progress=progress, encoder=_encoder())
    with Store(database) as store:
        stories = sorted(store.stories.listing(limit=_MOST_STORIES), key=_widest_first)
        reports = store.stories.articles_of(stories[0].id) if stories else ()
    if not quiet:
        _print_pass(f"first pass, {FIRST_PASS_AT:%d %B %Y}", played.first)
        _print_pass(
            f"second pass, {SECOND_PASS_AT:%d %B %Y}, after three articles changed and one was removed",
            played.second,
        )
        say("")
    print_rows(_COLUMNS, map(_row, stories), rows)
    sys.stdout.flush()
    if not quiet:
        _print_next_steps(database, stories, reports)
    if verbose:
        say(f"the config of the demo: {config_path}")
    return EXIT_PARTIAL if played.first.failures else 0


def _encoder() -> str:
    """Return the sentence encoder that the demo files with."""
    return os.environ.get(ENCODER_VARIABLE) or AUTO


def _places(db: Path | None, config_file: Path | None, folder: Path | None) -> tuple[Path, Path]:
    """Return the paths of database and config. Raises ``ConfigError`` if the database exists."""
    named = os.environ.get(DATABASE_VARIABLE)
    database = db or (Path(named) if named and not folder and not Path(named).exists() else None)
    if database is None:
        folder = folder or Path(tempfile.mkdtemp(prefix="cuttings-demo-"))
        database = folder / "demo.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    if database.exists():
        raise ConfigError("the demo needs a new database; name a file that does not exist yet", str(database))
    return database, config_file or database.with_suffix(".toml")


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """Show a progress bar on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console  # noqa: PLC0415 - a pipe does without
    from rich.progress import Progress as ProgressBar  # noqa: PLC0415

    with ProgressBar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting the sites")

        def show(action: str, source: Source) -> None:
            bar.update(task, description=f"{action}: {source.name}", advance=_PERCENT_A_SITE)

        yield show


def _show_nothing(_action: str, _source: Source) -> None:
    pass


def _print_pass(name: str, report: RunCounts) -> None:
    """Print one line about a pass and one about each failure."""
    pages, articles = counted(report.fetched, "page"), counted(report.new, "new article")
    say(
        f"{name}: {report.sources} sites, {pages} fetched, {report.unchanged} unchanged, "
        f"{articles}, {report.revised} revised, {counted(report.stories_created, 'new story')}"
    )
    for failure in report.failures:
        say(f"  {failure.source_id}: {failure.message}: {failure.url}")


def _row(story: StoredStory) -> Sequence[Cell]:
    day = f"{story.first_published_at:%Y-%m-%d}" if story.first_published_at else ""
    return (story.id, story.report_count, story.source_count, day, story.title)


def _widest_first(story: StoredStory) -> tuple[int, int, int]:
    return (-story.report_count, -story.source_count, story.id)


def _print_next_steps(database: Path, stories: Sequence[StoredStory], reports: Sequence[int]) -> None:
    """Print commands to copy into the shell."""
    program, place = _program(), f"--db {shlex.quote(str(database))}"
    say("")
    say(f"The database is {database}. Next, try:")
    for line, words in (
        (f"stories kinship {place}", "search the stories"),
        (
            f"story {stories[0].id if stories else 1} {place}",
            "show a story: its reports, and why each is in it",
        ),
        (f"why {' '.join(map(str, reports[:2]))} {place}", "show the evidence for and against one pair"),
        (f"export articles --format csv {place}", "export all articles as a flat file"),
        ("init --help", "set up a desk of your own: with the sources of a bundled sector, or with none"),
    ):
        say(f"  {program} {line}  # {words}")


def _program() -> str:
    """Return how this program was called, so that the lines can be typed as printed."""
    called = Path(sys.argv[0])
    found = shutil.which("cuttings")
    if found and called.exists() and Path(found).resolve() == called.resolve():
        return "cuttings"
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m pipelines"
    return shlex.quote(sys.argv[0]) if called.exists() else "cuttings"

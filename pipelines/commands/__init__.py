"""Register the commands; import a command's module only when it is called.

``cuttings --help`` must start about as fast as Python itself, so the one-line help of each command is written
here and only click is imported. A test compares these lines with the README.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, NoReturn

import click

from pipelines import interrupts
from pipelines.errors import PipelineError
from scraper.errors import ScraperError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 3  # done, but some source or input failed
EXIT_UNFINISHED = 4  # with `run --strict`: the time or the budget of the run was spent
EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h: another run holds the lock
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class Registered(NamedTuple):
    """One command: its name, its module and attribute, and its line in ``--help``."""

    name: str
    module: str
    attribute: str
    help: str


COMMANDS = (
    Registered("init", "init", "init", "Write a commented cuttings.toml and an empty database."),
    Registered("run", "run", "run", "Fetch and file new articles from every due source, once."),
    Registered("fetch", "fetch", "fetch", "Print the clean article at a URL, store it, and name its story."),
    Registered(
        "import", "import_", "import_", "Import saved pages, text dumps, JSON Lines, newsletters, archives."
    ),
    Registered("stories", "stories", "stories", "List or search stories."),
    Registered("story", "stories", "story", "Show one story with its reports and the reasons."),
    Registered("articles", "read", "articles", "List or search articles."),
    Registered(
        "article", "read", "article", "Print one article, where its parts came from, and how it changed."
    ),
    Registered("why", "why", "why", "Show the evidence for and against two articles being one story."),
    Registered("join", "corrections", "join", "Put two articles into one story."),
    Registered(
        "split", "corrections", "split", "Take an article out of its story, or keep two articles apart."
    ),
    Registered("undo", "corrections", "undo", "Undo a correction, tag or note."),
    Registered("review", "corrections", "review", "Decide doubtful pairs, one by one."),
    Registered("decisions", "corrections", "decisions", "List the corrections that people made."),
    Registered("watch", "watch", "watch", "Print the stories that newly match a topic, each once."),
    Registered("tag", "watch", "tag", "Give a story a topic, or take it away."),
    Registered("note", "watch", "note", "Add a note to a story."),
    Registered("sources", "sources", "sources", "List, add, check, switch, import and export sources."),
    Registered("digest", "digest", "digest", "Print the brief of the last day: stories, not articles."),
    Registered("export", "export", "export", "Write articles, stories or matches to a file for other tools."),
    Registered("status", "status", "status", "Show the health of sources and runs."),
    Registered("doctor", "doctor", "doctor", "Check the installation, the config and the database."),
    Registered("schedule", "schedule", "schedule", "Print what to install for cron, systemd or Windows."),
    Registered(
        "reprocess", "reprocess", "reprocess", "Rebuild texts from stored pages with the current rules."
    ),
    Registered("serve", "serve", "serve", "Serve the database as a web site, with pages for stories."),
    Registered("recluster", "corrections", "recluster", "Rebuild stories from the stored articles."),
    Registered("backup", "care", "backup", "Copy the database and its raw pages, even during a run."),
    Registered("restore", "care", "restore", "Replace the database with a backup."),
    Registered("prune", "care", "prune", "Remove what [retention] no longer keeps."),
    Registered("forget", "care", "forget", "Delete an article for good; it does not come back."),
    Registered("vacuum", "care", "vacuum", "Return unused space in the database file to the disk."),
    Registered("backfill", "backfill", "backfill", "Turn years of archives into stories, in parallel."),
    Registered("evaluate", "evaluate", "evaluate", "Score the matcher on labelled articles."),
    Registered("demo", "demo", "demo", "Run the whole pipeline on bundled demo sites on 127.0.0.1."),
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names, in the order a newcomer needs them."""
        return [registered.name for registered in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command of that name; None if there is none."""
        for registered in COMMANDS:
            if registered.name == cmd_name:
                module = import_module(f"pipelines.commands.{registered.module}")
                command: click.Command = getattr(module, registered.attribute)
                interrupts.raise_in_command()
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(registered.name, registered.help) for registered in COMMANDS])


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from pipelines.version import VERSION  # noqa: PLC0415 - not needed for --help

        click.echo(f"cuttings {VERSION}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def cuttings() -> None:
    """Collect the news of one sector: clean articles, and all reports of one event under one story.

    Results go to stdout, messages to stderr. Exit status: 0 everything done; 1 failed; 2 wrong usage or
    config; 3 done, but some source or input failed; 75 another run holds the lock; 130 and 143 ended by a
    signal.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. An expected failure is one line on stderr and an exit status."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # titles may hold lone surrogates
    atexit.register(gc.freeze)  # the last garbage collection of Python costs a run 15 ms for nothing
    try:
        status = _run(arguments)
        interrupts.end_after_command()
    except KeyboardInterrupt:  # a second one, while the first was being told
        interrupts.end(interrupts.SIGINT)
    sys.exit(status)


def _open_closed_streams() -> None:
    """Open the streams that the caller closed (``<&-``), so that no database is opened as descriptor 0 to 2.

    A closed stdout is opened for reading only: results that are lost must end in an error, not in status 0.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        if number == 1:
            os.close(number)
            os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    for name, mode, descriptor in (("stdin", "r", 0), ("stdout", "w", 1), ("stderr", "w", 2)):
        if getattr(sys, name) is None:
            stream = open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - open until exit
            setattr(sys, name, stream)


def _run(arguments: Sequence[str] | None) -> int:
    """Return the exit status of a command line."""
    try:
        status = cuttings.main(arguments, prog_name="cuttings", standalone_mode=False)
        sys.stdout.flush()  # here, where a full disk is still caught
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "cuttings"
        return _fail(f"{error.format_message()} (see `{path} --help`)", EXIT_USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), EXIT_FAILED)
    except (click.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except BrokenPipeError:
        _discard_stdout()
        return EXIT_FAILED
    except PipelineError as error:
        return _fail(str(error), error.exit_code)
    except ScraperError as error:
        return _fail(str(error), EXIT_USAGE if error.stage == "config" else EXIT_FAILED)
    except OSError as error:
        return _fail(_os_error_text(error), EXIT_FAILED)
    return status if isinstance(status, int) else 0


def _interrupted(error: BaseException) -> int:
    """Return 128 + the signal; 1 when a question got no answer because stdin ended."""
    is_signal = isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt)
    message = (
        "interrupted; everything stored so far is kept" if is_signal else "no answer; nothing was changed"
    )
    signalled = error.__cause__ if isinstance(error, click.Abort) else error
    status = getattr(signalled, "exit_status", EXIT_INTERRUPTED)  # 143 after SIGTERM
    return _fail(message, status if is_signal else EXIT_FAILED)


def _os_error_text(error: OSError) -> str:
    if error.errno == errno.EBADF and error.filename is None:
        _discard_stdout()
        return "could not write the results: standard output is closed"
    if error.errno == errno.ENOSPC and error.filename is None:
        _discard_stdout()
        return "could not write the results: no space left on the device"
    return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"


def _discard_stdout() -> None:
    """Send what is still buffered to the null device, or Python complains about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, status: int) -> int:
    from pipelines.commands.output import say  # noqa: PLC0415 - only when something failed

    say(f"cuttings: {message}")
    return status

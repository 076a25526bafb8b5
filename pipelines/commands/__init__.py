"""The command line. This file only registers: each command's module is imported when that command is called.

``cuttings --help`` must cost little more than Python itself, so a command's one-line help stands here and
nothing but click is imported. A test compares the lines with those of the commands.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, NoReturn

import click

from pipelines.errors import PipelineError
from scraper.errors import ScraperError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 3  # done, but some source or input failed
EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h: another run holds the lock


class Registered(NamedTuple):
    """One command: its name, the module and attribute it lives in, and its line in ``--help``."""

    name: str
    module: str
    attribute: str
    help: str


COMMANDS = (
    Registered("init", "init", "init", "Write a commented cuttings.toml and an empty database."),
    Registered(
        "run", "run", "run", "One scheduled pass: discover, fetch, clean, store, match, file into stories."
    ),
    Registered("fetch", "fetch", "fetch", "Print the clean article of an address, store it, name its story."),
    Registered(
        "import", "import_", "import_", "Take in saved pages, text dumps, JSON lines, newsletters, archives."
    ),
    Registered("stories", "stories", "stories", "List and search stories."),
    Registered("story", "stories", "story", "Show one story with its reports and the reasons."),
    Registered("why", "why", "why", "The evidence for and against two articles being one story."),
    Registered("join", "corrections", "join", "Say that two articles are one story."),
    Registered(
        "split", "corrections", "split", "Say that an article is not of its story, or two are not of one."
    ),
    Registered("undo", "corrections", "undo", "Take a decision back."),
    Registered("review", "corrections", "review", "Go through the doubtful pairs, one by one."),
    Registered("decisions", "corrections", "decisions", "List the decisions of people."),
    Registered("sources", "sources", "sources", "List, add, check, switch, import and export sources."),
    Registered(
        "export", "export", "export", "Write articles, stories or matches as a flat file for other tools."
    ),
    Registered("status", "status", "status", "Health of sources and runs."),
    Registered("reprocess", "reprocess", "reprocess", "Rebuild texts from stored pages with today's rules."),
    Registered("recluster", "corrections", "recluster", "Rebuild stories from the stored articles."),
    Registered("evaluate", "evaluate", "evaluate", "Score the matcher on labelled articles."),
    Registered(
        "demo", "demo", "demo", "The whole pipeline on the bundled demo sites, over HTTP on 127.0.0.1."
    ),
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """The names, in the order a newcomer meets them."""
        return [registered.name for registered in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        for registered in COMMANDS:
            if registered.name == cmd_name:
                command = getattr(
                    import_module(f"pipelines.commands.{registered.module}"), registered.attribute
                )
                assert isinstance(command, click.Command)  # noqa: S101 - for the type checker; a test loads them all
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(registered.name, registered.help) for registered in COMMANDS])


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from pipelines.version import VERSION  # noqa: PLC0415 - --help has no use for it

        click.echo(f"cuttings {VERSION}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="The version."
)
def cuttings() -> None:
    """A press-cuttings desk for one sector: clean articles, and all reports of one event under one story.

    Data goes to stdout, messages to stderr. Exit status: 0 done; 1 failed; 2 wrong usage or config; 3 done,
    but some source or input failed; 75 another run holds the lock.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line. Whatever is to be expected ends as one line on stderr and an exit status."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a lone surrogate in a title is no reason to fail
    atexit.register(
        gc.freeze
    )  # Python's last search for cycles costs a run 15 ms, and the process ends anyway
    sys.exit(_run(arguments))


def _open_closed_streams() -> None:
    """Stand in for streams that the caller closed (``<&-``): a database must not be opened in the place of
    stdout."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the end


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = cuttings.main(arguments, prog_name="cuttings", standalone_mode=False)
        sys.stdout.flush()  # here, where a full disk is still caught
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "cuttings"
        return _fail(f"{error.format_message()} (see `{path} --help`)", EXIT_USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), EXIT_FAILED)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; everything stored so far is kept", EXIT_FAILED)
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or Python complains once more at its end
        return EXIT_FAILED
    except PipelineError as error:
        return _fail(str(error), error.exit_code)
    except ScraperError as error:
        return _fail(str(error), EXIT_USAGE if error.stage == "config" else EXIT_FAILED)
    except OSError as error:
        return _fail(
            f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", EXIT_FAILED
        )
    return status if isinstance(status, int) else 0


def _fail(message: str, status: int) -> int:
    from pipelines.commands.output import say  # noqa: PLC0415 - only when something failed

    say(f"cuttings: {message}")
    return status

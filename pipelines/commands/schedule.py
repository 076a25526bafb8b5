"""``cuttings schedule``: print what to install so that `cuttings run` runs by itself."""

from __future__ import annotations

import getpass
import shutil
import sys
from enum import StrEnum
from pathlib import Path

import click

from pipelines.commands.desk import Desk, with_desk
from pipelines.commands.output import print_text, say
from pipelines.commands.urls import monitor_url
from pipelines.operations.schedule import Installation, crontab, systemd_units, windows_task


class Scheduler(StrEnum):
    """The program that starts the runs."""

    CRON = "cron"
    SYSTEMD = "systemd"
    WINDOWS = "windows"


@click.command(
    help="Print what to install so that this desk runs on a schedule: a crontab line, units or a task."
)
@click.option("--cron", "scheduler", flag_value=Scheduler.CRON, type=Scheduler, help="Print a crontab line.")
@click.option(
    "--systemd",
    "scheduler",
    flag_value=Scheduler.SYSTEMD,
    type=Scheduler,
    help="Print a service and a timer.",
)
@click.option(
    "--windows",
    "scheduler",
    flag_value=Scheduler.WINDOWS,
    type=Scheduler,
    help="Print a PowerShell script for the Task Scheduler.",
)
@click.option(
    "--every",
    "minutes",
    type=click.IntRange(5, 1440),
    default=30,
    show_default=True,
    metavar="MINUTES",
    help="Run every MINUTES.",
)
@click.option(
    "--ping",
    "ping_url",
    default="",
    callback=monitor_url,
    metavar="URL",
    help="Tell the monitor at URL about each run.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write files to DIR.",
)
@with_desk
def schedule(
    desk: Desk, *, scheduler: Scheduler | None, minutes: int, ping_url: str, output: Path | None
) -> None:
    """Print to stdout, or write the files; install nothing."""
    if scheduler is None:
        raise click.UsageError("choose a scheduler: --cron, --systemd or --windows")
    if desk.config.path is None:
        say("cuttings: no config file here, so these runs would have no sources; name one with --config")
    installation = Installation(
        program=_program(),
        config=_straight(desk.config.path) if desk.config.path else None,
        database=_straight(desk.database),
        user=getpass.getuser(),
        minutes=_whole_hours(minutes),
        ping_url=ping_url,
    )
    files = _files(scheduler, installation)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
            desk.say(f"wrote {output / name}")
    elif scheduler is Scheduler.SYSTEMD:
        print_text("\n".join(f"# /etc/systemd/system/{name}\n{text}" for name, text in files.items()))
        desk.say("install both files, then: systemctl daemon-reload && systemctl enable --now cuttings.timer")
    else:
        print_text("".join(files.values()).rstrip("\n"))


def _straight(path: Path) -> Path:
    """Return the absolute path without "..", which systemd ignores; a symbolic link keeps its name."""
    path = path.absolute()
    return path.parent.resolve() / path.name if ".." in path.parts else path


def _files(scheduler: Scheduler, installation: Installation) -> dict[str, str]:
    if scheduler is Scheduler.SYSTEMD:
        return systemd_units(installation)
    if scheduler is Scheduler.CRON:
        return {"cuttings.crontab": crontab(installation)}
    return {"cuttings.ps1": windows_task(installation)}


def _whole_hours(minutes: int) -> int:
    """Return minutes that divide the hour, or hours that divide the day: cron has no other intervals."""
    if minutes >= 60:
        return max(each for each in (1, 2, 3, 4, 6, 8, 12, 24) if each * 60 <= minutes) * 60
    return max(each for each in (5, 6, 10, 12, 15, 20, 30) if each <= minutes)


def _program() -> tuple[str, ...]:
    """Return how to call this installation: the command beside this Python, else the module."""
    beside = Path(sys.executable).with_name("cuttings")
    if beside.is_file():
        return (str(beside),)
    found = shutil.which("cuttings")
    return (found,) if found else (sys.executable, "-m", "pipelines")

"""`cuttings schedule`: what it prints is valid, and calls this installation from an empty environment."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.operations.schedule import Installation, crontab, systemd_units, windows_task
from tests.cli import CommandLine
from tests.database import opened
from tests.desk import make_desk, page, report
from tests.site import Entry, Site

AWKWARD = Path("/srv/press 100%/o'brien $HOME/desk.db")


def installation(minutes: int = 30, database: Path = Path("/srv/desk/cuttings.db")) -> Installation:
    return Installation(
        program=("/opt/venv/bin/cuttings",),
        config=database.with_name("cuttings.toml"),
        database=database,
        user="desk",
        minutes=minutes,
    )


@pytest.mark.slow
def test_the_crontab_line_runs_this_desk_without_an_environment(cli: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "a desk's 100%"
    folder.mkdir()
    with Site() as site:
        site.page("/alder", page("Alder council opens a family hub", *report("Alder")))
        site.feed("/feed", [Entry(path="/alder", title="Alder council opens a family hub")])
        make_desk(folder, site)
        said = cli("schedule", "--cron", "--config", folder / "cuttings.toml")
        assert said.status == 0
        [line] = [line for line in said.out.splitlines() if not line.startswith("#")]
        command = line.split(maxsplit=5)[5].replace("\\%", "%")  # as cron reads it
        environment = {"HOME": "/", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=environment, cwd="/", capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with opened(folder / "cuttings.db") as database:
        assert database.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    database.close()
    assert "command=" in (folder / "cuttings.log").read_text()


@pytest.mark.parametrize(("minutes", "fields"), [(5, 12), (30, 2), (60, 1), (120, 1), (1440, 1)])
def test_cron_times(minutes: int, fields: int) -> None:
    line = crontab(installation(minutes)).splitlines()[-1].split()
    assert len(line[0].split(",")) == fields
    assert all(0 <= int(minute) < 60 for minute in line[0].split(","))
    assert line[1] == {120: "*/2", 1440: "0"}.get(minutes, "*")
    assert line[2:5] == ["*", "*", "*"]


@pytest.mark.parametrize("database", [Path("/srv/desk/cuttings.db"), AWKWARD])
@pytest.mark.parametrize("minutes", [5, 30, 60, 240, 1440])
def test_systemd_accepts_the_units(tmp_path: Path, database: Path, minutes: int) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    units = systemd_units(
        Installation(program=("/bin/true",), config=None, database=database, user="root", minutes=minutes)
    )
    for name, text in units.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", *(str(tmp_path / name) for name in units)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "cuttings." in line]
    assert not ours
    assert done.returncode == 0, done.stderr
    assert "Persistent=true" in units["cuttings.timer"]
    assert "RandomizedDelaySec=" in units["cuttings.timer"]
    assert "SuccessExitStatus=3 75" in units["cuttings.service"]


def test_systemd_may_write_where_the_database_is(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    done = cli("schedule", "--systemd", "--db", str(tmp_path / "desk" / ".." / "cuttings.db"))
    assert f'ReadWritePaths="{tmp_path}"' in done.out
    assert "/.." not in done.out
    hidden = {line for path in ("/srv/a.db", "/tmp/a.db") for line in _service(path) if "PrivateTmp" in line}
    assert hidden == {"PrivateTmp=yes", "PrivateTmp=no"}


def _service(database: str) -> list[str]:
    return systemd_units(installation(database=Path(database)))["cuttings.service"].splitlines()


def test_systemd_expands_nothing_in_paths() -> None:
    service = systemd_units(installation(database=AWKWARD))["cuttings.service"]
    [line] = [line for line in service.splitlines() if line.startswith("ExecStart=")]
    assert '"/srv/press 100%%/o\'brien $$HOME/desk.db"' in line


def test_the_windows_task_quotes_its_arguments() -> None:
    script = windows_task(installation(database=AWKWARD))
    assert "-Execute '/opt/venv/bin/cuttings'" in script
    assert "\"/srv/press 100%/o''brien $HOME/desk.db\"" in script
    assert "-StartWhenAvailable -MultipleInstances IgnoreNew" in script


def test_files_are_written_and_a_scheduler_must_be_named(cli: CommandLine, tmp_path: Path) -> None:
    make_desk(tmp_path)
    assert cli("schedule").status == 2
    said = cli("schedule", "--systemd", "-o", "units", "--every", "17")
    assert said.status == 0
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == [
        "cuttings.service",
        "cuttings.timer",
    ]
    assert "every 15 minutes" in (tmp_path / "units" / "cuttings.timer").read_text()
    assert (
        json.dumps(str(tmp_path / "cuttings.db"))[1:-1] in (tmp_path / "units/cuttings.service").read_text()
    )
    assert "Register-ScheduledTask" in cli("schedule", "--windows").out


def test_what_a_scheduled_run_would_refuse_is_refused_or_said(cli: CommandLine, tmp_path: Path) -> None:
    for url in ("monitor.example/uuid", "http://", "http://["):
        assert cli("schedule", "--cron", "--ping", url).status == 2
    assert "these runs would have no sources" in cli("schedule", "--cron", "--quiet").err
    make_desk(tmp_path)
    said = cli("schedule", "--cron", "--every", "420")
    assert said.err == ""
    assert "# Every 360 minutes" in said.out  # every seventh hour would follow the 21st after three
    assert " */6 * * * " in said.out

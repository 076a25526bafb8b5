"""Write what a scheduler needs to call `cuttings run`: a crontab line, systemd units, a Windows task. Pure.

All three name absolute paths, since schedulers start with almost no environment. Runs never overlap: a second
one finds the lock, exits with status 75, and counts as a success.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

RUN_HOURS = 2  # after these a run is stopped; it ends by itself within `--max-seconds`
STOP_SECONDS = 30  # between SIGTERM and SIGKILL; a run needs 5 to store what it has
SPREAD_SECONDS = 120  # random delay, so that not all desks ask at the full minute
MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is to be called, and where. All paths are absolute."""

    program: tuple[str, ...]  # the command and its first arguments, such as (python, -m, pipelines)
    config: Path | None
    database: Path
    user: str
    minutes: int = 30  # between two runs
    ping_url: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command line of a run."""
        config = ("--config", str(self.config)) if self.config else ()
        ping = ("--ping", self.ping_url) if self.ping_url else ()
        seconds = str(RUN_HOURS * 3600 - 600)
        log = str(self.database.with_name(f"{self.database.stem}.log"))
        options = ("--quiet", "--max-seconds", seconds, "--log-file", log, *ping)
        return (*self.program, "run", *options, *config, "--db", str(self.database))

    @property
    def offset(self) -> int:
        """Return the minute at which its runs begin: another one for each desk, always the same for one."""
        return crc32(str(self.database).encode()) % min(self.minutes, 60)


def crontab(installation: Installation) -> str:
    """Return a crontab line. Cron reads % as the end of a line, so it is escaped."""
    command = shlex.join(installation.command).replace("%", "\\%")
    return (
        f"# Every {installation.minutes} minutes; cron mails what is printed: only new failures.\n"
        f"# Add this line with `crontab -e` of user {installation.user}.\n"
        f"{_cron_times(installation)} {command}\n"
    )


def _cron_times(installation: Installation) -> str:
    minutes, offset = installation.minutes, installation.offset
    if minutes < 60:
        return f"{','.join(str(minute) for minute in range(offset, 60, minutes))} * * * *"
    hours = minutes // 60
    return f"{offset} * * * *" if hours == 1 else f"{offset} {'0' if hours >= 24 else f'*/{hours}'} * * *"


_SERVICE = """\

[Unit]
Description=Collect the press cuttings of {database}
Documentation=man:systemd.timer(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
ExecStart={command}
# 3: some source failed, which `cuttings status` tells; 75: the run before is still under way.
SuccessExitStatus=3 75
TimeoutStartSec={hours}h
TimeoutStopSec={stop_seconds}
Nice=10
UMask=0027
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths="{folder}"
PrivateTmp={private_tmp}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_TIMER = """\

[Unit]
Description=Collect press cuttings every {minutes} minutes

[Timer]
OnCalendar={calendar}
# After a night without power, run once at the next start.
Persistent=true
RandomizedDelaySec={spread_seconds}

[Install]
WantedBy=timers.target
"""


_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - what PrivateTmp hides


def systemd_units(installation: Installation) -> dict[str, str]:
    """Return a hardened service and its timer, by file name."""
    in_tmp = any(installation.database.is_relative_to(folder) for folder in _TEMPORARY)
    service = _SERVICE.format(
        command=" ".join(map(_systemd_quoted, installation.command)),
        database=_systemd_escaped(str(installation.database)),
        folder=_systemd_escaped(str(installation.database.parent)),
        private_tmp="no" if in_tmp else "yes",  # a private one would hide the database
        user=installation.user,
        hours=RUN_HOURS,
        stop_seconds=STOP_SECONDS,
    )
    timer = _TIMER.format(
        minutes=installation.minutes, calendar=_calendar(installation), spread_seconds=SPREAD_SECONDS
    )
    return {"cuttings.service": service, "cuttings.timer": timer}


def _calendar(installation: Installation) -> str:
    minutes, offset = installation.minutes, installation.offset
    if minutes < 60:
        return f"*:{offset}/{minutes}"
    hours = minutes // 60
    return f"*-*-* 0/{hours}:{offset:02}:00" if hours < 24 else f"*-*-* 00:{offset:02}:00"


def _systemd_escaped(text: str) -> str:
    """Return text in which systemd expands nothing."""
    return text.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')


def _systemd_quoted(argument: str) -> str:
    escaped = _systemd_escaped(argument).replace("$", "$$")
    return f'"{escaped}"' if escaped != argument or set(argument) & set(" '\t;") else argument


def windows_task(installation: Installation) -> str:
    """Return a PowerShell script that registers a scheduled task."""
    program, *arguments = installation.command
    return f"""\
# Run this in PowerShell as the user whose desk it is.
$action = New-ScheduledTaskAction -Execute {_powershell(program)} `
    -Argument {_powershell(_windows_arguments(arguments))} `
    -WorkingDirectory {_powershell(str(installation.database.parent))}
$trigger = New-ScheduledTaskTrigger -Once -At (Get-Date) `
    -RepetitionInterval (New-TimeSpan -Minutes {installation.minutes})
$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew `
    -ExecutionTimeLimit (New-TimeSpan -Hours {RUN_HOURS})
Register-ScheduledTask -TaskName 'cuttings' -Action $action -Trigger $trigger -Settings $settings
"""


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _windows_arguments(arguments: Sequence[str]) -> str:
    """Return arguments as the C runtime of Windows splits them."""
    return " ".join(f'"{argument}"' if set(argument) & set(" \t") else argument for argument in arguments)

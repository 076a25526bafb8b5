"""Serve a database with Datasette until interrupted."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from datasette.app import Datasette

from pipelines.errors import PipelineError
from pipelines.web.editing import Editing, allow, check_host
from pipelines.web.unreadable import refusing

SETTINGS = {
    "sql_time_limit_ms": 2_000,  # longer queries than a reader waits for, and more rows than a page shows,
    "max_returned_rows": 1_000,  # are for the CSV stream,
    "max_csv_mb": 0,  # which ends only with the table
}
NICENESS = 10  # pages give way to a run: they weigh a ninth of it in the scheduler of Linux


def run(
    database: Path, sockets: Sequence[socket.socket], *, immutable: bool, editing: Editing | None = None
) -> None:
    """Serve ``database`` to who connects to ``sockets``, read-only but for what ``editing`` allows.

    Raises ``ConfigError`` for editing on an address that other computers reach.
    """
    if editing is not None:
        for each in sockets:
            check_host(each.getsockname()[0])
    files = [str(database)]
    datasette = Datasette(
        files=[] if immutable else files, immutables=files if immutable else [], settings=SETTINGS
    )
    if editing is not None:
        allow(datasette, editing)
    from datasette import handle_exception  # noqa: PLC0415 - before datasette.app it registers nothing

    handle_exception.rich = None  # with Rich a traceback is printed for each page that is not found
    if not immutable and hasattr(os, "nice"):  # Windows does not have it
        os.nice(NICENESS)
    uvicorn.Server(uvicorn.Config(refusing(datasette.app()), log_level="warning")).run(sockets=list(sockets))


def listen(host: str, port: int) -> tuple[socket.socket, ...]:
    """Return sockets that listen on each address of ``host``; port 0 is a free one, the same for all.

    Raises ``PipelineError`` where nothing can listen.
    """
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    try:
        addresses = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PipelineError("--host is not a name or address of this computer", host) from error
    for family, address in dict.fromkeys((each[0], each[4][0]) for each in addresses):
        number = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(socket.create_server((address, number), family=family))
        except OSError as error:  # such as IPv6 where there is none; another address may do
            failure = error
            if error.errno == errno.EADDRINUSE:
                break
    if failure is not None and (failure.errno == errno.EADDRINUSE or not sockets):
        for each in sockets:
            each.close()
        raise PipelineError(_refusal(failure), f"{host}:{port}") from failure
    return tuple(sockets)


def _refusal(failure: OSError) -> str:
    if failure.errno == errno.EADDRINUSE:
        return "another program listens on this port; choose one with --port, or a free one with --port 0"
    if failure.errno == errno.EADDRNOTAVAIL:
        return "--host is not a name or address of this computer"
    return f"cannot listen there ({failure.strerror}); choose another --host or --port"

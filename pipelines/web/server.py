"""Serve a database with Datasette until interrupted."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import uvicorn
from datasette.app import Datasette

from pipelines.web.editing import Editing, allow, check_host

SETTINGS = {
    "sql_time_limit_ms": 2_000,  # longer queries than a reader waits for, and more rows than a page shows,
    "max_returned_rows": 1_000,  # are for the CSV stream,
    "max_csv_mb": 0,  # which ends only with the table
}
NICENESS = 10  # pages give way to a run: they weigh a ninth of it in the scheduler of Linux


def run(database: Path, host: str, port: int, *, immutable: bool, editing: Editing | None = None) -> None:
    """Serve ``database`` on ``host`` and ``port``, read-only but for the corrections that ``editing`` allows.

    Raises ``ConfigError`` for editing on an address that other computers reach.
    """
    if editing is not None:
        check_host(host)
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
    uvicorn.run(datasette.app(), host=host, port=port, log_level="warning")


def free_port(host: str) -> int:
    """Return a port of ``host`` that nobody listens on."""
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])

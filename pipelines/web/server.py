"""Serve a database with Datasette until interrupted."""

from __future__ import annotations

import socket
from pathlib import Path

import uvicorn
from datasette.app import Datasette

from pipelines.storage.store import Store

# Longer queries than a reader waits for, and more rows than a page shows, are for the CSV stream.
SETTINGS = {"sql_time_limit_ms": 2_000, "max_returned_rows": 1_000}


def run(database: Path, host: str, port: int, *, immutable: bool) -> None:
    """Serve ``database`` read-only on ``host`` and ``port``."""
    files = [str(database)]
    datasette = Datasette(
        files=[] if immutable else files,
        immutables=files if immutable else [],
        settings=SETTINGS,
        metadata=hidden_tables(database),
    )
    uvicorn.run(datasette.app(), host=host, port=port, log_level="warning")


def hidden_tables(database: Path) -> dict[str, object]:
    """Return Datasette's metadata that leaves bookkeeping out of its list of tables, as Datasette 1 does."""
    with Store(database, read_only=True) as store:
        names = store.views.bookkeeping()
    return {"databases": {database.stem: {"tables": {name: {"hidden": True} for name in names}}}}


def free_port(host: str) -> int:
    """Return a port of ``host`` that nobody listens on."""
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])

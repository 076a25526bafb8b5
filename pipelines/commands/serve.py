"""``cuttings serve``: the database as a web site, read-only, on this computer."""

from __future__ import annotations

import importlib.util
import os
import webbrowser

import click

from pipelines.commands.corrections import login
from pipelines.commands.desk import Desk, with_desk
from pipelines.errors import PipelineError
from pipelines.files import real_file
from pipelines.ingest.signals import raised_signals
from pipelines.storage.soundness import check_unless_known

PORT = 8001  # Datasette's own default
CHECK_WAIT_SECONDS = 2.0  # for a program that holds the file


@click.command(help="Serve the database as a web site, with pages for stories; needs the extra `web`.")
@click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Listen on HOST.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=PORT,
    show_default=True,
    help="Listen on PORT; 0 picks a free one.",
)
@click.option("--immutable", is_flag=True, help="Serve a published copy that nobody writes to.")
@click.option("--edit", is_flag=True, help="Allow decisions on the review page, on this computer only.")
@click.option("--open", "open_browser", is_flag=True, help="Open the front page in a browser.")
@with_desk
def serve(desk: Desk, *, host: str, port: int, immutable: bool, edit: bool, open_browser: bool) -> None:
    """Serve until interrupted."""
    if not host.strip():
        raise click.UsageError("--host is empty; leave it out to serve only this computer")
    if edit and immutable:
        raise click.UsageError("--edit changes the database, --immutable promises that nobody does; use one")
    if importlib.util.find_spec("datasette") is None:
        raise PipelineError(
            "`serve` needs Datasette, which is not installed; run `pip install 'cuttings[web]'`"
        )
    with desk.store(reading=True):
        pass  # says in one line what is wrong with the database
    if not immutable:  # beside the site's readers no writer looks any more
        check_unless_known(real_file(desk.database), CHECK_WAIT_SECONDS)
    from pipelines.web import server  # noqa: PLC0415 - an extra
    from pipelines.web.editing import Editing, check_host  # noqa: PLC0415

    if edit:
        check_host(host)
    sockets = server.listen(host, port)
    name = f"[{host.strip('[]')}]" if ":" in host else host
    url = f"http://{name}:{sockets[0].getsockname()[1]}/"
    click.echo(url)
    if open_browser:
        webbrowser.open(url)
    editing = (
        Editing(name=login(), encoder=desk.encoder, threshold=desk.config.match.log_odds) if edit else None
    )
    # Where no file can be made beside it, SQLite reads a database in WAL mode only as an immutable one.
    database = real_file(desk.database)
    is_read_only = not os.access(database.parent, os.W_OK)
    with raised_signals():  # the server raises the signal again with which it was ended
        server.run(database, sockets, immutable=immutable or is_read_only, editing=editing)

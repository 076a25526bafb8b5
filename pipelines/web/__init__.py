"""The desk in a browser: a Datasette plugin with pages for stories, sources and searches.

Datasette serves the tables; these routes stand in front of them. Every page is read-only, works without
JavaScript and asks no other host for anything. Text from other people's sites is escaped by the templates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette import Response, hookimpl
from datasette.utils.asgi import Request

from pipelines.errors import PipelineError
from pipelines.storage.store import Store
from pipelines.web import pages
from pipelines.web.pages import Page

if TYPE_CHECKING:
    from datasette.app import Datasette  # Datasette imports its plugins while it is being imported

# Nothing but our own style sheet: no script runs, no other host is asked, nobody frames the page.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
APPLICATION_ID = 0x43555454  # "CUTT", which storage sets
LONGEST_QUERY = 2_000  # characters of a URL's query string; longer ones are refused with HTTP 414

PageOf = Callable[[Store, Request], Page]


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of the desk. They come before Datasette's own."""
    return [
        (r"^/$", _view(pages.front)),
        (r"^/story/(?P<id>\d{1,18})$", _view(pages.story)),
        (r"^/story/(?P<id>\d{1,18})/compare$", _view(pages.compare)),
        (r"^/source/(?P<id>[^/]+)$", _view(pages.source)),
        (r"^/sources$", _view(pages.sources)),
        (r"^/search$", _view(pages.search)),
    ]


def _view(page_of: PageOf) -> Callable[..., Any]:
    async def respond(request: Request, datasette: Datasette) -> Response:
        if len(request.query_string) > LONGEST_QUERY:
            page = pages.message(414, "This address is too long", "Shorten the search and try again.")
        else:
            path = await desk_database(datasette)
            page = await asyncio.to_thread(_read, path, page_of, request)
        if page.location is not None:
            return Response.redirect(page.location, status=page.status)
        tables = datasette.urls.path("/-/databases") if path_of(datasette) is None else tables_url(datasette)
        context = {**page.context, "tables_url": tables, "style_url": style_url(datasette)}
        html = await datasette.render_template(page.template, context, request=request)
        return Response.html(html, status=page.status, headers=dict(SECURITY_HEADERS))

    return respond


def _read(path: Path | None, page_of: PageOf, request: Request) -> Page:
    if path is None:
        return pages.message(
            404, "This site has no cuttings database", "Start it with `cuttings serve`, or name the database."
        )
    try:
        with Store(path, read_only=True) as store:
            return page_of(store, request)
    except PipelineError as error:
        return pages.message(503, "The database cannot be read now", str(error))


async def desk_database(datasette: Datasette) -> Path | None:
    """Return the path of the first attached database that is a desk's; None if there is none."""
    for database in datasette.databases.values():
        if database.path is None or database.is_memory:
            continue
        rows = await database.execute("PRAGMA application_id")
        if rows.rows and rows.rows[0][0] == APPLICATION_ID:
            return Path(database.path)
    return None


def path_of(datasette: Datasette) -> str | None:
    """Return the name of the first database file that is attached."""
    return next(
        (name for name, each in datasette.databases.items() if each.path is not None and not each.is_memory),
        None,
    )


def tables_url(datasette: Datasette) -> str:
    """Return the URL of the page that lists the tables."""
    return str(datasette.urls.database(path_of(datasette)))


def style_url(datasette: Datasette) -> str:
    """Return the URL of our style sheet."""
    return str(datasette.urls.path("/-/static-plugins/cuttings/desk.css"))

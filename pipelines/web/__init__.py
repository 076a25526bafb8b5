"""The desk in a browser: a Datasette plugin with pages for stories, sources, voices and searches.

Datasette serves the tables; these routes stand in front of them. Every page is read-only, works without
JavaScript and asks no other host for anything. Text from other people's sites is escaped by the templates.
Only `serve --edit` accepts a form, on the review page and from this computer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from datasette import Response, hookimpl
from datasette.utils.asgi import Request

from pipelines.errors import PipelineError
from pipelines.storage.maintenance import content_version
from pipelines.storage.store import Store
from pipelines.web import digests, editing, evidence, front, review, sources, story, tables, voices, words
from pipelines.web.page import Page, message, times_of, web_url
from pipelines.web.readers import Readers, readers_on
from pipelines.web.rendered import rendered_on

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
LONGEST_QUERY = 2_000  # characters of a URL's query string; longer ones are refused with HTTP 414

_IS_DESK = "is_cuttings_desk"  # the attribute of an attached database that was looked at

PageOf = Callable[[Store, Request], Page]


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of the desk. They come before Datasette's own."""
    number, name = r"(?P<id>\d{1,18})", r"(?P<id>[^/]+)"
    return [
        (r"^/$", _view(front.front)),
        (rf"^/story/{number}$", _view(story.story)),
        (rf"^/story/{number}\.(?P<form>ris|json|atom)$", _view(story.citation)),
        (r"^/compare$", _view(evidence.compare)),
        (rf"^/source/{name}$", _view(sources.source)),
        (r"^/sources$", _view(sources.sources)),
        (r"^/search$", _view(front.search)),
        (r"^/voices$", _view(voices.voices)),
        (r"^/voice$", _view(voices.voice)),
        (r"^/topics$", _view(front.topics)),
        (rf"^/topic/{name}$", _view(front.topic)),
        (r"^/digests$", _view(digests.digests)),
        (rf"^/digest/{number}(?P<form>\.atom)?$", _view(digests.digest)),
        (r"^/review$", _review),
    ]


@hookimpl
def startup(datasette: Datasette) -> Callable[[], Any]:
    """Return what describes the tables before the first request."""

    async def describe() -> None:
        await tables.describe(datasette)

    return describe


@hookimpl(optionalhook=True)
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    """Return the descriptions of tables and columns. Datasette 0.65 alone asks."""
    return tables.metadata_of(datasette)


@hookimpl(optionalhook=True)
def canned_queries(datasette: Datasette, database: str) -> Mapping[str, dict[str, str]]:
    """Return the questions of docs/queries.md. Datasette 0.65 alone asks."""
    return tables.queries_of(datasette, database)


def _view(page_of: PageOf) -> Callable[..., Any]:
    async def respond(request: Request, datasette: Datasette) -> Response:
        if len(request.query_string) > LONGEST_QUERY:
            page = message(414, "This address is too long", "Shorten the search and try again.")
            return await _answer(datasette, request, page, {})
        path = await desk_database(datasette)

        async def make() -> Response:
            page, common = await asyncio.to_thread(_read, readers_on(datasette), path, page_of, request)
            return await _answer(datasette, request, page, common)

        if path is None or editing.allowed_on(datasette) is not None:  # an editor sees what was decided
            return await make()
        address = (request.path, request.query_string)
        return await rendered_on(datasette).answer(address, content_version(path), make)

    return respond


async def _review(request: Request, datasette: Datasette) -> Response:
    """Show the doubtful pairs; with ``serve --edit`` accept a decision on one of them."""
    allowed = editing.allowed_on(datasette)
    path = await desk_database(datasette)
    if request.method != "POST" or allowed is None or path is None:
        if request.method == "POST":
            page = message(403, "This site is read-only", "Decide with `cuttings join`, `split` and `undo`.")
            return await _answer(datasette, request, page, {})
        return await _view(review.review)(request, datasette)
    values = dict(await request.post_vars())
    if reason := editing.refusal(allowed, dict(request.headers), values):
        return await _answer(datasette, request, message(403, "Nothing was recorded", reason), {})
    try:
        number = await asyncio.to_thread(editing.correct, path, allowed, values)
    except PipelineError as error:
        back = (("/review", "Pairs in doubt"),)
        return await _answer(datasette, request, message(409, "Nothing was recorded", str(error), back), {})
    return await _answer(
        datasette,
        request,
        Page(status=303, location=f"/review?decided={number}" if number else "/review"),
        {},
    )


async def _answer(datasette: Datasette, request: Request, page: Page, common: dict[str, Any]) -> Response:
    prefix = str(datasette.setting("base_url")).rstrip("/")
    headers = dict(SECURITY_HEADERS)
    if page.location is not None:
        return Response.redirect(prefix + quote(page.location, safe="/?=&"), status=page.status)
    if page.body is not None:
        if page.file_name:
            headers["content-disposition"] = f'attachment; filename="{page.file_name}"'
        return Response(page.body, headers=headers, content_type=f"{page.content_type}; charset=utf-8")
    allowed = editing.allowed_on(datasette)
    context = {
        "base": prefix,
        "section": "",
        "words": words,
        "web_url": web_url,
        "tables_url": tables_url(datasette),
        "style_url": datasette.urls.path("/-/static-plugins/cuttings/desk.css"),
        "edit_token": allowed.token if allowed else "",
        "csrf": request.scope["csrftoken"]() if allowed and "csrftoken" in request.scope else "",
        **common,
        **page.context,
    }
    html = await datasette.render_template(page.template, context, request=request)
    return Response.html(html, status=page.status, headers=headers)


def _read(
    readers: Readers, path: Path | None, page_of: PageOf, request: Request
) -> tuple[Page, dict[str, Any]]:
    if path is None:
        text = "Start it with `cuttings serve`, or name the database."
        return message(404, "This site does not have a cuttings database", text), {}
    try:
        with readers.snapshot(path) as store:
            return page_of(store, request), {"times": times_of(store)}
    except PipelineError as error:
        return message(503, "The database cannot be read now", str(error)), {}


async def desk_database(datasette: Datasette) -> Path | None:
    """Return the path of the first attached database that is a desk's; None if there is none."""
    for database in datasette.databases.values():
        if database.path is None or database.is_memory:
            continue
        if getattr(database, _IS_DESK, False):
            return Path(database.path)
        rows = await database.execute("PRAGMA application_id")
        if rows.rows and rows.rows[0][0] == tables.APPLICATION_ID:
            setattr(database, _IS_DESK, True)
            return Path(database.path)
    return None


def tables_url(datasette: Datasette) -> str:
    """Return the URL of the page that lists the tables of the first database file that is attached."""
    for name, each in datasette.databases.items():
        if each.path is not None and not each.is_memory:
            return str(datasette.urls.database(name))
    return str(datasette.urls.path("/-/databases"))

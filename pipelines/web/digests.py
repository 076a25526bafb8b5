"""The stored digests: the list, and each at its own address."""

from __future__ import annotations

from datasette.utils.asgi import Request

from pipelines.export.digest.build import as_of_today
from pipelines.export.digest.content import from_json
from pipelines.export.digest.feeds import as_atom
from pipelines.export.digest.outline import Role, outline
from pipelines.storage.store import Store
from pipelines.web.page import Page, message

LISTED = 200


def digests(store: Store, _request: Request) -> Page:
    """Return the digests that were made, the newest first."""
    return Page(
        template="desk_digests.html",
        context={"title": "Digests", "section": "digests", "digests": store.digests.latest(limit=LISTED)},
    )


def digest(store: Store, request: Request) -> Page:
    """Return one digest as it was made, without what was forgotten since; as Atom with ``.atom``."""
    number = int(request.url_vars["id"])
    content = store.digests.content(number) if number < 2**63 else None
    if content is None:
        return message(
            404, f"Digest {number} was not found", "`cuttings digest` makes one.", (("/digests", "Digests"),)
        )
    shown = as_of_today(store, from_json(content))
    if request.url_vars.get("form"):
        return Page(body=as_atom(shown), content_type="application/atom+xml")
    lines = list(outline(shown))
    ids = iter([story.story_id for story in shown.stories])
    with_ids = [(line, next(ids, None) if line.role is Role.STORY else None) for line in lines]
    return Page(
        template="desk_digest.html",
        context={"title": lines[0].text, "section": "digests", "digest": shown, "lines": with_ids[1:]},
    )

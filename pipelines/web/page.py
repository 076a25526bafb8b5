"""One answer of the site, and what all pages need to make it: rights of texts, and readings of addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from datasette.utils.asgi import Request

from pipelines.export.digest.novelty import lead_of
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.web.words import Times
from scraper.rights import TextUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer: a template with its values, a document of another type, or a redirect.

    ``location`` and ``links`` are paths of the site without the prefix that it may be served under.
    """

    template: str = "desk_message.html"
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str | None = None
    body: str | None = None
    content_type: str = ""
    file_name: str = ""


def message(status: int, title: str, text: str, links: Sequence[tuple[str, str]] = ()) -> Page:
    """Return a page that says one thing, with ways on."""
    ways = tuple(links) or (("/", "Front page"), ("/search", "Search"))
    return Page(status=status, context={"title": title, "text": text, "links": ways})


def times_of(store: Store) -> Times:
    """Return the clock of the desk."""
    return Times(zone=store.zone, now=datetime.now(UTC))


def may_show(text_use: str) -> bool:
    """Return whether the publisher's rights and the desk's purpose allow a text to be shown in full."""
    return text_use == TextUse.FULL


def opening(text: str, *, text_use: str, is_snippet_refused: bool) -> str:
    """Return the first sentences of a text; none where the publisher reserved it or allows no excerpt."""
    is_reserved = text_use == TextUse.FEATURES_ONLY or (is_snippet_refused and not may_show(text_use))
    return "" if is_reserved else lead_of(text)


def excerpt(stored: StoredArticle) -> str:
    """Return the first sentences of an article, as far as they may be shown."""
    article = stored.article
    return opening(article.text, text_use=stored.text_use, is_snippet_refused=article.rights.nosnippet)


def web_url(url: str | None) -> str | None:
    """Return an http(s) address; None for anything else, such as ``javascript:``."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


def day_start(text: str | None, times: Times) -> datetime | None:
    """Return the beginning of a day such as ``2026-10-12`` where the desk is; None for what is not a day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=times.zone) if text else None
    except ValueError:
        return None


def named(request: Request) -> str:
    """Return the id in the path of an address."""
    return unquote(str(request.url_vars["id"]))


def number_of(text: str | None) -> int:
    """Return a number of an address; -1 for what is not a number."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else -1

"""news-please, its extraction from HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsplease import NewsPlease

from tools.bench.loop import page, serve


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, title and authors."""
    found = NewsPlease.from_html(request["html"], url=request["url"])
    return {"text": found.maintext or "", "title": found.title, "authors": list(found.authors or ())}


if __name__ == "__main__":
    serve(text, page)

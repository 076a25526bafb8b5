"""newspaper4k."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import newspaper

from tools.bench.loop import page, serve


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, title and authors."""
    found = newspaper.article(request["url"], input_html=request["html"], fetch_images=False)
    return {"text": found.text, "title": found.title, "authors": list(found.authors)}


if __name__ == "__main__":
    serve(text, page)

"""goose3, without images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goose3 import Goose

from tools.bench.loop import page, serve

GOOSE = Goose({"enable_image_fetching": False})


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, title and authors."""
    found = GOOSE.extract(raw_html=request["html"])
    return {"text": found.cleaned_text, "title": found.title, "authors": list(found.authors)}


if __name__ == "__main__":
    serve(text, page)

"""trafilatura with its options as arguments; without comments, which no truth has."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import trafilatura

from tools.bench.loop import page, serve

OPTIONS: dict[str, Any] = dict.fromkeys(sys.argv[1:], True) | {
    "include_comments": False,
    "with_metadata": True,
}


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, title and authors."""
    found: Any = trafilatura.bare_extraction(request["html"], url=request["url"], **OPTIONS)
    if not found:
        return {"text": ""}
    return {"text": found.text or "", "title": found.title, "authors": (found.author or "").split("; ")}


if __name__ == "__main__":
    serve(text, page)

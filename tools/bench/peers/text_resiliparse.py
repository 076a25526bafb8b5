"""Resiliparse, main content only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resiliparse.extract.html2text import extract_plain_text

from tools.bench.loop import page, serve


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the text."""
    return {"text": extract_plain_text(request["html"], main_content=True)}


if __name__ == "__main__":
    serve(text, page)

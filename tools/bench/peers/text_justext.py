"""jusText with its English stop words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import justext

from tools.bench.loop import page, serve

STOP_WORDS = justext.get_stoplist("English")


def text(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the text."""
    paragraphs = justext.justext(request["html"].encode("utf-8"), STOP_WORDS, encoding="utf-8")
    return {"text": "\n".join(each.text for each in paragraphs if not each.is_boilerplate)}


if __name__ == "__main__":
    serve(text, page)

"""Headlines compared by rapidfuzz (`token_sort_ratio`), average link.

The first words of the text stand for a headline that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process, utils

from tools.bench.loop import serve
from tools.bench.partition import average_link, days

FIRST_WORDS = 12


def stories(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story of each article, a list for each setting."""
    articles = request["articles"]
    headlines = [
        utils.default_process(each.get("title") or " ".join((each.get("text") or "").split()[:FIRST_WORDS]))
        for each in articles
    ]
    alike = process.cdist(headlines, headlines, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    return {"stories": average_link(1.0 - alike / 100.0, request["settings"], days(articles))}


if __name__ == "__main__":
    serve(stories)

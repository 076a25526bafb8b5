"""requests: one session for all pages, or a call of `requests.get` each; one after the other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import requests

from tools.bench.loop import serve


def fetched(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many of the addresses gave a page of the expected size."""
    if "session" not in sys.argv:
        sizes = [len(requests.get(url, timeout=30).content) for url in request["urls"]]
    else:
        with requests.Session() as session:
            sizes = [len(session.get(url).content) for url in request["urls"]]
    return {"pages": sizes.count(request["size"])}


if __name__ == "__main__":
    serve(fetched)

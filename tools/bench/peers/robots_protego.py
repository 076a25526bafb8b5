"""Protego, the parser of Scrapy."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from protego import Protego

from tools.bench.loop import serve


def decisions(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each (agent, address) of a robots.txt whether it may be fetched."""
    rules = Protego.parse(base64.b64decode(request["robots"]).decode("utf-8", "replace"))
    return {"allowed": [rules.can_fetch(url, agent) for agent, url in request["cases"]]}


if __name__ == "__main__":
    serve(decisions)

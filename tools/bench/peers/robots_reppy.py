"""reppy, of Moz."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from reppy.robots import Robots

from tools.bench.loop import serve


def decisions(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each (agent, address) of a robots.txt whether it may be fetched."""
    rules = Robots.parse("", base64.b64decode(request["robots"]))
    return {"allowed": [rules.allowed(url, agent) for agent, url in request["cases"]]}


if __name__ == "__main__":
    serve(decisions)

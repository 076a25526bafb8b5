"""cuttings: `scraper.robots`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from scraper.robots import parse_robots
from tools.bench.loop import serve


def decisions(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each (agent, address) of a robots.txt whether it may be fetched."""
    rules = parse_robots(base64.b64decode(request["robots"]))
    return {"allowed": [rules.allows(url, agent) for agent, url in request["cases"]]}


if __name__ == "__main__":
    serve(decisions)
